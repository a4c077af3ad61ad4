"""What tests of several rooms share: a browser to look at pages with."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# Compiled programs are kept from test to test and from run to run: most of the time is compiling.
# Processes that test side by side have one cache each, since JAX writes into it without a lock.
CACHE = Path(__file__).parents[1] / ".pytest_cache" / "jax"
CACHE /= os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")

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


@pytest.fixture(autouse=True)
def few_mappings() -> Iterator[None]:
    """Compiled programs are dropped before they are too many for one process."""
    yield
    # Rooms below the simulation do not load it.
    if compiling := sys.modules.get("beachhead.simulation.compiling"):
        compiling.make_room()


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
