"""`pardot-etl export-dbt` writes a project, and nothing over what somebody has edited."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import click
import pytest
import yaml
from command_line import assert_golden, invoke
from isolation import isolate

from pardot_etl.cli import commands
from pardot_etl.verbs import written_folder
from pardot_etl.verbs.written_folder import MANIFEST
from pardot_transforms.dialects import DIALECTS

MODEL = "models/marts/email_performance.sql"
Contents = dict[str, bytes]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        isolate(place, patch)
        assert invoke("export-dbt").code == 0
    return place / "pardot_dbt"


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as it was written, in the folder of the default."""
    monkeypatch.setenv("PUBLISH__DUCKDB", str(written.parent / "pardot.duckdb"))  # the project names it
    return Path(shutil.copytree(written, tmp_path / "pardot_dbt"))


def contents(folder: Path) -> Contents:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(folder: Path, said: str, name: str | None = None) -> None:
    """The verb ends with 2, says why in at most three sentences, and leaves every file as it is."""
    before = contents(folder)
    outcome = invoke("export-dbt", str(folder))
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Nothing was touched" in outcome.err
    assert len(re.findall(r"[.!?](?=\s+[A-Z“`]|\s*$)", outcome.err)) <= 3
    assert contents(folder) == before
    if name is not None:
        assert_golden(f"errors/{name}", outcome.err, folder=folder)


def test_a_new_folder_gets_the_whole_project_and_the_next_step_is_named(tmp_path: Path) -> None:
    outcome = invoke("export-dbt", "new/project")
    assert (outcome.code, outcome.err) == (0, "")
    assert re.match(r"new/project \(\d+ models, \d+ data tests; \d+ files written\)\n", outcome.out)
    assert "cd new/project && dbt build" in outcome.out
    made = contents(tmp_path / "new" / "project")
    assert {"dbt_project.yml", "profiles.yml", "README.md", ".gitignore", MODEL} <= set(made)
    assert not [name for name in made if name.endswith(".new")]


def test_it_reads_where_the_settings_say_and_needs_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISH__DATASET", "emea")
    monkeypatch.setenv("PUBLISH__DUCKDB", "there/emea_published.duckdb")
    monkeypatch.setenv("SOURCES__PARDOT__TIME_ZONE", "Asia/Kolkata")
    assert invoke("export-dbt", "made").code == 0
    made = contents(tmp_path / "made")
    assert str(tmp_path / "there" / "emea_published.duckdb").encode() in made["profiles.yml"]
    assert b'schema: "emea_marts"' in made["profiles.yml"]
    assert b'schema: "emea"' in made["models/staging/sources.yml"]
    assert b'time_zone: "Asia/Kolkata"' in made["dbt_project.yml"]
    assert set(tmp_path.iterdir()) == {tmp_path / "made"}


@pytest.mark.parametrize("dialect", DIALECTS[1:])
def test_in_another_dialect_the_raw_tables_are_those_of_its_own_database(tmp_path: Path, dialect: str) -> None:
    outcome = invoke("export-dbt", "made", "--dialect", dialect)
    assert outcome.code == 0, outcome.err
    assert f"dbt-core and dbt-{dialect} are installed" in outcome.out
    made = contents(tmp_path / "made")
    profile = yaml.safe_load(made["profiles.yml"])["pardot"]
    assert (profile["target"], profile["outputs"][dialect]["type"]) == (dialect, dialect)
    assert b"database:" not in made["models/staging/sources.yml"] + made["models/history/schema.yml"]
    assert b"{{ ref('stg_prospects') }} AS p" in made["models/intermediate/int_people.sql"]
    assert dialect.encode() in made["README.md"]


def test_the_verb_knows_every_dialect() -> None:
    (option,) = (one for one in commands.commands["export-dbt"].params if one.name == "dialect")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == DIALECTS


def test_a_second_export_writes_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert "; 0 files written)" in invoke("export-dbt").out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "dbt_project.yml").write_text("name: theirs\n", encoding="utf-8")
    assert_refused(other, "was not made by", "dbt_folder_of_others")


def test_an_edited_file_is_refused_by_name(folder: Path) -> None:
    with (folder / MODEL).open("a", encoding="utf-8") as edited:
        edited.write("where sent > 0\n")
    assert_refused(folder, MODEL, "dbt_file_edited")


