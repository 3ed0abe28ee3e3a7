"""Operations of versions 3 and 4 that only one object has.

Source: "Reading Emails", "Querying Email Stats", "List One to One Email Templates" and "Using Prospect Accounts",
archived in pardot/api-docs. How statistics are counted is not documented: as the reporting of list emails does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pardot_emulator.errors import ApiError
from pardot_emulator.legacy.bodies import Node, repeated
from pardot_emulator.legacy.criteria import parse_flag
from pardot_emulator.legacy.objects import OBJECTS
from pardot_emulator.legacy.records import LegacyRecordWriter, all_fields
from pardot_emulator.store import Store

_COUNTS = """
    SELECT
        coalesce(sum(type = 6), 0),
        coalesce(sum(type = 1), 0),
        count(DISTINCT iif(type = 1, "prospectId", NULL)),
        coalesce(sum(type = 36), 0),
        coalesce(sum(type = 13), 0),
        count(DISTINCT iif(type IN (12, 35), "prospectId", NULL)),
        coalesce(sum(type = 14), 0),
        coalesce(sum(type = 11), 0),
        count(DISTINCT iif(type = 11, "prospectId", NULL))
    FROM "visitor-activities" WHERE "listEmailId" = ?
"""


@dataclass(frozen=True)
class Specials:
    """Answers what only one object is asked."""

    store: Store
    writer: LegacyRecordWriter

    def read_email(self, id: int, parameters: Mapping[str, str]) -> Node:
        """Return an email, or a list email by its own id, with its message unless ``include_message`` is false."""
        for collection, created_at in (("emails", "sentAt"), ("list-emails", "createdAt")):
            columns = f'id, name, subject, "{created_at}", "textMessage", "htmlMessage"'
            statement = f'SELECT {columns} FROM "{collection}" WHERE id = ?'
            row = next(self.store.iter_tuples(statement, (id,)), None)
            if row is not None:
                break
        else:
            raise ApiError(16)
        fields = list(OBJECTS["email"].fields.values())
        record = self.writer.records(fields, [row[:4]])[0]
        message: dict[str, Node] = {
            name: self.writer.text(text) for name, text in (("text", row[4]), ("html", row[5])) if text is not None
        }
        if message and parse_flag(parameters.get("include_message", "true"), "include_message"):
            record["message"] = message
        return record

    def email_stats(self, list_email_id: int) -> Node:
        """Return the statistics of a list email; a rate without a denominator is 0.00%."""
        if self.store.get("list-emails", list_email_id) is None:
            raise ApiError(16)
        self.store.ensure_index("visitor-activities", "listEmailId")
        counts = next(self.store.iter_tuples(_COUNTS, (list_email_id,)))
        sent, clicks, unique_clicks, soft, hard, opt_outs, complaints, opens, unique_opens = map(int, counts)
        delivered = sent - soft - hard
        return {
            "sent": sent,
            "delivered": delivered,
            "total_clicks": clicks,
            "unique_clicks": unique_clicks,
            "soft_bounced": soft,
            "hard_bounced": hard,
            "opt_outs": opt_outs,
            "spam_complaints": complaints,
            "opens": opens,
            "unique_opens": unique_opens,
            "delivery_rate": _rate(delivered, sent),
            "opens_rate": _rate(unique_opens, delivered),
            "click_through_rate": _rate(clicks, delivered),
            "unique_click_through_rate": _rate(unique_clicks, delivered),
            "click_open_ratio": _rate(unique_clicks, unique_opens),
            "opt_out_rate": _rate(opt_outs, delivered),
            "spam_complaint_rate": _rate(complaints, delivered),
        }

    def describe_accounts(self, version: int) -> dict[str, Node]:
        """Return the fields of prospect accounts; how a field is described is known to clients only in part."""
        fields = all_fields(OBJECTS["prospectaccount"], version, self.store, self.writer.behaviour)
        listed: list[Node] = [
            {
                "id": name,
                "label": name.replace("_", " ").capitalize(),
                "type": "Text" if each.kind == "str" else "Number" if each.kind == "int" else "Date",
                "is_required": self.writer.flag(name == "name"),
            }
            for name, each in fields.items()
        ]
        return {"field": repeated(listed)}

    def one_to_one_templates(self, parameters: Mapping[str, str]) -> dict[str, Node]:
        """Return the templates for one to one emails, archived ones where ``archived`` is true."""
        names = (
            "id",
            "name",
            "isOneToOneEmail",
            "isArchived",
            "isAutoResponderEmail",
            "isDripEmail",
            "isListEmail",
            "subject",
        )
        found = OBJECTS["emailtemplate"]
        fields = [found.fields[name] for name in names]
        with_archived = parse_flag(parameters.get("archived", "false"), "archived")
        condition = "1" if with_archived else 't."isDeleted" IS NOT 1'
        statement = (
            f'SELECT {", ".join(each.sql for each in fields)} FROM "email-templates" AS t'
            f' WHERE t."isOneToOneEmail" IS 1 AND {condition} ORDER BY t.id'
        )
        records = self.writer.records(fields, self.store.iter_tuples(statement))
        return {"templates": repeated(records)} if records else {}


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.2f}%"
