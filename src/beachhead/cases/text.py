"""Text files that a user names: their text, or what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from beachhead.errors import InputError, Problem
from beachhead.files import read_bytes


def read_text(path: Path) -> str:
    """Text of a file in UTF-8; an `InputError` if there is none to be had."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            Problem("not text in UTF-8", f"{path}, line {line}", "Save it as text in UTF-8.")
        ) from error
