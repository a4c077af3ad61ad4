"""Serving the page."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

from beachhead.errors import InputError, Problem
from beachhead.web.settings import Settings


def listen(settings: Settings) -> socket.socket:
    """A socket at the host and port of the settings.

    Raises
    ------
    InputError
        If nothing can listen there.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        ear = socket.socket(family, kind, protocol)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(address)
    except (OSError, UnicodeError) as error:
        what = f"cannot listen: {getattr(error, 'strerror', None) or error}"
        where = f"{settings.host}:{settings.port}"
        raise InputError(Problem(what, where, "Choose another --port or --host.")) from error
    return ear


def serve(app: FastAPI, ear: socket.socket) -> None:
    """Serve the page until Ctrl-C; jobs that run go on."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False,
        h11_max_incomplete_event_size=32_768, limit_concurrency=100, timeout_keep_alive=20,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[ear])
