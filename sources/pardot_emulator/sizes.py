"""How large a made-up company is for a given number of visitor activities."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Row counts of the collections that do not follow from the activities themselves."""

    activities: int
    prospects: int
    accounts: int
    anonymous_visitors: int
    campaigns: int
    list_emails: int
    lists: int
    pages: int
    opportunities: int
    external_activities: int

    @classmethod
    def of(cls, activities: int) -> Sizes:
        """Return sizes that look right beside so many activities: a floor for tests, a ceiling for memory."""
        prospects = _between(25, activities // 20, 250_000)
        return cls(
            activities=activities,
            prospects=prospects,
            accounts=_between(8, prospects // 6, 40_000),
            anonymous_visitors=_between(20, activities // 20, 300_000),
            campaigns=_between(12, activities // 4_000, 80),
            list_emails=_between(8, activities // 700, 600),
            lists=_between(6, activities // 4_000, 60),
            pages=_between(4, activities // 5_000, 60),
            opportunities=_between(6, activities // 800, 10_000),
            external_activities=_between(5, activities // 200, 20_000),
        )


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))
