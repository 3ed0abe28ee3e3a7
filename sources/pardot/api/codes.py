"""Pardot's error codes: what each means, what it calls for, and what a person does about it. A table.

Reading meets few of them. The others are about creating, changing, sending and importing, which nobody asks for here;
they are listed so that none of them is ever taken for a passing fault.

Source: Account Engagement API guide, "Error Codes and Messages". Its texts are not repeated: they come with the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Verdict(Enum):
    """What a failed call calls for."""

    RETRY = "retry"
    WAIT_MINUTE = "wait for the next minute"
    RENEW_TOKEN = "renew the token, then repeat once"  # noqa: S105  no password
    LIMIT_REACHED = "stop for today"
    SPLIT = "ask for less at once"
    OUTCOME_UNKNOWN = "look before repeating"
    AUTH = "have the credentials or permissions mended"
    REJECTED = "do not repeat"


@dataclass(frozen=True)
class Code:
    """What one error code means to us."""

    meaning: str
    """In our words, for the documentation."""
    verdict: Verdict | None = Verdict.REJECTED
    """None where the code says nothing and the HTTP status decides."""
    next_step: str = ""
    """What to do, as the end of a sentence that says what is safe; empty where the error's own advice will do."""


def _mistake(meaning: str) -> Code:
    """Return a code for a request that is not as it should be; requests are ours, so the mistake is."""
    return Code(meaning, next_step="repeating this will not help; report this text, our request was wrong")


def _change(meaning: str) -> Code:
    """Return a code about creating, changing, sending or importing something."""
    return Code(meaning, next_step="repeating this will not help; report this text, we ask for nothing of the kind")


def _field(meaning: str) -> Code:
    """Return a code about a field, which is left out and the rest asked for again."""
    return Code(
        f"{meaning}; the rest is asked for again", next_step="run `pardot-etl discover` to see which are refused"
    )


def _admin(meaning: str, next_step: str) -> Code:
    """Return a code that credentials, permissions or the account's set-up are behind."""
    return Code(meaning, Verdict.AUTH, next_step)


_APP: Final = "log in by a connected app (README, “Set it up with your account”); Pardot's own keys no longer work"
_GONE: Final = "the row was purged, or is hidden from this user; run `pardot-etl run` again"
_OTHER_VERSION: Final = "or to 5, the current version; then run `pardot-etl run` again"

