"""How the program sets up its own process."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from beachhead.planning.many import open_workers

TAKE_AND_FREE = """
import resource
import sys
import numpy as np
from beachhead.process import set_up
if sys.argv[1] == "set up":
    set_up()
def count():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(8_000_000)
before = count()
for _ in range(20):
    np.ones(8_000_000)
print(count() - before)
"""


def knows_mallopt() -> bool:
    try:
        return hasattr(ctypes.CDLL(None), "mallopt")
    except TypeError:
        return False


@pytest.mark.skipif(not knows_mallopt(), reason="the C library is not glibc")
def test_freed_memory_is_kept_for_the_next_call() -> None:
    """Pages that were handed back have to be asked for again, each of which is a page fault."""
    kept, left_alone = (
        int(
            subprocess.run(
                [sys.executable, "-c", TAKE_AND_FREE, how],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        for how in ("set up", "left alone")
    )  # fmt: skip
    assert 10 * kept < left_alone


@pytest.mark.parametrize(
    ("of_user", "used"), [(None, "level=1"), ("--of-the-user", "--of-the-user")]
)
def test_flags_of_the_user_stay(of_user: str | None, used: str) -> None:
    code = (
        "import os; os.environ.pop('XLA_FLAGS', None);"
        + (f"os.environ['XLA_FLAGS'] = {of_user!r};" if of_user else "")
        + "from beachhead.process import set_up; set_up(); print(os.environ['XLA_FLAGS'])"
    )
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert made.stdout.strip().endswith(used)


COUNT_THREADS = """
import sys
from pathlib import Path
from beachhead.process import set_up
set_up(int(sys.argv[1]))
import jax.numpy as jnp
jnp.ones(3).block_until_ready()
names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
print(sum(name == "tf_XLAEigen" for name in names))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are not told here")
@pytest.mark.parametrize(("cores", "threads"), [(0, 1), (1, 1), (3, 3)])
def test_a_process_keeps_to_its_share_of_the_cores(cores: int, threads: int) -> None:
    """What XLA opens, whatever the machine has."""
    made = subprocess.run(
        [sys.executable, "-c", COUNT_THREADS, str(cores)],
        check=True, capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if k != "NPROC"},
    )  # fmt: skip
    assert int(made.stdout) == threads


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beachhead.planning.many._count_cores", lambda: 7)
    monkeypatch.delenv("NPROC", raising=False)
    with open_workers(2) as workers:
        assert workers is not None
        with workers() as pool:
            assert pool.submit(os.getenv, "NPROC").result() == "3"
