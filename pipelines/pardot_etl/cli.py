"""The command line of `pardot-etl`: verbs, options, exit codes.

Results go to stdout, progress, logs and errors to stderr. Everything heavy is imported by the verb that
needs it, so that `--help` answers at once. Exit codes: 0 done, 1 failed, 2 settings or credentials, 75
nothing is lost and a later run goes on, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import (
    Asked,
    Verbs,
    backfill_of,
    destination_option,
    insist_on_one_person,
    json_option,
    log_options,
    login_options,
    names_in,
    objects_option,
    person_options,
    show_version,
    with_logs,
)
from .output import show, show_json, tell
from .signals import INTERRUPTED, end_at_once, stoppable

if TYPE_CHECKING:
    from pardot.backfills import Backfill
    from pardot.errors import PardotError

    from .configuration import Places


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises, never shows a traceback without `--debug`."""
    os.umask(0o077)
    asked = Asked()
    try:
        with stoppable(is_process=arguments is None):
            code = commands.main(
                args=None if arguments is None else list(arguments),
                prog_name="pardot-etl",
                standalone_mode=False,
                obj=asked,
            )
        return code if isinstance(code, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _interrupted(is_process=arguments is None)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return error.exit_code
    except Exception as error:  # the last line of defence: nobody reads a traceback in cron's mail
        if getattr(error, "exit_code", None) == INTERRUPTED:
            return _interrupted(is_process=arguments is None)
        return _explain(error, asked)


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show versions.",
)
@log_options
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Export visitor activity from Account Engagement (Pardot) to DuckDB, Parquet, or any dlt destination.

    New here? `pardot-etl demo` shows everything in a minute, without an account.

    Exit codes: 0 done, 1 failed, 2 settings or credentials, 75 nothing is lost, run it again later,
    130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        show(ctx.get_help())


@commands.command()
@click.option("--dry-run", is_flag=True, help="Print what would be asked for, like `plan`, and do nothing.")
@objects_option
@destination_option
@click.option("--no-transform", is_flag=True, help="Load only; leave the reporting tables as they are.")
@json_option
@with_logs
@click.pass_obj
def run(asked: Asked, dry_run: bool, objects: str | None, destination: str, no_transform: bool, as_json: bool) -> int:
    """Load what is new, rebuild the reports, publish: for cron.

    An interrupted run is continued first, without help.
    """
    if dry_run:
        return _plan(objects, destination, as_json)
    return _execute(asked, objects, destination, as_json, transform=not no_transform)


@commands.command()
@click.option("--from", "first", metavar="DATE", required=True, help="First day, UTC: 2024-01-31.")
@click.option("--to", "last", metavar="DATE", required=True, help="Last day, UTC, included.")
@objects_option
@destination_option
@click.option("--no-transform", is_flag=True, help="Load only; leave the reporting tables as they are.")
@json_option
@with_logs
@click.pass_obj
def backfill(
    asked: Asked, first: str, last: str, objects: str | None, destination: str, no_transform: bool, as_json: bool
) -> int:
    """Load a stretch of the past, newest first.

    Reads by creation time what `run` reads by export; objects that `run` reads whole have no past to fill. Interrupted
    or out of allowance, the same command goes on where it stopped. What is new stays for the next `run`.
    """
    return _execute(asked, objects, destination, as_json, transform=not no_transform, backfill=backfill_of(first, last))


def _execute(
    asked: Asked,
    objects: str | None,
    destination: str,
    as_json: bool,
    *,
    transform: bool,
    backfill: Backfill | None = None,
) -> int:
    """Run the whole line with the settings of this installation, and show the summary."""
    from pardot.dialects.choose import entries_of
    from pardot.stopping import resume

    from .configuration import load_configuration
    from .logs import open_events
    from .runs.history import recorded
    from .runs.run import RunOptions
    from .runs.run import run as execute
    from .verbs.planning import plan_for_comparison

    resume()
    settings, places = load_configuration()
    names = names_in(objects)
    entries_of(settings, names)
    _check_destination(destination)
    options = RunOptions(objects=names, destination=destination, transform=transform, backfill=backfill)
    with (
        recorded(places.own_folder) as entry,
        open_events(debug=asked.debug, json_lines=asked.json_lines) as on_event,
    ):
        planned = plan_for_comparison(settings, places, options)
        summary = execute(settings, places, options, on_event)
        if planned is not None:
            summary = replace(summary, kind=planned.kind, estimated_calls=planned.calls)
        entry.update(summary.to_json())
    if as_json:
        show_json(summary.to_json())
    else:
        show(summary.lines())
    tell(f"Error: {failure}" for failure in summary.failures)
    return summary.exit_code


