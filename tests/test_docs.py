"""What the documentation says is there is there, and what is there is documented."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

from beachhead.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def run(*command: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@cache
def list_commands() -> tuple[str, ...]:
    """Commands of the program, those of a group such as `data` in full."""

    def below(command: typer.core.TyperGroup, *names: str) -> Iterator[str]:
        for name, inner in command.commands.items():
            if isinstance(inner, typer.core.TyperGroup):
                yield from below(inner, *names, name)
            else:
                yield " ".join([*names, name])

    return tuple(below(typer.main.get_command(app)))


def read_prose(page: Path) -> str:
    """Text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def read_code(page: Path) -> list[str]:
    """Lines of a page's blocks of code and what its sentences set as code, prompts left off."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", read_prose(page))
    return [line.removeprefix("$ ") for line in [*"\n".join(blocks).splitlines(), *spans]]


def name_anchor(heading: str) -> str:
    """Anchor that a heading gets where the pages are shown."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", read_prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
        assert target.is_relative_to(ROOT), f"{page.relative_to(ROOT)} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", read_prose(target), re.MULTILINE)
            assert anchor in map(name_anchor, headings), f"no heading for {link}"


def test_every_page_is_on_the_map() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "index.md" or f"({name})" in index, f"docs/index.md does not name {name}"


def test_every_public_name_is_documented() -> None:
    import beachhead

    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    missing = [name for name in beachhead.__all__ if not re.search(rf"`bh\.{name}\b", text)]
    assert not missing, f"docs/python.md does not tell of {missing}"


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = [name for name in list_commands() if f"beachhead {name}" not in text]
    assert not missing, f"docs/cli.md does not tell of {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_shows_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for line in read_code(page):
        if match := re.match(r"make ([a-z-]+)", line):
            assert match[1] in targets, line
        if match := re.match(r"beachhead ([a-z][a-z-]*)(?: ([a-z]+))?", line):
            known = list_commands()
            assert match[1] in known or f"{match[1]} {match[2]}" in known, line


def test_files_name_no_machine_and_no_registry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout: nothing says which files belong to the project")
    # Put together here, so that this file does not hold what it looks for.
    registries = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"))]
    homes = "|".join(["root", "work", "home/[a-z]+", "Users/[A-Za-z]+"])
    forbidden = re.compile(rf"(?<![\w.~}}-])/(?:{homes})/|" + "|".join(map(re.escape, registries)))
    found = []
    for name in run("git", "ls-files", "-z").split("\0"):
        path = ROOT / name
        if not path.is_file() or b"\0" in (content := path.read_bytes()):
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if match := forbidden.search(line):
                found.append(f"{name}:{number}: {match[0]}")
    assert not found, "\n".join(found)
