"""Answers in XML, which versions 3 and 4 may give although JSON is asked for."""

from __future__ import annotations

import pytest

from pardot.api.answers import ServerError, UnreadableAnswerError, find_error, parse_object

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<rsp stat="ok" version="1.0"><result><total_results>2</total_results>
<visitor><id>7</id><hostname>a &amp;amp; b</hostname><campaign><id>3</id></campaign><note/></visitor>
<visitor><id>8</id></visitor></result></rsp>"""


def test_xml_becomes_what_json_is() -> None:
    first = {"id": "7", "hostname": "a &amp; b", "campaign": {"id": "3"}, "note": None}
    assert parse_object(XML) == {
        "@attributes": {"stat": "ok", "version": "1.0"},
        "result": {"total_results": "2", "visitor": [first, {"id": "8"}]},
    }


def test_error_in_xml_is_found() -> None:
    raw = b'<?xml version="1.0"?><rsp stat="fail" version="1.0"><err code="66">Too many &amp; more</err></rsp>'
    assert find_error(parse_object(raw)) == ServerError(66, "Too many & more")


def test_several_errors_are_told_together() -> None:
    data = {"@attributes": {"stat": "fail", "err_code": 10000}, "err": [{"msg": "one"}, {"msg": "two"}]}
    assert find_error(data) == ServerError(10000, "one; two")


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE rsp [<!ENTITY a "b">]><rsp stat="ok">&a;</rsp>',
        b"<rsp><open></rsp>",
        b'<rsp xmlns="x"/>',
    ],
    ids=["declarations", "broken", "another language"],
)
def test_other_xml_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        parse_object(raw)
