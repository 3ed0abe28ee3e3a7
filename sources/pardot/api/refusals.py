"""What an answer of the login host means: a token, passing trouble, or a refusal and what mends it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import AuthenticationError
from ..redaction import redact

if TYPE_CHECKING:
    from ..settings import Settings

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105  no password
OPERATION: Final = "login"

_TOLERATED_SKEW_SECONDS: Final = 60
_PASSING_ERRORS: Final = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})

_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "invalid_client_id": ("check `client_id`, and `login_url` or `environment`: the app is unknown to this host",),
    "invalid_client": (
        "check `client_secret`",
        "for client credentials set `login_url` to your My Domain host",
    ),
    "invalid_app_access": ("approve the connected app for this user (Manage > Permitted Users)",),
    "inactive_user": ("activate the Salesforce user, or use another one",),
    "inactive_org": ("the Salesforce org is closed or locked; ask its administrator",),
    "unsupported_grant_type": ("allow this OAuth flow in the connected app, or use another one",),
    "unauthorized_client": ("allow this OAuth flow in the connected app, or use another one",),
    "invalid_scope": ("give the connected app the scopes `pardot_api` and `refresh_token`",),
    "redirect_uri_mismatch": ("add the callback URL to the connected app, letter by letter as it was shown",),
    "access_denied": ("it was not allowed in the browser, or the user may not use the connected app",),
    "expired_token": ("the code was not entered in time",),
}
"""OAuth `error` -> what is usually wrong. Source: Salesforce Help, "OAuth 2.0 Authorization Errors"."""

_GRANT_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "refresh_token": (
        "the refresh token is revoked, expired or of another app or environment: get one by `pardot-etl login --show`",
    ),
    "stored": ("the stored refresh token is revoked or expired: get a new one by `pardot-etl login`",),
    "password": (
        "check `username`, `password` and `security_token` (a password change renews the security token)",
        "check that the org still allows the username-password flow",
    ),
    "jwt_bearer": (
        "approve the connected app for `username` (Manage > Permitted Users)",
        "check that the certificate in the app belongs to the private key, and `environment` to the org",
    ),
    "client_credentials": ("enable the client credentials flow in the app and name its run-as user",),
    "web_server": ("the code was used before, is older than 15 minutes, or is of another login",),
    "device": ("the code was not entered in time, or is of another login",),
}
"""Login method -> what `invalid_grant` usually means for it."""


@dataclass(frozen=True)
class LoginAnswer:
    """What the login host said: a whole answer of the token endpoint, or what a browser brought from it."""

    status: int | None
    """None for what a browser brought."""
    data: Mapping[str, Any] | None
    """None when the answer is no JSON object."""
    server_time: datetime | None = None
    retry_after: float | None = None

    @property
    def error(self) -> str | None:
        """The word for what went wrong, where there is one."""
        error = (self.data or {}).get("error")
        return error if isinstance(error, str) else None

    @property
    def said(self) -> str:
        """The word for what went wrong and its explanation, without secrets; "" when there is none."""
        description = (self.data or {}).get("error_description")
        explained = f"{self.error}: {description}" if isinstance(description, str) and description else self.error
        return redact(explained or "")

    def text(self, name: str) -> str:
        """Return a value of a good answer that may stand in a header or a form, "" when there is none."""
        value = (self.data or {}).get(name)
        usable = self.status == 200 and isinstance(value, str) and value.isascii() and value.isprintable()
        return str(value) if usable else ""

    @property
    def has_token(self) -> bool:
        """Whether the answer holds an access token."""
        return self.text("access_token") != ""

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed later."""
        if self.has_token:
            return False
        if self.status is None:
            return False
        if self.status == 429 or self.status >= 500:
            return True
        if self.data is None:
            return self.status == 200  # a maintenance page
        return self.error in _PASSING_ERRORS


def explain(
    settings: Settings, answer: LoginAnswer, method: str, now: datetime | None = None, *, again: str | None = None
) -> AuthenticationError:
    """Return what a final answer without what was asked for means.

    Args:
        method: how the login was tried; decides what `invalid_grant` means.
        now: this machine's time, where a wrong one matters: it makes a signed assertion invalid.
        again: the command that tries again; by default the advice is to check.
    """
    if answer.error is None:
        if 300 <= (answer.status or 0) < 400:
            said, hints = "the login host redirects", ("set `login_url` to the right host",)
        else:
            said, hints = "the answer holds no token", ("check `login_url`",)
        return refusal(settings, answer.status, said, hints, again=again)
    found = _GRANT_HINTS[method] if answer.error == "invalid_grant" else _HINTS.get(answer.error, ())
    skew = _skew_hint(answer.server_time, now) if now and method == "jwt_bearer" else None
    return refusal(settings, answer.status, answer.said, (skew, *found) if skew else found, again=again)


def refusal(
    settings: Settings, status: int | None, said: str, hints: tuple[str, ...], *, again: str | None = None
) -> AuthenticationError:
    """Return a login that did not succeed as an error; arguments as in `explain`."""
    reasons = "; or ".join(hints) or "check the settings of the connected app"
    return AuthenticationError(
        OPERATION,
        method=None if status is None else "POST",
        path=None if status is None else TOKEN_PATH,
        status=status,
        reason=redact(f"{said} ({urlsplit(settings.login_url).hostname})"),
        hints=hints,
        next_step=None if again is None else f"Nothing was stored; {reasons}; then run `{again}` again",
    )


def _skew_hint(server_time: datetime | None, now: datetime) -> str | None:
    if server_time is None:
        return None
    ahead = (now - server_time).total_seconds()
    if abs(ahead) <= _TOLERATED_SKEW_SECONDS:
        return None
    direction = "ahead of" if ahead > 0 else "behind"
    return f"check the clock of this machine, it is {abs(ahead):.0f} seconds {direction} the server's"


def parse_date(header: str | None) -> datetime | None:
    """Return a `Date` header, None when it is absent or unreadable."""
    try:
        when = parsedate_to_datetime(header or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=timezone.utc)
