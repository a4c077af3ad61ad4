"""The pages of docs/model are what the code says now."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("model_pages", ROOT / "tools" / "model_pages.py")


@pytest.fixture(scope="module")
def tool():
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    return module


def test_every_mechanism_has_a_picture(tool):
    assert sorted(tool.PICTURES) == tool.list_mechanisms()


def test_pages_are_what_the_tool_writes(tool):
    made = tool.make_pages()
    found = {path.name: path.read_text("utf-8") for path in tool.FOLDER.iterdir()}
    stale = [name for name in made.keys() | found.keys() if made.get(name) != found.get(name)]
    assert not stale, f"make pages, and commit: {sorted(stale)}"


def test_lines_of_a_picture_differ_and_move(tool):
    for name, draw in tool.PICTURES.items():
        lines = [tuple(map(float, line)) for line in draw().lines.values()]
        assert len(set(lines)) == len(lines) > 1, name
        assert all(len(set(line)) > 1 for line in lines[:1]), name
