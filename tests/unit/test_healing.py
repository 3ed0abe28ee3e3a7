"""The working folder of dlt is never read again; what a run needs to know, the destination tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from isolation import isolated

from pardot.errors import SettingsError, StorageError
from pardot_etl.runs.healing import open_pipeline

__all__ = ["isolated"]


@dlt.resource(primary_key="id", write_disposition="merge")
def numbers(last: int) -> Any:
    state = dlt.current.resource_state("numbers")
    state["last"] = last
    yield [{"id": number} for number in range(last)]


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], dlt.Pipeline]:
    def make() -> dlt.Pipeline:
        destination = dlt.destinations.duckdb(str(tmp_path / "numbers.duckdb"))
        return dlt.pipeline("numbers", destination=destination, dataset_name="n", pipelines_dir=str(tmp_path / "p"))

    return make


def last(pipeline: dlt.Pipeline) -> object:
    return pipeline.state["sources"]["numbers"]["resources"]["numbers"]["last"]


def rows(tmp_path: Path) -> int:
    with duckdb.connect(str(tmp_path / "numbers.duckdb")) as db:
        return int(db.execute("SELECT count(*) FROM n.numbers").fetchall()[0][0])


def test_state_comes_from_the_destination(make: Callable[[], dlt.Pipeline], tmp_path: Path) -> None:
    make().run(numbers(3))
    pipeline, healed = open_pipeline(make, tmp_path / "p" / "numbers")
    assert (last(pipeline), healed) == (3, [])


@pytest.mark.parametrize("step", ["extracted", "normalized"])
def test_unfinished_package_is_dropped_with_the_state_that_counts_on_it(
    step: str, make: Callable[[], dlt.Pipeline], tmp_path: Path
) -> None:
    make().run(numbers(3))
    interrupted = make()
    interrupted.extract(numbers(5))
    if step == "normalized":
        interrupted.normalize()
    pipeline, healed = open_pipeline(make, tmp_path / "p" / "numbers")
    assert not pipeline.has_pending_data
    assert last(pipeline) == 3
    assert healed == ["dropped 1 unfinished load package, whose rows this run reads again"]
    pipeline.run(numbers(5))
    assert rows(tmp_path) == 5


def test_folder_goes_as_a_whole_also_when_its_removal_was_interrupted(
    make: Callable[[], dlt.Pipeline], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that is found without the packages it counts on would lose their rows."""
    make().run(numbers(3))
    make().extract(numbers(5))

    class Killed(BaseException):
        pass

    def die(_folder: Path) -> None:
        raise Killed

    folder = tmp_path / "p" / "numbers"
    with monkeypatch.context() as patch:
        patch.setattr("pardot_etl.runs.healing.shutil.rmtree", die)
        with pytest.raises(Killed):
            open_pipeline(make, folder)
    assert not folder.exists()
    pipeline, _ = open_pipeline(make, folder)
    assert last(pipeline) == 3
    assert [path.name for path in folder.parent.iterdir()] == ["numbers"]


def test_destination_that_cannot_be_read_is_a_storage_error(make: Callable[[], dlt.Pipeline], tmp_path: Path) -> None:
    (tmp_path / "numbers.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="take the state from the destination"):
        open_pipeline(make, tmp_path / "p" / "numbers")


def test_destination_that_is_not_configured_is_a_settings_error(tmp_path: Path) -> None:
    def make() -> dlt.Pipeline:
        return dlt.pipeline("numbers", destination="no.such.destination", pipelines_dir=str(tmp_path / "p"))

    with pytest.raises(SettingsError, match="the destination cannot be used"):
        open_pipeline(make, tmp_path / "p" / "numbers")


def test_error_that_is_its_own_cause_ends_the_search_for_a_better_one(tmp_path: Path) -> None:
    def make() -> dlt.Pipeline:
        error = OSError("the disk is gone")
        raise error from error

    with pytest.raises(StorageError, match="the disk is gone"):
        open_pipeline(make, tmp_path / "p" / "numbers")
