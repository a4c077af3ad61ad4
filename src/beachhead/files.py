"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from beachhead.errors import InputError, Problem

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def write_atomic(path: Path, write: bytes | str | Callable[[io.BytesIO], object]) -> None:
    """Write `path` under a temporary name beside it, then rename.

    Parameters
    ----------
    path : Path
        Where the file shall be; its folder is made if it is not there.
    write : bytes, str or callable
        The content, or a function that writes it into the buffer that it is given. Libraries
        never write to the disk themselves: where it is full, some raise errors of their own, and
        HDF5 takes the process down.

    Raises
    ------
    InputError
        If the folder cannot be written to or the disk is full; nothing is left behind.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        if callable(write):
            buffer = io.BytesIO()
            write(buffer)
            write = buffer.getvalue()
        content = write.encode() if isinstance(write, str) else write
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        temporary.write_bytes(content)
        # mkstemp makes files private to their owner; a result should be as readable as any other.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "Choose a folder that you may write to."
        if error.errno in FULL:
            fix = "Make room on the disk, or choose another folder."
        raise InputError(Problem(f"cannot write: {reason}", str(path), fix)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
