"""A disk that is small and gets full: a file system in memory where that may be mounted, else a bound on file sizes."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Disk:
    """A folder in which space can run out."""

    folder: Path
    is_mounted: bool
    _limits: tuple[int, int] = field(default_factory=lambda: resource.getrlimit(resource.RLIMIT_FSIZE))

    def fill(self, *, leaving: int) -> None:
        """Leave so many bytes; where no disk could be mounted, no file may grow above them."""
        if not self.is_mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (leaving, self._limits[1]))
            return
        about = os.statvfs(self.folder)
        with self._filler.open("wb") as file:
            file.write(bytes(max(0, about.f_bavail * about.f_frsize - leaving)))

    def free(self) -> None:
        """Give all of the space back."""
        if not self.is_mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
            return
        self._filler.unlink(missing_ok=True)
        libc().mount(None, bytes(self.folder), None, _REMOUNT, b"size=64m")

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"


_REMOUNT = 32
_DETACH = 2


@contextmanager
def small_disk(folder: Path, *, free_bytes: int) -> Iterator[Disk]:
    """Make a folder a disk of its own with this many bytes, for the time of a with block."""
    options = f"size={free_bytes},mode=0777".encode()
    is_mounted = os.geteuid() == 0 and libc().mount(b"none", bytes(folder), b"tmpfs", 0, options) == 0
    disk = Disk(folder, is_mounted)
    try:
        yield disk
    finally:
        disk.free()
        if is_mounted:
            libc().umount2(bytes(folder), _DETACH)


def libc() -> ctypes.CDLL:
    """Return the C library, which can mount; Python's own library cannot."""
    return ctypes.CDLL(None, use_errno=True)
