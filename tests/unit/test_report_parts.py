from __future__ import annotations

import doctest
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transforms_warehouse import utc

from pardot_etl.report import charts, formats

STYLE = Path(charts.__file__).with_name("style.css")


@pytest.mark.parametrize("module", [formats, charts], ids=["formats", "charts"])
def test_examples_in_docstrings_are_true(module: Any) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


@given(largest=st.integers(0, 10**12), about=st.integers(1, 6))
def test_ticks_are_even_steps_that_just_cover_the_largest_value(largest: int, about: int) -> None:
    found = charts.ticks(largest, about)
    step = found[1] - found[0]

    assert found == [step * i for i in range(len(found))]
    assert found[-1] >= largest > found[-1] - step or largest == 0
    assert len(found) <= about + 2
    assert str(step).rstrip("0") in {"1", "2", "25", "5"}


@given(text=st.text(max_size=2_000))
def test_label_is_one_short_line_and_stays_as_it_is_when_cut_again(text: str) -> None:
    found = formats.label(text, "?")

    assert 0 < len(found) <= 120
    assert len(found.splitlines()) == 1
    assert formats.label(found, "?") == found


def test_rate_that_went_up_is_not_welcome_for_opt_outs() -> None:
    change = formats.change_of_rate(0.02, 0.01, is_welcome=False)

    assert change == formats.Change("1.0 pt", "▲", "bad")


def test_day_reads_the_same_everywhere() -> None:
    assert (formats.day(date(2026, 3, 1)), formats.moment(utc(2026, 3, 1, 7, 5))) == (
        "1 Mar 2026",
        "1 Mar 2026, 07:05",
    )


def _themes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.DOTALL)
    return {
        theme: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for theme, block in zip(("light", "dark", "print"), blocks, strict=True)
    }


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours. Source: WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_and_shapes_stand_out_from_their_background(theme: str) -> None:
    colours = _themes()[theme]
    shapes = ("visits", "views", "opens", "clicks", "successes", "other", "sent")

    for name in ("ink", "soft", "accent", "good", "bad"):
        assert min(_contrast(colours[name], colours[on]) for on in ("paper", "sheet")) >= 4.5, name
    assert _contrast(colours["alert"], colours["alert-sheet"]) >= 4.5
    for name in shapes:
        assert _contrast(colours[name], colours["sheet"]) >= 3, name
