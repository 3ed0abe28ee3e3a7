"""`pardot-etl export-dbt`: the models of the reporting tables as a dbt project, in a folder of the user's.

The folder belongs to the user from then on: files that are not ours are left alone, and ours are replaced only while
they are as we wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..configuration import Places, load_time_zone
from .written_folder import write_files


@dataclass(frozen=True)
class DbtExport:
    """What one export did."""

    folder: Path
    models: int
    tests: int
    written: int
    removed: int
    dialect: str

    def lines(self) -> list[str]:
        removed = f", {self.removed} removed" if self.removed else ""
        return [
            f"{self.folder} ({self.models} models, {self.tests} data tests; {self.written} files written{removed})",
            f"next: cd {self.folder} && dbt build   # where dbt-core and dbt-{self.dialect} are installed",
        ]


def export_dbt(places: Places, folder: Path, *, force: bool = False, dialect: str = "duckdb") -> DbtExport:
    """Write the dbt project into the folder.

    Args:
        dialect: the database that dbt is to build in, one of `pardot_transforms.dialects.DIALECTS`.
        force: write it also among things that are not ours, and over files of ours that were edited.

    Raises:
        SettingsError: the folder holds something else, or files of ours were edited; nothing was touched.
        StorageError: it cannot be written.
    """
    from pardot_transforms import load_project
    from pardot_transforms.dbt import DbtSettings, dbt_files

    project = load_project(rules=places.rules)
    time_zone = load_time_zone() or "UTC"
    settings = DbtSettings(places.published_database, places.dataset, places.marts, time_zone, dialect)
    files = {name: text.encode() for name, text in dbt_files(project, settings).items()}
    written, removed = write_files(folder, files, what="the dbt project", maker="pardot-etl export-dbt", force=force)
    tests = sum(len(model.tests) for model in project.models.values())
    return DbtExport(folder, len(project.models), tests, written, removed, dialect)
