"""Which request means what: method and path as an operation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pardot_emulator.legacy.objects import OBJECTS
from pardot_emulator.schema import COLLECTIONS, Collection


@dataclass(frozen=True)
class Route:
    """One request recognised by its method and path."""

    operation: str
    """Name for faults and the call log: ``export.read``, ``query:prospects``, ``v4.query:prospect``…"""
    collection: Collection | None = None
    id: int | None = None
    file_id: int | None = None
    version: str = "5"
    """As in the path: of versions 3 and 4 anything may stand there."""
    object: str = ""
    """Object of versions 3 and 4 in lower case."""
    action: str = ""
    """What versions 3 and 4 are to do with it."""

    @property
    def is_login(self) -> bool:
        """Whether this is the login host's business and not the API's."""
        return self.operation in ("token", "authorize", "connect")

    @property
    def is_legacy(self) -> bool:
        """Whether this belongs to versions 3 and 4, with their own bodies."""
        return bool(self.object)

    @property
    def is_export(self) -> bool:
        """Whether this is the Export API, of any version."""
        return self.operation.startswith("export.") or self.object == "export"


_PATHS: tuple[tuple[str, str, str], ...] = (
    ("POST", r"/services/oauth2/token", "token"),
    ("GET", r"/services/oauth2/authorize", "authorize"),
    ("GET", r"/setup/connect", "connect"),
    ("POST", r"/api/v5/exports", "export.create"),
    ("GET", r"/api/v5/exports", "export.query"),
    ("GET", r"/api/v5/exports/(?P<id>\d{1,18})", "export.read"),
    ("GET", r"/api/v5/exports/(?P<id>\d{1,18})/results/(?P<file>\d{1,18})", "export.download"),
    ("POST", r"/api/v5/exports/(?P<id>\d{1,18})/do/cancel", "export.cancel"),
    ("GET", r"/api/v5/objects/account", "account"),
    ("GET", r"/api/v5/(?:objects/)?(?P<collection>[a-z-]+)", "query"),
    ("GET", r"/api/v5/(?:objects/)?(?P<collection>[a-z-]+)/(?P<id>\d{1,18})", "read"),
)
_NOT_UNDER_OBJECTS = frozenset({"bulk-actions", "imports", "external-activities"})
_LEGACY = re.compile(r"/api/(?P<object>\w+)/version/(?P<version>[^/]+)/do/(?P<action>\w+)(?P<rest>(?:/[^/]+/[^/]+)*)/?")


def find_route(method: str, path: str) -> Route:
    """Recognise a request; its operation is ``wrong_method`` or ``unknown`` where there is none."""
    if (legacy := _LEGACY.fullmatch(path)) is not None:
        return _legacy_route(legacy)
    matches = [
        (allowed, operation, match)
        for allowed, pattern, operation in _PATHS
        if (match := re.fullmatch(pattern, path)) is not None
    ]
    if not matches:
        return Route("unknown")
    for allowed, operation, match in matches:
        if allowed != method:
            continue
        groups = match.groupdict()
        collection = None
        if "collection" in groups:
            collection = _find_collection(groups["collection"], is_object="/objects/" in path)
            if collection is None:
                return Route("unknown")
            operation = f"{operation}:{collection.name}"
        elif operation == "account":
            collection = COLLECTIONS["account"]
        return Route(operation, collection, _whole(groups.get("id")), _whole(groups.get("file")))
    return Route("wrong_method")


def _find_collection(name: str, *, is_object: bool) -> Collection | None:
    collection = COLLECTIONS.get(name)
    if collection is None or not collection.is_query or collection.is_single or name == "exports":
        return None
    served_outside = name in _NOT_UNDER_OBJECTS
    served_inside = name not in ("bulk-actions", "imports")
    return collection if (served_inside if is_object else served_outside) else None


def _legacy_route(match: re.Match[str]) -> Route:
    """Recognise a request of versions 3 and 4; whether there is such an action is seen later."""
    spelled, version, action = match["object"].lower(), match["version"], match["action"]
    parts = match["rest"].split("/")[1:]
    identifiers = dict(zip(parts[::2], parts[1::2], strict=True))
    if spelled == "export":
        operation = f"v{version}.export.{'download' if action == 'downloadResults' else action}"
    else:
        operation = f"v{version}.{action}:{OBJECTS[spelled].name if spelled in OBJECTS else 'unknown'}"
    return Route(
        operation,
        id=_whole(identifiers.get("id")),
        file_id=_whole(identifiers.get("file")),
        version=version,
        object=spelled,
        action=action,
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,18}", text) else None
