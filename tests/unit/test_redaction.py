"""Secrets are taken out of every text, in every spelling."""

from __future__ import annotations

import io
import json
import logging
import sys
from urllib.parse import quote, quote_plus

import pytest

from pardot.redaction import HIDDEN, RedactingFilter, Secret, redact

VALUE = 'canary/7 "é+&\\'


@pytest.fixture(autouse=True)
def secret() -> Secret:
    return Secret(VALUE)


@pytest.mark.parametrize(
    "spelling",
    [VALUE, quote(VALUE, safe=""), quote_plus(VALUE), json.dumps(VALUE)[1:-1], repr(VALUE)[1:-1]],
    ids=["plain", "url", "form", "json", "repr"],
)
def test_every_spelling_is_found(spelling: str) -> None:
    assert redact(f"before {spelling} after") == f"before {HIDDEN} after"


def test_longer_secret_is_taken_out_whole() -> None:
    Secret("overlap-one")
    Secret("overlap-one-and-more")
    assert redact("x overlap-one-and-more y") == f"x {HIDDEN} y"


def test_key_is_found_line_by_line() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    Secret(f"-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n")
    assert redact(f"excerpt {line}") == f"excerpt {HIDDEN}"
    assert redact("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_very_short_values_do_not_blank_out_texts() -> None:
    Secret("e")
    assert redact("there") == "there"


def test_log_records_of_any_library_are_cleaned_with_their_traceback() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("some.library")
    logger.addHandler(handler)
    try:
        raise ValueError(VALUE)  # noqa: TRY301
    except ValueError:
        logger.error("token %s and %d", VALUE, 7, exc_info=sys.exc_info(), stack_info=True)
    assert VALUE not in stream.getvalue()
    assert f"token {HIDDEN} and 7" in stream.getvalue()
    assert f"ValueError: {HIDDEN}" in stream.getvalue()


def test_secrets_compare_without_showing() -> None:
    assert Secret("abcd") == Secret("abcd") != Secret("abce")
    assert Secret("abcd") != "abcd"
    assert hash(Secret("abcd")) == hash(Secret("abcd"))
    assert bool(Secret("abcd"))
    assert not Secret("")
