"""The notices of a summary: what a person should see although the run went on, what it means, what to do about it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Notice(NamedTuple):
    """What an event tells a person; docs/operating.md has the table."""

    means: str
    to_do: str


_SEE_DISCOVER: Final = "`pardot-etl discover` says which ability is missing, where one is; give it to the login's user"
_NOTHING: Final = "nothing"

NOTICES: Final = {
    "query.warning": Notice(
        "Pardot warned beside the rows, in the words quoted: 202 says that this login may not see all of them, 203 "
        "that an answer ended early, and then the query went on behind it",
        "202: give the login's user the rows, else they are missing here; 203: nothing",
    ),
    "custom_field.found": Notice(
        "a custom field is new here; its values were read for all rows, and it has a column from now on", _NOTHING
    ),
    "custom_field.refused": Notice(
        "the query does not take a custom field; it has no column, and is tried again after a week",
        "nothing, unless you need it: look at its type and who may see it in Account Engagement",
    ),
    "related_field.found": Notice(
        "a field in `related_fields` is taken; it was read for all rows, and has a column from now on", _NOTHING
    ),
    "related_field.refused": Notice(
        "a field in `related_fields` is refused; it is left out, and tried again after a week",
        "correct or remove it in `related_fields`",
    ),
    "field.refused": Notice(
        "Pardot refuses a field; its column keeps what it has and gets nothing new, for a week", _SEE_DISCOVER
    ),
    "field.left_out": Notice("a field that was refused within the last week is still left out", _SEE_DISCOVER),
    "version.switched": Notice(
        "this account takes only the other one of versions 3 and 4, and is spoken to in that",
        "set `api_version` to the one that is named",
    ),
    "account.unreadable": Notice(
        "this login may not read the account's counters, so the day's allowance is unknown until an answer tells it",
        "let the login's user see the account, or set `max_daily_calls`",
    ),
    "export.halved": Notice(
        "the exports of a window failed three times; its halves were asked for in its place", _NOTHING
    ),
    "export.lost": Notice(
        "Pardot failed, expired or forgot an export, as the reason says; a new one took its place",
        "nothing, unless it comes at every run: then ask Pardot's support with the export's id",
    ),
    "export.adopted": Notice(
        "an export that our ledger did not know was found at Pardot and used, instead of being created again", _NOTHING
    ),
    "backfill.not_needed": Notice(
        "a backfill leaves this object out: all its rows were read when it was first loaded",
        "leave it out of `--objects`",
    ),
    "column.renamed": Notice(
        "two fields would have the same column; the later one has the column that is named", _NOTHING
    ),
    "column.widened": Notice(
        "that many cells do not fit the type of their column; it is NULL there, and the text in `<column>__v_text`",
        "look at the text; mend it in Account Engagement where it is wrong",
    ),
    "review.failed": Notice(
        "the loaded rows could not be looked at again, for the reason quoted; the rows are as they were",
        "nothing, unless it comes every day: then mend the reason",
    ),
    "review.in_doubt": Notice(
        "so many rows are missing that lost rights are likelier than purging; nothing was marked",
        "nothing where rows were deleted for good: another day's review believes it, unless none is left at all; "
        "else give the login's user its rights back",
    ),
    "review.postponed": Notice(
        "a review waits for another day, because it would take more than half of the day's calls",
        "nothing, unless it comes every day: then raise `max_daily_calls` or `review_days`",
    ),
    "rows.purged": Notice("rows that Pardot delivers no longer are marked now: `purged_at`", _NOTHING),
    "rows.erased": Notice(
        "rows of erased people, which came before they could be known as theirs, are removed again", _NOTHING
    ),
    "rejects.damaged": Notice(
        "lines of a file on the way to `rejected_rows` cannot be read and are passed over; the rows were counted when "
        "they were set aside",
        "look at the disk, which has damaged a file that we wrote",
    ),
    "erasure.key_lost": Notice(
        "the key of the list of erased people is lost: they are known by id, but not by their addresses",
        "put back `erased.json` from a backup, or erase these addresses once more",
    ),
}
"""Event -> what to tell of it; every other event only counts."""