CODES: Final[Mapping[int, Code]] = {
    1: _admin("an API key or user key is wrong or has ended", _APP),
    2: _mistake("the object has no such operation"),
    3: _mistake("no prospect has this id"),
    4: _change("no prospect has this email address, or it is none"),
    5: _mistake("no search parameter is known"),
    6: _mistake("the time frame is not a known one"),
    7: _mistake("a time cannot be read"),
    8: _mistake("a range of time ends before it starts"),
    9: _change("a prospect with this email address exists"),
    10: _mistake("no user has this id"),
    11: _change("no user has this email address"),
    12: _change("no group has this id"),
    13: _mistake("a parameter that must be there is missing"),
    14: _change("neither a known prospect id nor an email address was given"),
    15: _admin("email address, password or user key of a login of the old kind is wrong", _APP),
    16: _mistake("an id is not valid"),
    17: _mistake("a range of ids ends before it starts"),
    18: _change("the matching status of a profile criterion is not a known one"),
    19: _mistake("the object cannot be sorted by this"),
    20: _mistake("the direction of sorting is not a known one"),
    21: _mistake("the offset is no number"),
    22: Code(
        "this version of the API lacks the feature",
        next_step="set `sources.pardot.api_version` to 5, the current version; then run `pardot-etl run` again",
    ),
    23: _mistake("the limit is no number or too large"),
    24: _mistake("no visitor has this id"),
    25: _mistake("whether a prospect is starred is neither true nor false"),
    26: _mistake("whether a prospect is assigned is neither true nor false"),
    27: _mistake("whether a row is in the recycle bin is neither true nor false"),
    28: _mistake("whether a prospect is new is neither true nor false"),
    29: _mistake("a score is no number"),
    30: _mistake("a range of scores ends before it starts"),
    31: _mistake("two conditions for the score exclude each other"),
    32: _mistake("a grade is not a known one"),
    33: _mistake("a range of grades ends before it starts"),
    34: _mistake("two conditions for the grade exclude each other"),
    35: _mistake("no opportunity has this id"),
    36: _mistake("a parameter that must be there has no value"),
    37: _change("opportunities and accounts are kept in Salesforce, which is connected"),
    38: _mistake("no campaign has this id"),
    39: _change("no profile has this id"),
    40: _mistake("a probability is not from 0 to 100"),
    41: _mistake("a range of probabilities is not valid"),
    42: _mistake("an opportunity's value is no number from 0 on"),
    43: _mistake("a range of values is not valid"),
    44: _change("prospect id and email address belong to two prospects"),
    45: _change("user id and email address belong to two users"),
    46: _admin(
        "the user lacks the permission",
        "have an administrator give the user's role the ability to view these objects (for events Prospects > Visitors "
        "> View and Admin > Exports > View), or leave them out of `sources.pardot.objects`",
    ),
    47: _change("something is to be assigned to several at once"),
    48: _mistake("no visit has this id"),
    49: _admin(
        "access denied: the login's user or app may not do this, or there was no usable token",
        "have an administrator give the connected app the scope `pardot_api`, and the user a role in Account "
        "Engagement that may view this",
    ),
    50: _mistake("a value is neither true nor false"),
    51: _mistake("a parameter is not valid"),
    52: _mistake("a parameter is outside its range"),
    53: _admin(
        "the address of this machine is not allowed",
        "have an administrator add the IP address that this machine has outside to those allowed for the API",
    ),
    54: _change("another prospect has the email address"),
    55: _mistake("no list has this id"),
    56: _mistake("the value for a field of numbers is none"),
    57: _mistake("the value for a field of dates is none"),
    58: _change("the prospect is on the list already"),
    59: _change("opportunities and accounts are kept in the CRM, which is connected"),
    60: _mistake("the address does not take this HTTP method"),
    61: _mistake("no prospect account has this id"),
    62: Code("something else changes the same thing at this moment", Verdict.RETRY),
    63: _mistake("more ids than one query takes"),
    64: _change("an email lacks variables that it must have"),
    65: _change("an email lacks parts that it must have"),
    66: Code(
        "more than five requests at once, all programs of the account together",
        Verdict.RETRY,
        "run `pardot-etl run` again when fewer other programs use the API",
    ),
    67: _change("the account has as many of these as it may"),
    68: _mistake("no template has this id"),
    70: _change("more than 50 prospects in one batch"),
    71: _mistake("the body is neither JSON nor XML"),
    72: _change("the JSON does not fit its checksum"),
    73: _change("no campaign is set for the email plug-in"),
    74: _change("the email program is not supported by the plug-in"),
    75: _change("variable tags of the account cannot be processed"),
    76: _admin(
        "the API is switched off for the account",
        "have an administrator ask Salesforce's support to switch API access on for this account",
    ),
    77: _change("no prospect has this CRM id"),
    79: _change("a CRM id is not valid"),
    80: _change("a type of CRM object is not a known one"),
    81: _change("prospect id and CRM id belong to two prospects"),
    83: _change("no CRM is connected that could be used"),
    84: Code("an error for which no reason is documented", verdict=None),
    85: _change("the prospect was not saved"),
    86: _mistake("a template's id is not valid"),
    88: Code(
        "the account takes version 4 in place of version 3",
        next_step=f"set `sources.pardot.api_version` to 4, {_OTHER_VERSION}",
    ),
    89: Code(
        "the account takes version 3 in place of version 4",
        next_step=f"set `sources.pardot.api_version` to 3, {_OTHER_VERSION}",
    ),
    90: _change("a prospect of a batch is not written as a flat list of fields"),
    91: _change("the prospects of a batch are not listed by email address"),
    92: _mistake("no such prospect"),
    93: _change("a template lacks options for sending"),
    94: Code(
        "the version of the API is no number",
        next_step="set `sources.pardot.api_version` to 5, 4 or 3, and check that `api_url` is a host without a path",
    ),
    95: _change("a folder's name is not valid"),
    96: _admin(
        "the user's role may not use the folder",
        "have an administrator give the user's role access to the folder, or leave the object out of "
        "`sources.pardot.objects`",
    ),
    97: _mistake("no folder has this id"),
    98: _change("a prospect cannot be mailed"),
    99: _change("a user with this email address exists"),
    100: _change("a time zone is not a known one"),
    101: _change("a role is not a known one"),
    102: _change("another user has the CRM user name"),
    103: _change("no CRM is connected"),
    104: _change("no such CRM user name"),
    105: _change("the user has nothing to be activated by"),
    106: _change("the user is active already"),
    107: _change("a password is too weak"),
    108: _change("an asset in use cannot be deleted"),
    109: Code("no such record", next_step=_GONE),
    110: _mistake("an account's id is not valid"),
    111: _change("another account has the integration user name"),
    112: _change("a tracked email has no recipient"),
    113: _change("a recipient has neither CRM id nor email address"),
    114: _change("a recipient's CRM id or email address is not valid"),
    115: _change("too many recipients"),
    116: _change("the request came too late"),
    117: _change("a micro campaign was not deleted"),
    118: _change("this address works in test environments only"),
    119: _change("no refresh token for the Salesforce connector"),
    120: _change("the Salesforce connector cannot be verified"),
    121: _change("a prospect cannot be synced with Salesforce"),
    122: Code(
        "the account's API calls of the day are used up",
        Verdict.LIMIT_REACHED,
        "run `pardot-etl run` again after midnight of the account's time zone, when the day's calls are counted anew; "
        "an account that is refused its first call of a day has an edition without the API",
    ),
    123: _change("a Salesforce user name cannot be verified"),
    124: _change("a Salesforce user name or id cannot be set"),
    125: _change("a user is named in two ways"),
    126: _admin("this way to log in is taken no more", _APP),
    128: _change("campaigns are made in Salesforce, which is connected"),
    129: _change("name and cost of a campaign cannot be changed here"),
    130: _field("a field is not known"),
    131: _admin(
        "the login is locked after too many failed tries",
        "have the user reset the password in Account Engagement, and mend whatever program still sends a wrong one",
    ),
    132: _mistake("the prospect is in the recycle bin"),
    133: _mistake("more than two fields to sort by"),
    134: _mistake("more than two directions of sorting"),
    135: _mistake("of two fields to sort by none is the id"),
    137: _change("an address lacks its protocol"),
    138: _change("a name is too long"),
    139: _change("a name has characters that it may not have"),
    145: _mistake("whether something is archived is neither true nor false"),
    146: _mistake("whether something is archived is neither true nor false"),
    150: _mistake("the body is no JSON"),
    151: _mistake("the Content-Type is not supported"),
    152: _mistake("the body is empty"),
    153: _mistake("a property that must be there is missing"),
    154: _field("a property is not valid, perhaps a field"),
    155: _change("the import is not open"),
    156: _change("the import has no data"),
    157: _change("the import cannot be processed"),
    158: _change("a file was not uploaded"),
    159: _change("an uploaded file is no CSV"),
    160: _change("the import has as many batches as it may"),
    161: _change("the import's state does not allow it"),
    162: _change("no file was uploaded"),
    163: _change("more than one file was uploaded"),
    164: _change("the day's batches of imports are used up"),
    165: _change("column options are not as they should be"),
    166: _mistake("the request is not in the form that the address takes"),
    174: _mistake("an export procedure has an unknown name"),
    175: _mistake("an export procedure has an unknown argument"),
    176: _mistake("an export procedure lacks an argument"),
    177: _mistake("an argument of an export procedure is not valid"),
    178: Code(
        "the export's state does not allow it: it is not finished, or its files are gone",
        next_step="run `pardot-etl run` again; it waits for the export, or creates a new one",
    ),
    180: _field("a field is not valid here"),
    181: _admin(
        "a header is missing",
        "set `sources.pardot.business_unit_id`; if it is set, have the proxy on the way let the header "
        "`Pardot-Business-Unit-Id` pass",
    ),
    182: _admin(
        "a header has a value that is not valid",
        "check `sources.pardot.business_unit_id`: 18 characters, starts with 0Uv, as shown in Salesforce Setup > "
        "Pardot Account Setup",
    ),
    183: Code("an internal error of Pardot's", Verdict.RETRY),
    184: Code(
        "the access token is not usable; a new one is asked for first",
        Verdict.RENEW_TOKEN,
        "have an administrator give the connected app the scope `pardot_api`, and check that the user is synced to the "
        "business unit",
    ),
    188: _change("the origin of an import is not a known one"),
    190: _change("the account may not send emails"),
    192: Code("no such object, or it is in the recycle bin", next_step=_GONE),
    193: _field("a field leads to too many related records"),
    194: _change("a file's type is not allowed"),
    197: _change("an import lacks a field that it must have"),
    198: Code(
        "no such address",
        next_step="check that `api_url` is a host without a path, and leave objects that the account does not have out "
        "of `sources.pardot.objects`",
    ),
    199: _admin("an API key was sent in place of a token", _APP),
    201: _admin(
        "the host does not know the business unit, or it is not active",
        "check `business_unit_id`, and `environment`: production units are known at pi.pardot.com, units of a sandbox "
        "or a developer org at pi.demo.pardot.com only; an `api_url` of your own wins over both",
    ),
    202: Code("too many requests in a minute", Verdict.WAIT_MINUTE),
    203: _admin(
        "the account has no administrator",
        "have one user of the account given the default administrator role",
    ),
    204: _change("a file is empty or too large"),
    205: _mistake("the object has no such action"),
    206: _mistake("an argument of an action is not valid"),
    207: _mistake("an action lacks an argument"),
    208: _mistake("an action has an unknown argument"),
    209: _mistake("more than three fields are filtered by"),
    210: Code(
        "the link to the next page has ended; the walk goes on from the last id",
        next_step="run `pardot-etl run` again",
    ),
    211: Code(
        "the link to the next page is not valid; the walk goes on from the last id",
        next_step="run `pardot-etl run` again",
    ),
    214: Code("the request took too long inside Pardot; less is asked for at once", Verdict.SPLIT),
    215: _change("connected campaigns are off, or a form has no field for the email address"),
    216: _change("a folder is full"),
    217: _change("a visitor is not identified or has no address"),
    218: _change("connected campaigns are off"),
    219: _change("a row in the recycle bin cannot be changed"),
    220: _change("an email template is for no use at all"),
    221: _change("the default template of Engage cannot be deleted"),
    222: _change("the default template of resubscribing cannot be deleted"),
    223: _change("a template cannot be deleted"),
    224: _field("a field cannot be queried"),
    226: _change("the columns of an imported file are not those of its column options"),
    227: _change("the columns of an imported file are not those of its field options"),
    228: Code(
        "something was begun in one version of the API and continued in another",
        next_step="set `sources.pardot.api_version` back to what it was, and run `pardot-etl run` once before a change",
    ),
    231: _mistake("result files are to be smaller than Pardot makes them"),
    232: _mistake("result files are to be larger than Pardot makes them"),
    233: _change("no Salesforce connector is verified"),
    234: _change("the Salesforce connector is of an old kind"),
    235: _change("the Salesforce connector is in that state already"),
    236: _change("the business unit has no such list"),
    237: _change("a language of tags is not valid"),
    239: _change("an exported program was altered"),
    242: _change("some records were not found"),
    243: _change("the domain of a sender is not verified"),
    244: _change("an email was not sent"),
    245: _change("a name is in use"),
    246: _change("an email was not sent; its parts are to be checked"),
    10000: _mistake("several errors in one answer, each with its text"),
}
"""Error code -> what it means to us."""
