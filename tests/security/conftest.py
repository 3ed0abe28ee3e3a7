from __future__ import annotations

from isolation import isolated

__all__ = ["isolated"]
