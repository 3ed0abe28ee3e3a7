"""The command line that all benchmarks share: numbers as options, the table printed and, if wished, written down."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from performance import markdown_table, section, write_section


class Command:
    """One call of a benchmark.

    Args:
        about: the script's docstring.
        defaults: the numbers that it takes, by name; `rounds` is how often each way is measured.
    """

    def __init__(self, about: str | None, **defaults: int) -> None:
        parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
        for name, value in defaults.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--write", action="store_true", help="also write docs/performance.md")
        found = vars(parser.parse_args())
        self._writes = bool(found.pop("write"))
        self.numbers: dict[str, int] = found
        script = Path(sys.argv[0]).name
        shown = " ".join(f"--{name.replace('_', '-')} {found[name]}" for name in defaults)
        self.text = f"python benchmarks/{script} {shown}"

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]

    def show(
        self, name: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]
    ) -> None:
        """Print a section of the results page; write it there when asked to.

        Args:
            name: marks the section, so that the next run replaces it.
        """
        text = section(title, self.text, markdown_table(heads, rows), notes)
        print(f"\n{text}")
        if self._writes:
            write_section(name, text)
