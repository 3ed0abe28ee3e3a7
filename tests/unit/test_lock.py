from __future__ import annotations

import errno
import fcntl
import json
import os
from pathlib import Path

import pytest

from pardot.errors import RunLockedError, StorageError
from pardot_etl.runs.lock import RunLock


def test_second_lock_names_the_holder_and_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "run.lock"
    with RunLock(path):
        before = path.stat().st_mtime_ns
        with pytest.raises(RunLockedError, match=f"process {os.getpid()}"), RunLock(path):
            pass
        assert path.stat().st_mtime_ns == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_lock_that_is_not_got_frees_those_before_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with RunLock(other):
        with pytest.raises(RunLockedError), RunLock(one, other):
            pass
        with RunLock(one):
            pass


def test_holder_who_wrote_nothing_is_another_process(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with RunLock(path):
        path.write_text("{")
        with pytest.raises(RunLockedError, match="another process"), RunLock(path):
            pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EIO, errno.ENOSYS], ids=lambda number: errno.errorcode[number])
def test_file_system_without_locks_is_no_other_run(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int, _way: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match=os.strerror(number)) as caught, RunLock(tmp_path / "run.lock"):
        pass
    assert caught.value.exit_code == 1


def test_full_disk_is_told_before_the_run_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int, _content: bytes, _place: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(StorageError, match="No space left"), RunLock(tmp_path / "run.lock"):
            pass
    with RunLock(tmp_path / "run.lock"):
        assert json.loads((tmp_path / "run.lock").read_text())["pid"] == os.getpid()
