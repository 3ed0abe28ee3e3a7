"""The emulator as a program of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

_SOURCES = Path(__file__).parents[2] / "sources"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_program_prints_how_to_reach_it_and_stops_when_told(number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-m", "pardot_emulator", "--activities", "300"]
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        lines = [program.stdout.readline() for _ in range(7)]
        request = urllib.request.Request(f"{url}/services/oauth2/token", data=b"grant_type=x")  # noqa: S310  loopback
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)  # noqa: S310
        refused.value.close()
        program.send_signal(number)
        _, complaints = program.communicate(timeout=10)

    assert refused.value.code == 400
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert f"export SOURCES__PARDOT__API_URL='{url}'\n" in lines
    assert all(re.fullmatch(r"export SOURCES__PARDOT__[A-Z_]+='[^']+'\n", line) for line in lines)
    assert (program.returncode, complaints) == (0, "")
