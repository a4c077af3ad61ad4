"""The set-up, the pins and the order of the rooms hold what the documentation promises."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PINS = [ROOT / "constraints.txt", ROOT / "tools" / "uv.txt"]
HEAVY = ("jax", "numpyro", "arviz", "altair")


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_pins_hold_names_versions_and_hashes_only(path: Path) -> None:
    entries = path.read_text().replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert re.fullmatch(
            r"[a-z0-9-]+==[\w.+!]+( ; [^#/]+?)?( +--hash=sha256:[0-9a-f]{64})+ *", entry
        ), entry[:100]


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["dependency-groups"]["docs"],
        *project["build-system"]["requires"],
    ]
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([\w.+!]+)", PINS[0].read_text(), re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in constraints.txt: run `make pin`"
        assert requirement.specifier.contains(version), f"{requirement}, but {version} is pinned"


def write_program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_interpreter_search_passes_over_what_stops_or_is_too_old(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    candidates = [
        str(tmp_path / "absent"),
        write_program(tmp_path / "shim", "echo 'not switched on' >&2; exit 127"),
        write_program(tmp_path / "old", "echo 3 8 1 /old/python"),
        write_program(tmp_path / "trial", "echo 3 13 0 /trial/python"),
        write_program(tmp_path / "noise", "echo hello"),
        write_program(tmp_path / "good", "echo 3 13 1 /a place/python"),
        write_program(tmp_path / "later", "echo 3 14 1 /later/python"),
    ]
    assert bootstrap.find_interpreter(iter(candidates)) == "/a place/python"
    assert bootstrap.find_interpreter(iter(candidates[:5])) is None


def test_interpreter_search_knows_this_python(bootstrap: ModuleType) -> None:
    assert bootstrap.find_interpreter(iter([sys.executable])) == sys.executable


def test_interpreters_of_pyenv_are_candidates(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    for version in ("3.9.1", "3.12.1", "3.13.0"):
        (tmp_path / "pyenv" / "versions" / version).mkdir(parents=True)
    found = [name for name in bootstrap.list_candidates() if "pyenv" in name]
    assert [Path(name).parts[-3] for name in found] == ["3.13.0", "3.12.1"]


def test_index_of_pip_is_handed_to_uv_unless_uv_has_its_own(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert bootstrap.inherit_index()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert bootstrap.inherit_index()["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def run_make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", str(folder), *arguments],
        env={**plain, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_second_setup_does_nothing_until_a_pin_changes(tmp_path: Path) -> None:
    inputs = ["constraints.txt", "pyproject.toml", "tools/bootstrap.py", "tools/uv.txt"]
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in [*inputs, ".venv/.ready"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (1000, 2000 if name == ".venv/.ready" else 1000))
    assert run_make(tmp_path, "--question", "setup").returncode == 0
    for name in inputs:
        os.utime(tmp_path / name, (3000, 3000))
        assert run_make(tmp_path, "--question", "setup").returncode == 1, name
        os.utime(tmp_path / name, (1000, 1000))


def test_make_help_lists_every_target() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    listed = re.findall(r"^make (\S+) +\S", run_make(ROOT, "help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(declared[1].split())


@pytest.mark.parametrize(
    "module", ["cli", "screening", "cases", "distance", "data", "errors", "files"]
)
def test_what_must_start_fast_loads_no_heavy_library(module: str) -> None:
    program = f"import sys, beachhead.{module}; print(*set(sys.modules) & set({HEAVY!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_package_loads_nothing_of_its_own_until_asked() -> None:
    program = "import sys, beachhead; print(*(m for m in sys.modules if 'beachhead' in m))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = [name for name in done.stdout.split() if not name.startswith("_")]  # editable hooks
    assert set(loaded) <= {"beachhead", "beachhead._version"}


def test_browser_shows_what_a_script_wrote(browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<body><script>document.body.append('made by ' + 'script')</script></body>")
    assert "made by script" in browser.read_dom(page.as_uri())
    assert browser.take_screenshot(page.as_uri(), tmp_path / "page.png").exists()
