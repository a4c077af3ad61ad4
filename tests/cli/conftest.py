"""The program as a user runs it, and a case that plans in half a minute."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = "from beachhead.cli import main; main()"
CASE = """
name = "tiny"
title = "Three neighbours"
as_of = 2024-06-30
quarters = 8
currency = "EUR"
dollars = 1.07

[firm]
name = "Tiny"
home = "AUT"
units = 400000
revenue = 20e6

[product]
category = "generic"
price = 45.0
unit_cost = 22.0

[markets]
candidates = ["DEU", "CZE", "SVN"]

[modes]
allowed = ["online"]
localisation = [0.0]

[limits]
teams = 2
capital = 4e6
must = ["DEU"]
"""


@dataclass(frozen=True)
class Answer:
    """What the program said."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Variables of the program's process; what one process compiles, the next need not."""
    return {
        **os.environ,
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


@pytest.fixture(scope="session")
def beachhead(environment: dict[str, str]) -> Callable[..., Answer]:
    """Run the program: beachhead("check", "case.toml", folder=...)."""

    def run(*arguments: str | Path, folder: Path | None = None) -> Answer:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("case") / "tiny.toml"
    path.write_text(CASE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def planned(beachhead, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tiny case, to copy."""
    run = tmp_path_factory.mktemp("planned") / "run"
    answer = beachhead("plan", tiny, "--effort", "quick", "-o", run)
    assert answer.status == 0, answer.err
    return run


@pytest.fixture
def run(planned: Path, tmp_path: Path) -> Path:
    """A run of the tiny case."""
    shutil.copytree(planned, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """The tiny case with one text put in place of another."""

    def change(old: str, new: str) -> Path:
        assert old in CASE
        path = tmp_path / "changed.toml"
        path.write_text(CASE.replace(old, new), encoding="utf-8")
        return path

    return change