def test_a_removed_file_is_not_brought_back(folder: Path) -> None:
    (folder / MODEL).unlink()
    assert_refused(folder, MODEL)


def test_many_edited_files_are_counted(folder: Path) -> None:
    for path in folder.glob("models/marts/*.sql"):
        path.write_text("select 1", encoding="utf-8")
    count = len(list(folder.glob("models/marts/*.sql")))
    assert_refused(folder, f" and {count - 3} more.")


def test_force_overwrites_ours_and_leaves_the_files_of_others(folder: Path) -> None:
    written = contents(folder)
    (folder / MODEL).write_text("select 1", encoding="utf-8")
    (folder / "models" / "mine.sql").write_text("select 2", encoding="utf-8")
    assert "; 1 files written)" in invoke("export-dbt", "--force").out
    assert contents(folder) == {**written, "models/mine.sql": b"select 2"}


def test_force_writes_among_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("theirs", encoding="utf-8")
    assert invoke("export-dbt", "--force", ".").code == 0
    assert contents(tmp_path)["notes.txt"] == b"theirs"
    assert invoke("export-dbt", ".").code == 0


def test_files_that_are_not_ours_do_not_stand_in_the_way(folder: Path) -> None:
    for name in ("models/mine.sql", "target/manifest.json", "pardot_dbt.duckdb"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("theirs", encoding="utf-8")
    before = contents(folder)
    assert invoke("export-dbt").code == 0
    assert contents(folder) == before


def test_a_newer_version_replaces_and_removes_its_own_files_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = folder / "tests" / "mine.sql"
    mine.write_text("select 1", encoding="utf-8")
    monkeypatch.setattr(
        "pardot_transforms.dbt.dbt_files", lambda *_: {MODEL: "select 3", "README.md": "new", "macros/b.sql": "b"}
    )
    outcome = invoke("export-dbt")
    assert outcome.code == 0
    assert "; 3 files written, " in outcome.out
    left = contents(folder)
    assert set(left) == {MODEL, "README.md", "macros/b.sql", "tests/mine.sql", MANIFEST}
    assert left[MODEL] == b"select 3"
    assert not (folder / "models" / "staging").exists()


def test_a_file_of_others_that_a_newer_version_would_write_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "models" / "new.sql").write_text("theirs", encoding="utf-8")
    monkeypatch.setattr("pardot_transforms.dbt.dbt_files", lambda *_: {"models/new.sql": "ours"})
    assert_refused(folder, "models/new.sql")


def test_an_export_that_was_killed_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "made"
    write = written_folder._write
    left = [30]

    def write_some(path: Path, content: bytes) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write(path, content)

    monkeypatch.setattr("pardot_transforms.dbt.dbt_files", lambda *_: {f"models/{n}.sql": "old" for n in range(40)})
    monkeypatch.setattr(written_folder, "_write", write_some)
    assert invoke("export-dbt", "made").code == 130
    assert len(contents(folder)) == 30
    left[0] = 60
    assert invoke("export-dbt", "made").code == 0
    assert len(contents(folder)) == 41
    monkeypatch.setattr("pardot_transforms.dbt.dbt_files", lambda *_: {f"models/{n}.sql": "new" for n in range(50)})
    left[0] = 20
    assert invoke("export-dbt", "made").code == 130
    left[0] = 60
    assert invoke("export-dbt", "made").code == 0
    assert {text for name, text in contents(folder).items() if name != MANIFEST} == {b"new"}
    (folder / "models" / "1.sql").unlink()
    assert_refused(folder, "models/1.sql")


@pytest.mark.parametrize("note", ["", "[]", '{"files": {}}', '{"is_finished": true, "files": {"../x": ["0"]}}'])
def test_a_note_that_is_not_ours_makes_the_folder_somebody_elses(folder: Path, note: str) -> None:
    (folder / MANIFEST).write_text(note, encoding="utf-8")
    assert_refused(folder, "was not made by")


def test_a_note_names_every_file(folder: Path) -> None:
    noted = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert set(noted["files"]) == set(contents(folder)) - {MANIFEST}
    assert noted["is_finished"] is True


def test_a_folder_that_cannot_be_made_is_exit_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    outcome = invoke("export-dbt", "file/project")
    assert outcome.code == 1
    assert outcome.err.startswith("Error: Could not write the dbt project (")
    assert "Traceback" not in outcome.err
