"""Which fields to ask for: those of the catalogue, plus the account's own, less those that Pardot refuses.

Custom fields are found by themselves at every run. Which of them a query or an export takes is documented only in
part (multi-select, checkbox and multi-response fields are refused by the prospect query), so the answer is asked for
once and remembered in the pipeline's state.

Source: Account Engagement API v5, CustomField and Prospect object pages; error codes 130, 154, 180 and 224.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from datetime import timedelta
from typing import Any

from .api.transport import Transport
from .catalogue import CATALOGUE, MAX_EXPORT_FIELDS, PURGED_AT, Entry, Field, Type
from .errors import DataError, RejectedRequestError
from .events import Event, EventHandler
from .queries import PagedQuery
from .windows import api_time

REFUSED_FIELD_CODES = frozenset({13, 51, 130, 153, 154, 180, 193, 224})
"""Answers to a field name that is unknown or not usable here; which one comes is not documented."""

REFUSAL_BELIEVED_FOR = timedelta(days=7)


def custom_field_names(transport: Transport, on_event: EventHandler) -> tuple[str, ...]:
    """Return the names of the account's custom fields as other objects spell them; one call per thousand.

    Fields in the recycle bin are asked for as well: their values are still there to read, or are refused below.
    """
    query = PagedQuery(transport, CATALOGUE["custom_fields"], ("id", "fieldId"), on_event)
    names = (record.get("fieldId") for page in query.iter_pages({}) for record in page)
    return tuple(dict.fromkeys(_custom_name(str(name)) for name in names if name))


def _custom_name(field_id: str) -> str:
    return field_id if field_id.endswith("__c") else f"{field_id}__c"


class FieldChoice:
    """Decide the fields of one object and remember refusals in its state.

    A refusal may pass with a right that is granted later, so it is believed for a week only.

    Args:
        state: the resource's state; `refused_fields` (name to moment), `custom_fields` (the names tried and taken) and
            `fields` (the names whose rows are loaded) are ours.
    """

    def __init__(
        self, transport: Transport, entry: Entry, state: MutableMapping[str, Any], on_event: EventHandler
    ) -> None:
        self._transport = transport
        self._entry = entry
        self._state = state
        self._on_event = on_event

    def choose(self, custom: Sequence[str]) -> tuple[Field, ...]:
        """Return the fields to ask for; costs no call when nothing is new since the last time.

        Raises:
            DataError: two fields would share one column.
        """
        fields = list(self._entry.fields)
        if self._entry.has_custom_fields:
            fields += [Field(name, Type.TEXT) for name in self._accepted(custom)]
        refused = self._refused()
        for name in refused.keys() & {field.name for field in self._entry.fields}:
            self._on_event(
                Event("field.left_out", {"object": self._entry.table, "field": name, "since": refused[name]})
            )
        chosen = (*(field for field in fields if field.name not in refused), PURGED_AT)
        self._insist_on_distinct_columns(chosen)
        return chosen

    def refuse(self, fields: Sequence[Field], error: RejectedRequestError) -> bool:
        """Remember which of the fields the error is about; False when it is about something else.

        A refused field of the catalogue is reported: its column keeps what it has and gets nothing new.
        """
        if error.code not in REFUSED_FIELD_CODES:
            return False
        names = [field.name for field in fields if field.name != "id" and field.is_asked]
        refused = [name for name in names if _mentions(error.reason or "", name)]
        if not refused:
            usable = set(self._usable(names))
            refused = [name for name in names if name not in usable]
        if not refused or len(refused) == len(names):
            return False
        self._remember(refused)
        for name in refused:
            self._on_event(Event("field.refused", {"object": self._entry.table, "field": name, "code": error.code}))
        return True

    def has_new(self, fields: Sequence[Field]) -> bool:
        """Whether a field was not asked for when the stored rows were read, so that all of them lack its values."""
        loaded = self._state.get("fields")
        return loaded is not None and any(field.name not in loaded for field in fields if field.is_asked)

    def note_loaded(self, fields: Sequence[Field]) -> None:
        """Remember the fields whose values the rows have, once everything that `has_new` asked for is read."""
        self._state["fields"] = sorted({field.name for field in fields if field.is_asked})

    def _accepted(self, custom: Sequence[str]) -> list[str]:
        """Return the custom fields that this object's query takes; only those not tried this week cost calls."""
        taken = set(self._state.get("custom_fields", ()))
        refused = self._refused()
        new = [name for name in custom if name not in taken and name not in refused]
        if new:
            usable = set(self._usable(new))
            taken |= usable
            self._state["custom_fields"] = sorted(taken)
            self._remember([name for name in new if name not in usable])
            for name in new:
                fact = "custom_field.found" if name in usable else "custom_field.refused"
                self._on_event(Event(fact, {"object": self._entry.table, "field": name}))
        return [name for name in custom if name in taken]

    def _refused(self) -> dict[str, str]:
        """Return the refusals that are still believed, name to moment."""
        oldest = api_time(self._transport.server_now() - REFUSAL_BELIEVED_FOR)
        refused: dict[str, str] = self._state.get("refused_fields", {})
        return {name: at for name, at in refused.items() if at > oldest}

    def _remember(self, refused: Sequence[str]) -> None:
        at = api_time(self._transport.server_now())
        self._state["refused_fields"] = {**self._refused(), **dict.fromkeys(refused, at)}

    def _usable(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the names that the query takes, by halving what is refused; one call when all are taken."""
        if not names:
            return
        if self._takes(names):
            yield from names
        elif len(names) > 1:
            middle = len(names) // 2
            yield from self._usable(names[:middle])
            yield from self._usable(names[middle:])

    def _takes(self, names: Sequence[str]) -> bool:
        params: dict[str, str | int] = {"fields": ",".join(["id", *names]), "limit": 1}
        path = f"/api/v5/objects/{self._entry.collection}"
        try:
            self._transport.get_json(path, params, operation=f"query:{self._entry.collection}")
        except RejectedRequestError as error:
            if error.code in REFUSED_FIELD_CODES:
                return False
            raise
        return True

    def _insist_on_distinct_columns(self, fields: Sequence[Field]) -> None:
        columns: dict[str, str] = {}
        for field in fields:
            other = columns.setdefault(field.column, field.name)
            if other != field.name:
                raise DataError(
                    "the fields",
                    expected="one column per field",
                    found=f"{other} and {field.name} would both be the column {field.column}",
                    object_name=self._entry.table,
                    next_step="Nothing of it was loaded; rename one of the two custom fields in Account Engagement",
                )


def fits_export(fields: Sequence[Field]) -> bool:
    """Whether one export may name all these fields."""
    return sum(field.is_asked for field in fields) <= MAX_EXPORT_FIELDS


def _mentions(text: str, name: str) -> bool:
    """Whether a message names a field as a whole word."""
    words = "".join(char if char.isalnum() or char == "_" else " " for char in text).split()
    return name in words
