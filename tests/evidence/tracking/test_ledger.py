"""The ledger of targets: looks are added, nothing that stands there changes."""

import csv
from pathlib import Path

import pytest

from beachhead.cases import Case, Target
from beachhead.errors import InputError
from beachhead.evidence.fans import Calibration
from beachhead.evidence.ledger import Line, enter_look, read_ledger, write_ledger
from beachhead.evidence.tracking import Aim, Track

CASE = Case.loads("""
name = "small"
as_of = 2023-09-30
quarters = 12
[firm]
name = "Small"
home = "AUT"
units = 400000
revenue = 20e6
[product]
category = "generic"
price = 45.0
unit_cost = 12.0
[limits]
teams = 2
capital = 4e7
""")
SALES = Target(metric="units", market="home", value=1.5e7, by="2024Q4", made="2023-09-01")
ABROAD = Target(metric="markets", value=2, by="2024Q2")


def look(
    ledger: tuple[Line, ...], as_of: str, *aims: tuple[Target, float, float | None, str],
    reached: str | None = None,
) -> tuple[Line, ...]:  # fmt: skip
    """The ledger after a look; `aims`: target, odds when planned, odds now, outcome."""
    case = CASE.model_copy(update={"targets": tuple(aim[0] for aim in aims)})
    made = tuple(
        Aim(k, (t.made or CASE.as_of).isoformat(), then, None, now, outcome, reached=reached)
        for k, (t, then, now, outcome) in enumerate(aims)
    )
    found = Track(
        "small", as_of, "KEEP", (), 1, 0, (), Calibration(0, 0, 0.0, 1.0, 9), (), made, 0.0, 0.0,
        9, 9.0, "futures", True, (),
    )  # fmt: skip
    return enter_look(ledger, case, found)


def last(ledger: tuple[Line, ...], metric: str = "units") -> Line:
    return max((line for line in ledger if line.metric == metric), key=lambda line: line.as_of)


def test_a_look_adds_lines_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    ledger = look((), "2024Q1", (SALES, 0.7, 0.65, "open"), (ABROAD, 0.8, 0.9, "open"))
    write_ledger(path, ledger)
    first = path.read_text("utf-8")
    assert first.splitlines()[1:] == [
        "small,markets,,year,2024Q2,2024Q2,2,2023-09-30,0.8000,2024Q1,0.9000,futures,open,,0,,",
        "small,units,home,year,2024Q4,2024Q4,15000000,2023-09-01,0.7000,2024Q1,0.6500,futures,open,,0,,",
    ]
    ledger = look(
        read_ledger(path), "2024Q3", (SALES, 0.7, 0.4, "open"), (ABROAD, 0.8, None, "met")
    )
    write_ledger(path, ledger)
    second = path.read_text("utf-8")
    assert [line for line in second.splitlines() if line in first.splitlines()] == (
        first.splitlines()
    )
    assert len(second.splitlines()) == len(first.splitlines()) + 2
    assert last(ledger, "markets").brier == "0.0400"  # (0.8 - 1)^2
    # The same look again changes nothing, and a look in between leaves the later one alone.
    again = look(read_ledger(path), "2024Q3", (SALES, 0.7, 0.4, "open"), (ABROAD, 0.8, None, "met"))
    write_ledger(path, again)
    assert path.read_text("utf-8") == second
    between = look(read_ledger(path), "2024Q2", (SALES, 0.7, 0.5, "open"))
    write_ledger(path, between)
    assert set(second.splitlines()) < set(path.read_text("utf-8").splitlines())


def test_a_target_said_again_slips() -> None:
    ledger = look((), "2024Q1", (SALES, 0.7, 0.65, "open"))
    later = SALES.model_copy(update={"by": "2025Q2", "value": 1.6e7})
    ledger = look(ledger, "2024Q2", (later, 0.6, 0.55, "open"))
    old, new = sorted((x for x in ledger if x.as_of == "2024Q2"), key=lambda line: line.due)
    assert (old.outcome, old.due, old.slip) == ("restated", "2024Q4", "0")
    assert (new.outcome, new.first_due, new.slip) == ("open", "2024Q4", "2")
    assert new.restates == "15000000 by 2024Q4"
    # And again; the odds when announced are those of the first look at what is said now.
    latest = later.model_copy(update={"by": "2025Q4"})
    ledger = look(ledger, "2024Q3", (latest, 0.5, 0.5, "open"))
    ledger = look(ledger, "2024Q4", (latest, 0.9, 0.3, "open"))
    assert (last(ledger).slip, last(ledger).odds_announced) == ("4", "0.5000")
    assert last(ledger).restates == "16000000 by 2025Q2"
    # Missed: late until the last quarter seen; met after all: until then.
    missed = look(ledger, "2026Q3", (latest, 0.9, None, "missed"))
    assert (last(missed).slip, last(missed).brier) == ("6", "0.2500")
    missed = look(ledger, "2026Q3", (latest, 0.9, None, "missed"), reached="2026Q1")
    assert last(missed).slip == "5"


def test_a_target_that_goes_is_withdrawn_unless_it_was_due() -> None:
    ledger = look((), "2024Q1", (SALES, 0.7, 0.65, "open"), (ABROAD, 0.8, 0.9, "open"))
    # The number of markets was due by then: a plan made anew does not hold it any more.
    ledger = look(ledger, "2024Q4", (ABROAD.model_copy(update={"by": "2025Q2"}), 0.5, 0.5, "open"))
    assert last(ledger).outcome == "withdrawn"
    markets = [line for line in ledger if line.metric == "markets"]
    assert {(x.due, x.outcome, x.restates) for x in markets} == {
        ("2024Q2", "open", ""), ("2025Q2", "open", ""),
    }  # fmt: skip


def test_other_cases_share_a_ledger() -> None:
    ledger = look((), "2024Q1", (SALES, 0.7, 0.65, "open"))
    other = CASE.model_copy(update={"name": "other"})
    found = Track(
        "other", "2024Q1", "KEEP", (), 1, 0, (), Calibration(0, 0, 0.0, 1.0, 9), (), (), 0.0, 0.0,
        9, 9.0, "futures", True, (),
    )  # fmt: skip
    assert enter_look(ledger, other, found) == ledger


def test_every_fault_of_a_ledger_is_said(tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    write_ledger(path, look((), "2024Q1", (SALES, 0.7, 0.65, "open")))
    rows = list(csv.reader(path.open(encoding="utf-8")))
    rows[1][5], rows[1][8], rows[1][12] = "soon", "7", "perhaps"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(InputError) as caught:
        read_ledger(path)
    text = str(caught.value)
    assert "'soon' is no quarter" in text and "'7' is no share" in text and "'perhaps'" in text
    assert len(caught.value.problems) == 3
    path.write_text("target,odds\nx,1\n")
    with pytest.raises(InputError, match="first_due"):
        read_ledger(path)
