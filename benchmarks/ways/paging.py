"""Query paging, as connectors without the Export API do it: fetch and parse some pages, store nothing."""

import json
import sys
import time

import requests

order = json.loads(sys.argv[1])
started = time.monotonic()
rows = 0
url = f"{order['url']}/api/v5/objects/{order['collection']}"
params = {"fields": ",".join(order["fields"]), "limit": order["limit"], "orderBy": "id ASC"}
with requests.Session() as session:
    session.headers.update(order["headers"])
    for _ in range(order["pages"]):
        response = session.get(url, params=params)
        response.raise_for_status()
        answer = response.json()
        rows += len(answer["values"])
        params = {"nextPageToken": answer["nextPageToken"], "fields": ",".join(order["fields"])}
print(json.dumps({"rows": rows, "wall_seconds": time.monotonic() - started}))
