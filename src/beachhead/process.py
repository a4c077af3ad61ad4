"""How a process that does nothing but this package's work is set up; a notebook is left alone."""

from __future__ import annotations

import ctypes
import os

# The compiler's second look at its machine code takes a quarter of its time and makes nothing
# faster.
FLAGS = "--xla_backend_optimization_level=1"

# Options of the C library's `mallopt`, as glibc numbers them.
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8


def set_up(cores: int | None = None) -> None:
    """Compile with less effort, keep freed memory for the next call, and use so many `cores`.

    Without a number it is all of them: where several processes share a machine, all their threads
    wait for one another then.

    Every batch of evaluations takes and frees the same tens of megabytes. Left to itself glibc
    hands them back to the system, which fills them with zeros anew each time: an eighth of the
    time that a batch takes. Other C libraries have no such options, and need none of this.
    """
    os.environ.setdefault("XLA_FLAGS", FLAGS)
    if cores is not None:
        os.environ.setdefault("NPROC", str(max(cores, 1)))  # read when XLA opens its threads
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1)):
        mallopt(option, value)
