"""Publishing over what a killed run left beside the published file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pytest

from pardot.errors import StorageError
from pardot_etl.files.database import connect, create_if_missing
from pardot_etl.files.parquet_folder import publish_folder
from pardot_etl.files.publish import publish_database


@pytest.fixture
def working(tmp_path: Path) -> Path:
    path = tmp_path / "working.duckdb"
    create_if_missing(path)
    with connect(path) as db:
        db.execute("CREATE SCHEMA pardot; CREATE TABLE pardot.users AS SELECT 1 AS id; CREATE SCHEMA staging")
    return path


def log_of_another_database(tmp_path: Path, name: str) -> None:
    """Leave a write-ahead log that DuckDB refuses to open any other file beside."""
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other), config={"checkpoint_threshold": "1GB"}) as db:
        db.execute("SET wal_autocheckpoint = '1GB'; PRAGMA disable_checkpoint_on_shutdown; CREATE TABLE t AS SELECT 1")
    other.with_name("other.duckdb.wal").rename(tmp_path / f"{name}.wal")
    other.unlink()


def test_log_that_a_killed_run_left_beside_its_draft_does_not_matter(working: Path, tmp_path: Path) -> None:
    log_of_another_database(tmp_path, ".published.duckdb.new")
    publish_database(working, tmp_path / "published.duckdb", ["pardot"])
    with duckdb.connect(str(tmp_path / "published.duckdb"), read_only=True) as db:
        assert db.execute("SELECT id FROM pardot.users").fetchall() == [(1,)]
        assert db.execute("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'staging'").fetchall() == [(0,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published.duckdb", "working.duckdb"]


def test_failure_inside_the_database_is_told_and_leaves_the_snapshot(
    working: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = tmp_path / "published.duckdb"
    publish_database(working, published, ["pardot"])
    before = published.read_bytes()

    def fail(_path: Path, _schemas: list[str]) -> None:
        with connect(tmp_path / ".published.duckdb.new") as db:
            db.execute("SELECT 1 FROM nowhere")

    monkeypatch.setattr("pardot_etl.files.publish.keep_schemas", fail)
    with pytest.raises(StorageError, match="nowhere") as caught:
        publish_database(working, published, ["pardot"])
    assert "Readers keep the previous snapshot" in str(caught.value)
    assert published.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published.duckdb", "working.duckdb"]


def test_folder_that_stepped_aside_for_a_killed_run_is_removed(
    working: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where names cannot be exchanged, the old folder steps aside for an instant."""
    monkeypatch.setattr("pardot_etl.files.parquet_folder._exchange", lambda _one, _other: False)
    folder = tmp_path / "lake"
    with connect(working) as db:
        publish_folder(db, "pardot", folder)
        folder.rename(tmp_path / ".lake.old")  # here it was killed
        publish_folder(db, "pardot", folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "working.duckdb"]
    with duckdb.connect() as db:
        assert db.execute(f"SELECT id FROM '{folder}/users/*.parquet'").fetchall() == [(1,)]


def test_full_disk_while_publishing_is_told(working: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="No space left"):
        publish_database(working, tmp_path / "published.duckdb", ["pardot"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["working.duckdb"]


def test_column_that_comes_later_is_in_every_file_of_its_table(working: Path, tmp_path: Path) -> None:
    """Readers take the columns of one file for those of all: a table of two shapes is refused, or lacks the column."""
    folder = tmp_path / "lake"
    with connect(working) as db:
        db.execute(
            "CREATE TABLE pardot.visits AS FROM (VALUES (1, TIMESTAMPTZ '2026-01-05', 'a'), (2, '2026-02-05', 'a')) "
            "AS t(id, created_at, _dlt_load_id)"
        )
        assert publish_folder(db, "pardot", folder).files_written == 3
        assert publish_folder(db, "pardot", folder).files_written == 0
        db.execute("ALTER TABLE pardot.visits ADD COLUMN campaign_name VARCHAR")
        db.execute("UPDATE pardot.visits SET campaign_name = 'x', _dlt_load_id = 'b' WHERE id = 1")
        assert publish_folder(db, "pardot", folder).files_written == 2
        db.execute("ALTER TABLE pardot.visits ALTER id TYPE HUGEINT")
        assert publish_folder(db, "pardot", folder).files_written == 2
    with duckdb.connect() as db:
        found = db.sql(f"SELECT id, campaign_name FROM '{folder}/visits/*.parquet' ORDER BY id").fetchall()
    assert found == [(1, "x"), (2, None)]
