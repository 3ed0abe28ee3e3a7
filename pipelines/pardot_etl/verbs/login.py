"""`pardot-etl login`: a person allows the connected app, once, and the refresh token stays on this machine.

Everything that is said goes to stderr; only the token itself, when it is asked for, goes to stdout.
"""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pardot import stopping
from pardot.api.consent import (
    AGAIN,
    AGAIN_DEVICE,
    begin_authorization,
    begin_device,
    exchange_code,
    read_callback,
    wait_for_device,
)
from pardot.api.login_host import LoginHost
from pardot.api.refusals import OPERATION
from pardot.api.token_store import TokenStore, login_key
from pardot.errors import SettingsError, TransientRequestError

from ..configuration import load_configuration
from ..output import show, tell
from .callback import CallbackListener, redirect_uri

if TYPE_CHECKING:
    from pardot.redaction import Secret
    from pardot.settings import Settings

PATIENCE_SECONDS: Final = 300.0
"""How long a person in a browser is waited for."""

_STORABLE: Final = ("stored", "client_credentials")
_OTHERS: Final = {
    "refresh_token": ("refresh_token",),
    "password": ("password",),
    "jwt_bearer": ("private_key", "private_key_file"),
}
"""Login method -> the settings that choose it."""


@dataclass(frozen=True)
class LoginOptions:
    """What was asked for on the command line."""

    device: bool = False
    opens_browser: bool = True
    port: int = 8977
    shows: bool = False
    forgets: bool = False


def log_in(options: LoginOptions, *, sleep: Callable[[float], object] = stopping.sleep) -> int:
    """Do what was asked for, with the settings of this installation; return the exit code."""
    settings, places = load_configuration()
    store = TokenStore(places.logins(settings.business_unit_id), sleep=stopping.sleep)
    if options.forgets:
        show(forget_logins(store))
        return 0
    stopping.resume()
    if not options.shows:
        _insist_on_storable(settings)
    if options.device:
        token = log_in_by_device(settings, sleep=sleep)
    else:
        open_browser = webbrowser.open if options.opens_browser else None
        token = log_in_by_browser(settings, port=options.port, open_browser=open_browser)
    if options.shows:
        sys.stdout.write(f"{token.reveal()}\n")  # past `show`, which takes secrets out
        tell("That is the refresh token: keep it as the secret sources.pardot.credentials.refresh_token.")
        return 0
    store_login(settings, store, token)
    show(f"Logged in. The refresh token is stored in {store.folder}, for this user alone. Next: pardot-etl check")
    return 0


def _insist_on_storable(settings: Settings) -> None:
    """Refuse to store a login that would not be used, because the settings name another one.

    Raises:
        SettingsError: with the settings that are in the way.
    """
    if settings.login_method in _STORABLE:
        return
    names = [f"credentials.{name}" for name in _OTHERS[settings.login_method]]
    places = [f"{name} ({settings.provenance[name]})" for name in names if name in settings.provenance]
    raise SettingsError(
        f"sources.pardot.{' and '.join(places or names)} is set, and goes before a login that is stored here",
        next_step="Nothing was asked; remove it, or use `--show` to get a token for another place",
    )


def log_in_by_browser(
    settings: Settings,
    *,
    port: int,
    open_browser: Callable[[str], bool] | None,
    wait_seconds: float = PATIENCE_SECONDS,
    sleep: Callable[[float], object] = stopping.sleep,
) -> Secret:
    """Return the refresh token that a person in a browser allowed.

    Args:
        port: where the answer is waited for, on this machine only.
        open_browser: opens an address and says whether it could; None leaves that to the person.

    Raises:
        AuthenticationError: refused, by the person or by Salesforce.
        TransientRequestError: no answer came in time, or the login host was out of order.
        StorageError: the port is taken.
    """
    authorization = begin_authorization(settings, redirect_uri(port))
    with CallbackListener(port, authorization.state) as listener:
        tell(f"The connected app must know the callback URL {authorization.redirect_uri}")
        if open_browser is None or not _opened(open_browser, authorization.url):
            tell(["Open this address in a browser on this machine:", "", f"  {authorization.url}", ""])
        tell(f"Waiting for the answer, at most {wait_seconds / 60:.0f} minutes …")
        query = listener.wait(wait_seconds, stopping.check)
    if query is None:
        raise _nobody_answered(authorization.redirect_uri, wait_seconds)
    code = read_callback(settings, authorization, query)
    with closing(LoginHost(settings, sleep=sleep, again=AGAIN)) as host:
        return exchange_code(host, authorization, code)


def log_in_by_device(
    settings: Settings,
    *,
    sleep: Callable[[float], object] = stopping.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Secret:
    """Return the refresh token that a person allowed in any browser, by a short code.

    Raises:
        AuthenticationError: refused, or the code was not entered in time.
        TransientRequestError: the login host was out of order.
    """
    with closing(LoginHost(settings, sleep=sleep, again=AGAIN_DEVICE)) as host:
        device = begin_device(host)
        tell(["Open this address in any browser and enter the code:", ""])
        tell([f"  {device.verification_uri}", f"  {device.user_code}", ""])
        tell(f"Waiting for it, at most {device.life_seconds / 60:.0f} minutes …")
        return wait_for_device(host, device, sleep=sleep, monotonic=monotonic)


def store_login(settings: Settings, store: TokenStore, token: Secret) -> None:
    """Keep the token where runs look for it."""
    with store.opened(login_key(settings)) as kept:
        kept.keep(token)


def forget_logins(store: TokenStore) -> str:
    """Remove every stored token of the business unit; return what to say."""
    count = store.forget()
    if not count:
        return "No login was stored."
    words = "1 stored login" if count == 1 else f"{count} stored logins"
    return (
        f"Removed {words}. Salesforce was not told: to revoke it there, use Setup > Connected Apps OAuth Usage. "
        "A refresh token of the settings that Salesforce had replaced is no longer good."
    )


def _opened(open_browser: Callable[[str], bool], url: str) -> bool:
    with _without_settings():
        try:
            return open_browser(url)
        except (OSError, webbrowser.Error):
            return False


@contextmanager
def _without_settings() -> Iterator[None]:
    """Take the settings out of the environment for a moment: a browser that is started inherits the rest."""
    hidden = {name: value for name, value in os.environ.items() if "__" in name}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _nobody_answered(callback_url: str, waited_seconds: float) -> TransientRequestError:
    return TransientRequestError(
        OPERATION,
        reason=f"no browser brought an answer within {waited_seconds:.0f} seconds",
        next_step="Nothing was stored; if Salesforce's page showed redirect_uri_mismatch, add the callback URL "
        f"{callback_url} to the connected app, if invalid_client_id, check `client_id` and `login_url`; then run "
        f"`{AGAIN}` again, or with `--device`",
    )
