"""A handful of rows whose every value the emulator's tests know."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from pardot_emulator import Store, Value

START = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
NOW = datetime(2026, 2, 1, 12, tzinfo=timezone.utc)
ACTIVITIES = 30
DETAILS = 'Spring sale, "last call"\nnow'


def at(minutes: int) -> datetime:
    """Return the instant so many minutes after the start."""
    return START + timedelta(minutes=minutes)


def fill(store: Store, activities: int = ACTIVITIES) -> Store:
    """Put the rows in: activities a minute apart, every third anonymous, every fifth without a campaign."""
    store.insert("campaigns", [{"id": 1, "name": "Website", "cost": 12.5, "createdAt": START, "updatedAt": START}])
    store.insert("visitor-activities", [_activity(number) for number in range(1, activities + 1)])
    store.add_column("prospects", "Region__c")
    store.add_column("prospects", "Interests__c")
    store.insert(
        "custom-fields",
        [
            {"id": 1, "fieldId": "Region", "type": "text", "createdAt": START, "updatedAt": START},
            {"id": 2, "fieldId": "Interests", "type": "multi-select", "createdAt": START, "updatedAt": START},
        ],
    )
    store.insert("prospects", [_prospect(number) for number in range(1, 7)])
    store.insert(
        "visitors",
        [{"id": n, "prospectId": n if n < 3 else None, "createdAt": START, "updatedAt": START} for n in range(1, 5)],
    )
    store.insert("emails", [{"id": n, "sentAt": at(n), "updatedAt": at(n), "htmlMessage": "<p>"} for n in range(1, 4)])
    store.insert("lists", [{"id": 1, "name": "Newsletter", "isDeleted": False, "createdAt": START, "updatedAt": START}])
    store.insert(
        "opportunities",
        [{"id": n, "name": f"Deal {n}", "_deleted": n == 2, "createdAt": START} for n in (1, 2)],
    )
    return store


def _activity(number: int) -> dict[str, Value]:
    return {
        "id": number,
        "type": 11 if number % 2 else 6,
        "typeName": "Email",
        "details": DETAILS if number == 1 else f"Mail {number}",
        "prospectId": None if number % 3 == 0 else number % 6 + 1,
        "campaignId": None if number % 5 == 0 else 1,
        "createdAt": at(number),
        "updatedAt": at(number),
    }


def _prospect(number: int) -> dict[str, Value]:
    return {
        "id": number,
        "email": f"person{number}@example.com",
        "score": number * 10,
        "isDeleted": number == 6,
        "optedOut": number % 2 == 0,
        "createdAt": at(0),
        "updatedAt": at(number),
        "Region__c": "North" if number == 1 else None,
        "Interests__c": "Chess;Tea" if number == 1 else None,
    }
