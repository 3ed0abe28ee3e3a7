"""A folder of files that we write and that is the user's from then on: a dbt project, a documentation site.

Files that are not ours are left alone, and ours are replaced only while they are as we wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pardot.errors import SettingsError, StorageError

MANIFEST = ".pardot-etl.json"
"""Says which files are ours, and what they looked like when they were written."""

_SHOWN = 3


@dataclass(frozen=True)
class Manifest:
    """The files of an earlier export with the digests that they may have; an interrupted one left some unwritten."""

    files: Mapping[str, Collection[str]]
    is_finished: bool

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Return what an earlier export has noted; None when there was none, or the note is no longer ours."""
        try:
            stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            files = {str(name): tuple(map(str, digests)) for name, digests in stored["files"].items()}
            found = cls(files, bool(stored["is_finished"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return found if all(_is_inside(name) for name in files) else None

    def write(self, folder: Path) -> None:
        files = {name: list(digests) for name, digests in sorted(self.files.items())}
        _write(folder / MANIFEST, json.dumps({"is_finished": self.is_finished, "files": files}, indent=1).encode())

    def is_as_written(self, folder: Path, name: str) -> bool:
        digest = _digest(folder / name)
        return digest in self.files[name] or (digest is None and not self.is_finished)


def write_files(
    folder: Path, files: Mapping[str, bytes], *, what: str, maker: str, force: bool = False
) -> tuple[int, int]:
    """Make the folder hold these files, and return how many were written and how many removed.

    Args:
        what: what they are together, for messages: "the dbt project".
        maker: the command that writes them, for messages.
        force: write also among things that are not ours, and over files of ours that were edited.

    Raises:
        SettingsError: the folder holds something else, or files of ours were edited; nothing was touched.
        StorageError: it cannot be written.
    """
    try:
        known = Manifest.read(folder)
        if not force:
            _insist_on_ours(folder, files, known, maker)
        return _replace(folder, files, known or Manifest({}, is_finished=True))
    except OSError as problem:
        safe = "Some files may be new and others not" if force else "No file that you have edited was touched"
        raise StorageError(
            f"write {what}",
            path=str(problem.filename or folder),
            reason=problem.strerror,
            next_step=f"{safe}; mend the permissions or name another folder, then run `{maker}` again",
        ) from problem


def _insist_on_ours(folder: Path, files: Mapping[str, bytes], known: Manifest | None, maker: str) -> None:
    """Refuse a folder in which something that we did not write would be overwritten."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if known is None:
        raise SettingsError(
            f"the folder {folder} is not empty and was not made by `{maker}`",
            next_step="Nothing was touched; name another one, or write among what is there with `--force`",
        )
    changed = [name for name in known.files if not known.is_as_written(folder, name)]
    changed += [name for name in files if name not in known.files and (folder / name).exists()]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise SettingsError(
            f"the folder {folder} has files that are not as `{maker}` wrote them: {', '.join(changed[:_SHOWN])}{more}",
            next_step="Nothing was touched; name another folder, or overwrite them with `--force`",
        )


def _replace(folder: Path, files: Mapping[str, bytes], known: Manifest) -> tuple[int, int]:
    """Write what differs, remove what is no longer made, and return how many files that were.

    Before the first change both the old and the new look of every file are noted, so that an export that was killed
    can be repeated.
    """
    new = {name: (sha256(content).hexdigest(),) for name, content in files.items()}
    gone = [name for name in known.files if name not in files and known.is_as_written(folder, name)]
    differing = [name for name, digests in new.items() if _digest(folder / name) not in digests]
    if differing or gone or known != Manifest(new, is_finished=True):
        folder.mkdir(parents=True, exist_ok=True)
        both = {name: (*known.files.get(name, ()), *new.get(name, ())) for name in {**known.files, **new}}
        Manifest(both, is_finished=False).write(folder)
        for name in differing:
            _write(folder / name, files[name])
        for name in gone:
            _remove(folder, name)
        Manifest(new, is_finished=True).write(folder)
    return len(differing), len(gone)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)


def _remove(folder: Path, name: str) -> None:
    """Remove a file, and the folders that it leaves empty."""
    (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # something else is in there
        for parent in _folders_above(name):
            (folder / parent).rmdir()


def _folders_above(name: str) -> Iterator[PurePosixPath]:
    yield from (parent for parent in PurePosixPath(name).parents if parent.parts)


def _digest(path: Path) -> str | None:
    """Return the digest of a file's content; None when there is no file."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
