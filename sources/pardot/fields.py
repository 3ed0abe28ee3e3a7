"""Which fields to ask for, and the column of each: the catalogue's, plus the account's own, less what Pardot refuses.

Custom fields are found by themselves at every run. Which of them a query or an export takes is documented only in
part (multi-select, checkbox and multi-response fields are refused by the prospect query), so the answer is asked for
once and remembered in the pipeline's state.

Source: Account Engagement API v5, CustomField and Prospect object pages; error codes 130, 154, 180 and 224.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, repeat
from typing import Any

from .catalogue import PURGED_AT, Entry, Field
from .custom_fields import custom_name
from .dialects.dialect import REFUSED_FIELD_CODES, Dialect
from .errors import RejectedRequestError
from .events import Event, EventHandler
from .naming import column_name, other_column_name
from .volume import REFUSAL_BELIEVED_FOR
from .windows import api_time

_CUSTOM = ("custom_field.found", "custom_field.refused")
_RELATED = ("related_field.found", "related_field.refused")
"""Events: a new field of the account's own, or of a related object, is taken or not."""


class FieldChoice:
    """Decide the fields of one object and remember refusals in its state.

    A refusal may pass with a right that is granted later, so it is believed for a week only.

    Args:
        state: the resource's state; `refused_fields` (name to moment), `refused_filter` (a moment), `custom_fields`
            (the names tried and taken), `columns` (name to column of those) and `fields` (the columns whose values are
            loaded) are ours.
    """

    def __init__(
        self,
        dialect: Dialect,
        server_now: Callable[[], datetime],
        entry: Entry,
        state: MutableMapping[str, Any],
        on_event: EventHandler,
    ) -> None:
        self._dialect = dialect
        self._server_now = server_now
        self._entry = entry
        self._state = state
        self._on_event = on_event

    def choose(self, custom: Sequence[Field]) -> tuple[Field, ...]:
        """Return the fields to ask for; costs no call when nothing is new since the last time.

        Args:
            custom: the account's own fields, and fields of related objects.
        """
        fields = [*self._entry.fields, *self._accepted(custom)]
        refused = self._refused()
        for name in refused.keys() & {field.name for field in self._entry.fields}:
            self._on_event(
                Event("field.left_out", {"object": self._entry.table, "field": name, "since": refused[name]})
            )
        chosen = (*(field for field in fields if field.name not in refused), PURGED_AT)
        return tuple(self._with_distinct_columns(chosen))

    def refuse(self, fields: Sequence[Field], error: RejectedRequestError) -> bool:
        """Remember which of the fields the error is about; False when it is about something else.

        A refused field of the catalogue is reported: its column keeps what it has and gets nothing new.
        """
        if error.code not in REFUSED_FIELD_CODES:
            return False
        names = [field.name for field in fields if field.name != "id" and field.is_asked]
        refused, is_sure = named_in(error.reason or "", names)
        if self._entry.has_query and not is_sure:
            # A word of the message may only look like a field, as `name` does in "unknown field name".
            refused = self._unusable(refused) or self._unusable(names) or refused[-1:]
        if not refused or len(refused) == len(names):
            return False
        self._remember(refused)
        for name in refused:
            self._on_event(Event("field.refused", {"object": self._entry.table, "field": name, "code": error.code}))
        return True

    def may_filter(self) -> bool:
        """Whether to ask for rows by the date of their change: Pardot has not refused that this week."""
        refused_at: str | None = self._state.get("refused_filter")
        return refused_at is None or refused_at <= self._oldest_refusal()

    def refuse_filter(self, error: RejectedRequestError) -> None:
        """Remember that rows cannot be asked for by the date of their change."""
        self._state["refused_filter"] = api_time(self._server_now())
        self._on_event(Event("query.filter_refused", {"object": self._entry.table, "code": error.code}))

    def has_new(self, fields: Sequence[Field]) -> bool:
        """Whether a field was not asked for when the stored rows were read, so that all of them lack its values."""
        loaded = self._state.get("fields")
        columns = {column_name(name) for name in loaded or ()}
        return loaded is not None and any(field.column not in columns for field in fields if field.is_asked)

    def note_loaded(self, fields: Sequence[Field]) -> None:
        """Remember the columns whose values the rows have, once everything that `has_new` asked for is read."""
        self._state["fields"] = sorted({field.column for field in fields if field.is_asked})

    def _accepted(self, custom: Sequence[Field]) -> list[Field]:
        """Return the custom fields that this object's query takes; only those not tried this week cost calls."""
        taken = set(self._state.get("custom_fields", ()))
        refused = self._refused()
        unknown = [each for each in custom if each.name not in taken and each.name not in refused]
        # What only an export delivers, only an export can refuse.
        by_export = [each.name for each in unknown if each.needs_export]
        asked = judged(self._dialect, self._entry, [each.name for each in unknown if not each.needs_export])
        for name, is_taken in chain(zip(by_export, repeat(True)), asked):
            # Each at once: where the calls of a day end in between, the next day need not ask again.
            if is_taken:
                taken.add(name)
                self._state["custom_fields"] = sorted(taken)
            else:
                self._remember([name])
            found, refused_as = _RELATED if "." in name else _CUSTOM
            self._on_event(Event(found if is_taken else refused_as, {"object": self._entry.table, "field": name}))
        return [each for each in custom if each.name in taken]

    def _refused(self) -> dict[str, str]:
        """Return the refusals that are still believed, name to moment."""
        refused: dict[str, str] = self._state.get("refused_fields", {})
        return {name: at for name, at in refused.items() if at > self._oldest_refusal()}

    def _oldest_refusal(self) -> str:
        return api_time(self._server_now() - REFUSAL_BELIEVED_FOR)

    def _remember(self, refused: Sequence[str]) -> None:
        at = api_time(self._server_now())
        self._state["refused_fields"] = {**self._refused(), **dict.fromkeys(refused, at)}

    def _unusable(self, names: Sequence[str]) -> list[str]:
        """Return the names that the query refuses."""
        return [name for name, is_taken in judged(self._dialect, self._entry, names) if not is_taken]

    def _with_distinct_columns(self, fields: Iterable[Field]) -> Iterator[Field]:
        """Give a field whose usual column is another one's a column of its own.

        A column stays with the field that had it first, also when that field is gone: what it holds is that field's.
        """
        ours = {field.column for field in (*self._entry.fields, PURGED_AT)}
        columns: dict[str, str] = self._state.get("columns", {})
        for field in fields:
            if field in self._entry.fields or field is PURGED_AT:
                yield field
                continue
            name = field.name if "." in field.name else custom_name(field.name)  # as every version of the API has it
            if name not in columns:
                is_free = field.column not in ours and field.column not in columns.values()
                columns = {**columns, name: field.column if is_free else other_column_name(field.name)}
                self._state["columns"] = columns
            if columns[name] != field.column:
                field = replace(field, stored_as=columns[name])
                self._on_event(
                    Event("column.renamed", {"object": self._entry.table, "field": field.name, "column": field.column})
                )
            yield field


