"""The file in which another program follows a command, and by which it ends it."""

import json
from pathlib import Path

import pytest

from beachhead.cli.progress import Journal
from beachhead.errors import InputError


def test_every_step_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "steps.jsonl"
    file.write_text("old\n")
    journal = Journal(file)
    journal.begin()
    journal.note("searching", 1, 4, {"best": 2.5})
    journal.note("searching", 2, 4)
    steps = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(step["words"], step["done"], step["total"]) for step in steps] == [
        ("searching", 1, 4), ("searching", 2, 4),
    ]  # fmt: skip
    assert steps[0]["best"] == 2.5 and steps[0]["at"] <= steps[1]["at"]


def test_a_file_beside_it_ends_the_work(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "steps.jsonl")
    journal.begin()
    (tmp_path / "steps.jsonl.stop").touch()
    with pytest.raises(KeyboardInterrupt):
        journal.note("searching", 1, 4)
    assert (tmp_path / "steps.jsonl").read_text().count("\n") == 1


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Journal(None).begin()
    Journal(None).note("searching", 1, 4)
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_written_is_told_before_the_work_and_not_after(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        Journal(tmp_path / "nowhere" / "steps.jsonl").begin()
    Journal(tmp_path / "nowhere" / "steps.jsonl").note("searching", 1, 4)
