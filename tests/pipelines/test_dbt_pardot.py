"""fivetran/dbt_pardot, unchanged, over our tables in the columns of Fivetran's: what it counts equals what we count.

Its text is not ours and not here. `make fivetran PACKAGES=…/dbt_packages` names the folder that `dbt deps` has filled,
and runs these; the other commands leave them out.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from fivetran import READ, SCHEMA
from report_database import company, write_company

from pardot_transforms.quoting import literal

DBT = os.environ.get("PARDOT_DBT", "")
PACKAGES = os.environ.get("PARDOT_DBT_PARDOT", "")

pytestmark = [
    pytest.mark.dbt,
    pytest.mark.skipif(not (DBT and PACKAGES), reason="LEFT OUT: dbt_pardot; `make fivetran PACKAGES=…` builds it"),
]

PROJECT = f"""\
name: migration
version: '1.0'
config-version: 2
profile: migration
packages-install-path: {PACKAGES}
flags:
  send_anonymous_usage_stats: false
vars:
  pardot_database: ours
  pardot_schema: {SCHEMA}
  prospect_metrics_activity_types: [Form, Email Tracker, Site Search]
"""
PROFILE = """\
migration:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: theirs.duckdb
      schema: main
      threads: 1
      attach:
        - {path: PUBLISHED, alias: ours, read_only: true}
"""

STANDING = "where not coalesce(is_deleted, false)"
PEOPLE = f"select id from ours.pardot.prospects {STANDING}"
ATTRIBUTED = """
    select a.*, coalesce(v.prospect_id, a.prospect_id) as person, v.prospect_id is distinct from a.prospect_id
        and v.prospect_id is not null as is_moved
    from ours.pardot.visitor_activities as a left join ours.pardot.visitors as v on v.id = a.visitor_id
"""
"""Activities of the prospect to whom the visitor belongs today, as dbt_pardot counts them."""
BELONGING = """
    select opportunity_id, prospect_id
    from ours.pardot.visitor_activities
    where type in (8, 9, 10, 18, 19, 38) and opportunity_id is not null and prospect_id is not null
    group by all
    having arg_max(type, (created_at, id)) <> 38
"""


class Comparison(NamedTuple):
    """Two selects of a key and a figure: of a model of dbt_pardot's, and of ours."""

    what: str
    theirs: str
    ours: str


def activities(column: str, which: str) -> Comparison:
    """Compare a count per prospect with ours, each activity at the prospect to whom its visitor belongs."""
    people = (
        f"select p.id, count(a.id) from ({PEOPLE}) as p left join ({ATTRIBUTED}) as a on a.person = p.id and {which}"
    )
    return Comparison(
        f"pardot__prospects.{column}", f"select prospect_id, {column} from pardot__prospects", f"{people} group by p.id"
    )


def newest(column: str, which: str) -> Comparison:
    people = f"select p.id, max(a.created_at) from ({PEOPLE}) as p left join ({ATTRIBUTED}) as a on a.person = p.id"
    return Comparison(
        f"pardot__prospects.{column}",
        f"select prospect_id, {column} from pardot__prospects",
        f"{people} and {which} group by p.id",
    )


def of_campaigns(column: str, ours: str) -> Comparison:
    campaigns = f"select id from ours.pardot.campaigns {STANDING}"
    return Comparison(
        f"pardot__campaigns.{column}",
        f"select campaign_id, round(coalesce({column}, 0), 2) from pardot__campaigns",
        f"select campaign_id, round(coalesce({ours}, 0), 2) from ours.pardot_marts.campaign_performance "
        f"where campaign_id in ({campaigns})",
    )


def of_lists(column: str, which: str) -> Comparison:
    per_list = f"""
        select l.id, count(a.id)
        from (select id from ours.pardot.lists {STANDING}) as l
        left join (select list_id, prospect_id from ours.pardot.list_memberships {STANDING}) as m on m.list_id = l.id
        left join ({ATTRIBUTED}) as a on a.person = m.prospect_id and a.person in ({PEOPLE}) and {which}
        group by l.id
    """
    return Comparison(f"pardot__lists.{column}", f"select list_id, {column} from pardot__lists", per_list)


EMAIL = "a.type in (6, 11, 12, 13, 14, 15, 16, 35, 36, 37)"
"""All that happens to an email but a click: what Pardot gives the type name Email."""
VISIT = "a.type = 20"
COINCIDING = (
    of_campaigns("count_prospects", "sourced_prospects"),
    of_campaigns("count_opportunities_won + count_opportunities_lost + count_opportunities_open", "opportunities"),
    of_campaigns("count_opportunities_won", "won_opportunities"),
    of_campaigns("sum_opportunity_amount_won", "won_value"),
    of_lists("count_activity_emails", EMAIL),
    of_lists("count_activity_visits", VISIT),
    Comparison(
        "pardot__opportunities.amount",
        "select opportunity_id, amount from pardot__opportunities",
        f"select id, value from ours.pardot.opportunities {STANDING}",
    ),
    Comparison(
        "pardot__opportunities.count_prospects",
        "select opportunity_id, count_prospects from pardot__opportunities where count_prospects is not null",
        f"select opportunity_id, count(*) from ({BELONGING}) where opportunity_id in "
        f"(select id from ours.pardot.opportunities {STANDING}) group by 1",
    ),
    activities("count_activity_visits", VISIT),
    activities("count_activity_emails", EMAIL),
    activities("count_activity_email_tracker", "a.type = 1 and a.email_id is not null"),
    activities("count_activity_site_search", "a.type = 7"),
    activities("count_activity_form", "a.form_id is not null and a.type in (2, 3, 4)"),
    newest("most_recent_visit_activity_timestamp", VISIT),
    newest("most_recent_email_activity_timestamp", EMAIL),
    Comparison(
        "pardot__prospects.score",
        "select prospect_id, score from pardot__prospects",
        "select prospect_id, score from ours.pardot_marts.prospect_engagement "
        "where is_loaded and not coalesce(is_deleted, false)",
    ),
)


