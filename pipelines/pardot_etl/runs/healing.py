"""Before anything new: dlt's working folder begins empty, and the state comes from the destination.

dlt keeps schemas, state and load packages in its working folder, and writes none of it durably. A kill between two of
its renames leaves a package that it can neither load nor drop; a full disk, a power cut or a stray hand leaves one that
loads as if it were whole. No check tells every such state from a good one, and nothing there is worth the risk: the
position is stored in the destination with the rows, and what was exported, and asked for, is in our own ledger. So no
run reads what an earlier one left there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pardot.errors import SettingsError, StorageError

if TYPE_CHECKING:
    from dlt import Pipeline

_UNFINISHED: Final = ("normalize/new/*", "normalize/extracted/*", "load/new/*", "load/normalized/*")
"""Where dlt keeps load packages that are not loaded."""

BRING_IT_UP = (
    "What was finished before is safe; free the space, mend the permissions or bring the destination up, whichever it "
    "is, then run `pardot-etl run` again"
)


def open_pipeline(make: Callable[[], Pipeline], folder: Path) -> tuple[Pipeline, list[str]]:
    """Return the pipeline with nothing pending and its state as the destination has it, and what had to be dropped.

    Args:
        make: creates the pipeline.
        folder: the pipeline's working folder, emptied before.

    Raises:
        SettingsError: the destination is not known, not installed or not configured.
        StorageError: the folder cannot be written, or the destination cannot be reached or read.
    """
    from dlt.common.exceptions import DltException

    healed = _dropped(folder)
    _empty(folder)
    try:
        pipeline = make()
        pipeline.sync_destination()
    except (DltException, OSError) as error:
        _insist_on_settings(error)
        raise StorageError(
            "take the state from the destination", reason=reason_of(error), next_step=BRING_IT_UP
        ) from error
    return pipeline, healed


def _dropped(folder: Path) -> list[str]:
    """Tell which packages of an interrupted run are about to be dropped."""
    packages = {path.name for pattern in _UNFINISHED for path in folder.glob(pattern) if path.is_dir()}
    if not packages:
        return []
    plural = "s" if len(packages) > 1 else ""
    return [f"dropped {len(packages)} unfinished load package{plural}, whose rows this run reads again"]


def _empty(folder: Path) -> None:
    """Remove a folder as a whole: half of it, a state without the packages it counts on, must never be found."""
    folder, away = working_folders(folder)
    try:
        if away.exists():
            shutil.rmtree(away)
        if folder.exists():
            folder.replace(away)
            shutil.rmtree(away)
    except OSError as error:
        raise StorageError("empty dlt's working folder", path=str(folder), reason=error.strerror) from error


def working_folders(folder: Path) -> tuple[Path, Path]:
    """Return a pipeline's working folder, and where it steps aside while it is removed."""
    return folder, folder.with_name(f".{folder.name}.old")


def _insist_on_settings(error: BaseException) -> None:
    """Raise a SettingsError when the trouble is how the destination is configured, which no other run cures."""
    from dlt.common.configuration.exceptions import ConfigurationException
    from dlt.common.destination.exceptions import InvalidDestinationReference, UnknownDestinationModule
    from dlt.common.exceptions import MissingDependencyException

    unusable = (
        ConfigurationException,
        InvalidDestinationReference,
        MissingDependencyException,
        UnknownDestinationModule,
    )
    for cause in causes(error):
        if isinstance(cause, unusable):
            raise SettingsError(
                f"the destination cannot be used: {cause}",
                next_step="Nothing was loaded; set it up as dlt's documentation of that destination says",
            ) from error


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and what led to it, the deepest cause last: dlt wraps what a destination says several times."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def reason_of(error: BaseException) -> str:
    """Return the first line of the deepest cause; further lines may quote a row."""
    return str(causes(error)[-1]).strip().partition("\n")[0]
