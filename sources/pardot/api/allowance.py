"""The daily API calls: how many are used, and where we stop so that others keep theirs."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

from ..errors import LimitReachedError

DAILY_LIMIT_CODE = 122
_INTEGER = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"(?<=[0-9])[,_'](?=[0-9]{3}(?![0-9]))")


class Allowance:
    """Counts calls and refuses the one that would pass our share. Safe to use from several threads.

    The share is min(`max_daily_calls`, the account's maximum) less `reserve_percent`. It is compared with the
    calls of everyone who uses the account today, as far as Pardot told us, since it does not tell ours apart.
    Until it told us, only our own calls are known; with neither a maximum nor a setting there is no limit.

    Pardot may take calls in another order than they were sent in, so an answer's figure need not contain the calls that
    were in flight beside it: they are added, and the figure of an answer that nothing was beside corrects that.
    """

    def __init__(self, max_daily_calls: int | None = None, reserve_percent: float = 0.0) -> None:
        self._max_daily_calls = max_daily_calls
        self._reserve_percent = reserve_percent
        self._lock = threading.Lock()
        self._calls_made = 0
        self._maximum: int | None = None
        self._told_used: int | None = None
        self._told_by = 0
        """The number of our call whose answer brought the figure."""
        self._told_at = 0
        """How many of our calls are in the figure for certain."""
        self._is_used_up = False
        self._beside: dict[int, int] = {}
        """Of each call in flight, how many others were when it was sent."""

    @property
    def calls_made(self) -> int:
        """Calls of this process."""
        return self._calls_made

    @property
    def maximum(self) -> int | None:
        """Calls a day that the account has, None until Pardot told us."""
        return self._maximum

    @property
    def used(self) -> int | None:
        """Calls used today by everyone: Pardot's last figure plus our calls since; None until it told us."""
        with self._lock:
            return self._used()

    @property
    def allowed(self) -> int | None:
        """The number of calls at which we stop, None when there is no limit."""
        limits = [limit for limit in (self._max_daily_calls, self._maximum) if limit is not None]
        return int(min(limits) * (100.0 - self._reserve_percent) / 100.0) if limits else None

    def before_call(self, operation: str = "one more API call") -> int:
        """Count a call and return its number; raise LimitReachedError if it would pass our share."""
        with self._lock:
            used, allowed = self._used(), self.allowed
            known = self._calls_made if used is None else used
            if self._is_used_up:
                raise LimitReachedError(operation, used=known, maximum=self._maximum, code=DAILY_LIMIT_CODE)
            if allowed is not None and known + 1 > allowed:
                raise LimitReachedError(
                    operation,
                    used=known,
                    allowed=allowed,
                    maximum=self._maximum,
                )
            self._calls_made += 1
            self._beside[self._calls_made] = len(self._beside)
            return self._calls_made

    def note_used_up(self) -> None:
        """Take Pardot's word that no calls are left today: this process makes none any more."""
        with self._lock:
            self._is_used_up = True

    def after_call(self, number: int) -> None:
        """Note that a call is answered, or failed."""
        with self._lock:
            self._beside.pop(number, None)

    def learn(self, used: int, maximum: int | None, *, call: int | None = None) -> None:
        """Take Pardot's own figures.

        Args:
            used: calls of today.
            maximum: calls a day, None when the source does not say.
            call: number of our call that brought them; answers may overtake each other.
        """
        with self._lock:
            number = self._calls_made if call is None else call
            if maximum is not None and maximum > 0:
                self._maximum = maximum
            if used >= 0 and number >= self._told_by:
                self._told_used, self._told_by = used, number
                self._told_at = number - self._beside.get(number, 0)

    def learn_header(self, text: str | None, *, call: int | None = None) -> None:
        """Take the figures of an `x-api-usage` header; of any shape; garbage changes nothing."""
        numbers = _INTEGER.findall(_GROUPED.sub("", (text or "")[:200]))
        if len(numbers) != 2 or any(len(number) > 12 for number in numbers):
            return
        used, maximum = (int(number) for number in numbers)
        if 0 < maximum >= used:
            self.learn(used, maximum, call=call)

    def learn_account(self, account: Mapping[str, object]) -> None:
        """Take the figures of an Account record (`apiCallsUsed`, `maximumDailyApiCalls`)."""
        used, maximum = _whole(account.get("apiCallsUsed")), _whole(account.get("maximumDailyApiCalls"))
        if used is not None:
            self.learn(used, maximum)

    def _used(self) -> int | None:
        if self._told_used is None:
            return None
        return self._told_used + self._calls_made - self._told_at


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= 12 else None
