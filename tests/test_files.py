"""A file is written whole or not at all, and what prevents it is said in a sentence."""

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from beachhead.errors import InputError
from beachhead.files import write_atomic

FRAME = pl.DataFrame({"a": [0.1 * i for i in range(20_000)]})


@pytest.mark.parametrize("content", ["é\n", b"\x00\xff", lambda file: file.write(b"made")])
def test_text_bytes_or_what_a_function_writes(tmp_path, content):
    path = tmp_path / "new" / "file"
    write_atomic(path, content)
    assert path.read_bytes() in ("é\n".encode(), b"\x00\xff", b"made")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask()
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("content", ["new", FRAME.write_parquet])
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, content):
    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(InputError, match=r"cannot write: No space left on device\. Make room"):
        write_atomic(path, content)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(InputError, match=r"cannot write: Permission denied\. Choose a folder"):
        write_atomic(tmp_path / "file", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_function_is_not_taken_for_a_full_disk(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_atomic(tmp_path / "file", lambda file: 1 / 0)
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import numpy as np, polars as pl, sys, xarray as xr
from beachhead.errors import InputError
from beachhead.files import write_atomic
data = xr.Dataset({"a": ("x", np.random.default_rng(1).random(50_000))})
frame = pl.DataFrame({"a": np.random.default_rng(1).random(50_000)})
for name, write in {
    "a.nc": lambda file: data.to_netcdf(file, engine="h5netcdf"),
    "a.parquet": frame.write_parquet,
    "a.txt": "x" * 400_000,
}.items():
    try:
        write_atomic(name, write)
    except InputError as error:
        print(error)
"""


def test_libraries_meet_no_full_disk(tmp_path):
    """HDF5 would end the process with a fault of memory, Parquet raise an error of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{name}: cannot write: File too large. Make room on the disk, or choose another folder."
        for name in ("a.nc", "a.parquet", "a.txt")
    ]
    assert list(tmp_path.iterdir()) == []
