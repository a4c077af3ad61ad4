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


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And keep programs apart from those of the process that opens them, which has more threads."""
    folders = tmp_path / "beachhead" / "compiled"
    monkeypatch.setattr("beachhead.planning.many.count_cores", lambda: 7)
    monkeypatch.delenv("NPROC", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(folders / "7-threads"))
    with open_workers(2) as workers:
        assert workers is not None
        with workers() as pool:
            assert pool.submit(os.getenv, "NPROC").result() == "3"
            kept = pool.submit(eval, "__import__('jax').config.jax_compilation_cache_dir")
            assert kept.result() == str(folders / "3-threads")


COMPILE = """
from beachhead.process import set_up
set_up()
import jax
found = []
jax.monitoring.register_event_listener(
    lambda event, **_: found.append(event) if event.endswith("/cache_hits") else None
)
jax.jit(lambda x: x + 1.0)(2.0)
print(len(found))
"""


def count_kept(folder: Path, threads: int = 1) -> int:
    """Programs that a process took from the user's cache in `folder`, and had nothing to say."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    made = subprocess.run(
        [sys.executable, "-c", COMPILE], check=True, capture_output=True, text=True,
        env=mine | {
            "XDG_CACHE_HOME": str(folder), "NPROC": str(threads),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        },
    )  # fmt: skip
    assert not made.stderr
    return int(made.stdout)


def test_programs_are_kept_for_the_next_process(tmp_path: Path) -> None:
    assert count_kept(tmp_path) == 0
    assert count_kept(tmp_path) > 0
    assert count_kept(tmp_path, threads=2) == 0  # made for so many threads
    for entry in tmp_path.rglob("*-cache"):  # as a process leaves it that is killed as it writes
        entry.write_bytes(entry.read_bytes()[:20])
    assert count_kept(tmp_path) == 0


def test_without_a_place_for_programs_each_process_compiles(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert count_kept(tmp_path / "file") == 0
