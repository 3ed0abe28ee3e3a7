"""What an analyst finds in the published file: comments, macros, and questions whose every statement runs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from kit import build_store, open_account
from project_code import ROOT

from pardot.catalogue import CATALOGUE
from pardot.dialects.legacy_catalogue import ONLY_LEGACY
from pardot.objects.descriptions import describe_column, raw_tables
from pardot_etl.files.database import connect
from pardot_etl.files.described import describe_raw_tables
from pardot_transforms import load_project
from pardot_transforms.macros import install, macros
from pardot_transforms.questions import PARTS, Part, questions
from pardot_transforms.statements import Dataset, read_statements

HOSTILE = "x'; DROP TABLE prospects; -- <script>alert(1)</script>"
SPOILED = "offer \u202egnp.exe, ask ada@mail.example.com"

MAY_BE_EMPTY = {
    **{f"email_statistics-{number}": "only version 4 of the API tells them" for number in range(1, 6)},
    "prospect_versions-1": "this account's first version is of a later day",
    "asset_performance-4": "nobody is suspected in so small an account",
    "daily_activity-4": "something happens every day",
    "data_quality-1": "all may be well",
    "data_quality-4": "nothing was set aside",
    "email_link_performance-3": "nobody is suspected in so small an account",
    "landing_page_performance-4": "all pages are in use",
    "list_growth-3": "all lists grow",
    "score_history-2": "no grade moved in the one day of the account",
    "prospects-2": "no two prospects share an address",
    "prospect_versions-2": "no owner changed in the one day of the account",
    "prospect_account_versions-2": "no account changed in the one day of the account",
    "visitor_activities_enriched-4": "few fill in a form after a click in so small an account",
    "visitor_activities-2": "only a review finds purged rows",
    "deliverability-3": "nobody may have complained",
    "deliverability-5": "domains of so small an account get few emails",
}
"""Question -> why the account may have no answer."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two days of one account, published in a file that is called as its raw schema, as by default."""
    folder = tmp_path_factory.mktemp("analysts")
    with pytest.MonkeyPatch.context() as patch, build_store(6000) as store:
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        patch.setenv("DLT_PROJECT_DIR", str(folder))
        fields = list(store.rows("custom-fields"))
        for row, name in zip(fields, (HOSTILE, SPOILED), strict=False):
            store.update("custom-fields", int(str(row["id"])), name=name)
        account = open_account(folder, store)
        with account.emulator:
            account.run()
            account.next_day(seed=3, purge=True)
            account.run()
        yield account.places.published_database.rename(folder / "pardot.duckdb")


@pytest.fixture
def db(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published), read_only=True) as connection:
        yield connection


# Questions.


@pytest.mark.parametrize("part", PARTS)
def test_every_question_is_answered(db: duckdb.DuckDBPyConnection, part: Part) -> None:
    wrong = {}
    for question in questions():
        if question.part == part:
            try:
                rows = db.execute(Dataset(database="pardot").place(question.sql)).fetchall()
            except duckdb.Error as error:
                wrong[question.label] = str(error)
            else:
                if not rows and question.label not in MAY_BE_EMPTY:
                    wrong[question.label] = "no row"
    assert wrong == {}


def test_every_reporting_table_has_five_questions_and_no_question_is_asked_twice() -> None:
    project = load_project()
    asked = questions()
    reporting = {name for name, model in project.models.items() if model.is_reporting}
    assert Counter(one.table for one in asked if one.part == "marts") == dict.fromkeys(reporting, 5)
    assert {one.table for one in asked if one.part == "history"} == set(project.histories)
    assert {one.table for one in asked if one.part == "raw"} == {e.table for e in CATALOGUE.values() if e.standard}
    texts = Counter(one.text for one in asked)
    assert [text for text, count in texts.items() if count > 1] == []
    assert Counter(one.sql for one in asked).most_common(1)[0][1] == 1


def test_a_question_is_a_question_that_reads_its_table_in_a_fixed_order() -> None:
    for one in questions():
        assert one.text.endswith("?"), one.label
        schema = {"marts": "pardot_marts", "raw": "pardot", "history": "pardot_history"}[one.part]
        table_macro = {m.name for m in macros() if m.reads == (schema, one.table)}
        assert re.search(rf"\b{schema}\.{one.table}\b|\b({'|'.join(table_macro) or '-'})\(", one.sql), one.label
        is_one_row = "ORDER BY" not in one.sql
        assert not is_one_row or one.label in ("database_growth-4", "prospects-3"), one.label


