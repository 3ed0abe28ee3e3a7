"""The floor: download the files of a finished export, then one CREATE TABLE over an explicit `read_csv`."""

import json
import sys
import time
from pathlib import Path

import duckdb
import requests

order = json.loads(sys.argv[1])
folder = Path(order["folder"])
started = time.monotonic()
files = []
with requests.Session() as session:
    session.headers.update(order["headers"])
    for number, url in enumerate(order["urls"]):
        files.append(str(folder / f"{number}.csv"))
        with session.get(url, stream=True, headers={"Accept-Encoding": "identity"}) as response:
            response.raise_for_status()
            with Path(files[-1]).open("wb") as file:
                for chunk in response.iter_content(1 << 20):
                    file.write(chunk)
downloaded = time.monotonic()
read_csv = (
    "read_csv($files, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
    "new_line = '\\n', max_line_size = 67108864, columns = $columns)"
)
given = {"files": files, "columns": order["columns"]}
with duckdb.connect(order["database"]) as db:
    db.execute("SET TimeZone = 'UTC'")
    if order["merges"]:
        db.execute("BEGIN")
        db.execute(f"CREATE TEMP TABLE delta AS SELECT * FROM {read_csv}", given)
        db.execute("DELETE FROM activities WHERE id IN (SELECT id FROM delta)")
        db.execute("INSERT INTO activities SELECT * FROM delta")
        db.execute("COMMIT")
    else:
        db.execute(f"CREATE TABLE activities AS SELECT * FROM {read_csv}", given)
    db.execute("CHECKPOINT")
seconds = {"download": downloaded - started, "load": time.monotonic() - downloaded}
print(json.dumps({"seconds": seconds, "files": files}))
