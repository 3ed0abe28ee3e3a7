"""Counting API calls and stopping at our share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pardot.api.allowance import Allowance
from pardot.errors import LimitReachedError


def test_without_any_figure_there_is_no_limit() -> None:
    allowance = Allowance(None, 10)
    for _ in range(1000):
        allowance.before_call()
    assert (allowance.calls_made, allowance.used, allowance.maximum, allowance.allowed) == (
        1000,
        None,
        None,
        None,
    )


def test_own_calls_stop_at_the_configured_share() -> None:
    allowance = Allowance(10, 20)
    for _ in range(8):
        allowance.before_call()
    with pytest.raises(LimitReachedError) as caught:
        allowance.before_call("export.read")
    assert (caught.value.used, caught.value.allowed, caught.value.operation) == (8, 8, "export.read")
    assert allowance.calls_made == 8, "a refused call is not counted"


@pytest.mark.parametrize(
    ("configured", "maximum", "allowed"),
    [(None, 1000, 900), (500, 1000, 450), (5000, 1000, 900)],
    ids=["account", "setting", "account-below-setting"],
)
def test_share_is_of_the_smaller_figure(configured: int | None, maximum: int, allowed: int) -> None:
    allowance = Allowance(configured, 10)
    allowance.learn(0, maximum)
    assert allowance.allowed == allowed


def test_calls_of_others_count() -> None:
    allowance = Allowance(None, 10)
    number = allowance.before_call()
    allowance.learn(899, 1000, call=number)
    allowance.after_call(number)
    allowance.before_call()
    with pytest.raises(LimitReachedError):
        allowance.before_call()


def test_calls_in_flight_are_added_to_the_last_figure() -> None:
    allowance = Allowance()
    first, _, _ = (allowance.before_call() for _ in range(3))
    allowance.learn(100, 1000, call=first)
    assert allowance.used == 102


def test_answer_that_was_overtaken_changes_nothing() -> None:
    allowance = Allowance()
    first, second = allowance.before_call(), allowance.before_call()
    allowance.learn(250, 1000, call=second)
    allowance.learn(101, 1000, call=first)
    assert allowance.used == 251, "the first call may not be in the figure of the second one"


def test_call_that_pardot_took_before_an_earlier_one_does_not_hide_that_one() -> None:
    allowance = Allowance(None, 0)
    allowance.learn(0, 4, call=0)
    first, second = allowance.before_call(), allowance.before_call()
    allowance.learn(1, 4, call=second)
    allowance.after_call(second)
    allowance.learn(2, 4, call=first)
    allowance.after_call(first)
    assert allowance.used == 2
    third = allowance.before_call()
    allowance.learn(3, 4, call=third)
    allowance.after_call(third)
    assert allowance.used == 3, "nothing was beside it"
    allowance.before_call()
    with pytest.raises(LimitReachedError):
        allowance.before_call()


def test_no_call_follows_the_word_that_none_are_left() -> None:
    allowance = Allowance()
    allowance.learn(90, 1000, call=allowance.before_call())
    allowance.note_used_up()
    with pytest.raises(LimitReachedError) as caught:
        allowance.before_call("export.read")
    assert (caught.value.code, caught.value.maximum, allowance.calls_made) == (122, 1000, 1)


def test_count_that_fell_at_midnight_is_believed() -> None:
    allowance = Allowance()
    for used in (900, 1):
        number = allowance.before_call()
        allowance.learn(used, 1000, call=number)
        allowance.after_call(number)
    assert allowance.used == 1


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("1234/100000", (1234, 100000)),
        ("1234 of 100000", (1234, 100000)),
        ("api-usage=1234/100000", (1234, 100000)),
        ("1,234 / 100,000", (1234, 100000)),
        ('{"used": 1234, "max": 100000}', (1234, 100000)),
        ("", (None, None)),
        (None, (None, None)),
        ("lots", (None, None)),
        ("1234", (None, None)),
        ("1/2/3", (None, None)),
        ("9/0", (None, None)),
        ("100000/1234", (None, None)),
        ("9" * 5000 + "/1", (None, None)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_usage_header_is_read_in_any_shape_and_garbage_is_ignored(
    text: str | None, figures: tuple[int | None, int | None]
) -> None:
    allowance = Allowance()
    allowance.learn_header(text)
    assert (allowance.used, allowance.maximum) == figures


def test_account_record_gives_the_figures_also_as_text() -> None:
    allowance = Allowance()
    allowance.learn_account({"apiCallsUsed": "7", "maximumDailyApiCalls": 100})
    assert (allowance.used, allowance.maximum) == (7, 100)
    allowance.learn_account({"apiCallsUsed": None})
    allowance.learn_account({"apiCallsUsed": True, "maximumDailyApiCalls": []})
    assert (allowance.used, allowance.maximum) == (7, 100)


def test_threads_never_pass_the_share_together() -> None:
    allowance = Allowance(200, 0)

    def call(_: int) -> bool:
        try:
            allowance.before_call()
        except LimitReachedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(400))) == 200
