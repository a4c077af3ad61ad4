"""The ledger of targets: a CSV file with a line for each target and each look at it.

Lines are sorted and every figure is written in one way, so that the next look adds lines and
changes none: what version control shows of it is what has happened.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from beachhead.cases import Case, quarters
from beachhead.errors import InputError, Problem
from beachhead.evidence.tracking import Aim, Track
from beachhead.files import write_atomic
from beachhead.tables import cut, read_table

OUTCOMES = ("open", "met", "missed", "unknown", "restated", "withdrawn")


@dataclass(frozen=True)
class Line:
    """A target at a look; text as it stands in the file.

    `first_due`, `due`: last quarter of its period, as first said and as said now. `announced`: day
    on which it was said, `odds_announced` when planned. `as_of`: first quarter that the look did
    not see; `odds_now`, empty once it is due; `by`: of which futures they are, as in `Track`.
    `reached`: of one that was missed, the quarter in which it was met. `slip`: quarters from
    `first_due` to `due`, and of one that was missed to `reached` or to the last quarter seen.
    `brier`: (odds_announced - outcome)^2. `restates`: value and date that this one took the place
    of.
    """

    case: str
    metric: str
    market: str
    period: str
    first_due: str
    due: str
    value: str
    announced: str
    odds_announced: str
    as_of: str
    odds_now: str
    by: str
    outcome: str
    reached: str
    slip: str
    brier: str
    restates: str

    @property
    def aim(self) -> tuple[str, str, str, str]:
        """What is meant, whatever date and value are said."""
        return self.case, self.metric, self.market, self.period

    @property
    def said(self) -> tuple[str, ...]:
        """What is said of it."""
        return *self.aim, self.due, self.value


COLUMNS = tuple(field.name for field in fields(Line))


def read_ledger(path: Path) -> tuple[Line, ...]:
    """Lines of a ledger; none where there is no file.

    Raises
    ------
    InputError
        With all that is wrong with it.
    """
    if not path.exists():
        return ()
    table = read_table(path)
    table.demand(COLUMNS, ())
    lines, problems = [], []
    for row in table.rows:
        line = Line(**{name: row.cells[name] for name in COLUMNS})
        for name in ("first_due", "due", "as_of"):
            try:
                quarters.parse(getattr(line, name))
            except ValueError as error:
                problems.append(Problem(str(error), f"{row.place}, {name}"))
        for name in ("odds_announced",):
            text = getattr(line, name)
            if text and not _is_share(text):
                what = f"{text!r} is no share"
                problems.append(Problem(what, f"{row.place}, {name}", "It is from 0 to 1."))
        if line.outcome not in OUTCOMES:
            fix = f"It is one of {', '.join(OUTCOMES)}."
            problems.append(Problem(f"no outcome {line.outcome!r}", f"{row.place}, outcome", fix))
        lines.append(line)
    if problems:
        raise InputError(*cut(problems))
    return tuple(lines)


def write_ledger(path: Path, lines: Iterable[Line]) -> None:
    """Write a ledger whole, sorted: the same lines give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in sorted(lines, key=lambda line: (line.said, line.as_of)):
        writer.writerow([getattr(line, name) for name in COLUMNS])
    write_atomic(path, text.getvalue())


def enter_look(ledger: Iterable[Line], case: Case, found: Track) -> tuple[Line, ...]:
    """The ledger with the lines of a look; those of an earlier one at the same quarter go.

    A target that is no longer in the case though its date has not passed is taken to be restated
    by a new one of the same metric, market and period, in the order of their dates; without one it
    is withdrawn.
    """
    kept = [x for x in ledger if x.case != case.name or x.as_of != found.as_of]
    before = [x for x in kept if x.case == case.name and x.as_of < found.as_of]
    last = {x.said: x for x in sorted(before, key=lambda x: x.as_of)}
    lines = [_write(case, found, aim) for aim in found.aims]
    present = {line.said for line in lines}
    gone = sorted(
        (x for x in last.values()
         if x.said not in present and x.outcome == "open" and x.due >= found.as_of),
        key=lambda x: (x.aim, x.due),
    )  # fmt: skip
    new = sorted((x for x in lines if x.said not in last), key=lambda x: (x.aim, x.due))
    took: dict[tuple[str, ...], Line] = {}
    for old in gone:
        successor = next((x for x in new if x.aim == old.aim and x.said not in took), None)
        outcome = "withdrawn" if successor is None else "restated"
        if successor is not None:
            took[successor.said] = old
        lines.append(replace(old, as_of=found.as_of, odds_now="", by="", outcome=outcome, brier=""))
    return (*kept, *(_carry(line, last, took.get(line.said), found.as_of) for line in lines))


def _write(case: Case, found: Track, aim: Aim) -> Line:
    target = case.targets[aim.number]
    return Line(
        case=case.name,
        metric=target.metric,
        market=target.market or "",
        period=target.period,
        first_due=target.by,
        due=target.by,
        value=f"{target.value:.10g}",
        announced=aim.announced,
        odds_announced=_share(aim.chance),
        as_of=found.as_of,
        odds_now=_share(aim.now),
        by="" if aim.now is None else found.by,
        outcome=aim.outcome,
        reached=aim.reached or "",
        slip="",
        brier="",
        restates="",
    )


def _carry(line: Line, last: dict[tuple[str, ...], Line], old: Line | None, as_of: str) -> Line:
    """A line with what earlier looks know of its target, its slip and its score."""
    if earlier := last.get(line.said):
        line = replace(
            line, first_due=earlier.first_due, announced=earlier.announced,
            odds_announced=earlier.odds_announced, restates=earlier.restates,
        )  # fmt: skip
    elif old is not None:
        line = replace(line, first_due=old.first_due, restates=f"{old.value} by {old.due}")
    until = line.due
    if line.outcome == "missed":
        until = line.reached or quarters.label(quarters.parse(as_of) - 1)
    slip = quarters.parse(until) - quarters.parse(line.first_due)
    brier = ""
    if line.outcome in ("met", "missed") and line.odds_announced:
        brier = _share((float(line.odds_announced) - (line.outcome == "met")) ** 2)
    return replace(line, slip=str(slip), brier=brier)


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"


def _is_share(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1.0
    except ValueError:
        return False
