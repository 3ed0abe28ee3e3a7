"""Objects nested in the records of versions 3 and 4, fetched for a page of records at once.

Which object nests what is from the "XML Response Formats" of the object pages. A prospect's opportunities are known
by their visitor activities, since the store keeps no other link.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pardot_emulator.legacy.bodies import Node, repeated
from pardot_emulator.legacy.objects import OBJECTS, PAGE_VIEW, LegacyObject
from pardot_emulator.legacy.records import LegacyRecordWriter
from pardot_emulator.store import Store

MOST_RELATED = 2_000
"""Visitor activities in a read with ``limit_related_records``. Source: "Querying Prospects"."""

_WITH_LATEST_ACTIVITY = """
    "prospects" AS c JOIN "visitor-activities" AS t ON t.id = (
        SELECT a.id FROM "visitor-activities" AS a WHERE a."prospectId" = c.id
        ORDER BY a."createdAt" DESC, a.id DESC LIMIT 1
    )
"""


@dataclass(frozen=True)
class Nester:
    """Finds what is nested in records, by the id of the record."""

    store: Store
    writer: LegacyRecordWriter

    def nested(self, name: str, found: LegacyObject, ids: Sequence[int]) -> Mapping[int, Node]:
        """Return the nested object of this name for each record that has one."""
        return self._finders[name](found, ids) if ids else {}

    @cached_property
    def _finders(self) -> Mapping[str, Callable[[LegacyObject, Sequence[int]], Mapping[int, Node]]]:
        return {
            "assigned_to": self._assigned_to,
            "campaign": self._campaign,
            "last_activity": self._last_activity,
            "lists": self._lists,
            "opportunity_activities": lambda _, ids: self._activities("opportunityId", ids),
            "prospects": self._prospects,
            "sendOptions": self._send_options,
            "variation": self._variation,
            "visitor_activities": lambda found, ids: self._activities(f"{found.name}Id", ids),
            "visitor_page_views": self._page_views,
            "visitors": lambda _, ids: self._children(OBJECTS["visitor"], "prospectId", ids),
        }

    # -- one each

    def _campaign(self, found: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        names = ["id", "name", "cost"] if found.name == "visitorActivity" else ["id", "name"]
        return self._parents(OBJECTS["campaign"], names, found, "campaignId", ids)

    def _assigned_to(self, found: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        users = self._parents(OBJECTS["user"], list(OBJECTS["user"].fields), found, "assignedToId", ids)
        return {id: {"user": user} for id, user in users.items()}

    def _parents(
        self, parent: LegacyObject, names: Sequence[str], found: LegacyObject, foreign_key: str, ids: Sequence[int]
    ) -> dict[int, Node]:
        source = f'"{parent.collection.name}" AS t JOIN "{found.collection.name}" AS c ON c."{foreign_key}" = t.id'
        rows = self._records(parent, names, "c.id", f"{source} WHERE c.id IN ({_listed(ids)})")
        return dict(rows)

    def _last_activity(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        self.store.ensure_index("visitor-activities", "prospectId")
        activity = OBJECTS["visitoractivity"]
        source = f"{_WITH_LATEST_ACTIVITY} WHERE c.id IN ({_listed(ids)})"
        rows = self._records(activity, _own(activity), "c.id", source)
        return {id: {activity.key: record} for id, record in rows}

    def _send_options(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        statement = (
            'SELECT id, "senderOptions", json_extract("replyToOptions", \'$[0].address\') FROM "email-templates"'
            f" WHERE id IN ({_listed(ids)})"
        )
        return {
            id: {name: self.writer.text(text) for name, text in parts if text is not None}
            for id, sender, reply_to in self.store.iter_tuples(statement)
            for parts in [(("replyToAddress", reply_to), ("sendFromData", sender))]
        }

    # -- several each

    def _activities(self, foreign_key: str, ids: Sequence[int]) -> dict[int, Node]:
        return self._children(OBJECTS["visitoractivity"], foreign_key, ids)

    def _page_views(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        return self._children(PAGE_VIEW, "visitId", ids)

    def _children(self, child: LegacyObject, foreign_key: str, ids: Sequence[int]) -> dict[int, Node]:
        self.store.ensure_index(child.collection.name, foreign_key)
        source = f'"{child.collection.name}" AS t WHERE t."{foreign_key}" IN ({_listed(ids)}) ORDER BY t.id'
        rows = self._records(child, _own(child), f't."{foreign_key}"', source)
        return {id: {child.key: repeated(records)} for id, records in _grouped(rows).items()}

    def _prospects(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        self.store.ensure_index("visitor-activities", "opportunityId")
        prospect = OBJECTS["prospect"]
        source = (
            '(SELECT DISTINCT "opportunityId" AS id, "prospectId" FROM "visitor-activities"'
            f' WHERE "opportunityId" IN ({_listed(ids)})) AS c'
            ' JOIN "prospects" AS t ON t.id = c."prospectId" ORDER BY t.id'
        )
        rows = self._records(prospect, prospect.mobile or (), "c.id", source)
        return {id: {"prospect": repeated(records)} for id, records in _grouped(rows).items()}

    def _variation(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        statement = (
            'SELECT "dynamicContentId", operator, value1, content FROM "dynamic-content-variations"'
            f' WHERE "dynamicContentId" IN ({_listed(ids)}) ORDER BY id'
        )
        text = self.writer.text
        rows: list[tuple[int, Node]] = [
            (id, {"comparison": text(f"{operator or ''} {value or ''}".strip()), "content": text(content or "")})
            for id, operator, value, content in self.store.iter_tuples(statement)
        ]
        return {id: repeated(records) for id, records in _grouped(rows).items()}

    def _lists(self, _: LegacyObject, ids: Sequence[int]) -> dict[int, Node]:
        members, lists = "list-memberships", OBJECTS["list"]
        self.store.ensure_index(members, "prospectId")
        source = (
            f'"{members}" AS c JOIN "lists" AS t ON t.id = c."listId" WHERE c."prospectId" IN ({_listed(ids)})'
            ' AND c."isDeleted" IS NOT 1 ORDER BY c.id'
        )
        key = 'c."prospectId", c.id, c."optedOut", c."createdAt", c."updatedAt"'
        subscriptions = [
            (id, self._subscription(rest, row))
            for id, *rest, row in self._keyed(lists, list(lists.fields), key, source)
        ]
        return {id: {"list_subscription": repeated(found)} for id, found in _grouped(subscriptions).items()}

    def _subscription(self, member: Sequence[Any], listed: Node) -> Node:
        id, opted_out, created_at, updated_at = member
        subscription: dict[str, Node] = {
            "id": self.writer.identifier(id),
            "did_opt_in": self.writer.flag(False),
            "did_opt_out": self.writer.flag(bool(opted_out)),
        }
        stamps = {"created_at": created_at, "updated_at": updated_at}
        dated: dict[str, Node] = {name: self.writer.date(stamp) for name, stamp in stamps.items() if stamp is not None}
        return {**subscription, **dated, "list": listed}

    # -- rows

    def _records(
        self, found: LegacyObject, names: Sequence[str], key: str, source: str
    ) -> list[tuple[int, dict[str, Node]]]:
        return [(row[0], row[-1]) for row in self._keyed(found, names, key, source)]

    def _keyed(self, found: LegacyObject, names: Sequence[str], key: str, source: str) -> list[tuple[Any, ...]]:
        """Return the columns of a key, then the record, of each row of a source."""
        fields = [found.fields[name] for name in names]
        expressions = ", ".join(field.sql for field in fields)
        width = len(fields)
        rows = list(self.store.iter_tuples(f"SELECT {expressions}, {key} FROM {source}"))
        records = self.writer.records(fields, (row[:width] for row in rows))
        return [(*row[width:], record) for row, record in zip(rows, records, strict=True)]


def _own(found: LegacyObject) -> list[str]:
    return [name for name in found.fields if name not in found.flat]


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))


def _grouped(rows: Sequence[tuple[int, Node]]) -> dict[int, list[Node]]:
    groups: dict[int, list[Node]] = {}
    for id, node in rows:
        groups.setdefault(id, []).append(node)
    return groups
