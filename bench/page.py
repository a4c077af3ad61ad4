"""What the page weighs, and how long a user waits for it.

    python bench/page.py                 # plans the bundled case first: minutes
    python bench/page.py --run RUN       # takes a run of it

Prints the bytes of the first load, the time until the candidates and the results of a case with
217 markets can be used, until a plan is ready to be changed, and of a change.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, expect, sync_playwright

PROGRAM = [sys.executable, "-c", "from beachhead.cli import main; main()"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CASE, MOVES = "xiaomi-2013", 12


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen([*PROGRAM, "serve", "--folder", folder, "--port", port])
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(300):
            try:
                urlopen(f"{address}api/jobs").close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def look(page: Page, address: str, run: str) -> None:
    loaded: list[int] = []
    page.on("response", lambda answer: loaded.append(len(answer.body())))
    began = time.perf_counter()
    page.goto(address)
    expect(page.get_by_role("link", name=run, exact=True)).to_be_visible()
    print(
        f"first load            {sum(loaded) / 1e3:8.0f} kB in {time.perf_counter() - began:.2f} s"
    )

    began = time.perf_counter()
    page.goto(f"{address}#/run/{run}")
    pins = page.locator(".pin")
    expect(pins.first).to_be_enabled()
    pins.first.focus()
    print(f"results to be used    {time.perf_counter() - began:8.2f} s, {pins.count()} entries")
    expect(page.get_by_text("From 1,024 futures")).to_be_visible(timeout=300_000)
    print(f"ready to be changed   {time.perf_counter() - began:8.2f} s")
    waits, beside = [], page.locator(".figures dd").nth(1)
    for k in range(MOVES):
        said = beside.inner_text()
        began = time.perf_counter()
        pins.first.press("ArrowRight" if k % 4 < 2 else "ArrowLeft")
        expect(beside).not_to_have_text(said)
        waits.append(time.perf_counter() - began)
    print(f"a change              {statistics.median(waits):8.2f} s median of {MOVES}, "
          f"{max(waits):.2f} s at most")  # fmt: skip

    page.goto(f"{address}#/")
    page.get_by_role("button", name=f"Open a copy of {CASE}").click()
    expect(page.get_by_text("candidates beside")).to_be_visible()
    began = time.perf_counter()
    page.get_by_role("tab", name="Markets").click()
    expect(page.locator("tbody tr").nth(200)).to_be_attached()
    rows = page.locator("tbody tr").count()
    print(f"candidates to be used {time.perf_counter() - began:8.2f} s, {rows} markets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--run", type=Path, help="a run of the bundled case")
    run = parser.parse_args().run
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        sys.exit("no browser here: install chromium")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        folder = Path(place) / "runs"
        if run is None:
            made = ["plan", CASE, "--effort", "quick", "-o", folder / "bundled"]
            subprocess.run([*PROGRAM, *made], check=True, stdout=subprocess.DEVNULL)
        else:
            shutil.copytree(run, folder / "bundled")
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with serve(folder) as address:
            look(browser.new_page(), address, "bundled")
        browser.close()


if __name__ == "__main__":
    main()