@commands.command()
@click.option("--from", "first", metavar="DATE", help="Plan a backfill from this day on, UTC, instead of a run.")
@click.option("--to", "last", metavar="DATE", help="Last day of the backfill, included.")
@objects_option
@destination_option
@json_option
@with_logs
def plan(first: str | None, last: str | None, objects: str | None, destination: str, as_json: bool) -> int:
    """Print what the next run will ask for, and do nothing.

    One line per object: the way it is read, the estimated API calls, the window. With `--from`, the same of a
    backfill.
    """
    if bool(first) != bool(last):
        raise click.UsageError("--from and --to go together.")
    backfill = backfill_of(first, last) if first and last else None
    return _plan(objects, destination, as_json, backfill=backfill)


@commands.command()
@login_options
@with_logs
def login(device: bool, no_browser: bool, port: int, show: bool, forget: bool) -> int:
    """Log in with a browser, once; later runs use it.

    Opens Salesforce's page, or shows a code to enter there, and stores the refresh token on this machine. Needs
    `business_unit_id` and `client_id`, and `client_secret` where the app asks for it; then a run needs no other secret.
    """
    from .verbs.login import LoginOptions, log_in

    return log_in(LoginOptions(device=device, opens_browser=not no_browser, port=port, shows=show, forgets=forget))


@commands.command()
@json_option
@with_logs
def check(as_json: bool) -> int:
    """Prove that everything is in order, a line each.

    Looks at settings, disk, lock and files here, then at login, business unit, permissions, allowance and
    clock at Pardot's, with one login and three calls. A line that fails says what mends it.
    """
    from .verbs.check import iter_findings, worst

    findings = []
    for finding in iter_findings():
        findings.append(finding)
        if not as_json:
            show(finding.lines())
    code = worst(findings)
    if as_json:
        show_json({"exit_code": code, "checks": [finding.to_json() for finding in findings]})
    return code


@commands.command()
@click.option("--objects", metavar="A,B", help="Only these tables, instead of all that the API has.")
@click.option("--diff", "only_differences", is_flag=True, help="Only what differs from what is stored here.")
@json_option
@with_logs
def discover(objects: str | None, only_differences: bool, as_json: bool) -> int:
    """Show what there is, what this login may see, what is stored.

    Per object: how it is read, its fields, the account's custom fields, what is refused, rows and columns here. Costs a
    call per object, and a few where fields are refused; the last line says how many.
    """
    from .configuration import load_configuration
    from .verbs.discover import discover as find

    settings, places = load_configuration()
    found = find(settings, places, names_in(objects), only_differences=only_differences)
    if as_json:
        show_json(found.to_json())
    else:
        show(found.lines())
    tell(f"Error: {failure}" for failure in found.failures)
    return found.exit_code


@commands.command()
@click.option("--max-age", metavar="AGE", help="Exit 1 when the newest successful run is older: 26h, 90m, 2d.")
@json_option
@with_logs
def status(max_age: str | None, as_json: bool) -> int:
    """Show runs, freshness, exports in flight, allowance.

    Reads what earlier runs left behind; asks Pardot nothing and takes no lock.
    """
    from .configuration import load_places
    from .verbs.status import parse_age, read_status

    try:
        limit = parse_age(max_age) if max_age is not None else None
    except ValueError as expected:
        raise click.BadParameter(f"expected {expected}", param_hint="--max-age") from None
    state = read_status(load_places(), datetime.now(timezone.utc))
    is_old = limit is not None and state.is_older_than(limit)
    if as_json:
        show_json({**state.to_json(), "is_older_than_max_age": is_old})
    else:
        show(state.lines())
    if is_old:
        tell(f"The newest successful run is older than {max_age}. Run `pardot-etl check` to see why.")
    return 1 if is_old else 0


