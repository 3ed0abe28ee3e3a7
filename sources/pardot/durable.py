"""Small files that are there whole or not at all, whatever ends the process or the machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace a file by its new text: who reads it, at any moment, finds the old text or the new one.

    The file is its owner's alone. A kill may leave a draft beside it (`draft_of`), which the next writing of the same
    file replaces.

    Raises:
        OSError: it cannot be written; the old file stands.
    """
    draft = draft_of(path)
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode=0o600, exist_ok=False)
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Replace a file by these lines, as `write_whole` does."""
    write_whole(path, "".join(f"{line}\n" for line in lines))


def draft_of(path: Path) -> Path:
    """Return where a file is written before it is whole."""
    return path.with_name(f".{path.name}.new")


def sync_folder(folder: Path) -> None:
    """Make a rename inside a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