def named_in(message: str, names: Sequence[str]) -> tuple[list[str], bool]:
    """Return the fields that a message names, in its order, and whether they are clearly names and not words of it.

    How Pardot words a refusal is not documented. A name is clear in quotes or brackets, or when no word is written so.

    >>> names = ["name", "senderOptions", "cost"]
    >>> named_in("Invalid field name: senderOptions", names), named_in("Unknown field 'name'", names)
    ((['senderOptions'], True), (['name'], True))
    >>> named_in("The field name is invalid: cost", names)
    (['name', 'cost'], False)
    """
    found = [(match.start(), name) for name in names if (match := _whole(name).search(message))]
    mentioned = [name for _, name in sorted(found)]
    for is_clear in (_stands_in_quotes, _is_no_word):
        if clear := [name for name in mentioned if is_clear(message, name)]:
            return clear, True
    return mentioned, False


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w])(?!\.\w)")


def _stands_in_quotes(message: str, name: str) -> bool:
    return re.search(rf"""["'`“‘(\[]{re.escape(name)}["'`”’)\]]""", message) is not None


def _is_no_word(_message: str, name: str) -> bool:
    return not (name.isalpha() and name.islower())


def judged(dialect: Dialect, entry: Entry, names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield each name and whether the query takes it, by halving what is refused; one call when all are taken."""
    if not names:
        return
    if dialect.takes(entry, names):
        yield from ((name, True) for name in names)
    elif len(names) == 1:
        yield names[0], False
    else:
        middle = len(names) // 2
        yield from judged(dialect, entry, names[:middle])
        yield from judged(dialect, entry, names[middle:])