def dbt(folder: Path, *arguments: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "PARDOT_", "PYTHON"))}
    done = subprocess.run(
        [DBT, "--no-use-colors", *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=3600
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def side_by_side(published: Path, made: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach both files, with every table and view of dbt_pardot's under its own name."""
    with duckdb.connect(":memory:") as db:
        for name, path in (("ours", published), ("theirs", made)):
            db.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)")
        found = db.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'theirs' "
            r"AND (table_name LIKE 'pardot\_\_%' ESCAPE '\' OR table_name LIKE 'stg\_pardot\_\_%' ESCAPE '\')"
        ).fetchall()
        for schema, name in found:
            db.execute(f'CREATE VIEW "{name}" AS FROM theirs."{schema}"."{name}"')
        yield db


def figures(db: duckdb.DuckDBPyConnection, select: str) -> dict[int, Any]:
    rows = db.execute(select).fetchall()
    keyed = dict(rows)
    assert len(keyed) == len(rows)
    return keyed


def total(found: dict[int, Any]) -> str:
    numbers = [value for value in found.values() if isinstance(value, int | float)]
    return f"{sum(numbers):,.0f}" if numbers else "–"


def test_dbt_pardot_builds_unchanged_and_counts_what_we_count(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    with company(6_000) as store:
        write_company(published, store, fivetran_schema=SCHEMA)
    folder = tmp_path / "migration"
    folder.mkdir()
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "profiles.yml").write_text(PROFILE.replace("PUBLISHED", str(published)), encoding="utf-8")

    code, printed = dbt(folder, "build")
    assert code == 0, printed
    assert re.search(r"ERROR=0 SKIP=0", printed), printed
    print(f"\n{printed.strip().splitlines()[-1].strip()}")

    with side_by_side(published, folder / "theirs.duckdb") as db:
        for table in READ:
            gone = " where not _fivetran_deleted" if "_fivetran_deleted" in READ[table] else ""
            (ours,) = db.execute(f'select count(*) from ours.{SCHEMA}."{table}"{gone}').fetchall()[0]
            (theirs,) = db.execute(f"select count(*) from stg_pardot__{table}").fetchall()[0]
            assert ours == theirs > 0, table
            print(f"  {'stg_pardot__' + table:<56} {theirs:>7,} rows")
        for comparison in COINCIDING:
            theirs, ours = figures(db, comparison.theirs), figures(db, comparison.ours)
            assert theirs == ours, comparison.what
            assert any(theirs.values()), f"{comparison.what} shows nothing"
            print(f"  {comparison.what:<56} {len(theirs):>7,} rows equal, total {total(theirs)}")
        _explain_visitors(db)
        _explain_emails(db)


def _explain_visitors(db: duckdb.DuckDBPyConnection) -> None:
    """Ours leave an activity with the prospect whom Pardot names, if any; theirs follows the visitor."""
    at = {
        who: figures(
            db,
            f"select {who}, count(*) from ({ATTRIBUTED}) as a where a.type = 7 and a.is_moved and {who} in ({PEOPLE}) "
            "group by 1",
        )
        for who in ("person", "prospect_id")
    }
    theirs = figures(db, "select prospect_id, count_activity_site_search from pardot__prospects")
    ours = figures(
        db,
        "select prospect_id, count(*) from ours.pardot_marts.visitor_activities_enriched "
        f"where type = 7 and prospect_id in ({PEOPLE}) group by 1",
    )
    moves = {id: at["person"].get(id, 0) - at["prospect_id"].get(id, 0) for id in theirs}
    assert any(moves.values()), "nothing is explained"
    assert {id: theirs[id] - ours.get(id, 0) for id in theirs} == moves
    differing = sum(1 for moved in moves.values() if moved)
    what = "count_activity_site_search by the prospect of the activity"
    print(f"  {what:<58} {len(theirs) - differing:>5,} rows equal, {differing} differ by searches of known visitors")


def _explain_emails(db: duckdb.DuckDBPyConnection) -> None:
    """Theirs counts whatever has the type name Email: sent, opened, bounced, and more; clicks have another."""
    theirs = sum(figures(db, "select prospect_id, count_activity_emails from pardot__prospects").values())
    sent, opens, clicks = db.execute(
        "select sum(sent_ever), sum(opens_ever), sum(clicks_ever) from ours.pardot_marts.prospect_engagement "
        f"where prospect_id in ({PEOPLE})"
    ).fetchall()[0]
    (others,) = db.execute(
        "select count(*) from ours.pardot_marts.visitor_activities_enriched "
        f"where type in (12, 13, 14, 15, 16, 35, 36, 37) and prospect_id in ({PEOPLE})"
    ).fetchall()[0]
    assert theirs == sent + opens + others
    print(f"  emails {theirs:,} = sent {sent:,} + opens {opens:,} + others {others:,}; clicks {clicks:,} are not in it")