def test_exceptions_speak_of_questions_that_there_are() -> None:
    assert set(MAY_BE_EMPTY) <= {one.label for one in questions()}


# Where a reader has the tables.


def test_statement_moves_to_another_dataset_and_file() -> None:
    sql = "SELECT pardot_marts.ctr(1, 2) FROM pardot.visits AS v, pardot_history.x, other.pardot.y, v.pardot"
    apac = Dataset("apac").place(sql)
    assert apac == "SELECT apac_marts.ctr(1, 2) FROM apac.visits AS v, apac_history.x, other.pardot.y, v.pardot"
    assert "FROM pardot.pardot.visits AS v, pardot_history.x" in Dataset(database="pardot").place(sql)


@pytest.mark.parametrize("text", ["SELECT 1;\n", "-- What?\n;\n", "-- What?\nSELECT 1\n"])
def test_statement_without_words_or_end_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match=r"some\.sql"):
        list(read_statements(path))


# Macros.


def test_macros_are_in_the_snapshot_and_say_what_they_are(db: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        db.execute(
            "SELECT function_name, comment FROM duckdb_functions() WHERE schema_name = 'pardot_marts'"
        ).fetchall()
    )
    assert found == {one.name: f"{one.call}: {one.text}" for one in macros()}


@pytest.mark.parametrize("name", [one.name for one in macros() if not one.is_table])
def test_rate_of_nothing_is_null_and_other_rates_are_exact(db: duckdb.DuckDBPyConnection, name: str) -> None:
    macro = f"pardot_marts.{name}"
    row = db.execute(f"SELECT {macro}(1, 0), {macro}(0, 0), {macro}(1, NULL), {macro}(1, 4), {macro}(0, 4)").fetchone()
    assert row == (None, None, None, 0.25, 0.0)


