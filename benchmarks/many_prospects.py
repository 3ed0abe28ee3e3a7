"""Many prospects with many custom fields, for an account that has few of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

PROSPECTS = "prospects"
CUSTOM_FIELDS = "custom-fields"
FIELD_COUNT = 60
SEVERAL = "multi-select"


def give_fields(store: Any, *, several_values: bool) -> None:
    """Leave the account with `FIELD_COUNT` custom fields that hold one value each.

    Args:
        several_values: let one more hold several values; such a field comes by export only, and so do all prospects.
    """
    known = list(store.rows(CUSTOM_FIELDS))
    for row in known:
        store.purge(CUSTOM_FIELDS, int(row["id"]))
    plain = next(row for row in known if row["type"] == "text")
    names = [f"Answer_{number:02}" for number in range(FIELD_COUNT)]
    fields = [{**plain, "type": "text", "isRecordMultipleResponses": False, "fieldId": name} for name in names]
    if several_values:
        fields.append({**plain, "type": SEVERAL, "isRecordMultipleResponses": False, "fieldId": "Interests"})
    for number, row in enumerate(fields, start=1):
        store.add_column(PROSPECTS, f"{row['fieldId']}__c")
        row |= {"id": number, "name": row["fieldId"], "apiFieldId": f"{row['fieldId']}__c"}
    store.insert(CUSTOM_FIELDS, fields)


def add_prospects(store: Any, number: int, end_at: datetime) -> None:
    """Add copies of the account's prospects, each with an id, an address and values of its own, created over a year."""
    models = [{n: v for n, v in row.items() if not n.endswith("__c")} for row in store.rows(PROSPECTS)]
    first = store.next_id(PROSPECTS)

    def rows() -> Iterator[dict[str, Any]]:
        for place in range(number):
            stamp = end_at - timedelta(days=365) * (number - place) / number
            own = {"id": first + place, "email": f"person{place}@example.com", "createdAt": stamp, "updatedAt": stamp}
            custom = {f"Answer_{at:02}__c": f"value {place * (at + 7) % 997}" for at in range(FIELD_COUNT)}
            yield {**models[place % len(models)], **own, **custom}

    store.insert(PROSPECTS, rows())
