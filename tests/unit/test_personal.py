"""What looks personal goes out of a text; ids, dates and times stay."""

from __future__ import annotations

import pytest

from pardot.reading.personal import masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("7,ann@example.com,x", "7,***,x"),
        ("Ann <ann.lee+news@mail.example.co.uk>", "Ann <***>"),
        ("ann%40example.com", "***"),
        ("from 10.0.0.1.", "from ***."),
        ("2001:db8::1,::1", "***,***"),
        ("fe80:0:0:0:1:2:3:4", "***"),
        ("+49 30 1234567", "***"),
        ("+4930123456", "***"),
        ("(212) 555-0100", "***"),
        ("0301234567", "***"),
        ("https://a.example/b?e=ann&x=1#top", "https://a.example/b?***"),
        ('"/p?token=1",next', '"/p?***",next'),
    ],
)
def test_what_looks_personal_is_masked(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "123456789,98765432101",
        "2026-03-01T12:00:00+00:00,2026-03-01 12:00:00,2026-03-01",
        "1.5,2.25,-3,1e5",
        "what? a = b",
        "12:30:00",
        "maybe",
        "",
    ],
)
def test_ids_times_and_words_stay(text: str) -> None:
    assert masked(text) == text
