"""Looking for secrets everywhere: in every spelling, in every file, also inside of compressed and packed ones."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow.parquet as pq

EXCERPT = 20
"""So many characters of a secret's beginning or end are as bad as all of it."""
_PACKED = re.compile(r"e[JN][A-Za-z0-9+/]{40,}={0,2}")
"""What zlib's output looks like in base64: dlt keeps its state so."""


def spellings(secret: str) -> set[str]:
    """Return what a secret may look like, whole or cut off."""
    lines = [line for line in secret.splitlines() if len(line) >= EXCERPT and not line.startswith("-----")]
    found: set[str] = set()
    for piece in lines or [secret]:
        escaped = json.dumps(piece)[1:-1]
        whole = {piece, quote(piece, safe=""), quote_plus(piece), escaped, json.dumps(escaped)[1:-1]}
        whole |= {repr(piece)[1:-1], html.escape(piece), quote(quote(piece, safe=""), safe="")}
        whole |= {text[:EXCERPT] for text in whole} | {text[-EXCERPT:] for text in whole}
        for before in range(3):
            encoded = base64.b64encode(b"." * before + piece.encode()).decode()
            whole |= {encoded[4:-4], base64.urlsafe_b64encode(b"." * before + piece.encode()).decode()[4:-4]}
        found |= whole
    return {text for text in found if len(text) >= 6}


def find(secrets: Mapping[str, str], evidence: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return where which secret stands; never the secret itself."""
    wanted = {name: [text.encode() for text in spellings(secret)] for name, secret in secrets.items()}
    return [
        f"{name} in {place}"
        for place, content in evidence
        for name, texts in wanted.items()
        if any(text in content for text in texts)
    ]


def iter_files(folder: Path, *, besides: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder as it is, and what is packed inside of it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path in besides:
            continue
        place = str(path.relative_to(folder))
        content = path.read_bytes()
        yield place, place.encode() + b"\n" + content
        if content[:2] == b"\x1f\x8b":
            yield f"{place} (unpacked)", gzip.decompress(content)
        elif content[:4] == content[-4:] == b"PAR1":  # one that a kill left half written has no end
            yield f"{place} (rows)", repr(pq.read_table(path).to_pylist()).encode()
        elif content[8:12] == b"DUCK":
            yield from _rows_of_database(path, place)
        else:
            yield from _packed(place, content.decode("latin-1"))


def _rows_of_database(path: Path, place: str) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as db:
        tables = db.execute("SELECT database_name, schema_name, table_name FROM duckdb_tables()").fetchall()
        for database, schema, table in tables:
            text = repr(db.execute(f'SELECT * FROM "{database}"."{schema}"."{table}"').fetchall())
            yield f"{place} ({schema}.{table})", text.encode()
            yield from _packed(f"{place} ({schema}.{table})", text)


def _packed(place: str, text: str) -> Iterator[tuple[str, bytes]]:
    for number, found in enumerate(_PACKED.findall(text)):
        try:
            yield f"{place} (packed text {number})", zlib.decompressobj().decompress(base64.b64decode(found))
        except (zlib.error, binascii.Error):
            continue
