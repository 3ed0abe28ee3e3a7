"""References are read as numbers by DuckDB's CSV reader, all other cells as text that is cast: both must agree."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot.catalogue import Field, Type
from pardot.naming import quote_text
from pardot.reading.columns import select_strict
from pardot.reading.csv_files import ResultFile

FIELDS = (Field("id", Type.BIGINT), Field("campaignId", Type.BIGINT))
DATABASE = duckdb.connect()
TEXTS = (
    *(
        "7",
        "007",
        " 7 ",
        "\t7",
        "+7",
        "-7",
        "-0",
        "9223372036854775807",
        "9223372036854775808",
        "1e18",
        "1e19",
        "1e400",
    ),
    *("1.5", "2.5", ".5", "5.", "1e-1", "1E+3", "0x1F", "0b1", "1_000", "1__0", "_1", "1_", "1e", "e5", "+", "--1"),
    *("1 2", "7a", "９", "nan", "inf", "true", "NULL", "\\N", "'7'", "7\x00"),
)


def said_by_reader(text: str, folder: Path) -> int | str:
    path = folder / "0.csv"
    path.write_bytes(f'id,campaignId\n1,"{text}"\n'.encode())
    file = ResultFile(path, ("id", "campaignId"), 1, path.stat().st_size, 0, "\n")
    return said(f"SELECT campaign_id FROM ({select_strict([file], FIELDS, load_id='7', time_zone=None)})")


def said_by_cast(text: str) -> int | str:
    return said(f"SELECT CAST({quote_text(text)} AS BIGINT)")


def said(select: str) -> int | str:
    with DATABASE.cursor() as db:
        try:
            return int(db.execute(select).fetchall()[0][0])
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
            return "refused"


@pytest.mark.parametrize("text", TEXTS)
def test_reader_takes_and_refuses_the_same_texts_as_the_cast(text: str, tmp_path: Path) -> None:
    assert said_by_reader(text, tmp_path) == said_by_cast(text)


@settings(max_examples=60, deadline=None)
@given(text=st.text("0123456789+-.eExX_ \t", min_size=1, max_size=6))
def test_reader_and_cast_agree_on_whatever_looks_like_a_number(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert said_by_reader(text, tmp_path_factory.mktemp("reader")) == said_by_cast(text)
