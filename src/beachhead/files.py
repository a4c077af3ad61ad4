"""Reading files that a user names; writing files and folders so that nobody sees half of one."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


def standing(folder: Path) -> Path:
    """`folder`, or the old one beside it if a swap was cut short between its renames."""
    folder = Path(folder)
    before = _before(folder)
    return before if not folder.exists() and before.is_dir() else folder


def put_in_place(folder: Path, write: Callable[[Path], None], elsewhere: str) -> None:
    """Let `write` fill a new folder beside `folder`, then put it there by renames.

    Whenever it is cut short, `standing(folder)` is a whole folder: the old one or the new one.
    What is left beside it then is cleared away by the next one. `elsewhere`: what to do where it
    cannot be written.

    Raises
    ------
    InputError
        If the disk is full or must not be written to; the old folder is then as it was.
    """
    folder = folder.resolve()  # a link to a folder stays a link
    before = _before(folder)
    with explain_failure(folder, elsewhere):
        _clear_strays(folder)
        new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.{os.getpid()}-"))
        try:
            write(new)
            # mkdtemp makes folders private to their owner; this one is as readable as any other.
            mask = os.umask(0)
            os.umask(mask)
            new.chmod(0o777 & ~mask)
            if folder.exists():
                if before.exists():
                    shutil.rmtree(before)  # left by a swap that was cut short
                folder.rename(before)
            try:
                new.rename(folder)
            except BaseException:
                if before.exists() and not folder.exists():
                    before.rename(folder)
                raise
            if before.exists():
                before.rename(new)  # whoever deletes `folder` later must not find the old one
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def explain_failure(folder: Path, elsewhere: str) -> Iterator[None]:
    """What the system says against writing, as an `InputError`."""
    try:
        yield
    except OSError as error:
        what = f"cannot write: {error.strerror or error}"
        raise InputError(Problem(what, str(folder), elsewhere)) from error


def _before(folder: Path) -> Path:
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.before")


def _clear_strays(folder: Path) -> None:
    """Clear away the new folders that killed processes have left half written."""
    for path in folder.parent.iterdir():
        found = re.match(rf"\.{re.escape(folder.name)}\.(\d+)-", path.name)
        if found and not _is_at_work(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _is_at_work(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
