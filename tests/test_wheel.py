"""The built package works alone: no checkout, no development tools, nothing left out."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"

pytestmark = pytest.mark.slow


def run(*command: str | Path, folder: Path) -> str:
    # A foreign folder and an environment without Python's settings keep the checkout out of sight.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**environment, "PYTHONSAFEPATH": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, folder=ROOT)
    (path,) = out.glob("beachhead-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of a fresh environment that holds the wheel and what it needs."""
    own = ROOT / ".venv-uv" / "bin" / "uv"
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv is None:
        pytest.skip("no uv here: run `make setup`")
    folder = tmp_path_factory.mktemp("bare")
    venv = folder / "venv"
    run(uv, "venv", "--python", sys.executable, venv, folder=folder)
    install = [uv, "pip", "install", "--python", venv / "bin" / "python"]
    run(*install, "--constraint", ROOT / "constraints.txt", wheel, folder=folder)
    return venv / "bin"


def test_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    tracked = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "beachhead").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert not tracked - names
    assert {Path(name).name for name in names} >= {"LICENSE", "NOTICE"}


def test_program_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    program = "import beachhead; print(beachhead.__version__); print(beachhead.__file__)"
    version, place = run(installed / "python", "-c", program, folder=tmp_path).splitlines()
    assert Path(place).is_relative_to(installed.parent)
    assert run(installed / "beachhead", "--version", folder=tmp_path).split()[-1] == version


def test_bundled_cases_and_figures_come_with_the_wheel(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "beachhead", "cases", folder=tmp_path)
    for case in ("xiaomi-2013", "small-exporter"):
        assert case in listed
        run(installed / "beachhead", "check", case, folder=tmp_path)
        run(installed / "beachhead", "screen", case, folder=tmp_path)


def test_development_tools_are_no_part_of_the_installation(installed: Path) -> None:
    assert not {path.name for path in installed.iterdir()} & {"pytest", "mypy", "ruff"}
