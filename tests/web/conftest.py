"""A folder with a run in it, and its server: within the test, and as a process of its own."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from served import PROGRAM, Server, answers, wait_for
from tiny_firm import CASE

from beachhead.web import Settings
from beachhead.web.app import make_app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """The application, asked without a network."""
    with TestClient(make_app(Settings(folder)), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def case(client: TestClient) -> str:
    """Name of the tiny case in the folder."""
    return client.post("/api/uploads/tiny.toml", content=CASE.encode()).json()["name"]


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], Server]]:
    """Start a server on a folder; it is ended with the tests."""
    servers: list[Server] = []

    def start(folder: Path) -> Server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve", "--folder", folder, "--port", str(port)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        server = Server(folder, port, process)
        servers.append(server)
        wait_for(lambda: answers(server), 60)
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait()


@pytest.fixture
def run(planned: Path, folder: Path) -> str:
    """Name of a run in the folder."""
    shutil.copytree(planned, folder / "tiny-1")
    return "tiny-1"
