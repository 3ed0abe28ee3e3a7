"""Which rows are a person's: derived from names of fields, so what the catalogue gains must be looked at."""

from __future__ import annotations

import duckdb
import pytest

from pardot.belonging import is_of
from pardot.catalogue import CATALOGUE
from pardot.dialects.legacy_catalogue import LEGACY
from pardot.erased import People

PEOPLE = People(frozenset({1}), frozenset({10}))
PERSONAL = {
    *("prospects", "visitors", "visits", "visitor_activities", "visitor_page_views", "list_memberships", "emails"),
    *("lifecycle_histories", "lifecycle_stage_prospects", "external_activities", "tagged_objects", "folder_contents"),
    *("email_clicks",),
}
ENTRIES = {**CATALOGUE, **{name: one.entry for name, one in LEGACY.items() if name not in CATALOGUE}}


def test_every_table_that_names_people_is_known() -> None:
    found = {name for name, one in ENTRIES.items() if is_of(PEOPLE, name, {f.column for f in one.fields})}
    assert found == PERSONAL


def test_every_field_that_may_name_people_is_covered() -> None:
    """A field of another name, such as a list of ids, would need a rule of its own."""
    named = {
        field.column
        for one in ENTRIES.values()
        for field in one.fields
        if "prospect" in field.column or "visitor" in field.column
    }
    about_others = {
        *("prospect_account_id", "prospect_api_field_id", "based_on_prospect_api_field_id"),
        *("show_not_prospect", "prospects_multiple_entry", "visitor_page_view_count", "visitor_page_view_id"),
        *("first_visitor_page_view_at", "last_visitor_page_view_at"),
    }
    assert named - about_others == {"prospect_id", "visitor_id"}


@pytest.mark.parametrize(
    ("table", "columns", "rows", "kept"),
    [
        ("prospects", "id", "(1), (2), (10)", [2, 10]),
        ("visits", "id, visitor_id, prospect_id", "(1, 10, 1), (2, 10, NULL), (3, 10, 2), (4, 5, 1)", [3]),
        ("visitors", "id, prospect_id", "(1, 2), (10, NULL), (11, 1), (12, NULL)", [1, 12]),
        ("visitor_page_views", "id, visitor_id", "(1, 10), (2, 11), (3, NULL)", [2, 3]),
        ("list_memberships", "id, prospect_id", "(1, 2), (2, 1)", [1]),
        ("tagged_objects", "id, object_type, object_id", "(1, 'Prospect', 1), (2, 'Form', 1), (3, 'prospect', 3)",
         [2, 3]),
    ],
)  # fmt: skip
def test_rows_of_others_stay(table: str, columns: str, rows: str, kept: list[int]) -> None:
    where = is_of(PEOPLE, table, columns.split(", "))
    with duckdb.connect() as db:
        found = db.execute(
            f"SELECT id FROM (VALUES {rows}) AS t({columns}) WHERE NOT coalesce({where}, false) ORDER BY id"
        ).fetchall()
    assert [number for (number,) in found] == kept


def test_nobody_has_no_rows() -> None:
    with duckdb.connect() as db:
        where = is_of(People(), "visits", ["id", "visitor_id", "prospect_id"])
        (count,) = db.execute(
            f"SELECT count(*) FROM (VALUES (1, 2, 3), (0, NULL, NULL)) AS t(id, visitor_id, prospect_id) WHERE {where}"
        ).fetchall()[0]
    assert count == 0
