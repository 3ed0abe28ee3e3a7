"""Lists that later versions must keep: what users have written down in settings and queries goes on to work.

A list grows by `UPDATE_GOLDEN=1`; nothing leaves it that way. To take something out on purpose, delete its line and
tell users in the changelog.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from command_line import GOLDEN

UPDATE = "nothing tells users of it yet: UPDATE_GOLDEN=1 adds it to the list"


def kept(name: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a golden list by name; with `UPDATE_GOLDEN=1` what is new is added to it first."""
    path = GOLDEN / "contract" / f"{name}.json"
    promised: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        promised = {**found, **promised}
        lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(promised.items()))
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return promised


def broken(promised: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    """Return what of a promise is missing or other than it was, by name."""
    return {
        name: f"was {value}, is {found.get(name, 'gone')}"
        for name, value in promised.items()
        if found.get(name) != value
    }
