"""What is sent to log in without a person: one form for each login method."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ..errors import SettingsError
from ..redaction import Secret, register_secret
from ..settings import LoginMethod, Settings

_ASSERTION_SECONDS: Final = 180
_SMALLEST_KEY_BITS: Final = 2048


def build_form(settings: Settings, method: LoginMethod, token: Secret | None, now: float) -> dict[str, str]:
    """Return the form of a login.

    Args:
        token: the refresh token, for the two methods that have one.
        now: this machine's time, seconds; an assertion lives for three minutes from then.

    Raises:
        SettingsError: the private key cannot be used.
    """
    given = settings.credentials
    if token is not None:
        return {**client_form(settings), "grant_type": "refresh_token", "refresh_token": token.reveal()}
    if method == "password" and given.password is not None:
        appended = given.security_token.reveal() if given.security_token else ""
        password = given.password.reveal() + appended
        return {
            **client_form(settings),
            "grant_type": "password",
            "username": given.username or "",
            "password": password,
        }
    if method == "jwt_bearer":
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return {"grant_type": grant, "assertion": _assertion(settings, now)}
    return {**client_form(settings), "grant_type": "client_credentials"}


def client_form(settings: Settings) -> dict[str, str]:
    """Return what tells the connected app; apps that ask for no secret get none."""
    given = settings.credentials
    secret = {} if given.client_secret is None else {"client_secret": given.client_secret.reveal()}
    return {"client_id": given.client_id, **secret}


def _assertion(settings: Settings, now: float) -> str:
    import jwt

    # The audience names the kind of org, not the host: a My Domain host takes the same two.
    host = "test" if settings.environment == "sandbox" else "login"
    claims = {
        "iss": settings.credentials.client_id,
        "sub": settings.credentials.username,
        "aud": f"https://{host}.salesforce.com",
        "exp": int(now) + _ASSERTION_SECONDS,
    }
    assertion = jwt.encode(claims, _private_key(settings), algorithm="RS256")
    register_secret(assertion)
    return assertion


def _private_key(settings: Settings) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    given = settings.credentials
    where = "sources.pardot.credentials." + ("private_key" if given.private_key else "private_key_file")
    try:
        secret = given.private_key or Secret(Path(given.private_key_file or "").expanduser().read_text("ascii"))
        key = load_pem_private_key(secret.reveal().encode("ascii"), password=None)
    except OSError as problem:
        raise SettingsError(f"{where} cannot be read: {problem.strerror}") from None
    except TypeError:
        raise SettingsError(f"{where} is encrypted; expected an unencrypted key, guarded by chmod 600") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(f"{where} is no private key in PEM form") from None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(f"{where} is of another kind; expected an RSA key")
    if key.key_size < _SMALLEST_KEY_BITS:
        raise SettingsError(f"{where} has {key.key_size} bits; expected {_SMALLEST_KEY_BITS} or more")
    return key
