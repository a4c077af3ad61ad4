"""Reading files that a user names, and writing files so that a reader never sees half of one."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from beachhead.errors import InputError, Problem

MOST_BYTES = 32 * 2**20  # of a file that a user names: far above any case or table of figures
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def read_bytes(path: Path) -> bytes:
    """Content of a file that a user names.

    Raises
    ------
    InputError
        If there is no such file, if it is a folder, if it has more than `MOST_BYTES` (said before
        it is read), or if it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size <= MOST_BYTES:
            with path.open("rb") as file:  # what has no size, such as a device, may have no end
                content = file.read(MOST_BYTES + 1)
            size = len(content)
    except FileNotFoundError as error:
        raise InputError(Problem("no such file", str(path))) from error
    except IsADirectoryError as error:
        what, fix = "this is a folder, not a file", "Name the file in it."
        raise InputError(Problem(what, str(path), fix)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(Problem(f"cannot be read: {reason}", str(path))) from error
    if size > MOST_BYTES:
        what = f"larger than {MOST_BYTES >> 20} MB, the most that is read"
        raise InputError(Problem(what, str(path), "Keep only what is needed."))
    return content


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
