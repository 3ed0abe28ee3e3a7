"""The two pages of the login host that a person sees: one asks for consent, the other for a device's code.

No password is asked for: the person is invented as well, and answers as ``Credentials.consents`` says.
"""

from __future__ import annotations

import html
from collections.abc import Mapping

from pardot_emulator.auth import Authority
from pardot_emulator.errors import OAuthError
from pardot_emulator.messages import Response

_FORM = '<form><input name="user_code" placeholder="code"> <button>Connect</button></form>'


def show_page(authority: Authority, operation: str, query: Mapping[str, str]) -> Response:
    """Answer a browser: ``authorize`` sends it on with a code, ``connect`` takes the code of a device."""
    if operation == "connect":
        if "user_code" not in query:
            return _page(_FORM)
        known = authority.enter_user_code(query["user_code"])
        return _page("You may close this page." if known else "No device has this code.", 200 if known else 400)
    try:
        address = authority.authorize(query)
    except OAuthError as error:
        return _page(f"error={error.error}&error_description={error.description}", 400)
    return Response(302, (("Location", address),))


def _page(text: str, status: int = 200) -> Response:
    body = text if text == _FORM else f"<p>{html.escape(text)}</p>"
    page = f"<!DOCTYPE html><html><head><title>Salesforce</title></head><body>{body}</body></html>"
    return Response(status, (("Content-Type", "text/html; charset=utf-8"),), page.encode())
