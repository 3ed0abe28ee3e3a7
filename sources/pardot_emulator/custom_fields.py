"""The custom prospect fields of a made-up company: some from the start, more of them later.

Source: Export API and object pages of version 5: a custom field's column is its `fieldId` and `__c`;
multi-select and checkbox fields and those that record several answers are refused in queries. How several
values look in an export is not documented; the emulator keeps them as one text with semicolons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pardot_emulator.schema import CUSTOM_SUFFIX
from pardot_emulator.store import Value

_REGIONS = ("North", "South", "East & West", "NA")
_INTERESTS = ("Pricing", "Safety", "Service, parts", "Training")
_LANGUAGES = ("en", "de", "fr", "no")


@dataclass(frozen=True)
class CustomField:
    """One custom prospect field and how its values are made up."""

    field_id: str
    name: str
    type: str
    invent: Callable[[Random], str]
    records_several: bool = False

    @property
    def column(self) -> str:
        """The prospect column that holds its values."""
        return self.field_id + CUSTOM_SUFFIX

    def row(self) -> dict[str, Value]:
        """Return the CustomField row, without its id, author and dates."""
        return {
            "name": self.name,
            "fieldId": self.field_id,
            "apiFieldId": self.column,
            "type": self.type,
            "isRecordMultipleResponses": self.records_several,
            "isUseValues": self.type in {"dropdown", "radio button", "multi-select", "checkbox"},
            "isRequired": False,
            "isAnalyticsSynced": False,
        }


def _some(values: tuple[str, ...]) -> Callable[[Random], str]:
    return lambda rng: ";".join(value for value in values if rng.random() < 0.5) or values[0]


def _one(values: tuple[str, ...]) -> Callable[[Random], str]:
    return lambda rng: rng.choice(values)


def _date(rng: Random) -> str:
    return f"20{rng.randrange(24, 30)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


REMARKS = CustomField("Remarks", "Remarks", "textarea", _one(("Met at the fair", "Asked for a call back")))

FIRST_FIELDS: tuple[CustomField, ...] = (
    REMARKS,
    CustomField("Region", "Region", "dropdown", _one(_REGIONS)),
    CustomField("Seats", "Number of seats", "number", lambda rng: str(rng.randrange(1, 5_000))),
    CustomField("Renewal_Date", "Renewal date", "date", _date),
    CustomField("Language", "Language", "radio button", _one(_LANGUAGES)),
    CustomField("Badge", "Badge number", "text", lambda rng: f"{rng.randrange(1_000):05}"),
    CustomField("Partner_Code", "Partner code", "hidden", lambda rng: f"{rng.randrange(10)}e{rng.randrange(10)}"),
    CustomField("Interests", "Interests", "multi-select", _some(_INTERESTS)),
    CustomField("Consents", "Consents", "checkbox", _some(("Email", "Phone", "Post"))),
    CustomField("Events", "Events", "text", _some(("Open day", "Users' meeting")), records_several=True),
)
"""The fields that exist from the first day."""

LATER_FIELDS: tuple[CustomField, ...] = (
    CustomField("Budget", "Budget", "number", lambda rng: str(rng.randrange(1, 900) * 500)),
    CustomField("Preferred_Hour", "Preferred hour", "dropdown", lambda rng: f"{rng.randrange(7, 19):02}:00"),
    CustomField("Plants", "Plants", "multi-select", _some(("Leeds", "Lyon", "東京"))),
    CustomField("Nickname", "Nickname", "text", _one(("Zed", "NULL", "007", "O'B"))),
)
"""The fields that somebody adds on later days, one at a time."""
