"""Names become columns in one way, and nothing gets out of its quotes."""

from __future__ import annotations

import duckdb
import pytest

from pardot.naming import column_name, nearest, quote_identifier, quote_text


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("id", "id"),
        ("listEmailId", "list_email_id"),
        ("gaSource", "ga_source"),
        ("addressOne", "address_one"),
        ("bitlyShortUrl", "bitly_short_url"),
        ("Region__c", "region__c"),
        ("Favourite_Colour__c", "favourite_colour__c"),
        ("crmURLText", "crm_url_text"),
        ("Net Promoter %__c", "net_promoter___c"),
        ("2nd_Email__c", "_2nd_email__c"),
        ("Größe__c", "gr_e__c"),
    ],
)
def test_field_name_becomes_snake_case(name: str, column: str) -> None:
    assert column_name(name) == column


def test_very_long_name_is_cut_to_a_length_that_databases_take() -> None:
    assert len(column_name("x" * 300)) == 120


HOSTILE = ['a"b', '"; DROP TABLE t; --', "it's", "a.b", "select", "ü\n\t", "\\", "$1", "{x}", "%s"]


@pytest.mark.parametrize("name", HOSTILE)
def test_identifier_stays_inside_its_quotes(name: str) -> None:
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE t ({quote_identifier(name)} INTEGER)")
        assert db.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 't'").fetchall() == [(name,)]


@pytest.mark.parametrize("text", [*HOSTILE, "", "''", "\\'"])
def test_text_stays_inside_its_quotes(text: str) -> None:
    with duckdb.connect() as db:
        assert db.execute(f"SELECT {quote_text(text)}").fetchall() == [(text,)]


def test_identifier_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote_identifier("a\x00b")


def test_nearest_known_name_is_found_even_for_nonsense() -> None:
    assert nearest("visitor_activity", ["visitors", "visitor_activities"]) == "visitor_activities"
    assert nearest("???", ["visits"]) == "visits"
