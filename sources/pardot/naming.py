"""Names: from the API's camel case to columns, and the one place where SQL identifiers and texts are quoted."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from zlib import crc32

CUSTOM_SUFFIX = "__c"
"""Ends the names of custom fields, in the API and as columns."""
VARIANT_SUFFIX = "__v_text"
"""Ends the column that holds the texts which another column's type cannot; dlt names such columns so."""
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD = re.compile(r"[^a-z0-9_]+")
_MANY_UNDERSCORES = re.compile(r"_{4,}")
"""dlt reads two underscores as a level and drops an empty one, so a column with four would be called otherwise."""
_MAX_NAME = 120


def column_name(name: str) -> str:
    """Return the column of an API field: snake case, only `a-z`, `0-9` and `_`.

    >>> column_name("listEmailId"), column_name("Favourite_Colour__c"), column_name("crmURLText")
    ('list_email_id', 'favourite_colour__c', 'crm_url_text')
    """
    words = "_".join(_WORD_START.split(name)).lower()
    cleaned = _MANY_UNDERSCORES.sub("___", _NOT_WORD.sub("_", words))
    return f"_{cleaned}"[:_MAX_NAME] if cleaned[:1].isdigit() else cleaned[:_MAX_NAME]


def other_column_name(name: str) -> str:
    """Return a column for an API field whose usual one is another field's; always the same for a name.

    >>> column_name("LeadSource__c") == column_name("Lead_Source__c"), other_column_name("LeadSource__c")
    (True, 'lead_source_37581682__c')
    """
    column = column_name(name)
    suffix = CUSTOM_SUFFIX if column.endswith(CUSTOM_SUFFIX) else ""
    return f"{column.removesuffix(suffix)[: _MAX_NAME - 12]}_{crc32(name.encode()):08x}{suffix}"


def quote_identifier(name: str) -> str:
    """Return `name` as one quoted SQL identifier.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    if "\x00" in name:
        raise ValueError("an identifier cannot hold a NUL character")
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """Return `value` as one quoted SQL text literal.

    >>> quote_text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like `name`.

    >>> nearest("prospect", ["visits", "prospects"])
    'prospects'
    """
    choices = sorted(known)
    return difflib.get_close_matches(name, choices, n=1, cutoff=0.0)[0]
