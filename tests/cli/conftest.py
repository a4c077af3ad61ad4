"""The tiny case and its run, to be changed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def run(planned: Path, tmp_path: Path) -> Path:
    """A run of the tiny case."""
    shutil.copytree(planned, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def changed(tiny: Path, tmp_path: Path) -> Callable[[str, str], Path]:
    """The tiny case with one text put in place of another."""

    def change(old: str, new: str) -> Path:
        text = tiny.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "changed.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return change
