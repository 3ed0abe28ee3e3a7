from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from report_database import AS_OF, DAY, LOAD_ID, activity, add_rejected, company, write_company, write_plain, write_rows
from report_page import ReadPage, report
from sampling import sampled
from transforms_warehouse import utc

from pardot.errors import StorageError
from pardot_emulator.store import Store
from pardot_etl.report import formats, render, write_report
from pardot_etl.report.page import read_page
from pardot_etl.report.published import Published, open_published

ACTIVITIES = 3_000


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with company(ACTIVITIES) as built:
        yield built


@pytest.fixture(scope="module")
def database(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "company.duckdb"
    write_company(path, store)
    return path


@pytest.fixture(scope="module")
def html(database: Path) -> str:
    target = database.with_suffix(".html")
    write_report(database, target)
    return target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> ReadPage:
    return ReadPage(html)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plain(tmp_path_factory.mktemp("plain") / "plain.duckdb")


# -- the numbers


def test_headlines_equal_an_independent_count(store: Store, page: ReadPage) -> None:
    rows = list(store.rows("visitor-activities"))
    until = max(row["createdAt"] for row in rows)  # type: ignore[type-var]
    assert isinstance(until, datetime)
    recent = [row for row in rows if until - 28 * DAY < row["createdAt"] <= until]  # type: ignore[operator]
    passive = {6, 8, 9, 10, 13, 18, 19, 23, 36, 38}
    engaged = {row["prospectId"] for row in recent if row["type"] not in passive} - {None}

    shown = page.headlines()

    assert shown["Activities"] == f"{len(recent):,}"
    assert shown["Active prospects"] == f"{len({row['prospectId'] for row in recent} - {None}):,}"
    assert shown["Engaged prospects"] == f"{len(engaged):,}"
    assert shown["Form successes"] == f"{sum(row['type'] == 4 for row in recent):,}"
    assert f"{len(engaged):,} prospects engaged" in page.all("p", "lead")[0].text
    assert len(shown) == len(page.all("p", "big")), "two key figures have one name"


def test_funnel_counts_each_prospect_of_an_email_once(tmp_path: Path) -> None:
    sends = [activity(i, AS_OF - 3 * DAY, type=6, list_email_id=9, prospect_id=i) for i in range(1, 11)]
    bounce = activity(20, AS_OF - 3 * DAY, type=13, list_email_id=9, prospect_id=1)
    opens = [
        activity(30 + i, AS_OF - 2 * DAY, type=11, list_email_id=9, prospect_id=p) for i, p in enumerate((2, 2, 3, 4))
    ]
    clicks = [activity(40, AS_OF, type=1, list_email_id=9, prospect_id=2)]
    database = write_rows(
        tmp_path / "d.duckdb",
        visitor_activities=[*sends, bounce, *opens, *clicks],
        list_emails=[{"id": 9, "name": "Launch", "sent_at": AS_OF - 3 * DAY}],
    )

    page = report(database)

    assert page.table("List emails sent") == [
        ["Sent", "10", "100.0%"],
        ["Delivered", "9", "90.0%"],
        ["Unique opens", "3", "30.0%"],
        ["Unique clicks", "1", "10.0%"],
    ]
    assert page.table("Top list emails") == [["Launch", "12 Jan 2026", "10", "9", "3", "1", "33.3%", "11.1%", "33.3%"]]
    assert page.headlines()["Unique open rate"] == "33.3%"


def test_email_without_a_loaded_send_is_in_no_rate(tmp_path: Path) -> None:
    database = write_rows(
        tmp_path / "d.duckdb",
        visitor_activities=[activity(1, AS_OF, type=11, list_email_id=9, prospect_id=1)],
        list_emails=[{"id": 9, "name": "Sent long ago", "sent_at": AS_OF - DAY}],
    )

    page = report(database)

    assert page.headlines()["Emails delivered"] == "0"
    assert page.headlines()["Unique open rate"] == "–"
    assert "No list email with a loaded send" in page.text


def test_activity_exactly_28_days_old_belongs_to_the_period_before(tmp_path: Path) -> None:
    ages = [timedelta(0), 28 * DAY - timedelta(microseconds=1), 28 * DAY, 56 * DAY - DAY, 57 * DAY]
    database = write_rows(
        tmp_path / "d.duckdb", visitor_activities=[activity(i, AS_OF - age) for i, age in enumerate(ages, 1)]
    )

    page = report(database)

    assert page.headlines()["Activities"] == "2"
    assert "from 2" in page.text


@pytest.mark.parametrize(("weeks", "counted"), [(1, "2"), (2, "3"), (52, "4")])
def test_period_has_the_weeks_that_are_asked_for(tmp_path: Path, weeks: int, counted: str) -> None:
    ages = [timedelta(0), 6 * DAY, 7 * DAY, 363 * DAY, 364 * DAY]
    database = write_rows(
        tmp_path / "d.duckdb", visitor_activities=[activity(i, AS_OF - age) for i, age in enumerate(ages, 1)]
    )

    page = report(database, weeks=weeks)

    assert page.headlines()["Activities"] == counted
    assert page.all("dd")[0].text == f"{7 * weeks} days to 15 Jan 2026"


def test_change_is_not_told_while_the_period_before_is_incomplete(tmp_path: Path) -> None:
    rows = [activity(1, AS_OF), activity(2, AS_OF - 40 * DAY)]
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=rows))

    assert "too late for a comparison" in page.text
    assert not page.all("span", "good") + page.all("span", "bad") + page.all("span", "even")


