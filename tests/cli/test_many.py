"""Commands that plan a case many times, as a user runs them."""

import json
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pace", "--launches", "2,two,-1,1.5"], ["'two'", "'-1'", "'1.5'", "whole numbers"]),
        (["frontier", "--at", "0,2"], ["'2' is no such number", "from 0 to 1"]),
        (["robust", "--set", "limits.teamz=2"], ["limits.teamz", "teams"]),
    ],
)
def test_what_is_at_fault_is_said_before_anything_is_planned(
    beachhead, tiny: Path, arguments: list[str], words: list[str]
) -> None:
    command, *options = arguments
    answer = beachhead(command, tiny, *options)
    assert answer.status == 1
    assert answer.err.startswith("error: ")
    assert all(word in answer.err for word in words), answer.err
    assert "Traceback" not in answer.err


def test_a_folder_is_no_file_to_write(beachhead, tiny: Path, tmp_path: Path) -> None:
    answer = beachhead("robust", tiny, "-o", tmp_path)
    assert answer.status == 1 and "this is a folder" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_is_not_there(beachhead, tiny: Path, tmp_path: Path) -> None:
    answer = beachhead("pace", tiny, "--cluster", "nowhere", "-o", tmp_path / "pace.json")
    assert answer.status == 1 and "error: --cluster" in answer.err
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["pace", "--launches", "1"],
        ["frontier", "--by", "capital", "--at", "0.5"],
        ["robust", "--draws", "2"],
    ],
    ids=["pace", "capital", "robust"],
)
def test_whole_commands(beachhead, tiny: Path, tmp_path: Path, arguments: list[str]) -> None:
    """A table for people, JSON for programs, and the same answer with one process and two."""
    command, *options = arguments
    path = tmp_path / "answer.json"
    shown = beachhead(command, tiny, *options, "--jobs", "1", "-o", path)
    assert shown.status == 0, shown.err
    assert shown.out.startswith("tiny: ") and str(path) in shown.out
    assert max(map(len, shown.out.split("\nWrote")[0].splitlines())) <= 100
    assert json.loads(path.read_text("utf-8"))["status"] == "complete"
    if command == "robust":  # whose beliefs are of its own
        printed = beachhead(command, tiny, *options, "--jobs", "2", "--json")
        assert printed.status == 0, printed.err
        assert printed.out == path.read_text("utf-8")
