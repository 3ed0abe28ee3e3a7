"""Which hosts may be spoken to: the two of the settings, and nobody that an answer names.

Links inside answers (result files, next pages) are absolute and must be followed as given, so each is
checked here before a token goes anywhere near it. Pure: no name is resolved.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from ..errors import RejectedRequestError, one_line

if TYPE_CHECKING:
    from ..settings import Settings

HOSTS: Final = {
    "production": ("https://login.salesforce.com", "https://pi.pardot.com"),
    "developer": ("https://login.salesforce.com", "https://pi.demo.pardot.com"),
    "sandbox": ("https://test.salesforce.com", "https://pi.demo.pardot.com"),
}
"""Environment -> token host and API host. Source: Pardot API guide, "Authentication"."""

LEGACY_RESULT_HOST: Final = "www.pardot.com"
"""The example in the export guide of version 4 shows result links on this host."""

_PORTS: Final = {"https": 443, "http": 80}


def parse_origin(text: str) -> str:
    """Return a host setting as `scheme://host[:port]`, or raise ValueError with what was expected."""
    parts = _split(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError("a host without path, query or fragment, such as https://acme.my.salesforce.com")
    host = parts.hostname or ""
    if not is_loopback_name(host):
        if parts.scheme != "https":
            raise ValueError("https (plain http only on this machine, 127.0.0.1, ::1 or localhost)")
        if _is_address(host):
            raise ValueError("a host name, not an address")
    bracketed = f"[{host}]" if ":" in host else host
    port = _port(parts)
    return f"{parts.scheme}://{bracketed}" + ("" if port == _PORTS[parts.scheme] else f":{port}")


def is_loopback_name(host: str) -> bool:
    """Whether the name is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Whether a URL points at this machine."""
    return is_loopback_name(urlsplit(url).hostname or "")


def check_url(url: str, settings: Settings) -> str:
    """Return the URL if a token may be sent there, else raise RejectedRequestError without sending anything.

    Allowed are the exact scheme, host and port of `settings.api_url`, and `www.pardot.com` beside a real
    API host; on a loopback `api_url` any loopback name with the same scheme and port.
    """
    try:
        parts = _split(url)
    except ValueError as problem:
        raise _refusal(f"it is not {problem}") from None
    own = urlsplit(settings.api_url)
    host = parts.hostname or ""
    same_door = parts.scheme == own.scheme and _port(parts) == _port(own)
    if is_loopback_name(own.hostname or ""):
        allowed = same_door and is_loopback_name(host)
    else:
        legacy = host == LEGACY_RESULT_HOST and parts.scheme == "https" and _port(parts) == _PORTS["https"]
        allowed = (same_door and host == own.hostname) or legacy
    if not allowed:
        raise _refusal(f"it points to {parts.scheme}://{host}:{_port(parts)}, we speak to {settings.api_url} only")
    return url


def _refusal(why: str) -> RejectedRequestError:
    return RejectedRequestError(
        "follow a link",
        reason=f"the link was refused: {one_line(why, 160)}",
        next_step=(
            "Nothing was sent there; if Pardot moved your business unit, set `sources.pardot.api_url`, "
            "else report this text"
        ),
    )


def _split(text: str) -> SplitResult:
    """Split a URL that is safe to read in one way only, or raise ValueError with what was expected."""
    if any(not char.isprintable() or char.isspace() or char == "\\" or ord(char) > 126 for char in text):
        raise ValueError("a plain ASCII URL without spaces, backslashes or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("a valid URL") from None
    if parts.scheme not in _PORTS:
        raise ValueError("an https URL")
    if "@" in parts.netloc:
        raise ValueError("a URL without user name")
    if not parts.hostname or port == 0 or "%" in parts.netloc or parts.netloc.endswith(":"):
        raise ValueError("a URL with a plain host name")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _is_address(host: str) -> bool:
    """Whether a host is an address in any spelling that a resolver takes (127.1, 0x7f000001, 2130706433)."""
    if ":" in host:
        return True
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")
