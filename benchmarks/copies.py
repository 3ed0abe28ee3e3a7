"""A larger account made of a smaller one: each activity several times; tens of millions take minutes, not hours."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def multiply_activities(store: Path, times: int) -> None:
    """Let each activity stand `times` times, a second apart from its copies, with ids of its own in the same order."""
    database = sqlite3.connect(store, isolation_level=None)
    for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -500000"):
        database.execute(statement)
    columns = [str(row[1]) for row in database.execute('PRAGMA table_info("visitor-activities")')]
    (first,) = database.execute('SELECT min(id) FROM "visitor-activities"').fetchone()
    own = {
        "id": f"{first} + (o.id - {first}) * {times} + n.number",
        "createdAt": 'o."createdAt" - n.number',
        "updatedAt": 'o."updatedAt" - n.number',
    }
    values = ", ".join(own.get(name, f'o."{name}"') for name in columns)
    (definition,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'visitor-activities'").fetchone()
    indexes = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'visitor-activities'"
    ).fetchall()
    for (name,) in indexes:  # the emulator makes them again when it needs them
        database.execute(f'DROP INDEX "{name}"')
    database.execute('ALTER TABLE "visitor-activities" RENAME TO "one-company"')
    database.execute(definition)
    database.execute(
        f"WITH RECURSIVE n (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number + 1 < {times}) "
        f'INSERT INTO "visitor-activities" SELECT {values} FROM "one-company" AS o CROSS JOIN n ORDER BY o.id, n.number'
    )
    database.execute('DROP TABLE "one-company"')
    database.close()
