"""Which URLs may see a token."""

from __future__ import annotations

import pytest

from pardot.api.hosts import check_url, parse_origin
from pardot.errors import RejectedRequestError
from pardot.settings import Settings

UNIT = "0Uv000000000001AAA"
REAL = Settings(UNIT)
LOCAL = Settings(UNIT, api_url="http://127.0.0.1:8123")


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (REAL, "https://pi.pardot.com/api/v5/exports/1/results/2"),
        (REAL, "https://pi.pardot.com:443/api/v5/exports/1/results/2"),
        (REAL, "https://PI.pardot.com/api"),
        (REAL, "https://www.pardot.com/api/export/version/4/do/downloadResults/id/1"),
        (LOCAL, "http://127.0.0.1:8123/x"),
        (LOCAL, "http://localhost:8123/x"),
        (LOCAL, "http://[::1]:8123/x"),
    ],
)
def test_own_hosts_are_allowed(settings: Settings, url: str) -> None:
    assert check_url(url, settings) == url


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (REAL, "http://pi.pardot.com/x"),
        (REAL, "https://pi.pardot.com:8443/x"),
        (REAL, "https://pi.demo.pardot.com/x"),
        (REAL, "https://evil.example/x"),
        (REAL, "https://pi.pardot.com.evil.example/x"),
        (REAL, "https://pi.pardot.com@evil.example/x"),
        (REAL, "https://user:word@pi.pardot.com/x"),
        (REAL, "https://evil.example\\@pi.pardot.com/x"),
        (REAL, "https://evil.example#@pi.pardot.com/x"),
        (REAL, "https://pi.pardot.com%2eevil.example/x"),
        (REAL, "https://pi.pardot.com\r\nX: y/x"),
        (REAL, "https://pi.pardot.com/a b"),
        (REAL, "https://pí.pardot.com/x"),
        (REAL, "https://pi.pardot.com./x"),
        (REAL, "https://pi.pardot.com:0/x"),
        (REAL, "https://pi.pardot.com:/x"),
        (REAL, "https://pi.pardot.com:99999/x"),
        (REAL, "https://127.0.0.1/x"),
        (REAL, "https://2130706433/x"),
        (REAL, "http://169.254.169.254/latest/meta-data"),
        (REAL, "https://[::ffff:127.0.0.1]/x"),
        (REAL, "https://[::1/x"),
        (REAL, "file:///etc/passwd"),
        (REAL, "ftp://pi.pardot.com/x"),
        (REAL, "//pi.pardot.com/x"),
        (REAL, "javascript:alert(1)"),
        (REAL, ""),
        (LOCAL, "https://127.0.0.1:8123/x"),
        (LOCAL, "http://127.0.0.1:8124/x"),
        (LOCAL, "http://10.0.0.1:8123/x"),
        (LOCAL, "https://pi.pardot.com/x"),
        (LOCAL, "https://www.pardot.com/x"),
    ],
    ids=repr,
)
def test_other_hosts_are_refused(settings: Settings, url: str) -> None:
    with pytest.raises(RejectedRequestError):
        check_url(url, settings)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:9", "http://localhost:9"),
    ],
)
def test_host_settings_are_normalised(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "acme.my.salesforce.com",
        "http://acme.my.salesforce.com",
        "https://acme.example/path",
        "https://acme.example/?x=1",
        "https://acme.example?",
        "https://acme.example#",
        "https://me@acme.example",
        "https://10.0.0.1",
        "https://0x7f000001",
        "https://",
        "https:// acme.example",
    ],
)
def test_unsafe_host_settings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_origin(text)
