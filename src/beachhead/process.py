"""How a process that does nothing but this package's work is set up; a notebook is left alone."""

from __future__ import annotations

import ctypes
import os
import warnings
from contextlib import suppress
from pathlib import Path

# The compiler's second look at its machine code takes a quarter of its time and makes nothing
# faster.
FLAGS = "--xla_backend_optimization_level=1"

FOLDER = "JAX_COMPILATION_CACHE_DIR"  # read when JAX is imported
KEPT = 128 * 2**20  # bytes of compiled programs, some forty shapes of cases; then the oldest go
WORTH_KEEPING = 0.2  # seconds that a program took to compile; hundreds take less

# Options of the C library's `mallopt`, as glibc numbers them.
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8


def set_up(cores: int | None = None) -> None:
    """Compile with less effort and once, keep freed memory, and use so many `cores`.

    Without a number it is all of them: where several processes share a machine, all their threads
    wait for one another then.

    Every batch of evaluations takes and frees the same tens of megabytes. Left to itself glibc
    hands them back to the system, which fills them with zeros anew each time: an eighth of the
    time that a batch takes. Other C libraries have no such options, and need none of this.
    """
    os.environ.setdefault("XLA_FLAGS", FLAGS)
    if cores is not None:
        os.environ.setdefault("NPROC", str(max(cores, 1)))  # read when XLA opens its threads
    _keep_programs()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1)):
        mallopt(option, value)


def count_cores() -> int:
    """Processor cores that this process may use."""
    with suppress(AttributeError):  # where cores cannot be allotted
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _keep_programs() -> None:
    """Have JAX keep what it compiles in the user's cache folder, for the next process.

    A program is made for so many threads, but JAX knows it by everything else; so each number of
    them has a folder. Where there can be none, every process compiles for itself.
    """
    from platformdirs import user_cache_path

    folders = user_cache_path("beachhead", appauthor=False) / "compiled"
    named = os.environ.get(FOLDER)
    if named and Path(named).parent != folders:  # the user's; else of the process that began this
        return
    folder = folders / f"{os.environ.get('NPROC') or count_cores()}-threads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    os.environ[FOLDER] = str(folder)
    os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(KEPT))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", str(WORTH_KEEPING))
    # An entry that cannot be read or written is compiled for, which is no news to anybody; nor
    # that XLA takes what it likes best on some processors for what they lack, and compiles anew.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
