"""The documentation as a site: its links lead somewhere, and it asks nobody for anything."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


class Asked(HTMLParser):
    """What a page loads by itself: not its links, which a reader follows or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and (given.get("rel") or "") in ("canonical", "next", "prev"):
            return
        names = ("src", "srcset", "href") if tag == "link" else ("src", "srcset", "data")
        self.found += [value for name in names if (value := given.get(name))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_site_asks_for_nothing_outside(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        asked = Asked()
        asked.feed(page.read_text("utf-8"))
        outside = [url for url in asked.found if re.match(r"(https?:)?//", url)]
        assert not outside, f"{page.relative_to(site)} asks for {outside}"
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), style.name


def test_site_holds_what_the_pages_link_to(site: Path) -> None:
    shown = (site / "repository" / "src" / "beachhead" / "planning" / "inquiry.py.html").read_text(
        "utf-8"
    )
    assert "class" in shown and "Inquiry" in shown
    text = (site / "planning.html").read_text("utf-8")
    assert 'href="repository/src/beachhead/planning/inquiry.py.html"' in text
    assert (site / "repository" / "CONTRIBUTING.html").is_file()
    inner = (site / "repository" / "index.html").read_text("utf-8")  # README.md
    assert 'href="../planning.html#why-it-is-loose"' in inner


def test_six_doors_and_no_page_without_one(site: Path) -> None:
    start = (site / "index.html").read_text("utf-8")
    for door in ("Start", "How to", "The model", "Data", "Proof", "Reference"):
        assert re.search(rf">\s*{door}\s*<", start), door
