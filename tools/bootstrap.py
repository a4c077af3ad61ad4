"""Make `.venv` from `constraints.txt`, starting from nothing but a Python 3 that has venv.

Run by `make setup`; with the word `pin` (`make pin`) it renews the pins instead. Written for old
Pythons, as the one that starts it need not be the one that beachhead runs on: that one is looked
for here, and fetched where the machine has none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS, SUFFIX = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
UV_VENV = ROOT / ".venv-uv"
UV = UV_VENV / SCRIPTS / ("uv" + SUFFIX)
UV_PYTHON = UV_VENV / SCRIPTS / ("python" + SUFFIX)
UV_PIN = ROOT / "tools" / "uv.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / SCRIPTS / ("python" + SUFFIX)
# Minor versions of Python 3 for which everything in constraints.txt has wheels, best first.
MINORS = (13, 14, 12)

PROBE = """\
import sys, sysconfig
final = sys.version_info.releaselevel == "final" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(sys.version_info[0], sys.version_info[1], int(final), sys.executable)
"""


def read_output(*command: str) -> str:
    """Give what a command prints, or nothing if it cannot be started or fails."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()


def list_candidates() -> Iterator[str]:
    """Name the interpreters that may be there, in the order in which they are to be tried."""
    yield sys.executable
    yield "python3"
    for minor in MINORS:
        yield "python3.%d" % minor
    # pyenv's shims stop with an error for a version that is not switched on, so its own folder
    # is read too.
    home = Path(read_output("pyenv", "root") or os.environ.get("PYENV_ROOT") or "~/.pyenv")
    for minor in MINORS:
        for folder in sorted((home.expanduser() / "versions").glob("3.%d.*" % minor), reverse=True):
            yield str(folder / "bin" / "python3")


def find_interpreter(candidates: Iterator[str]) -> Optional[str]:
    """Give the path of the first candidate that is new enough, None if there is none."""
    for candidate in candidates:
        answer = read_output(candidate, "-c", PROBE).split(maxsplit=3)
        if len(answer) == 4 and answer[0] == "3" and int(answer[1]) in MINORS and answer[2] == "1":
            return answer[3]
    return None


def inherit_index() -> Dict[str, str]:
    """Give the environment in which uv asks the same package index as pip does on this machine.

    uv reads no settings of pip. Only the index itself and its certificates are handed on:
    everything pinned is public, so that further indexes could add nothing but other files under
    the same names.
    """
    environment = dict(os.environ)
    for setting, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        value = environment.get("PIP_" + setting.upper().replace("-", "_")) or read_output(
            str(UV_PYTHON), "-m", "pip", "config", "get", "global." + setting
        )
        if value:
            environment.setdefault(variable, value)
    return environment


def run(command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
    """Run a command in the repository's root; stop with a sentence if it fails."""
    if subprocess.run(command, cwd=str(ROOT), env=environment).returncode:
        sys.exit("setup: this step failed (see above): " + " ".join(command))


def install_uv(python: str) -> None:
    """Install the pinned uv into a folder of its own, made with `python`, unless it is there."""
    version = UV_PIN.read_text().split()[0].replace("==", " ")
    if read_output(str(UV), "--version").startswith(version + " "):
        return
    run([python, "-m", "venv", "--clear", str(UV_VENV)])
    pip = [str(UV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(UV_PIN)])


def set_up(python: Optional[str]) -> None:
    """Bring `.venv` to what `constraints.txt` says; cheap where it is so already.

    A `.venv` whose interpreter will do is kept; otherwise one is made with `python`, or with an
    interpreter that uv fetches if that is None.
    """
    environment = inherit_index()
    uv = str(UV)
    if find_interpreter(iter([str(PYTHON)])) is None:
        wanted = python or "3.%d" % MINORS[0]
        run([uv, "venv", "--quiet", "--clear", "--python", wanted, str(VENV)], environment)
    there = ["--quiet", "--python", str(PYTHON)]
    run([uv, "pip", "sync", *there, "--require-hashes", "constraints.txt"], environment)
    # The build tools are pinned like the rest, so the package itself is built with those.
    package = ["--no-deps", "--no-build-isolation", "--editable", "."]
    run([uv, "pip", "install", *there, *package], environment)


def pin() -> None:
    """Renew `constraints.txt` and `tools/uv.txt`: names, versions and hashes, no addresses."""
    environment = inherit_index()
    resolve = [str(UV), "pip", "compile", "--quiet", "--universal", "--upgrade"]
    resolve += ["--generate-hashes", "--no-header", "--no-annotate"]
    resolve += ["--no-emit-index-url", "--no-emit-find-links"]
    request = UV_VENV / "uv.in"
    request.write_text("uv\n")
    oldest = ["--python-version", "3.%d" % min(MINORS)]
    groups = ["--group", "dev", "--group", "docs"]
    project = [*oldest, *groups, "pyproject.toml", "--output-file", "constraints.txt"]
    itself = ["--python-version", "3.8", str(request), "--output-file", str(UV_PIN)]
    run([*resolve, *project], environment)
    run([*resolve, *itself], environment)


if __name__ == "__main__":
    found = find_interpreter(list_candidates())
    install_uv(found or sys.executable)
    if sys.argv[1:] == ["pin"]:
        pin()
    else:
        set_up(found)
