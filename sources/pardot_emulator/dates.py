"""Date-times as the API reads and writes them: whole seconds, in the API user's time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Literal

DateStyle = Literal["offset", "utc", "Z", "legacy"]

_BLOCK_SECONDS = 900  # offsets of all zones change on quarter hours of UTC only
_MINUTE_SECOND = tuple(f":{second // 60:02}:{second % 60:02}" for second in range(3600))
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


class DateWriter:
    """Turns epoch seconds into text; cheap for millions of cells, as each quarter hour is worked out once.

    Args:
        zone: the API user's time zone.
        style: ``offset`` (ISO 8601 with the zone's offset), ``utc`` (``+00:00``), ``Z``, or ``legacy``
            (``YYYY-MM-DD HH:mm:ss``, no offset).
    """

    def __init__(self, zone: tzinfo, style: DateStyle = "offset") -> None:
        self._zone = timezone.utc if style in ("utc", "Z") else zone
        self._style = style
        self._blocks: dict[int, tuple[str, int, str]] = {}

    def text(self, seconds: int) -> str:
        """Return the text of one instant."""
        return self.column([seconds])[0]

    def column(self, cells: Iterable[int | None]) -> list[str]:
        """Return the texts of a whole column, empty ones for empty cells."""
        find, add = self._blocks.get, self._add_block
        texts = []
        for seconds in cells:
            if seconds is None:
                texts.append("")
            else:
                number = seconds // _BLOCK_SECONDS
                prefix, shift, suffix = find(number) or add(number)
                texts.append(f"{prefix}{_MINUTE_SECOND[seconds + shift]}{suffix}")
        return texts

    def _add_block(self, number: int) -> tuple[str, int, str]:
        """Work out a quarter hour: what comes before and after minute and second, and how to find those."""
        start = number * _BLOCK_SECONDS
        local = datetime.fromtimestamp(start, self._zone)
        separator = " " if self._style == "legacy" else "T"
        offset = local.strftime("%z")
        suffix = {"legacy": "", "Z": "Z"}.get(self._style, f"{offset[:3]}:{offset[3:5]}")
        shift = local.minute * 60 + local.second - start
        block = (f"{local:%Y-%m-%d}{separator}{local:%H}", shift, suffix)
        self._blocks[number] = block
        return block


def parse_date(text: object, naive_zone: tzinfo | None) -> datetime:
    """Read a date-time of a filter or an argument.

    A plus sign that was not escaped in a URL has become a space; the text is then not a date any more.

    Args:
        text: ISO 8601, with or without an offset.
        naive_zone: how to understand a text without an offset; None refuses it.

    Raises:
        ValueError: the text is no such date.
    """
    match = _DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    naive = datetime(  # noqa: DTZ001  the zone follows
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
    ) + timedelta(seconds=float(fraction or 0))
    if offset is None:
        if naive_zone is None:
            raise ValueError(f"no offset: {text!r}")
        return naive.replace(tzinfo=naive_zone).astimezone(timezone.utc)
    if offset == "Z":
        return naive.replace(tzinfo=timezone.utc)
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return naive.replace(tzinfo=timezone(sign * distance)).astimezone(timezone.utc)
