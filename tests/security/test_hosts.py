"""No token goes to a host that an answer names: nothing is sent there at all, by whatever way it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from unit.edge_server import EdgeServer, FakeTime, answer, edge_server

from pardot.api.allowance import Allowance
from pardot.api.credentials import TokenProvider
from pardot.api.hosts import check_url
from pardot.api.transport import Transport
from pardot.catalogue import CATALOGUE
from pardot.dialects.version5_queries import PagedQuery
from pardot.errors import PardotError, SettingsError
from pardot.exports.messages import parse_result_urls
from pardot.redaction import Secret
from pardot.settings import Credentials, Settings, load_settings

UNIT = "0Uv000000000001AAA"
REAL = Settings(UNIT)
TOKEN = "00D-issued-to-the-real-host"

URLS: Mapping[str, str] = {
    "other host": "http://elsewhere.example:{port}/x",
    "other port": "http://127.0.0.1:{port}/x",
    "other scheme": "https://127.0.0.1:{own}/x",
    "own host as user": "http://127.0.0.1:{own}@127.0.0.1:{port}/x",
    "user and password": "http://user:word@127.0.0.1:{own}/x",
    "own host as name before": "http://127.0.0.1.elsewhere.example:{port}/x",
    "own host in the query": "http://elsewhere.example:{port}/?127.0.0.1:{own}",
    "own host in the fragment": "http://127.0.0.1:{port}#@127.0.0.1:{own}/",
    "own host in the path": "http://elsewhere.example:{port}/127.0.0.1:{own}/",
    "port before a path sign": "http://127.0.0.1:{port}\\@127.0.0.1:{own}/x",
    "backslashes": "http:\\\\127.0.0.1:{port}\\x",
    "backslash in the host": "http://127.0.0.1:{own}\\.elsewhere.example/x",
    "no scheme": "//127.0.0.1:{port}/x",
    "three slashes": "http:///127.0.0.1:{port}/x",
    "upper case scheme, other port": "HTTP://127.0.0.1:{port}/x",
    "address in decimal": "http://2130706433:{own}/x",
    "address in hexadecimal": "http://0x7f000001:{own}/x",
    "address cut short": "http://127.1:{own}/x",
    "address in octal": "http://0177.0.0.1:{own}/x",
    "address of nobody": "http://0.0.0.0:{own}/x",
    "address of the cloud's host": "http://169.254.169.254/latest/meta-data",
    "private address": "http://10.0.0.1:{own}/x",
    "IPv6, other port": "http://[::1]:{port}/x",
    "IPv6 around IPv4": "http://[::ffff:127.0.0.1]:{own}/x",
    "IPv6 with a zone": "http://[fe80::1%25lo]:{own}/x",
    "IPv6 not closed": "http://[::1",
    "dot at the end": "http://localhost.:{own}/x",
    "other letters": "http://locаlhost:{own}/x",
    "other letters, encoded": "http://xn--loclhost-4ve:{own}/x",
    "other digits": "http://①②⑦.0.0.1:{own}/x",
    "other dot": "http://127。0。0。1:{own}/x",
    "encoded dot": "http://127%2e0.0.1:{own}/x",
    "line end": "http://127.0.0.1:{own}/x\r\nHost: elsewhere.example",
    "encoded line end in the host": "http://127.0.0.1%0d%0a:{own}/x",
    "tab": "http://127.0.0.1:{own}\t/x",
    "space before": " http://127.0.0.1:{port}/x",
    "NUL": "http://127.0.0.1:{own}\0.elsewhere.example/x",
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1:{own}/x",
    "gopher": "gopher://127.0.0.1:{own}/x",
    "data": "data:text/csv,id%0A1",
    "script": "javascript:alert(1)",
    "port 0": "http://127.0.0.1:0/x",
    "port too large": "http://127.0.0.1:99999/x",
    "port of no number": "http://127.0.0.1:{own}x/x",
    "no port": "http://127.0.0.1:/x",
    "no host": "http://:{own}/x",
}
"""By what is odd about it: `{own}` is the port of the API, `{port}` that of a second server which counts requests."""

REAL_URLS = (
    "http://pi.pardot.com/x",
    "https://pi.pardot.com:8443/x",
    "https://pi.pardot.com.evil.example/x",
    "https://evil.example/?pi.pardot.com",
    "https://evil.example/pi.pardot.com",
    "https://evil.example#pi.pardot.com",
    "https://pi.pardot.com@evil.example/x",
    "https://evil.example\\@pi.pardot.com/x",
    "https://pi-pardot.com/x",
    "https://xpi.pardot.com/x",
    "https://pi.pardot.com./x",
    "https://PI.PARDOT.COM.EVIL.EXAMPLE/x",
    "https://pі.pardot.com/x",
    "https://xn--p-0tb.pardot.com/x",
    "https://pi.pardot.com\r\n.evil.example/x",
    "https://pi.pardot.com%00.evil.example/x",
    "https://13.108.0.1/x",
    "https://[2001:db8::1]/x",
    "https://go.pardot.com/x",
    "http://www.pardot.com/x",
    "https://www.pardot.com:8443/x",
    "https://login.salesforce.com/x",
    "https://acme.my.salesforce.com/x",
)


@dataclass
class Rig:
    """The client between the real host, its login host, and a host that should never hear of it."""

    api: EdgeServer
    login: EdgeServer
    trap: EdgeServer
    transport: Transport

    def url(self, odd: str) -> str:
        return URLS[odd].format(port=self.trap.port, own=self.api.port)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with edge_server() as api, edge_server() as login, edge_server() as trap:
        login.otherwise = answer({"access_token": TOKEN, "instance_url": trap.url, "id": f"{trap.url}/id/1"})
        settings = Settings(UNIT, Credentials("app", Secret("app-secret")), api_url=api.url, login_url=login.url)
        time = FakeTime()
        tokens = TokenProvider(settings, clock=time, sleep=time.sleep)
        transport = Transport(settings, tokens, Allowance(), sleep=time.sleep, monotonic=time, clock=time)
        yield Rig(api, login, trap, transport)
        transport.close()


def follow_result_link(rig: Rig, url: str) -> None:
    (link,) = parse_result_urls([url], "1")
    rig.transport.download(link, lambda _piece: None, operation="export.download", max_bytes=1000)


def follow_next_page(rig: Rig, url: str) -> None:
    rig.api.will(answer({"values": [{"id": 1}], "nextPageUrl": url}))
    query = PagedQuery(rig.transport, CATALOGUE["visitor_activities"], ("id",), lambda _event: None)
    list(query.iter_pages())


def be_redirected(rig: Rig, url: str) -> None:
    plain = url.translate({ord("\r"): "%0d", ord("\n"): "%0a", ord("\0"): "%00"}).encode()
    rig.api.will(answer(b"", 302, {"Location": plain.decode("latin-1")}))
    rig.transport.get_json("/api/v5/x", operation="test.get")


WAYS: Mapping[str, Callable[[Rig, str], None]] = {
    "result link": follow_result_link,
    "next page": follow_next_page,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("odd", URLS)
def test_link_is_refused_before_any_request(odd: str, way: str, rig: Rig) -> None:
    url = rig.url(odd)
    expected = {"next page": 1, "result link": 0}[way]  # the page that named the link
    with pytest.raises(PardotError) as caught:
        WAYS[way](rig, url)
    assert rig.trap.requests == []
    assert len(rig.api.requests) == expected
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("odd", [odd for odd in URLS if odd != "IPv6 not closed"])
def test_redirect_is_never_followed(odd: str, rig: Rig) -> None:
    with pytest.raises(PardotError):
        be_redirected(rig, rig.url(odd))
    assert rig.trap.requests == []
    assert len(rig.api.requests) == 1


def test_instance_that_a_login_names_is_passed_over(rig: Rig) -> None:
    """Salesforce tells where the org lives; the API lives elsewhere, and only settings say where."""
    assert rig.transport.get_json("/api/v5/x", operation="test.get").data == {"ok": True}
    assert (len(rig.login.requests), len(rig.api.requests), rig.trap.requests) == (1, 1, [])


def test_login_that_redirects_gets_no_second_request(rig: Rig) -> None:
    rig.login.will(answer(b"", 307, {"Location": f"{rig.trap.url}/services/oauth2/token"}))
    with pytest.raises(PardotError):
        rig.transport.get_json("/api/v5/x", operation="test.get")
    assert rig.trap.requests == rig.api.requests == []


def test_second_server_would_have_counted(rig: Rig) -> None:
    """The trap works: a request to it is seen, the token with it."""
    wrong = Settings(UNIT, Credentials("app", Secret("app-secret")), api_url=rig.trap.url, login_url=rig.login.url)
    transport = Transport(wrong, TokenProvider(wrong), Allowance())
    transport.get_json("/api/v5/x", operation="test.get")
    transport.close()
    assert [request.headers["Authorization"] for request in rig.trap.requests] == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("url", REAL_URLS, ids=ascii)
def test_real_hosts_have_no_likenesses(url: str) -> None:
    with pytest.raises(PardotError):
        check_url(url, REAL)


@pytest.mark.parametrize("setting", ["API_URL", "LOGIN_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://pi.pardot.com",
        "http://10.0.0.1",
        "https://10.0.0.1",
        "https://[2001:db8::1]",
        "https://2130706433",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "https://user@pi.pardot.com",
        "https://pi.pardot.com/path",
        "https://pí.pardot.com",
        "pi.pardot.com",
    ],
    ids=ascii,
)
def test_setting_takes_https_only_beyond_this_machine(setting: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BUSINESS_UNIT_ID": UNIT, "CREDENTIALS__CLIENT_ID": "app", setting: url}.items():
        monkeypatch.setenv(f"SOURCES__PARDOT__{name}", value)
    with pytest.raises(SettingsError, match=f"sources.pardot.{setting.lower()}"):
        load_settings(credentials={"client_secret": "app-secret"})
