"""How the page is served, and what it may cost."""

from __future__ import annotations

import ipaddress
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from beachhead.errors import InputError, Problem

TOKEN = "BEACHHEAD_TOKEN"  # in the environment: a token of one's own
SHORTEST = 16  # signs of such a token


@dataclass(frozen=True)
class Settings:
    """How the page is served.

    Attributes
    ----------
    folder : Path
        With the run folders; nothing outside it is read or written. What only the page needs
        stands in `.page` there.
    host, port : str, int
        Where it listens.
    token : str or None
        Without which nothing is answered; None where none is demanded.
    at_once, queue : int
        Jobs that run at once, and that may wait.
    seconds : float
        After which a job's search is ended, and what was found is kept.
    upload : int
        Most bytes of a request.
    warm : int
        Plans that are held ready to be changed.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    at_once: int = 1
    queue: int = 20
    seconds: float = 7200.0
    upload: int = 8 * 2**20
    warm: int = 2


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def demand_token(settings: Settings) -> Settings:
    """The same with the token of the environment, or a new one where other machines may ask.

    Raises
    ------
    InputError
        If the token of the environment is too short to keep anybody out.
    """
    own = os.environ.get(TOKEN)
    if own is not None and len(own) < SHORTEST:
        fix = f"Take one of {SHORTEST} signs or more."
        raise InputError(Problem("the token is too short", TOKEN, fix))
    if own is None and not is_loopback(settings.host):
        own = secrets.token_urlsafe(24)
    return replace(settings, token=own)
