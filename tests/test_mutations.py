"""A wrong sign, factor or bound in any mechanism is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest
from mutations import PACKAGE, list_mutations

FILES = sorted((PACKAGE / "mechanisms").glob("[!_]*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mechanism_can_be_changed_in_several_ways(file):
    mutations = list_mutations(file)
    assert len(mutations) >= 3
    text = file.read_text("utf-8")
    for mutation in mutations:
        assert mutation.text != text
        compile(mutation.text, file.name, "exec")


@pytest.mark.slow
def test_every_change_of_a_small_mechanism_is_noticed():
    """One mechanism here, since each change takes minutes; `make mutants` takes all."""
    tool = Path(__file__).with_name("mutations.py")
    done = subprocess.run(
        [sys.executable, tool, "staffing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
