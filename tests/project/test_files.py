"""What must stand in no file of the project, and what the wheel must hold."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from project_code import PACKAGES, ROOT, project_files

LOCKS = ("requirements.lock", "requirements-dev.lock")

SECRETS = {
    "private key": re.compile(rb"-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}"),
    "access token": re.compile(rb"\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}"),
    "connected app key": re.compile(rb"\b3MVG9[A-Za-z0-9._]{60,}"),
    "signed token": re.compile(rb"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\."),
}
"""Shapes of Salesforce's secrets, long enough to tell them from the invented ones of emulator and tests."""

INDEX = re.compile(rb"--(?:extra-)?index-url|--find-links|--trusted-host|[a-z]+://[^\s\"']*/simple\b")


def _text_files() -> list[Path]:
    return [path for path in project_files() if b"\0" not in path.read_bytes()[:8000] and path != Path(__file__)]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_file_holds_secret_like_text(kind: str) -> None:
    assert [str(path) for path in _text_files() if SECRETS[kind].search(path.read_bytes())] == []


def test_secrets_files_are_ignored() -> None:
    assert ".dlt/secrets.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert ROOT / ".dlt" / "secrets.toml" not in project_files()


def test_no_file_names_a_package_index() -> None:
    # The option that keeps addresses out of the lock contains the word itself.
    found = [path for path in _text_files() if INDEX.search(path.read_bytes().replace(b"--no-emit-index-url", b""))]
    assert found == []


def test_certificates_are_verified_everywhere() -> None:
    off = re.compile(rb"verify\s*=\s*False|CERT_NONE|_create_unverified_context|InsecureRequestWarning")
    code = [path for package in PACKAGES.values() for path in package.rglob("*.py")]
    assert [str(path) for path in code if off.search(path.read_bytes())] == []


@pytest.mark.parametrize("name", [*LOCKS, "requirements-dbt.lock", "requirements-portable.lock"])
def test_lock_holds_versions_and_hashes_only(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.sub(r" \\\n\s+", " ", text).splitlines()
    shape = re.compile(r"[a-z0-9.-]+==[0-9a-z.]+( ; [^\\]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [line[:80] for line in requirements if not shape.fullmatch(line)] == []


def test_both_locks_agree() -> None:
    run, develop = (set(re.findall(r"^[a-z0-9.-]+==.*?(?= \\$)", (ROOT / n).read_text("utf-8"), re.M)) for n in LOCKS)
    assert run < develop
    assert any(line.startswith("hatchling==") for line in develop)


def test_wheel_holds_everything_that_the_packages_read(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        str(path.relative_to(folder.parent))
        for folder in PACKAGES.values()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted <= held
    assert {Path(name).suffix for name in wanted} >= {".py", ".sql", ".yml", ".j2", ".css", ".typed"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= held
    assert {name.split("/")[0].split("-")[0] for name in held} == {*PACKAGES, "pardot_etl"}
    assert any(name.endswith("licenses/LICENSE") for name in held)
