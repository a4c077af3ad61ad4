"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from beachhead.errors import InputError, Problem


def write_atomic(path: Path, write: bytes | str | Callable[[Path], object]) -> None:
    """Write `path` under a temporary name beside it, then rename.

    Parameters
    ----------
    path : Path
        Where the file shall be; its folder is made if it is not there.
    write : bytes, str or callable
        The content, or a function that writes the file whose path it is given.

    Raises
    ------
    InputError
        If the folder cannot be written to or the disk is full; nothing is left behind.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        if callable(write):
            write(temporary)
        elif isinstance(write, bytes):
            temporary.write_bytes(write)
        else:
            temporary.write_text(write, encoding="utf-8")
        # mkstemp makes files private to their owner; a result should be as readable as any other.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            Problem(f"cannot write: {reason}", str(path), "Choose a folder that you may write to.")
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
