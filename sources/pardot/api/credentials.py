"""Staying logged in: the access token of this process, got when it is needed and renewed when the API refuses it.

Salesforce names no lifetime, and any number that it might add is not trusted over the API's own answer. Access tokens
are in memory only; refresh tokens that a login hands out are kept by `token_store` before anything else is done.
"""

from __future__ import annotations

import copy
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from ..errors import AuthenticationError, SettingsError
from ..events import Event, log_event
from ..redaction import Secret
from ..settings import LoginMethod, Settings
from .grants import build_form
from .login_host import LoginHost
from .refusals import explain
from .retry import RetryPolicy
from .token_store import Kept, MemoryTokens, RefreshTokens, login_key
from .wire import Wire


@dataclass(frozen=True)
class AccessToken:
    """A token as issued; `number` counts the logins of this process."""

    value: Secret = field(compare=False)
    number: int


class TokenProvider:
    """Gives out the access token and renews it on demand, one login at a time, from any thread.

    A refused login is remembered: asking again with the same credentials would only lock the user out.

    Args:
        refresh_tokens: where tokens that a login hands out are kept; in memory by default.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        refresh_tokens: RefreshTokens | None = None,
        clock: Callable[[], float] = time.time,
        wire: Wire | None = None,
        sleep: Callable[[float], object] = time.sleep,
        rng: random.Random | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._settings = settings
        self._refresh_tokens = refresh_tokens or MemoryTokens()
        self._host = LoginHost(settings, clock=clock, wire=wire, sleep=sleep, rng=rng, policy=policy)
        self._lock = threading.Lock()
        self._current: AccessToken | None = None
        self._refused: AuthenticationError | None = None

    @property
    def method(self) -> LoginMethod:
        """How a login is made: as the settings say, or by what `pardot-etl login` left for this app.

        A stored login goes before client credentials: somebody made it on purpose, with the same two settings.
        """
        given = self._settings.login_method
        is_open = given in ("client_credentials", "stored")
        return "stored" if is_open and self._refresh_tokens.has(login_key(self._settings)) else given

    def token(self) -> AccessToken:
        """Return the current token; logs in when there is none.

        Raises:
            AuthenticationError: the credentials were refused, now or before.
            SettingsError: there is no login, or the private key or the stored login cannot be used.
            StorageError: a new refresh token cannot be kept.
            TransientRequestError: the login host could not be reached or was out of order.
        """
        with self._lock:
            return self._current or self._log_in()

    def renew(self, stale: AccessToken) -> AccessToken:
        """Return a newer token than the stale one; raises like `token`."""
        with self._lock:
            if self._current is not None and self._current != stale:
                return self._current  # another thread was faster
            return self._log_in()

    def close(self) -> None:
        """Close the connections to the login host."""
        self._host.close()

    def _log_in(self) -> AccessToken:
        if self._refused is not None:
            raise copy.copy(self._refused)
        method = self.method
        try:
            with self._kept(method) as kept:
                value = self._ask(method, kept)
        except AuthenticationError as refused:
            self._refused = refused
            raise
        number = 1 if self._current is None else self._current.number + 1
        self._current = AccessToken(value, number)
        log_event(Event("token.issued", {"method": method, "number": number}))
        return self._current

    def _kept(self, method: LoginMethod) -> AbstractContextManager[Kept | None]:
        """Return the place of the refresh token, held until a new one is in it; None for methods without one."""
        if method not in ("refresh_token", "stored"):
            return nullcontext()
        return self._refresh_tokens.opened(login_key(self._settings))

    def _ask(self, method: LoginMethod, kept: Kept | None) -> Secret:
        """Return an access token; a new refresh token that came with it is kept first."""
        token = None
        if kept is not None:
            token = kept.token or self._settings.credentials.refresh_token
            if token is None:
                raise SettingsError(
                    "sources.pardot.credentials: only client_id is set, and no login of this app is stored; run "
                    "`pardot-etl login`, or set refresh_token, password, private_key or client_secret"
                )
        answer = self._host.ask(lambda: build_form(self._settings, method, token, self._host.clock()))
        if not answer.has_token:
            raise explain(self._settings, answer, method, self._host.now())
        value = Secret(answer.text("access_token"))
        renewed = answer.text("refresh_token")
        if kept is not None and renewed and Secret(renewed) != token:
            kept.keep(Secret(renewed))
            log_event(Event("refresh_token.kept", {"method": method}))
        return value