def test_rates_over_one_row_are_those_of_the_table(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute(
        "SELECT count(*), count(*) FILTER (WHERE"
        " open_rate IS DISTINCT FROM pardot_marts.open_rate(unique_opens, delivered)"
        " OR ctr IS DISTINCT FROM pardot_marts.ctr(clicks, delivered)"
        " OR unique_ctr IS DISTINCT FROM pardot_marts.unique_ctr(unique_clicks, delivered)"
        " OR ctor IS DISTINCT FROM pardot_marts.ctor(unique_clicks, unique_opens)) FROM pardot_marts.email_performance"
    ).fetchone()
    assert rows is not None
    assert rows[0] >= 10
    assert rows[1] == 0


@pytest.mark.parametrize(
    "macro", [one for one in macros() if one.reads and "history" in one.reads[0]], ids=lambda m: m.name
)
def test_as_of_now_is_what_is_current_and_every_id_stands_once(db: duckdb.DuckDBPyConnection, macro: object) -> None:
    name, table = getattr(macro, "name"), getattr(macro, "reads")[1]  # noqa: B009
    current = f"SELECT id, version FROM pardot_history.{table} WHERE is_current AND NOT coalesce(is_deleted, false)"
    now = f"SELECT id, version FROM pardot_marts.{name}('2099-01-01 00:00:00+00')"
    assert sorted(db.execute(now).fetchall()) == sorted(db.execute(current).fetchall())
    before = db.execute(f"SELECT min(valid_from) FROM pardot_history.{table}").fetchall()[0][0]
    assert db.execute(
        f"SELECT count(*) FROM pardot_marts.{name}(?::TIMESTAMPTZ - INTERVAL 1 SECOND)", [before]
    ).fetchall() == [(0,)]
    for moment in ("2026-03-01 00:00:00+00", "2026-11-21 00:00:00+00"):
        doubled = f"SELECT id FROM pardot_marts.{name}('{moment}') GROUP BY id HAVING count(*) > 1"
        assert db.execute(doubled).fetchall() == []


def test_version_holds_from_its_first_instant_and_no_longer_at_its_last(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute(
        "SELECT id, version, valid_from, valid_to FROM pardot_history.prospect_versions "
        "WHERE valid_to IS NOT NULL AND NOT coalesce(is_deleted, false)"
    ).fetchall()
    assert rows
    for number, version, begin, end in rows[:20]:
        found = [
            db.execute(
                "SELECT version FROM pardot_marts.prospects_as_of(?::TIMESTAMPTZ) WHERE id = ?", [at, number]
            ).fetchall()
            for at in (begin, end)
        ]
        assert found[0] == [(version,)]
        assert found[1] != [(version,)]


def test_activity_between_has_both_days_whole(db: duckdb.DuckDBPyConnection) -> None:
    days = db.execute(
        "SELECT min(created_on) + 10, max(created_on) - 10 FROM pardot_marts.visitor_activities_enriched"
    ).fetchall()[0]
    found = db.execute(
        "SELECT count(*), min(created_on), max(created_on) FROM pardot_marts.activity_between(?, ?)", days
    ).fetchall()
    expected = db.execute(
        "SELECT sum(activities), min(created_on), max(created_on) FROM pardot_marts.daily_activity "
        "WHERE created_on >= ? AND created_on <= ?",
        days,
    ).fetchall()
    assert found == expected


def test_macro_without_its_table_is_left_out() -> None:
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA apac_marts")
        made = install(db, Dataset("apac"))
        assert set(made) == {one.name for one in macros() if not one.is_table}
        assert db.execute("SELECT apac_marts.safe_divide(1, 2)").fetchall() == [(0.5,)]


# Comments.


def test_every_table_and_column_of_the_snapshot_is_described(db: duckdb.DuckDBPyConnection) -> None:
    bare = db.execute(
        "SELECT schema_name, table_name, NULL FROM duckdb_tables() WHERE comment IS NULL "
        "UNION ALL SELECT schema_name, table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() "
        "USING (schema_name, table_name) WHERE duckdb_columns.comment IS NULL AND NOT duckdb_columns.internal "
        "AND NOT starts_with(table_name, '_dlt_') AND table_name NOT IN ('_build', '_seen')"
    ).fetchall()
    assert bare == []


def test_custom_field_is_described_by_its_label_however_hostile(db: duckdb.DuckDBPyConnection) -> None:
    texts = dict(
        db.execute(
            "SELECT column_name, comment FROM duckdb_columns() "
            "WHERE table_name = 'prospects' AND ends_with(column_name, '__c')"
        ).fetchall()
    )
    said = set(texts.values())
    assert f"Custom field “{HOSTILE}”, as text." in said
    assert "Custom field “offer gnp.exe, ask [address]”, as text." in said
    assert db.execute("SELECT count(*) > 0 FROM pardot.pardot.prospects").fetchall() == [(True,)]


def test_comments_are_written_once(published: Path) -> None:
    with connect(published.with_name("working.duckdb")) as working:
        assert describe_raw_tables(working, "pardot") == 0
        working.execute("COMMENT ON COLUMN pardot.prospects.score IS 'wrong'")
        working.execute("COMMENT ON TABLE pardot.prospects IS NULL")
        assert describe_raw_tables(working, "pardot") == 2
        assert describe_raw_tables(working, "pardot") == 0


def test_descriptions_cover_the_catalogue_and_nothing_else() -> None:
    texts = raw_tables()
    entries = [*CATALOGUE.values(), *(each.entry for each in ONLY_LEGACY)]
    assert {entry.table for entry in entries} <= set(texts)
    missing = [(e.table, f.column) for e in entries for f in e.fields if not describe_column(e.table, f.column)]
    assert missing == []
    columns = {entry.table: {f.column for f in entry.fields} for entry in entries}
    assert [(t, c) for t, own in columns.items() for c in texts[t].columns if c not in own] == []
    assert all(text.description.endswith(".") for text in texts.values())


def test_what_is_no_column_of_the_catalogue_is_described_by_its_ending() -> None:
    assert (
        describe_column("prospects", "score__v_text") == "Text of score where it does not fit the type of that column."
    )
    assert describe_column("prospects", "region__c") == "Custom field, as text."
    assert (
        describe_column("visitor_activities", "campaign__name") == "Field campaign.name of a related object, as text."
    )
    assert describe_column("prospects", "nobody_knows") is None


# The notebook.


def test_notebook_runs_from_top_to_bottom(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    monkeypatch.setenv("PARDOT_DUCKDB", str(published))
    names: dict[str, object] = {"display": str}
    for cell in cells:
        exec("".join(cell["source"]), names)  # noqa: S102  our own file
    assert len(cells) >= 5
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []
