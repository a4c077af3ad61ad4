"""`beachhead serve` on a folder, for tests of the page."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

PROGRAM = "from beachhead.cli import main; main()"


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
