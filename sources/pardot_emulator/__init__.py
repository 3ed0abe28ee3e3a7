"""A local stand-in for Account Engagement (Pardot): login, queries, Export API, over an invented account."""

from pardot_emulator.auth import Credentials
from pardot_emulator.behaviour import Behaviour
from pardot_emulator.clock import Clock, ManualClock, SystemClock
from pardot_emulator.emulator import Emulator
from pardot_emulator.exports import Export, Polls, Seconds, Status
from pardot_emulator.faults import Fault, Faults
from pardot_emulator.rsa import PublicKey
from pardot_emulator.server import Call
from pardot_emulator.store import Store, Value

__all__ = [
    "Behaviour",
    "Call",
    "Clock",
    "Credentials",
    "Emulator",
    "Export",
    "Fault",
    "Faults",
    "ManualClock",
    "Polls",
    "PublicKey",
    "Seconds",
    "Status",
    "Store",
    "SystemClock",
    "Value",
]
