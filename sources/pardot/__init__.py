"""Account Engagement (Pardot) as a dlt source: exports, incremental queries, a ledger to resume from."""

from .errors import PardotError
from .settings import Credentials, Settings, load_settings
from .source import pardot_source

__all__ = ["Credentials", "PardotError", "Settings", "load_settings", "pardot_source"]
