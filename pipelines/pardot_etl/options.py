"""Options that several verbs share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .output import show

if TYPE_CHECKING:
    from pardot.backfills import Backfill

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Asked:
    """What the options that every verb has were set to."""

    debug: bool = False
    json_lines: bool = False


class Verbs(click.Group):
    """Lists verbs in the order of their definition and names the nearest one to a typing error."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the verbs, the daily ones first."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one is nearest."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            import difflib

            close = difflib.get_close_matches(args[0], list(self.commands), n=1, cutoff=0.4)
            hint = f"Did you mean {close[0]}?" if close else f"Verbs are {', '.join(self.commands)}."
            raise click.UsageError(f"No such verb: {args[0]}. {hint}", ctx)
        return super().resolve_command(ctx, args)


def _asked(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note an option that works before and after the verb."""
    asked = ctx.ensure_object(Asked)
    if param.name == "debug":
        asked.debug = asked.debug or bool(value)
    elif value is not None:
        asked.json_lines = value == "json"


def log_options(command: Command) -> Command:
    """Add the options that stand before and after the verb."""
    for option in (
        click.option(
            "--log-format", type=click.Choice(["text", "json"]), callback=_asked, expose_value=False,
            help="text for people, json for machines: one line per event.",
        ),
        click.option(
            "--debug", is_flag=True, callback=_asked, expose_value=False,
            help="Log every request, and show tracebacks.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def with_logs(verb: Callable[..., int]) -> Callable[..., int]:
    """Add the options that every verb has, and let its logs begin as they say."""

    @wraps(verb)
    def logged(*args: Any, **kwargs: Any) -> int:
        from .logs import configure

        asked = click.get_current_context().ensure_object(Asked)
        configure(debug=asked.debug, json_lines=asked.json_lines)
        return verb(*args, **kwargs)

    return log_options(logged)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
objects_option = click.option("--objects", metavar="A,B", help="Only these tables, instead of those in the settings.")
destination_option = click.option(
    "--destination", metavar="NAME", default="duckdb", show_default=True, help="Any destination of dlt's."
)


def person_options(command: Command) -> Command:
    """Add the options of `erase`."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Find and count, and change nothing."),
        click.option("--email", "address", metavar="E", help="Every prospect with this e-mail address."),
        click.option("--prospect-id", type=click.IntRange(min=1), metavar="N", help="The prospect with this id."),
    ):
        command = option(command)
    return command


def insist_on_one_person(prospect_id: int | None, address: str | None) -> None:
    """Refuse to guess who is meant."""
    if (prospect_id is None) == (address is None):
        raise click.UsageError("Name one person: either --prospect-id N or --email E.")
    before, at, after = (address or "").strip().rpartition("@")
    if address is not None and not (before and at and after and " " not in before + after):
        raise click.BadParameter("expected an address such as ann@example.com", param_hint="--email")


def login_options(command: Command) -> Command:
    """Add the options of `login`."""
    for option in (
        click.option("--forget", is_flag=True, help="Remove what is stored instead; asks nobody."),
        click.option("--show", is_flag=True, help="Print the refresh token, for a vault, instead of storing it."),
        click.option(
            "--port", type=click.IntRange(1, 65535), default=8977, show_default=True,
            help="Where the browser brings its answer.",
        ),
        click.option("--no-browser", is_flag=True, help="Print the address instead of opening it."),
        click.option("--device", is_flag=True, help="By a short code, in a browser on any machine."),
    ):  # fmt: skip
        command = option(command)
    return command


def show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    def of(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:  # run from a checkout
            return f"{package} (not installed)"

    show(", ".join(map(of, ("pardot-etl", "dlt", "duckdb"))))
    ctx.exit()


def names_in(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a list with commas; None when the option was not given."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise click.UsageError("A list of tables is empty; write it as A,B or leave the option out.")
    return names


def backfill_of(first: str, last: str) -> Backfill:
    """Return a stretch of whole UTC days, the last one included."""
    from pardot.backfills import Backfill

    start, end = _day(first, "--from"), _day(last, "--to")
    if start > end:
        raise click.BadParameter(f"it is after {end}, the last day", param_hint="--from")
    midnight = time(tzinfo=timezone.utc)
    return Backfill(datetime.combine(start, midnight), datetime.combine(end, midnight) + timedelta(days=1))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"expected a date such as 2024-01-31, found {text!r}", param_hint=option) from None
