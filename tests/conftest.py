"""What tests of several rooms share: the program with a small run, a browser to look at pages."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from tiny_firm import CASE

# Compiled programs are kept from test to test and from run to run: most of the time is compiling.
CACHE = Path(__file__).parents[1] / ".pytest_cache" / "jax"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

# The figures as shipped, whatever panel the person who runs the tests has refreshed.
os.environ["BEACHHEAD_PANEL"] = "shipped"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)


looked = [0.0]  # when it was counted last


@pytest.fixture(autouse=True)
def few_mappings() -> Iterator[None]:
    """Compiled programs are dropped before they are too many for one process.

    Counting takes a tenth of a second where there are many, and a second brings but a few more.
    """
    yield
    # Rooms below the simulation do not load it.
    compiling = sys.modules.get("beachhead.simulation.compiling")
    if compiling and time.monotonic() > looked[0] + 5.0:
        compiling.make_room()
        looked[0] = time.monotonic()


@dataclass(frozen=True)
class Browser:
    """A headless Chromium that starts afresh, without a profile, for every page."""

    program: str
    profiles: Path

    def read_dom(self, url: str, wait_ms: int = 5000) -> str:
        """HTML of the page as it stands after its scripts had `wait_ms` of virtual time."""
        return self._run(f"--virtual-time-budget={wait_ms}", "--dump-dom", url)

    def take_screenshot(
        self, url: str, path: Path, size: tuple[int, int] = (1280, 900), wait_ms: int = 5000
    ) -> Path:
        """Picture (PNG) of the page's first `size` pixels (width, height), written to `path`."""
        width, height = size
        self._run(
            f"--virtual-time-budget={wait_ms}",
            f"--window-size={width},{height}",
            f"--screenshot={path}",
            url,
        )
        assert path.stat().st_size > 0, f"no picture of {url}"
        return path

    def print_pages(self, url: str, path: Path, wait_ms: int = 8000) -> int:
        """Print the page to `path` as PDF, on the paper that it asks for; number of sheets."""
        self._run(
            f"--virtual-time-budget={wait_ms}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={path}",
            url,
        )
        return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))

    def _run(self, *arguments: str) -> str:
        profile = self.profiles / f"profile-{len(list(self.profiles.iterdir()))}"
        profile.mkdir()
        done = subprocess.run(
            [self.program, *FLAGS, f"--user-data-dir={profile}", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Headless browser; skips where the machine has none.

    With BEACHHEAD_REQUIRE_BROWSER=1 in the environment, such a machine fails the test instead.
    """
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        lack = "no browser here: install chromium"
        if os.environ.get("BEACHHEAD_REQUIRE_BROWSER") == "1":
            pytest.fail(lack)
        pytest.skip(lack)
    return Browser(program, tmp_path_factory.mktemp("browser"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the browser, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)  # before a worker tells what it has found
def pytest_collection_finish(session: pytest.Session) -> None:
    """The longest first: where whole files are dealt out, they shall not be left for the end.

    These are files with slow tests, above all the one that types in all commands of a page.
    """
    slow = Counter(item.path for item in session.items if item.get_closest_marker("slow"))
    session.items.sort(key=lambda item: (item.path.name != "test_howto.py", -slow[item.path]))


@dataclass(frozen=True)
class Answer:
    """What the program said."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Variables of the program's process."""
    return {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def beachhead(environment: dict[str, str]) -> Callable[..., Answer]:
    """Run the program: beachhead("check", "case.toml", folder=...).

    In this process, which has loaded its libraries already.
    """

    def run(*arguments: str | Path, folder: Path | None = None) -> Answer:
        from beachhead.cli import main

        out, err, status = StringIO(), StringIO(), 0
        with (
            chdir(folder or "."),
            patch.dict(os.environ, environment, clear=True),
            patch.object(sys, "argv", ["beachhead", *map(str, arguments)]),
            patch("signal.signal"),  # what the program sets is for a process of its own
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as end:
                status = int(end.code or 0)
        return Answer(status, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("case") / "tiny.toml"
    path.write_text(CASE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def planned(beachhead, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tiny case, to copy, with what the program said: one for all workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    run = folder / "runs" / "tiny"
    with (folder / "planned.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
        if not run.exists():
            answer = beachhead("plan", tiny, "--effort", "quick", folder=folder)
            assert (answer.status, answer.err) == (0, ""), answer.err
            (folder / "said.txt").write_text(answer.out, "utf-8")
    return run
