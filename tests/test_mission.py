"""Rows of the mission, executed off and on: the plan changes, and for a reason."""

from __future__ import annotations

import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from beachhead.cases import check_draft, read_draft
from beachhead.data import load_panel

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from mission import PAGE, ROOT, ROWS, Row, compare, read_back, read_rows, value, write_row

NUMBER = re.compile(r"\d+\.\d+|\d+")
# Planned anew: a gate, of which the page tells no threshold. `make mission` plans all of them.
PLANNED = ("S11",)


def names() -> list[str]:
    return [row.number for row in ROWS]


def test_every_row_is_asked_and_shown() -> None:
    asked = re.findall(r"^\| (S\d+) \|", PAGE.read_text("utf-8").partition("## Shown")[0], re.M)
    assert asked == [f"S{number}" for number in range(1, 19)]
    assert {name.split()[0] for name in names()} == set(asked)
    assert list(read_rows()) == names()


@pytest.mark.parametrize("row", ROWS, ids=names())
def test_both_commands_take_a_case_without_faults(row: Row) -> None:
    """Read back out of the page as a shell would, so that what stands there can be typed."""
    cells = read_rows()[row.number].split(" | ")
    command = shlex.split(cells[2].strip("`"))
    assert command[:2] == ["beachhead", "plan"]
    for cell in cells[3:5]:
        words = [*command, *shlex.split(" ".join(re.findall("`(--set .*?)`", cell)))]
        changes = [word for flag, word in pairwise(words) if flag == "--set"]
        draft = read_draft(ROOT / words[2], changes)
        assert not check_draft(draft, load_panel(as_of=draft.as_of))


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=names())
def test_what_is_written_holds(row: Row) -> None:
    """The schedules that stand in the page, valued with the mechanism off and on."""
    if row.number in PLANNED:
        found = compare(row)
    else:
        cells = read_rows()[row.number].split(" | ")
        off, on = (
            read_back(row, cell, changes)
            for cell, changes in zip(cells[3:5], (row.off, row.on), strict=True)
        )
        found = value(row, off, on)
    assert found.off.schedule != found.on.schedule
    written, shown = write_row(found), read_rows()[row.number]
    assert NUMBER.sub("", written) == NUMBER.sub("", shown)
    # Another processor may round otherwise, not decide otherwise.
    pairs = zip(NUMBER.findall(written), NUMBER.findall(shown), strict=True)
    assert all(float(now) == pytest.approx(float(then), rel=0.02) for now, then in pairs)
    if row.valued:
        # Each plan is the better one where it was made.
        assert found.ignoring is not None and found.ignoring > 0.0
        assert found.needless is None or found.needless > 0.0
