"""Rows whose fields came in several exports: whole again, or left to the next run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pardot.catalogue import CATALOGUE, MAX_EXPORT_FIELDS, PURGED_AT, Field, Type
from pardot.exports.messages import in_parts
from pardot.reading.careful import CheckedFile, variant_of
from pardot.reading.columns import check, select_ids
from pardot.reading.csv_files import ResultFileWriter

PROSPECTS = CATALOGUE["prospects"]
ID, UPDATED, NOTE = Field("id", Type.BIGINT), Field("updatedAt", Type.TIMESTAMP), Field("note", Type.TEXT)
SCORE = Field("score", Type.BIGINT)
FIELDS = (ID, UPDATED, SCORE, NOTE, PURGED_AT)
EARLY, LATE = "2026-03-01T10:00:00+00:00", "2026-03-01T11:00:00+00:00"


def checked(folder: Path, scores: Sequence[str], notes: Sequence[str], fields: Sequence[Field] = FIELDS) -> CheckedFile:
    files = []
    for header, lines in ((["id", "updatedAt", "score"], scores), (["note", "id", "updatedAt"], notes)):
        writer = ResultFileWriter(folder / f"{header[0]}.csv", header, table="prospects")
        writer.write("\n".join([",".join(header), *lines, ""]).encode())
        files.append(writer.finish())
    return check(files, fields, folder / "rows.parquet", table="prospects", time_zone=None)


def rows(file: CheckedFile, columns: str = "id, score, note, purged_at") -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.sql(f"SELECT {columns} FROM '{file.path}' ORDER BY ALL").fetchall()


def test_parts_are_put_together_by_id_and_version(tmp_path: Path) -> None:
    file = checked(tmp_path, [f"1,{EARLY},10", f"2,{EARLY},20"], [f"b,2,{EARLY}", f"a,1,{EARLY}"])
    assert rows(file) == [(1, 10, "a", None), (2, 20, "b", None)]
    assert (file.rows, file.torn, file.set_aside) == (2, 0, 0)
    assert [field.column for field in file.fields] == ["id", "updated_at", "score", "purged_at", "note"]


@pytest.mark.parametrize(
    ("scores", "notes"),
    [
        ([f"1,{EARLY},10"], [f"a,1,{LATE}"]),
        ([f"1,{LATE},10"], [f"a,1,{EARLY}"]),
        ([f"1,{EARLY},10"], []),
        ([], [f"a,1,{LATE}"]),
    ],
    ids=["changed", "changed before", "gone", "new"],
)
def test_row_of_two_versions_is_left_out_but_known(scores: list[str], notes: list[str], tmp_path: Path) -> None:
    file = checked(tmp_path, [*scores, f"2,{EARLY},20"], [*notes, f"b,2,{EARLY}"])
    assert rows(file) == [(2, 20, "b", None)]
    assert (file.rows, file.torn) == (1, 1)
    with duckdb.connect() as db:
        assert set(db.sql(select_ids(file)).fetchall()) == {(1,), (2,)}


def test_row_that_several_windows_bring_is_one_and_the_newest_whole_one(tmp_path: Path) -> None:
    twice = [f"1,{EARLY},10", f"1,{LATE},11"]
    file = checked(tmp_path, [*twice, twice[0]], [f"a,1,{EARLY}", f"b,1,{LATE}", f"a,1,{EARLY}"])
    assert rows(file) == [(1, 11, "b", None)]
    assert (file.rows, file.torn) == (1, 0)


def test_rows_and_cells_that_cannot_be_read_are_told_of_each_part(tmp_path: Path) -> None:
    file = checked(tmp_path, [f"1,{EARLY},many", f",{EARLY},7"], [f"a,1,{EARLY}", "too,many,cells,here"])
    assert rows(file, "id, score, score__v_text, note") == [(1, None, "many", "a")]
    assert sorted(row.reason for row in file.rejected if not row.is_loaded) == ["id is empty", "too many columns"]
    assert (file.set_aside, file.widened) == (2, {"score": 1})


def test_variant_that_a_table_has_stays_with_its_column(tmp_path: Path) -> None:
    fields = (*FIELDS, variant_of(SCORE))
    file = checked(tmp_path, [f"1,{EARLY},10"], [f"a,1,{EARLY}"], fields)
    assert rows(file, "id, score, score__v_text, note") == [(1, 10, None, "a")]


@pytest.mark.parametrize(
    ("number", "parts"), [(2, 1), (MAX_EXPORT_FIELDS, 1), (MAX_EXPORT_FIELDS + 1, 2), (298, 2), (299, 3)]
)
def test_fields_are_asked_for_in_as_few_parts_as_an_export_takes(number: int, parts: int) -> None:
    names = ["id", *(f"f{place}" for place in range(number - 2)), "updatedAt"]
    found = in_parts(PROSPECTS, names)
    assert len(found) == parts
    assert all(len(part) <= MAX_EXPORT_FIELDS and {"id", "updatedAt"} <= set(part) for part in found)
    assert {name for part in found for name in part} == set(names)
    assert sum(map(len, found)) == number + 2 * (parts - 1)


def test_field_that_is_new_leaves_the_parts_before_as_they_are() -> None:
    names = ["id", "updatedAt", *(f"f{place}" for place in range(400))]
    assert in_parts(PROSPECTS, [*names, "g"])[:2] == in_parts(PROSPECTS, names)[:2]
