"""Every mechanism says what it does, where it is neutral, whence it comes and what proves it."""

import ast
import re
from pathlib import Path

import pytest

import beachhead.mechanisms

ROOT = Path(__file__).parents[2]
FILES = sorted(Path(beachhead.mechanisms.__file__).parent.glob("[!_]*.py"))


def docstring(file):
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_docstring_has_its_parts(file):
    parts = ("Neutral value:", "Assumes:", "Source:", "Proof:")
    assert [part for part in parts if part not in docstring(file)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_proofs_exist(file):
    proofs = re.findall(r"tests/[\w/]+\.py", docstring(file).partition("Proof:")[2])
    assert proofs
    assert [proof for proof in proofs if not (ROOT / proof).is_file()] == []
