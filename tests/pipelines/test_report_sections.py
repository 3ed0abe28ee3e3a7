"""Every section against an independent computation, and every drawing against the table behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pytest
import report_truth as truth
from report_database import company, write_company, write_plain
from report_page import ReadPage

from pardot.naming import column_name
from pardot_emulator.store import Store
from pardot_etl.report import render
from pardot_etl.report.page import Page, read_page
from pardot_etl.report.parts import Block, Section
from pardot_etl.report.published import Published, open_published

MARTS = (
    "visitor_activities_enriched", "daily_activity", "email_performance", "email_link_performance", "deliverability",
    "visitor_sessions", "top_pages", "form_performance", "landing_page_performance", "lifecycle_funnel",
    "opportunity_influence", "attribution", "follow_up_queue", "database_growth", "list_growth",
)  # fmt: skip
"""The reporting tables that the page is drawn from, each of which may be missing or have no row."""


class _Row(dict[str, Any]):
    def __missing__(self, name: str) -> None:
        return None


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with company(4_000) as built:
        yield built


@pytest.fixture(scope="module")
def rows(store: Store) -> truth.Rows:
    @cache
    def read(table: str) -> Sequence[Mapping[str, Any]]:
        collection = store.rows(table.replace("_", "-"))
        return [_Row({column_name(name): value for name, value in row.items()}) for row in collection]

    return read


@pytest.fixture(scope="module")
def database(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sections") / "company.duckdb"
    write_company(path, store)
    return path


def read(database: Path) -> Page:
    with open_published(database, marts_schema="pardot_marts", raw_schema="pardot") as db:
        return read_page(db, "Sections")


@pytest.fixture(scope="module")
def page(database: Path) -> Page:
    return read(database)


def _blocks(page: Page) -> Iterator[tuple[Section, Block]]:
    return chain.from_iterable(((section, block) for block in section.blocks) for section in page.sections)


def _table(page: Page, title: str) -> list[tuple[str, ...]]:
    [block] = [block for _, block in _blocks(page) if block.title == title]
    assert block.table is not None, f"nothing under {title!r}"
    return list(block.table.rows)


def _int(text: str) -> int:
    return int(text.replace(",", "").replace("−", "-"))


# -- the numbers


def test_key_figures_of_both_periods_equal_an_independent_count(page: Page, rows: truth.Rows) -> None:
    now, before = (truth.figures(rows, span) for span in truth.spans(rows))
    shown = {each.name: each for section in page.sections for each in section.figures}

    assert {name: shown[name].value for name in now} == now
    assert {name: shown[name].before for name in now} == {
        name: "" if value == "–" else f"from {value}" for name, value in before.items()
    }


def test_every_key_figure_is_counted_independently_or_named_here(page: Page, rows: truth.Rows) -> None:
    counted = truth.figures(rows, truth.spans(rows)[0])
    others = {each.name for section in page.sections for each in section.figures} - set(counted)

    assert others == {
        "Mailable prospects", "Mailable share", "No longer mailable", "People worth a call", "Of them unassigned",
        "Rows loaded", "Rows not readable", "Checks passed", "Last load",
    }  # fmt: skip


def test_database_counts_who_may_be_mailed_today(page: Page, rows: truth.Rows) -> None:
    people = [row for row in rows("prospects") if not row["is_deleted"]]
    barred = ("opted_out", "is_do_not_email", "is_email_hard_bounced")
    mailable = [row for row in people if row["email"] and not any(row[name] for name in barred)]
    figures = {each.name: each.value for section in page.sections for each in section.figures}
    [newest, *_] = _table(page, "Prospects at the end of each day")

    assert figures["Mailable prospects"] == truth.number(len(mailable))
    assert figures["Mailable share"] == truth.rate(len(mailable), len(people))
    assert sum(map(_int, newest[1:3])) == _int(newest[3])


def test_people_worth_a_call_are_those_of_the_queue_without_their_names(page: Page, database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "SELECT call_rank, points, assigned_to_id IS NULL FROM pardot_marts.follow_up_queue ORDER BY call_rank"
        ).fetchall()
    figures = {each.name: each.value for section in page.sections for each in section.figures}

    assert figures["People worth a call"] == truth.number(len(found))
    assert figures["Of them unassigned"] == truth.number(sum(unassigned for *_, unassigned in found))
    assert [(_int(row[0].partition(".")[0]), _int(row[1])) for row in _table(page, "People worth a call")] == [
        (rank, points) for rank, points, _ in found[:8]
    ]


def test_lifecycle_counts_first_entries_of_twelve_months(page: Page, rows: truth.Rows) -> None:
    entered = truth.stages_entered(rows, truth.spans(rows)[0].until)

    assert {row[0]: _int(row[1]) for row in _table(page, "Lifecycle")} == entered


def test_each_model_of_attribution_adds_up_to_the_won_value(page: Page, rows: truth.Rows) -> None:
    won = truth.won_value_of_a_year(rows, truth.spans(rows)[0].until)
    table = _table(page, "Won value by campaign")

    assert won > 0
    for column in range(1, len(table[0])):
        assert sum(_int(row[column]) for row in table) == pytest.approx(won, abs=len(table)), "whole units are rounded"


def test_sessions_by_day_and_by_source_add_up_to_all_of_them(page: Page, rows: truth.Rows) -> None:
    _, before = truth.spans(rows)
    days = [_int(row[3]) for row in _table(page, "Sessions per day")]
    sources = [_int(row[1]) for row in _table(page, "Where sessions came from")]
    [now] = [each.value for section in page.sections for each in section.figures if each.name == "Sessions"]

    assert len(days) == 90
    assert sum(days) > _int(now) + _int(truth.web(rows, before)["Sessions"]) > 0
    assert sum(sources) == _int(now), "the emulated visits have fewer sources than a ranking has rows"


# -- drawings and the tables behind them


def test_every_drawing_has_its_table_and_every_other_block_its_words(page: Page) -> None:
    for section, block in _blocks(page):
        assert not block.is_chart or block.table, f"{section.name}: {block.title}"
        assert block.table or block.nothing, f"{section.name}: {block.title}"
    for section in page.sections:
        assert any(each.weeks for each in section.figures) <= (section.weeks is not None), section.name


def test_rankings_have_the_rows_of_their_tables(page: Page) -> None:
    ranked = [block for _, block in _blocks(page) if block.ranks]

    assert len(ranked) >= 10
    for block in ranked:
        assert block.table
        assert [each.name for each in block.ranks] == [row[0] for row in block.table.rows], block.title


def test_bars_are_as_long_as_the_numbers_beside_them(page: Page) -> None:
    for title in ("Top campaigns", "Top accounts", "Lifecycle", "Largest lists", "Where sessions came from"):
        [block] = [block for _, block in _blocks(page) if block.title == title]
        numbers = [_int(re.findall(r"[\d,]+", each.value)[0]) for each in block.ranks]
        widths = [max(map(float, re.findall(r'class="kind-\w+" width="([\d.]+)%"', each.bar))) for each in block.ranks]

        assert numbers, title
        assert widths == pytest.approx([100 * each / max(numbers) for each in numbers], abs=0.051), title


def test_charts_by_day_say_what_their_tables_say(page: Page) -> None:
    charts = [block for _, block in _blocks(page) if block.drawing and 'class="chart"' in block.drawing]

    assert [block.title for block in charts] == [
        "Activity per day",
        "Sessions per day",
        "Prospects at the end of each day",
    ]
    for block in charts:
        assert block.table
        told = re.findall(r'<g class="day">.*?<title>(.*?)</title>', str(block.drawing), re.DOTALL)
        names = block.table.columns[1:-1]
        expected = [
            [f"{name}: {cell}" for name, cell in zip(names, row[1:-1], strict=True) if cell != "0"] or ["Nothing"]
            for row in reversed(block.table.rows)
        ]
        assert [each.split("\n")[1:] for each in told] == expected, block.title


def test_week_bars_say_what_the_table_by_week_says(page: Page) -> None:
    for section in page.sections:
        for each in section.figures:
            if each.weeks is None:
                continue
            assert section.weeks
            column = section.weeks.columns.index(each.name)
            told = ", ".join(row[column] for row in section.weeks.rows)
            assert f"<desc>{told}</desc>" in each.weeks, each.name


# -- whatever is missing or empty


def _emptied(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(f"DELETE FROM pardot_marts.{table}")


def _dropped(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(f"DROP TABLE pardot_marts.{table}")


@pytest.mark.parametrize("harm", [_emptied, _dropped])
def test_any_reporting_table_may_be_missing_or_have_no_row(
    database: Path, page: Page, harm: Callable[[duckdb.DuckDBPyConnection, str], None]
) -> None:
    whole = render(page)
    with duckdb.connect(str(database)) as connection:
        for table in MARTS:
            connection.execute("BEGIN")
            harm(connection, table)
            told = _told(connection)
            connection.execute("ROLLBACK")
            assert told != whole, f"{table} does not matter to the page"
            assert not [each for each in ReadPage(told).all("ol", "ranks") if not each.text.strip()], table


@pytest.mark.long
def test_any_column_may_be_missing(tmp_path: Path) -> None:
    with duckdb.connect(str(write_plain(tmp_path / "plain.duckdb"))) as connection:
        for table in (*MARTS, "metric_dictionary", "data_quality"):
            for column, *_ in connection.execute(f"DESCRIBE pardot_marts.{table}").fetchall():
                connection.execute("BEGIN")
                connection.execute(f'ALTER TABLE pardot_marts.{table} RENAME COLUMN "{column}" TO renamed')
                read_page(Published(connection, marts_schema="pardot_marts", raw_schema="pardot"), "Still a page")
                connection.execute("ROLLBACK")


def _told(connection: duckdb.DuckDBPyConnection) -> str:
    return render(read_page(Published(connection, marts_schema="pardot_marts", raw_schema="pardot"), "Sections"))
