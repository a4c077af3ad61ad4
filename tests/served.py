"""A case that plans in half a minute, and `beachhead serve` on a folder, for tests of the page."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

PROGRAM = "from beachhead.cli import main; main()"
CASE = """\
# Ours: every figure is made up.
name = "tiny"
title = "Three neighbours"
as_of = 2024-06-30
quarters = 8
currency = "EUR"
dollars = 1.07    # end of June

[firm]
name = "Tiny"
home = "AUT"
units = 400000
revenue = 20e6

[product]
category = "generic"
price = 45.0      # with tax
unit_cost = 22.0

[markets]
candidates = ["DEU", "CZE", "SVN"]

[modes]
allowed = ["online", "distributor"]
localisation = [0.0]

[limits]
teams = 2
capital = 4e6
must = ["DEU"]    # a partner waits
"""


@dataclass
class Server:
    """`beachhead serve` as a user starts it."""

    folder: Path
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def kill(self) -> None:
        """As a machine that fails would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def answers(server: Server) -> bool:
    assert server.process.poll() is None, server.process.stdout and server.process.stdout.read()
    try:
        return httpx.get(f"{server.url}api/jobs").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(there: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.2)