def test_day_table_adds_up_to_every_activity_of_the_days_drawn(store: Store, page: ReadPage) -> None:
    rows = page.table("Activities per day")
    first, last = AS_OF.date() - 90 * DAY, AS_OF.date() - DAY
    expected = [
        row
        for row in store.rows("visitor-activities")
        if isinstance(row["createdAt"], datetime) and first <= row["createdAt"].date() <= last
    ]

    assert len(rows) == 90
    assert rows[0][0] == formats.day(last)
    assert sum(int(row[-1].replace(",", "")) for row in rows) == len(expected)
    assert all(sum(int(cell) for cell in row[1:-1]) == int(row[-1]) for row in rows)


@pytest.mark.parametrize(
    ("loaded_at", "newest_day"),
    [
        pytest.param(utc(2026, 1, 15, 23, 59), "14 Jan 2026", id="loaded before the day was over"),
        pytest.param(utc(2026, 1, 16), "15 Jan 2026", id="loaded after the day was over"),
        pytest.param(None, "14 Jan 2026", id="nothing known of loads"),
    ],
)
def test_last_day_is_drawn_only_once_it_is_over(tmp_path: Path, loaded_at: datetime | None, newest_day: str) -> None:
    rows = [activity(1, AS_OF), activity(2, AS_OF - DAY), activity(3, AS_OF - 2 * DAY)]
    page = report(write_rows(tmp_path / "d.duckdb", loaded_at=loaded_at, visitor_activities=rows))

    assert page.table("Activities per day")[0][0] == newest_day


def test_type_that_nobody_documented_is_counted_as_other(tmp_path: Path) -> None:
    rows = [activity(1, AS_OF, type=99), activity(2, AS_OF - DAY, type=99), activity(3, AS_OF - DAY, type=None)]
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=rows))

    assert page.table("Activities per day") == [["14 Jan 2026", "0", "0", "0", "0", "0", "2", "0", "2"]]


def test_rankings_count_what_people_did(tmp_path: Path) -> None:
    rows = [
        activity(1, AS_OF, campaign_id=1, prospect_id=1),
        activity(2, AS_OF, campaign_id=1, prospect_id=1, type=4),
        activity(3, AS_OF, campaign_id=2, prospect_id=2, type=1),
        activity(4, AS_OF, campaign_id=2, prospect_id=2, type=6),
        activity(5, AS_OF - 28 * DAY, campaign_id=2, prospect_id=2),
    ]
    page = report(
        write_rows(
            tmp_path / "d.duckdb",
            visitor_activities=rows,
            campaigns=[{"id": 1, "name": "Spring"}],
            prospects=[{"id": 1, "prospect_account_id": 7}, {"id": 2}],
            prospect_accounts=[{"id": 7, "name": "Acme"}],
        )
    )

    assert page.table("What people did, by campaign") == [
        ["Spring", "2", "1", "0", "1"],
        ["Campaign 2", "1", "1", "1", "0"],
    ]
    assert page.table("What people did, by account") == [["Acme", "2", "1", "0", "1"]]


def test_same_database_makes_the_same_page(database: Path, html: str, tmp_path: Path) -> None:
    write_report(database, tmp_path / "again.html")

    assert (tmp_path / "again.html").read_text(encoding="utf-8") == html


