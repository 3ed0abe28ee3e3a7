"""`pardot-etl demo`: everything at once, in a folder of its own, with numbers that are compared."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from command_line import Outcome, files_below, invoke
from dlt.common.runtime.run_context import active
from security.canaries import find, iter_files

from pardot.settings import Settings
from pardot_emulator import Credentials
from pardot_emulator.changes import DayChanges
from pardot_etl.configuration import Places
from pardot_etl.runs.run import RunOptions, run
from pardot_etl.verbs import demo
from pardot_etl.verbs.demo import Comparison, compare_days


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcome, Path]]:
    """Play a small demonstration once, next to settings that would break it if they were read."""
    home = tmp_path_factory.mktemp("home")
    (home / ".dlt").mkdir()
    (home / ".dlt" / "config.toml").write_text(
        "[sources.pardot]\nbusiness_unit_id = 'theirs'\nnonsense = 1\n", encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("DLT_PROJECT_DIR", str(home))
        patch.setenv("DLT_DATA_DIR", str(home / "theirs"))
        patch.setenv("SOURCES__PARDOT__API_URL", "https://example.invalid")
        patch.setenv("SOURCES__PARDOT__NONSENSE", "1")
        patch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(home / "theirs.duckdb"))
        patch.setenv("PUBLISH__DUCKDB", str(home / "also_theirs.duckdb"))
        patch.setattr(demo, "ACTIVITIES", 1_000)
        before = dict(os.environ)
        outcome = invoke("demo", "--folder", "shown", "--debug")
        assert dict(os.environ) == before
        yield outcome, home


def test_the_demonstration_succeeds_and_every_number_is_the_emulators(played: tuple[Outcome, Path]) -> None:
    outcome, _ = played
    assert outcome.code == 0, outcome.out + outcome.err
    assert "visitor_activities   1,000 = 1,000 ✓" in outcome.out
    assert "new " in outcome.out.partition("Second day")[2]
    assert "✗" not in outcome.out
    assert "Three things to try next" in outcome.out


def test_nothing_outside_its_folder_is_touched_or_read(played: tuple[Outcome, Path]) -> None:
    _, home = played
    outside = {name for name in files_below(home) if not name.startswith("shown/")}
    assert outside == {".dlt/config.toml"}


def test_what_it_promises_is_there(played: tuple[Outcome, Path]) -> None:
    _, home = played
    folder = home / "shown"
    assert (folder / "report.html").stat().st_size > 5_000
    assert not (folder / "first_day.duckdb").exists()


def test_what_it_says_to_try_works_as_it_stands(played: tuple[Outcome, Path]) -> None:
    outcome, home = played
    _, look, serve, load = re.findall(r"^  (?:\d\.|  ) (.+)$", outcome.out.partition("try next")[2], re.MULTILINE)
    environment = {**os.environ, "PATH": ""}  # nothing but what is installed here
    shell = ["/bin/sh", "-c"]
    seen = subprocess.run([*shell, look], cwd=home, env=environment, capture_output=True, text=True, check=True)
    assert "open_rate" in seen.stdout
    for line in (serve.replace(" emulator", " emulator --help"), f"{load} --help"):
        seen = subprocess.run([*shell, line], cwd=home, env=environment, capture_output=True, text=True, check=True)
        assert "Usage: pardot-etl" in seen.stdout


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (".venv/bin/pardot-etl", ".venv/bin/pardot-etl"),
        ("pardot-etl", "./pardot-etl"),
        ("demo/report.html", "demo/report.html"),
        ("/opt/pardot-etl", "/opt/pardot-etl"),
    ],
)
def test_path_is_shown_from_the_current_folder_on_where_that_is_shorter(path: str, shown: str, tmp_path: Path) -> None:
    assert demo.path_from_here(tmp_path / path) == shown


def test_program_on_the_path_is_shown_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "pardot-etl"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(program), "demo"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo.own_program() == ("bin/pardot-etl", str(program))
    monkeypatch.setenv("PATH", str(program.parent))
    assert demo.own_program() == ("pardot-etl", "pardot-etl")
    monkeypatch.setattr("sys.argv", [str(tmp_path / "cli.py"), "demo"])
    assert demo.own_program()[0].endswith("python -m pardot_etl")


def test_none_of_its_secrets_is_shown_or_left_behind(played: tuple[Outcome, Path]) -> None:
    outcome, home = played
    known = Credentials()
    secrets = {"client secret": known.client_secret, "refresh token": known.refresh_token}
    assert find(secrets, [("stdout", outcome.out.encode()), ("stderr", outcome.err.encode())]) == []
    assert find(secrets, iter_files(home)) == []


def test_the_users_settings_are_back_afterwards(played: tuple[Outcome, Path]) -> None:
    _, home = played
    assert Path(active().data_dir) != home / "shown" / "data"


def test_it_empties_only_a_folder_that_it_made(tmp_path: Path) -> None:
    mine = tmp_path / "pardot-demo"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    outcome = invoke("demo")
    assert outcome.code == 2
    assert "not made by a demonstration" in outcome.err
    assert "--folder" in outcome.err
    assert files_below(mine) == {"thesis.txt": 13}


def test_a_folder_that_cannot_be_made_is_exit_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = invoke("demo", "--folder", "file/below")
    assert outcome.code == 1
    assert "Could not make the folder of the demonstration" in outcome.err


def test_a_number_that_differs_is_shown_and_fails() -> None:
    assert str(Comparison("visits", "rows", 1234, 1234)) == "1,234 = 1,234 ✓"
    assert str(Comparison("visits", "rows", 1233, 1234)) == "1,233 ≠ 1,234 ✗"
    assert not Comparison("visits", "rows", 1233, 1234).is_equal


def test_a_wrong_table_fails_the_demonstration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "ACTIVITIES", 150)
    wrong = Comparison("visits", "rows", 1, 2)
    monkeypatch.setattr(demo, "compare_rows", lambda *_: [wrong])
    monkeypatch.setattr(demo, "_run", _load_little)
    monkeypatch.setattr(demo, "_show_changes", lambda *_: None)
    monkeypatch.setattr(demo, "compare_days", lambda *_: [])
    outcome = invoke("demo")
    assert outcome.code == 1
    assert "1 differ from the emulator's numbers" in outcome.out


def test_days_are_compared_row_by_row(tmp_path: Path) -> None:
    before, after = tmp_path / "before.duckdb", tmp_path / "after.duckdb"
    _fill(before, "(1, 'same', 'a', NULL), (2, 'old', 'a', NULL), (3, NULL, 'a', NULL)")
    _fill(after, "(1, 'same', 'b', now()), (2, 'new', 'b', NULL), (3, NULL, 'b', NULL), (4, 'more', 'b', NULL)")
    compared = compare_days(before, after, DayChanges({"visitor-activities": 1}, {"visitor-activities": 2}, {}))
    by_kind = {one.kind: one for one in compared if one.table == "visitor_activities"}
    assert by_kind["new"].is_equal
    assert (by_kind["changed"].found, by_kind["changed"].expected) == (1, 2)
    assert (by_kind["purged"].found, by_kind["purged"].expected) == (1, 0)


def _load_little(title: str, settings: Settings, places: Places, *_: object) -> tuple[str, ...]:
    """Load what the report needs least, once."""
    if title.startswith("First"):
        run(settings, places, RunOptions(objects=("campaigns",)), lambda _: None)
    return ()


def _fill(path: Path, rows: str) -> None:
    from pardot.catalogue import select_entries

    with duckdb.connect(str(path)) as db:
        db.execute("CREATE SCHEMA pardot")
        for entry in select_entries("standard"):
            db.execute(
                f"CREATE TABLE pardot.{entry.table} "
                "(id BIGINT, name VARCHAR, _dlt_load_id VARCHAR, purged_at TIMESTAMPTZ)"
            )
        db.execute(f"INSERT INTO pardot.visitor_activities VALUES {rows}")