@commands.command()
@click.option("--select", metavar="A,B", help="Only these reporting tables and what they are built from.")
@click.option("--full-refresh", is_flag=True, help="Build even when neither rows nor models changed.")
@json_option
@with_logs
def transform(select: str | None, full_refresh: bool, as_json: bool) -> int:
    """Rebuild the reporting tables, and publish.

    They are built from the rows that are there; Pardot is asked nothing.
    """
    from .configuration import load_places
    from .runs.rebuild import lines, rebuild

    places = load_places()
    result = rebuild(places, select=names_in(select), full_refresh=full_refresh)
    if as_json:
        show_json(result.to_dict())
    else:
        show(lines(result, places))
    return 0


@commands.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    default=4,
    show_default=True,
    help="How many weeks the key figures cover, beside as many before.",
)
@with_logs
def report(output: Path, weeks: int) -> int:
    """Write one HTML page with charts.

    It is drawn from the published reporting tables, names no person, and needs no network to open.
    """
    from .configuration import load_places
    from .report import write_report

    places = load_places()
    _insist_on_published(places, "write the report")
    result = write_report(
        places.published_database, output, marts_schema=places.marts, raw_schema=places.dataset, weeks=weeks
    )
    show(f"{output} ({result.bytes / 1000:.0f} kB)")
    return 0


@commands.command("export-dbt")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("pardot_dbt"))
@click.option("--force", is_flag=True, help="Write among other files too, and over edited ones of an earlier export.")
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "postgres", "spark", "databricks", "snowflake"]),
    default="duckdb",
    help="The database that dbt builds in. Compared with ours was postgres; others are translated.",
)
@with_logs
def export_dbt(folder: Path, force: bool, dialect: str) -> int:
    """Write the reporting tables as a dbt project.

    FOLDER, pardot_dbt by default, gets every model with its data tests and descriptions, to be built by dbt from the
    published database or, in the SQL of another one, from the raw tables there. Run again, it replaces its own files,
    unless they were edited.
    """
    from .configuration import load_places
    from .verbs.export_dbt import export_dbt as export

    show(export(load_places(), folder, force=force, dialect=dialect).lines())
    return 0


@commands.command()
@person_options
@destination_option
@json_option
@with_logs
def erase(
    prospect_id: int | None,
    address: str | None,
    dry_run: bool,
    yes: bool,
    destination: str,
    as_json: bool,
) -> int:
    """Remove a person everywhere, and keep them out.

    From tables, versions, reporting tables and every file of ours, published ones too; later runs leave the person out.
    Asks Pardot nothing and changes nothing there. Interrupted, the same command or the next run does the rest.
    """
    from .configuration import load_places
    from .erasure.erase import Person
    from .erasure.erase import erase as execute

    insist_on_one_person(prospect_id, address)
    places = load_places()
    _check_destination(destination)
    if not yes and not dry_run and sys.stdin.isatty():
        question = "Remove this person from every table and file, for good?"
        if not click.confirm(question, err=True):
            tell("Nothing was changed.")
            return 1
    erasure = execute(places, Person(prospect_id, address), destination=destination, dry_run=dry_run)
    if as_json:
        show_json(erasure.to_json())
    else:
        show(erasure.lines())
    return 0


@commands.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("pardot_docs"))
@click.option("--force", is_flag=True, help="Write among other files too, and over edited pages of an earlier one.")
@with_logs
def docs(folder: Path, force: bool) -> int:
    """Write a site that documents your tables.

    FOLDER, pardot_docs by default, gets a page per table of the published database: columns, your custom fields too,
    metrics, lineage, and questions with their SQL. It names no person, and needs no network to open. Run again, it
    replaces its own pages, unless they were edited.
    """
    from .configuration import load_places
    from .site import write_site

    places = load_places()
    _insist_on_published(places, "write the documentation")
    show(write_site(places, folder, force=force).lines())
    return 0