def test_result_tells_the_size_and_the_drawings(database: Path, tmp_path: Path) -> None:
    result = write_report(database, tmp_path / "deep" / "report.html")
    page = ReadPage(result.path.read_text(encoding="utf-8"))
    drawn = [page.all("svg", name) for name in ("chart", "funnel", "weeks")]

    assert result.bytes == result.path.stat().st_size < 400_000
    assert result.charts == sum(map(len, [*drawn, page.all("ol", "ranks")])) >= 30


# -- where the numbers come from


def test_header_names_data_time_load_and_title(database: Path, page: ReadPage) -> None:
    facts = [each.text for each in page.all("dd")][:4]

    assert facts[:2] == ["28 days to 15 Jan 2026", "28 days to 18 Dec 2025"]
    assert facts[2:] == ["15 Jan 2026, 10:00 UTC", "15 Jan 2026, 10:00 UTC"]
    assert f"Load {LOAD_ID}." in page.all("footer")[0].text
    assert report(database, title="January").all("h1")[0].text == "January"


def test_rejected_rows_are_counted_but_their_text_stays_out(tmp_path: Path) -> None:
    database = write_rows(tmp_path / "d.duckdb", visitor_activities=[activity(1, AS_OF)])
    add_rejected(database, "4711,ada@example.com,not a number")

    page = report(database)

    assert "1 row could not be read" in page.text
    assert page.table("Rows set aside") == [["visitor_activities", "1", "15 Jan 2026, 10:00"]]
    assert "4711" not in page.text


def test_silence_before_the_last_load_is_a_warning(tmp_path: Path) -> None:
    database = write_rows(tmp_path / "d.duckdb", loaded_at=AS_OF + 5 * DAY, visitor_activities=[activity(1, AS_OF)])

    assert "The newest activity is 5 days older than the last load" in report(database).text


def test_keys_without_a_row_are_told_by_table(tmp_path: Path) -> None:
    rows = [
        activity(1, AS_OF, prospect_id=1, campaign_id=5),
        activity(2, AS_OF, prospect_id=2),
        activity(3, AS_OF, prospect_id=2),
    ]
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=rows, prospects=[{"id": 1}]))
    keys = {row[0]: row[1:] for row in page.table("Keys without a row")}

    assert keys["prospect_id"] == ["prospects", "1", "2"]
    assert keys["campaign_id"] == ["campaigns (not loaded)", "–", "1"]
    assert "1 id in activities without a row of their own" in page.text
    assert "names are missing: campaigns" in page.text


def test_numbers_that_no_run_has_judged_are_not_called_checked(tmp_path: Path) -> None:
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=[activity(1, AS_OF)]))

    assert "No run is on record, so freshness, volume, gaps and counts are not judged" in page.text
    assert "Every check passed" not in page.text


def test_every_raw_table_is_listed_with_its_rows(store: Store, page: ReadPage) -> None:
    rows = {name: count for name, count, _ in page.table("Rows per table")}

    assert rows["visitor_activities"] == f"{ACTIVITIES:,}"
    assert rows["campaigns"] == f"{store.count('campaigns'):,}"
    assert not [name for name in rows if name.startswith("_dlt")]


def test_every_metric_of_the_dictionary_is_explained(database: Path, page: ReadPage) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        formulas = connection.execute("SELECT formula FROM pardot_marts.metric_dictionary").fetchall()

    shown = [each.text for each in page.all("code") if "dd" in each.path]

    assert sorted(shown) == sorted(formula for (formula,) in formulas)


# -- whatever is missing


def _nothing(_: duckdb.DuckDBPyConnection) -> None:
    pass


def _schemas_without_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA pardot; CREATE SCHEMA pardot_marts")


def _other_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA pardot_marts; CREATE TABLE pardot_marts.email_performance (id BIGINT)")
    connection.execute("CREATE SCHEMA pardot; CREATE TABLE pardot.visitor_activities (id BIGINT)")
    connection.execute("CREATE TABLE pardot._dlt_loads (load_id VARCHAR)")


@pytest.mark.parametrize("prepare", [_nothing, _schemas_without_tables, _other_tables])
def test_database_without_our_tables_makes_a_page_that_says_so(
    tmp_path: Path, prepare: Callable[[duckdb.DuckDBPyConnection], None]
) -> None:
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        prepare(connection)

    page = report(tmp_path / "d.duckdb")

    assert "There is nothing to report yet" in page.text
    assert page.all("aside", "warnings")
    assert set(page.headlines().values()) <= {"–", "0"}
    assert "0" not in list(page.headlines().values())[:-4], "only data health counts what is not there"


