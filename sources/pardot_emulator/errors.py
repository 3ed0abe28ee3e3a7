"""The error codes of the API: their documented texts and the HTTP status each one travels with.

Texts: "Error Codes and Messages" of the developer guide. Statuses are documented only in part; the rest is
inferred and can be changed with ``Behaviour.http_status``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MESSAGES: Mapping[int, str] = MappingProxyType(
    {
        2: "Invalid action",
        3: "Invalid prospect ID",
        5: "Invalid query parameters",
        6: "Invalid time frame",
        7: "Invalid timestamp",
        8: "Invalid time range",
        10: "Invalid user ID",
        13: "One or more required parameters are missing",
        16: "Invalid ID",
        17: "Invalid ID range",
        19: "Invalid value specified for sort_by",
        20: "Invalid value specified for sort_order",
        21: "Invalid value specified for offset",
        23: "Invalid value specified for limit",
        24: "Invalid visitor ID",
        27: "Parameter deleted must be true or false",
        36: "One or more required parameter values are missing",
        46: "This API user lacks sufficient permissions for the requested operation",
        49: "Access Denied",
        50: "Invalid boolean",
        51: "Invalid parameter",
        52: "Invalid parameter range",
        56: "Invalid number entered for field",
        60: "Invalid HTTP request method",
        63: "Too many IDs specified",
        66: "You have exceeded your concurrent request limit. Please wait, before trying again",
        76: "API access was disabled",
        88: "Your account must use version 4 of the API.",
        89: "Your account is unable to use version 4 of the API.",
        94: "The provided version is not a valid number",
        109: "The requested record was not found.",
        122: "Daily API rate limit met",
        130: "One or more of the specified fields are invalid",
        132: "Prospect is archived",
        133: "Up to 2 sort by options are allowed.",
        134: "Up to 2 sort order options are allowed.",
        135: "When passing a comma-separated value, one of the two values must be id.",
        150: "Input needs to be valid JSON",
        151: "Unsupported content-type",
        152: "Request body can't be empty",
        153: "Missing required property in request",
        154: "Invalid property in request",
        174: "Unknown procedure name.",
        175: "Unknown procedure argument.",
        176: "Missing required argument.",
        177: "Invalid procedure argument.",
        178: "The current state of the export does not allow the operation",
        180: "One or more of the specified fields are invalid",
        181: "A required header is missing",
        182: "Invalid header value",
        183: "An internal error occurred, please try your request again",
        184: "access_token is invalid, unknown, or malformed",
        192: "Object specified does not exist",
        193: "Too many fields were traversed",
        198: "Endpoint not found",
        199: "Authentication using an api_key is no longer supported. Use Salesforce OAuth access token"
        " instead. See https://developer.pardot.com/kb/authentication/ for details.",
        201: "Business Unit specified in Pardot-Business-Unit-Id header not found or inactive.",
        202: "Minute rate limit met",
        203: "An admin user for the account not found. Ensure a user with the default admin role exists.",
        205: "Action name is either missing or incorrect",
        209: "Too many fields have filters: The max number of 3 distinct fields with filters was exceeded for"
        " this query.",
        210: "Page token has expired.",
        211: "Page token is invalid.",
        214: "API request timed out.",
        224: "Field cannot be queried on this object",
        231: "maxFileSizeBytes is below the minimum",
        232: "maxFileSizeBytes is above the maximum",
        10_000: "Several parameters are invalid",
    }
)

HTTP_STATUS: Mapping[int, int] = MappingProxyType(
    {
        46: 403,
        49: 401,
        60: 405,
        66: 429,
        76: 403,
        109: 404,
        122: 429,
        183: 500,
        184: 401,
        192: 404,
        198: 404,
        202: 429,
        214: 504,
    }
)
"""HTTP status by code where it is not 400."""


class ApiError(Exception):
    """A request that the emulator refuses, the way Account Engagement would.

    Args:
        code: error code of the API.
        detail: what follows the documented text after a colon, as in captured responses.
        status: HTTP status, where it depends on more than the code.
    """

    def __init__(self, code: int, detail: str = "", *, status: int | None = None) -> None:
        message = MESSAGES.get(code, "Unknown error")
        self.code = code
        self.status = status
        self.message = f"{message.rstrip('.')}: {detail}" if detail else message
        super().__init__(f"{code} {self.message}")


class OAuthError(Exception):
    """A refused login, in the words of the Salesforce token endpoint."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}")