@commands.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("pardot-demo"),
    show_default=True,
    help="Where everything goes; emptied first if an earlier demo made it.",
)
@with_logs
@click.pass_obj
def demo(asked: Asked, folder: Path) -> int:
    """Show everything in a minute, without an account.

    An invented company is exported, loaded, transformed, published and reported, then a second day of it; no
    settings are read, no network is used, and nothing outside the folder is touched.
    """
    from .verbs.demo import demonstrate

    if asked.json_lines or asked.debug:
        from .logs import open_events

        with open_events(debug=asked.debug, json_lines=asked.json_lines) as on_event:
            return demonstrate(folder, show, on_event)
    return demonstrate(folder, show, lambda _event: None)


@commands.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--activities", type=click.IntRange(min=0), default=5_000, show_default=True, help="Size of the account.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same account.")
@with_logs
def emulator(port: int, activities: int, seed: int) -> int:
    """Serve an invented account on this machine.

    Prints its address and the environment variables that point `pardot-etl` at it. Stop it with Ctrl-C.
    """
    from .verbs.emulate import emulate

    return emulate(port=port, activities=activities, seed=seed)


def _plan(objects: str | None, destination: str, as_json: bool, backfill: Backfill | None = None) -> int:
    from .configuration import load_configuration
    from .verbs.planning import plan_run

    settings, places = load_configuration()
    _check_destination(destination)
    now = datetime.now(timezone.utc)
    planned = plan_run(settings, places, now, objects=names_in(objects), destination=destination, backfill=backfill)
    if as_json:
        show_json(planned.to_json())
    else:
        show(planned.lines())
    return 0


def _check_destination(name: str) -> None:
    """Insist that dlt has the destination, before anything is locked or written."""
    import dlt.destinations

    from pardot.errors import SettingsError
    from pardot.settings_lookup import Lookup, suggestion

    known = [one for one in dlt.destinations.__all__ if one.islower()]
    is_named = bool(Lookup().find("destination_type", ("destination", name)))
    if name not in known and "." not in name and not is_named:
        raise SettingsError(f"--destination {name} is no destination of dlt's{suggestion(name, known)}")


def _insist_on_published(places: Places, action: str) -> None:
    from pardot.errors import StorageError

    if not places.published_database.exists():
        raise StorageError(
            action,
            path=str(places.published_database),
            reason="nothing was published yet",
            next_step="Nothing was changed; `pardot-etl run` publishes, `pardot-etl demo` shows an example",
        )


# Ends that are not a success.


def _interrupted(*, is_process: bool) -> int:
    tell("Interrupted. What was finished is kept; run `pardot-etl run` again to go on from there.")
    if is_process:
        end_at_once()  # else Python waits for threads whose request is still under way
    return INTERRUPTED


def _explain(error: Exception, asked: Asked) -> int:
    """Tell what happened in at most three sentences and return the exit code; a traceback only on demand."""
    if asked.debug:
        import traceback

        tell("".join(traceback.format_exception(error)).rstrip())
    code = getattr(error, "exit_code", None)
    if isinstance(code, int) or type(error).__module__.startswith("pardot_transforms"):
        tell(f"Error: {error}")
        return code if isinstance(code, int) else 1
    if refusal := _refused_by_the_disk(error):
        tell(f"Error: {refusal}")
        return refusal.exit_code
    reason = " ".join(str(error).split())[:200]
    tell(
        f"Error: something went wrong that pardot-etl does not know ({type(error).__name__}). "
        f"Evidence: “{reason}”. "
        "What was finished before is safe; run it again, and with `--debug` if it happens twice."
    )
    return 1


def _refused_by_the_disk(error: Exception) -> PardotError | None:
    """Return what to say where the system refused a file, however deep in a library that was."""
    from pardot.errors import StorageError

    from .runs.healing import causes

    for cause in causes(error):
        if isinstance(cause, OSError) and cause.filename is not None:
            return StorageError("go on", path=str(cause.filename), reason=cause.strerror)
    return None