def test_built_tables_without_a_row_make_a_page_that_says_so(tmp_path: Path) -> None:
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=[]))

    assert "No visitor activity is loaded" in page.text
    assert not page.all("svg", "chart")


@pytest.mark.parametrize(
    "relation",
    sampled(
        [
            "pardot_marts.visitor_activities_enriched",
            "pardot_marts.daily_activity",
            "pardot_marts.email_performance",
            "pardot_marts.metric_dictionary",
            "pardot.visitor_activities",
            "pardot._dlt_loads",
        ],
        3,
    ),
)
def test_any_single_table_or_column_may_be_missing(plain: Path, tmp_path: Path, relation: str) -> None:
    with duckdb.connect(str(shutil.copy(plain, tmp_path / "d.duckdb"))) as connection:

        def told() -> str:
            published = Published(connection, marts_schema="pardot_marts", raw_schema="pardot")
            return render(read_page(published, "Still a page"))

        whole = told()
        changed = 0
        for column, *_ in connection.execute(f"DESCRIBE {relation}").fetchall():
            connection.execute("BEGIN")
            connection.execute(f'ALTER TABLE {relation} RENAME COLUMN "{column}" TO renamed')
            changed += told() != whole
            connection.execute("ROLLBACK")
        connection.execute(f"DROP TABLE {relation}")

        assert changed, "no column of the table matters to the page"
        assert told() != whole


def test_single_activity_is_a_page(tmp_path: Path) -> None:
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=[activity(1, AS_OF)]))

    assert page.headlines()["Activities"] == "1"
    assert page.table("Activities per day")[0][0] == "15 Jan 2026"


def test_activity_without_a_time_is_reported_and_not_drawn(tmp_path: Path) -> None:
    rows = [activity(1, AS_OF), activity(2, AS_OF) | {"created_at": None}]
    page = report(write_rows(tmp_path / "d.duckdb", visitor_activities=rows))

    assert "1 activity without a time" in page.text
    assert page.headlines()["Activities"] == "1"


# -- when it cannot be done


def _missing(folder: Path) -> tuple[Path, Path]:
    return folder / "none.duckdb", folder / "r.html"


def _no_database(folder: Path) -> tuple[Path, Path]:
    (folder / "text.duckdb").write_text("this is no database" * 1000)
    return folder / "text.duckdb", folder / "r.html"


def _folder_in_the_way(folder: Path) -> tuple[Path, Path]:
    (folder / "r.html").mkdir()
    return write_rows(folder / "d.duckdb", visitor_activities=[]), folder / "r.html"


@pytest.mark.parametrize("arrange", [_missing, _no_database, _folder_in_the_way])
def test_failure_is_a_storage_error_that_names_the_file_and_leaves_nothing(
    tmp_path: Path, arrange: Callable[[Path], tuple[Path, Path]]
) -> None:
    database, target = arrange(tmp_path)
    before = sorted(tmp_path.iterdir())

    with pytest.raises(StorageError) as caught:
        write_report(database, target)

    assert str(tmp_path) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_report_about_a_database_that_may_only_be_read(tmp_path: Path) -> None:
    database = write_rows(tmp_path / "d.duckdb", visitor_activities=[activity(1, AS_OF)])
    before = database.read_bytes()
    database.chmod(0o444)

    assert report(database).headlines()["Activities"] == "1"
    assert database.read_bytes() == before


def test_database_may_have_the_name_of_its_schema(plain: Path, tmp_path: Path) -> None:
    """A file `pardot.duckdb` is a catalog `pardot`, in which `pardot.prospects` is ambiguous."""
    database = Path(shutil.copy(plain, tmp_path / "pardot.duckdb"))

    assert report(database).headlines()["Activities"] == "2"


def test_queries_reach_no_file_beside_the_database(tmp_path: Path) -> None:
    database = write_rows(tmp_path / "d.duckdb", visitor_activities=[])
    (tmp_path / "other.csv").write_text("a\n1\n")

    with (
        open_published(database, marts_schema="pardot_marts", raw_schema="pardot") as db,
        pytest.raises(duckdb.PermissionException),
    ):
        db.rows("SELECT * FROM read_csv(?)", [str(tmp_path / "other.csv")])


def test_times_do_not_depend_on_the_zone_of_the_machine(
    database: Path, html: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        write_report(database, tmp_path / "r.html")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert (tmp_path / "r.html").read_text(encoding="utf-8") == html
    assert AS_OF.tzinfo is timezone.utc
