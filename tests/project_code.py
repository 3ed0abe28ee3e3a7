"""Reading the project's own code: files, modules, and what each imports when it runs."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "pardot": ROOT / "sources" / "pardot",
    "pardot_emulator": ROOT / "sources" / "pardot_emulator",
    "pardot_etl": ROOT / "pipelines" / "pardot_etl",
    "pardot_transforms": ROOT / "transforms" / "pardot_transforms",
}


@dataclass(frozen=True)
class Module:
    """One file of a package."""

    package: str
    path: Path

    @property
    def name(self) -> str:
        """Dotted name below the package; empty for the package itself."""
        parts = self.path.relative_to(PACKAGES[self.package]).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def imports(self) -> Iterator[str]:
        """Yield the full names of what is imported when the code runs, inside functions too."""
        for node in _running(self.tree):
            if isinstance(node, ast.Import):
                yield from (one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                # `from package import module` imports the module, `from module import name` what the module is.
                names = [f"{base}.{one.name}" for one in node.names]
                yield from (name if _is_module(name) else base for name in names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        inside = [self.package, *self.path.relative_to(PACKAGES[self.package]).parent.parts]
        kept = inside[: len(inside) - node.level + 1]
        return ".".join([*kept, *filter(None, [node.module])])


def _is_module(name: str) -> bool:
    package, *below = name.split(".")
    path = PACKAGES[package].joinpath(*below) if package in PACKAGES else None
    return path is not None and (path.is_dir() or path.with_suffix(".py").is_file())


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree without what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _running(node)


def modules(package: str) -> list[Module]:
    return [Module(package, path) for path in sorted(PACKAGES[package].rglob("*.py"))]


def project_files() -> list[Path]:
    """Return the files that belong to the project: those that git tracks, and new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:  # an unpacked archive
        return [
            path for path in ROOT.rglob("*") if path.is_file() and not path.parts[-2].startswith((".venv", ".mypy"))
        ]
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]
