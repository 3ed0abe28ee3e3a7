"""Fields that come, go or are missing: what is there is never lost, what is missing is never made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from contract.conftest import EVERYTHING
from contract.difficult import as_pages, as_result_file, asked, fill_gaps
from contract.kinds import one_of_each_kind
from isolation import QUIET
from kit import build_store, open_account, snake

from pardot.catalogue import CATALOGUE, Entry
from pardot.errors import DataError
from pardot.reading.columns import check
from pardot.reading.csv_files import ResultFileWriter

KINDS = {entry.table: entry for entry in one_of_each_kind()}
entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
kinds = pytest.mark.parametrize("entry", KINDS.values(), ids=list(KINDS))
Values = dict[int, Any]


def late(entry: Entry) -> str:
    """Return the name of the field that the first run does not know: the first one that says something."""
    return next(
        field.name for field in entry.fields if field.name not in ("id", "isDeleted", "updatedAt", entry.changed_by)
    )


def without_late(entry: Entry) -> Entry:
    return replace(entry, fields=tuple(field for field in entry.fields if field.name != late(entry)))


@dataclass
class History:
    """The late field of every object: what the account has, and what the table has after each run."""

    expected: dict[str, Values]
    found: list[dict[str, Values]]
    unknown: dict[str, bool]
    """Whether the table had no such column after the first run."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Run without a field of each object, with it, and without it again after every row was touched."""
    folder = tmp_path_factory.mktemp("schema")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET, "DLT_PROJECT_DIR": str(folder), "DLT_DATA_DIR": str(folder / "dlt")}.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        account = open_account(folder, build_store(150))
        stack.callback(account.store.close)
        stack.enter_context(account.emulator)
        fill_gaps(account.store)
        expected = {
            table: {int(str(row["id"])): row[late(entry)] for row in account.store.rows(entry.collection)}
            for table, entry in KINDS.items()
        }
        history = History(expected, [], {})
        for thin in (True, False, True):
            for table, entry in KINDS.items():
                patch.setitem(CATALOGUE, table, without_late(entry) if thin else entry)
            account.run(replace(EVERYTHING, objects=tuple(KINDS)))
            with duckdb.connect(str(account.places.published_database), read_only=True) as db:
                history.found.append({table: values(db, entry) for table, entry in KINDS.items()})
            at = account.clock.advance(timedelta(hours=1)).replace(microsecond=0)
            for entry in KINDS.values():
                if entry.has_updated_at and not thin:
                    for number in expected[entry.table]:
                        account.store.update(entry.collection, number, updatedAt=at)
        yield history


def values(db: duckdb.DuckDBPyConnection, entry: Entry) -> Values:
    """Return the late field by id; nothing at all where the table has no such column."""
    column = snake(late(entry))
    described = {row[0] for row in db.execute(f"DESCRIBE pardot.{entry.table}").fetchall()}
    if column not in described:
        return {}
    return dict(db.execute(f'SELECT id, "{column}" FROM pardot.{entry.table}').fetchall())


@kinds
def test_field_of_a_new_version_is_filled_for_the_rows_that_are_there(entry: Entry, history: History) -> None:
    first, second, _ = history.found
    assert not any(value is not None for value in first[entry.table].values())
    assert any(value is not None for value in second[entry.table].values())
    assert second[entry.table] == history.expected[entry.table]


@kinds
def test_field_that_is_no_longer_asked_for_keeps_what_it_held(entry: Entry, history: History) -> None:
    """Although every row with a stamp was read again in the meantime."""
    assert history.found[2][entry.table] == history.expected[entry.table]


@entries
def test_record_without_optional_fields_has_null_there(entry: Entry, tmp_path: Path) -> None:
    file = as_pages(entry, [{"id": 1}], tmp_path / "x")
    checked = check([file], asked(entry), tmp_path / "checked.parquet", table=entry.table, time_zone=None)
    (row,) = pq.read_table(checked.path).to_pylist()
    assert {name for name, value in row.items() if value is not None} == {"id"}


@entries
def test_unknown_field_of_a_record_is_passed_over(entry: Entry, tmp_path: Path) -> None:
    file = as_pages(entry, [{"id": 1, "inventedLater": "x", "id ": 2}], tmp_path / "x")
    assert file.header == tuple(field.name for field in asked(entry))


@entries
def test_result_file_without_a_column_is_refused_and_never_read_as_null(entry: Entry, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"missing {late(entry)}"):
        as_result_file(entry, [{"id": "1"}], tmp_path / "x", missing=late(entry))


@entries
def test_result_file_with_a_column_too_many_is_refused(entry: Entry, tmp_path: Path) -> None:
    names = [field.name for field in asked(entry)]
    writer = ResultFileWriter(tmp_path / "x.csv", names, table=entry.table)
    writer.write(",".join([*names, "inventedLater"]).encode() + b"\n")
    with pytest.raises(DataError, match="unexpected inventedLater"):
        writer.finish()
