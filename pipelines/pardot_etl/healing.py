"""Before anything new: finish what an interrupted run left behind, or set the working folder straight.

dlt keeps load packages in its working folder. A kill between two of its renames can leave a package that it can
neither load nor drop; the cure that works for every such state is to remove the folder and take the state back from
the destination. Nothing is lost by it: exported files and what was asked for are in our own ledger.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pardot.errors import SettingsError, StorageError

if TYPE_CHECKING:
    from dlt import Pipeline


def open_pipeline(make: Callable[[], Pipeline], folder: Path) -> tuple[Pipeline, list[str]]:
    """Return the pipeline with nothing pending and its state in step with the destination, and what had to be done.

    Args:
        make: creates or attaches to the pipeline.
        folder: the pipeline's working folder, removed when dlt cannot go on from it.

    Raises:
        SettingsError: the destination is not known, not installed or not configured.
        StorageError: the destination cannot be reached or read.
    """
    from dlt.common.exceptions import DltException

    try:
        pipeline = make()
        healed = _drain(pipeline)
    except (DltException, OSError, ValueError, KeyError, AssertionError) as error:
        _insist_on_settings(error)
        shutil.rmtree(folder, ignore_errors=True)
        healed = [f"removed dlt's working folder, which an interrupted run left unusable ({type(error).__name__})"]
        try:
            pipeline = make()
        except DltException as again:
            raise StorageError("open the pipeline", path=str(folder), reason=str(again)) from again
    try:
        pipeline.sync_destination()
    except DltException as error:
        _insist_on_settings(error)
        raise StorageError("read the state from the destination", reason=str(error)) from error
    return pipeline, healed


def _insist_on_settings(error: BaseException) -> None:
    """Raise a SettingsError when the trouble is how the destination is configured, which no healing cures."""
    from dlt.common.configuration.exceptions import ConfigurationException
    from dlt.common.destination.exceptions import InvalidDestinationReference, UnknownDestinationModule
    from dlt.common.exceptions import MissingDependencyException

    unusable = (
        ConfigurationException,
        InvalidDestinationReference,
        MissingDependencyException,
        UnknownDestinationModule,
    )
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, unusable):
            raise SettingsError(
                f"the destination cannot be used: {current}",
                next_step="Nothing was loaded; set it up as dlt's documentation of that destination says",
            ) from error
        current = current.__cause__


def _drain(pipeline: Pipeline) -> list[str]:
    """Load what an earlier run had extracted but not loaded."""
    if not pipeline.has_pending_data:
        return []
    packages = len(set(pipeline.list_extracted_load_packages()) | set(pipeline.list_normalized_load_packages()))
    pipeline.normalize()
    pipeline.load()
    return [f"loaded {packages} package{'s' if packages != 1 else ''} of an interrupted run"]
