"""Finding settings where dlt finds them, by their exact key and nowhere else.

dlt's own injection shortens keys until something matches, so a bare variable `ENVIRONMENT` or `CLIENT_SECRET`
of another program would become a setting of ours. Here each of dlt's providers (environment, TOML files,
vaults) is asked for the full key only. The place that answered is remembered, never the value.
"""

from __future__ import annotations

import difflib
import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SettingsError, one_line

if TYPE_CHECKING:
    from dlt.common.configuration.providers import ConfigProvider
    from dlt.common.configuration.specs import PluggableRunContext

DLT_SECTIONS = frozenset({"data_writer", "extract", "schema"})
"""Sections below `sources.pardot` that belong to dlt itself and are not ours to judge."""


@dataclass(frozen=True)
class Found:
    """A value and the place that gave it."""

    value: object
    place: str
    may_hold_secrets: bool


class Lookup:
    """dlt's providers, in dlt's order."""

    def __init__(self) -> None:
        self._providers = [one for one in run_context().providers.providers if not one.is_empty]

    def find(self, key: str, sections: Sequence[str]) -> list[Found]:
        """Return every place that has a value for the key, first the one that counts; "" is no value."""
        from dlt.common.typing import TSecretValue

        # The secret hint lets vaults and mounted secrets answer; for other providers it changes nothing.
        hint: Any = TSecretValue
        found = []
        for provider in self._providers:
            value, full_key = provider.get_value(key, hint, None, *sections)
            if value is not None and not (isinstance(value, str) and not value.strip()):
                place = f"{_place(provider, key, sections)}: {full_key}"
                found.append(Found(value, place, provider.supports_secrets))
        return found

    def unknown_keys(self, known: Mapping[tuple[str, ...], frozenset[str]]) -> Iterator[str]:
        """Yield one phrase per key that nobody knows, below the sections of `known`."""
        for section, names in known.items():
            for provider in self._providers:
                *above, last = section
                tree, _ = provider.get_value(last, dict, None, *above)
                if isinstance(tree, Mapping):
                    place = _place(provider, last, above)
                    yield from _strangers(tree, section, names, place)
        yield from _strange_variables(known, os.environ)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the nearest known name, or the list of the known ones."""
    names = sorted(known)
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names)}"


def variable(key: str) -> str:
    """Return the environment variable of a dotted key."""
    return key.upper().replace(".", "__")


def _strangers(
    tree: Mapping[str, object], section: tuple[str, ...], names: frozenset[str], place: str
) -> Iterator[str]:
    for name, below in tree.items():
        path = ".".join((*section, str(name)))
        nested = {known.partition(".")[2] for known in names if known.startswith(f"{name}.")}
        if nested and isinstance(below, Mapping):
            yield from _strangers(below, (*section, name), frozenset(nested), place)
        elif name not in names and not (section == ("sources", "pardot") and name in DLT_SECTIONS):
            yield f"{path} in {place} is not a setting{suggestion(str(name), names)}"


def _strange_variables(
    known: Mapping[tuple[str, ...], frozenset[str]], environment: Mapping[str, str]
) -> Iterator[str]:
    for section, names in known.items():
        prefix = variable(".".join(section))
        # One underscore too few is the usual slip, and it would be ignored in silence.
        prefixes = (f"{prefix}_",) if len(section) > 1 else (f"{prefix}__",)
        variables = {variable(".".join((*section, name))): name for name in names}
        theirs = tuple(f"{prefix}__{name.upper()}__" for name in DLT_SECTIONS)
        for name in environment:
            if name.upper().startswith(prefixes) and name not in variables and not name.startswith(theirs):
                close = difflib.get_close_matches(name.upper(), sorted(variables), n=1, cutoff=0.5)
                hint = f"; did you mean {close[0]}?" if close else ""
                yield f"environment variable {name} is not a setting{hint}"


def _place(provider: ConfigProvider, key: str, sections: Sequence[str]) -> str:
    location = provider.get_value_location(key, None, *sections)
    return location or ("environment" if provider.name == "Environment Variables" else provider.name)


def run_context() -> PluggableRunContext:
    """Return what dlt knows of this run: its settings files, its folders.

    Raises:
        SettingsError: a settings file cannot be read, or a setting of dlt's own is of no use to it.
    """
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.exceptions import ConfigProviderException
    from dlt.common.configuration.specs import PluggableRunContext

    try:
        return Container()[PluggableRunContext]
    except ConfigProviderException as problem:
        raise SettingsError(_why_unreadable(getattr(problem, "full_paths", ()))) from None
    except FileNotFoundError:
        raise SettingsError("the current folder does not exist any more; change to one that does") from None
    except ValueError as problem:
        raise SettingsError(f"a setting below `runtime`, dlt's own, cannot be used: {one_line(problem, 80)}") from None


def _why_unreadable(paths: Iterable[str]) -> list[str]:
    """Return what is wrong with settings files, of which one at least cannot be read."""
    import tomlkit

    problems = []
    for path in filter(Path.is_file, map(Path, paths)):
        raw = path.read_bytes()
        try:
            tomlkit.parse(raw.decode("utf-8"))
        except UnicodeDecodeError:
            problems.append(f"{path} is not UTF-8 text; save it as UTF-8, without a byte order mark")
        except tomlkit.exceptions.TOMLKitError as problem:
            if raw.startswith(BOM_UTF8):
                problems.append(f"{path} begins with a byte order mark; save it as UTF-8 without one")
                continue
            # The parser's text may quote the line, and the line may hold a secret.
            spot = re.search(r"at line \d+ col \d+", str(problem))
            problems.append(f"{path} is not valid TOML{f' ({spot.group()})' if spot else ''}")
    return problems or ["a settings file cannot be read"]
