"""Write the second table of docs/mission.md: each row's mechanism off and on, planned anew.

`make mission` runs it; tests/test_mission.py values what stands there anew, and plans some rows. A
row is one case under docs/mission and what is changed on its command line, so that anybody can do
the same by hand.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Figures are the same everywhere, whatever accelerator a machine has.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

import beachhead as bh
from beachhead.cases import Case, Schedule, read_draft
from beachhead.cases.schedule import Begun, Entry
from beachhead.data import Panel
from beachhead.planning.plan import GateUse
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.reasons import expose, weigh_targets
from beachhead.planning.valuation import Account, Valuer
from beachhead.process import set_up
from beachhead.reporting.words import money, percent, several
from beachhead.simulation.futures import Futures
from beachhead.simulation.pack import pack

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "mission.md"
BEGIN, END = "<!-- begin: made by make mission -->", "<!-- end -->"
EFFORT, SEED = "quick", 1


class Row(NamedTuple):
    """What is compared: a mechanism off and on, all else as in `case` with `both` changed.

    `shows`: which figure stands beside the plan. `valued`: whether the plan made without the
    mechanism can be valued with it, that is, keeps its limits and has the same quarters.
    """

    number: str
    switch: str
    case: str
    shows: str
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    valued: bool = True


KNOWLEDGE = tuple(
    f"parameters.knowledge.{kind}=0"
    for kind in ("neighbourhood", "language", "income", "institutions")
)
ROWS = (
    Row(
        "S1",
        "readiness for online sales, social networks, and their criteria",
        "phones",
        "first",
        off=(
            "economics.online_floor=1",
            "parameters.acceptance.talk=0",
            "screening.weights={market_size=5, growth=2, institutions=3, openness=1, distance=2}",
        ),
    ),
    Row(
        "S2",
        "acceptance by origin and destination",
        "cookware",
        "abroad",
        both=("quarters=20",),
        off=("parameters.acceptance.development=0", "parameters.acceptance.distance=0"),
    ),
    Row(
        "S3",
        "a target that is demanded",
        "phones",
        "chance",
        both=("limits.teams=4",),
        off=('targets=[{metric="markets", value=4, by="2014Q4"}]',),
        on=('targets=[{metric="markets", value=4, by="2014Q4", probability=0.9}]',),
        valued=False,
    ),
    Row(
        "S4",
        "haste",
        "cookware",
        "open",
        both=("limits.teams=6", "economics.online.entry=0.06"),
        off=("parameters.entry.haste=0",),
        on=("parameters.entry.haste=1",),
    ),
    Row(
        "S5",
        "the day of the question: figures published by spring 2013, or by spring 2023",
        "phones",
        "adds",
        both=("markets.rivals=[]",),
        off=("as_of=2023-03-31",),
        valued=False,
    ),
    Row("S6", "experience carried over", "cookware", "open", off=KNOWLEDGE),
    Row(
        "S7",
        "a public office abroad",
        "phones",
        "adds",
        on=("measures[office].begin=free",),
    ),
    Row(
        "S8",
        "a horizon of six years in place of three",
        "phones",
        "adds",
        off=("quarters=12",),
        valued=False,
    ),
    Row(
        "S9",
        "every economy in place of six",
        "phones",
        "choice",
        on=("markets.candidates=all",),
        valued=False,
    ),
    Row("S10", "localisation", "phones", "abroad", off=("modes.localisation=[0]",), valued=False),
    Row(
        "S10 people",
        "hiring",
        "phones",
        "people",
        both=("limits.teams=1",),
        on=("measures[hiring].begin=free",),
    ),
    Row(
        "S11",
        "a gate: Spain, where the firm sells a little, before the rest",
        "cookware",
        "pilot",
        both=(
            "limits.capital=1e8",
            'modes.allowed=["online"]',
            "economics.online.entry=1.2",
            "risk.aversion=0.5",
            'firm.served=[{market="ESP", units=8000, mode="online", since=2024-01-01}]',
            'markets.candidates=["DEU", "FRA", "ITA", "PRT", "POL", "AUT"]',
            "gates[Spain first].noise=0.05",
            "gates[Spain first].quantiles=[0.5]",
        ),
        on=("gates[Spain first].use=free",),
    ),
    Row(
        "S12",
        "the second place at home as a target",
        "phones",
        "chance",
        both=("measures[reinvestment].begin=free", "measures[reinvestment].yearly=4e8"),
        off=('targets=[{metric="home_rank", value=2, by="2017Q4"}]',),
        on=('targets=[{metric="home_rank", value=2, by="2017Q4", probability=0.24}]',),
        valued=False,
    ),
    Row(
        "S13",
        "a rival that enters India and Indonesia",
        "phones",
        "abroad",
        on=("markets.rivals[0].strength=5",),
    ),
    Row(
        "S14",
        "the share of revenue from abroad as a target",
        "phones",
        "chance",
        both=("limits.teams=2",),
        off=('targets=[{metric="share_abroad", value=0.1, by="2015Q4"}]',),
        on=('targets=[{metric="share_abroad", value=0.1, by="2015Q4", probability=0.2}]',),
        valued=False,
    ),
    Row(
        "S15",
        "replacement",
        "phones",
        "home",
        off=("parameters.category.replacement_years=1000",),
    ),
    Row(
        "S15 research",
        "a research programme",
        "phones",
        "home",
        on=("measures[research].begin=free",),
    ),
    Row(
        "S16",
        "attention",
        "phones",
        "adds",
        both=("quarters=16", "limits.teams=4"),
        off=("parameters.home.dilution=0",),
        on=("parameters.home.dilution=0.5",),
    ),
    Row("S17", "rules of markets", "phones", "adds", off=('limits.waived=["all"]',), valued=False),
    Row(
        "S18",
        "a second source for the chipset",
        "phones",
        "lost",
        both=("components[chipset].needed=1",),
        on=("measures[second source].begin=free",),
    ),
)


class Answer(NamedTuple):
    """A schedule for a case, and the gates of its plan where it was planned."""

    case: Case
    panel: Panel
    schedule: Schedule
    gates: tuple[GateUse, ...] = ()


class Compared(NamedTuple):
    """A row with both answers; `ignoring`: J with the mechanism that a plan made without it loses.

    `needless`: J without the mechanism that a plan made with it loses. None where not valued.
    """

    row: Row
    off: Answer
    on: Answer
    ignoring: float | None
    needless: float | None


def _show_open(found: Answer) -> str:
    cost = float(-_simulate(found)["ledger"].sel(line="opening").sum())
    return f"opening markets costs {_money(found, cost)}"


def _show_abroad(found: Answer) -> str:
    sold = float(_simulate(found)["revenue_abroad"].mean("world")[-4:].sum())
    return f"sales abroad in the last year {_money(found, sold)}"


def _show_first(found: Answer) -> str:
    names = bh.screen(found.case, found.panel).table["name"].head(3)
    return f"first in the screening {several(names.to_list())}; {_show_abroad(found)}"


def _show_home(found: Answer) -> str:
    sold = float(_simulate(found)["revenue_home"].mean("world")[-4:].sum())
    return f"sales at home in the last year {_money(found, sold)}"


def _show_adds(found: Answer) -> str:
    there, stay = (
        _judge(found, schedule).score.objective for schedule in (found.schedule, Schedule())
    )
    return f"adds {_money(found, there - stay)} to J at home"


def _show_chance(found: Answer) -> str:
    account = _judge(found, found.schedule)
    return f"chance of the target {percent(weigh_targets(found.case, account, account)[0].chance)}"


def _show_lost(found: Answer) -> str:
    with jax.enable_x64(True):
        fresh = _follow(found, found.schedule)
        [component] = expose(found.case, fresh, *fresh.packed.encode(found.schedule))
    return (
        f"disruptions of the {component.component} cost {_money(found, component.lost)}, "
        f"in one future of twenty {_money(found, component.at_risk)}"
    )


def _show_choice(found: Answer) -> str:
    return f"{len(found.case.candidate_iso3(found.panel))} candidates, {_show_adds(found)}"


def _show_people(found: Answer) -> str:
    teams = float(_simulate(found)["people"].max())
    return f"at most {teams:.1f} teams at work, {_show_adds(found)}"


def _show_pilot(found: Answer) -> str:
    gate = next(iter(found.gates), None)
    if gate is None or not gate.taken:
        return _show_adds(found)
    return (
        f"{_show_adds(found)}; the gate opens in {percent(gate.opens)}; pilot worth "
        f"{_money(found, gate.worth)} ± {_money(found, gate.worth_error)}"
    )


SHOWS: dict[str, Callable[[Answer], str]] = {
    name.removeprefix("_show_"): show
    for name, show in list(globals().items())
    if name.startswith("_show_")
}


def _money(found: Answer, value: float) -> str:
    return money(value, found.case.currency)


@cache
def set_out(case: str, changes: tuple[str, ...]) -> tuple[Case, Panel]:
    """A case under docs/mission with keys changed, and the panel as of its day."""
    draft = read_draft(ROOT / "docs" / "mission" / f"{case}.toml", changes)
    if draft.problems:
        raise SystemExit("\n".join(map(str, draft.problems)))
    return draft.case, bh.load_panel(as_of=draft.case.as_of)


@cache
def answer(case: str, changes: tuple[str, ...]) -> Answer:
    """The plan of a case under docs/mission with keys changed, as `beachhead plan` makes it."""
    asked, panel = set_out(case, changes)
    plan = bh.plan(asked, panel, effort=EFFORT, seed=SEED)
    return Answer(asked, panel, plan.schedule, plan.gates)


def compare(row: Row) -> Compared:
    """Both plans of a row, and each valued under the other's setting."""
    off = answer(row.case, (*row.both, *row.off))
    on = answer(row.case, (*row.both, *row.on))
    return value(row, off, on)


def value(row: Row, off: Answer, on: Answer) -> Compared:
    """Two answers of a row, each valued under the other's setting."""
    if not row.valued or _tell(off) == _tell(on):
        return Compared(row, off, on, None, None)
    ignoring, needless = (
        _judge(own, own.schedule).score.objective - _judge(own, other.schedule).score.objective
        for own, other in ((on, off), (off, on))
    )
    # A measure or gate of the one plan is not to be had in the other's setting.
    ours, theirs = on.schedule, off.schedule
    same = (ours.measures, ours.gates) == (theirs.measures, theirs.gates)
    return Compared(row, off, on, ignoring, needless if same else None)


def _simulate(found: Answer) -> Futures:
    case, panel = found.case, found.panel
    beliefs, seed = bh.believe(case, panel), SEED + FRESH_SEED
    return bh.simulate(case, panel, beliefs, found.schedule, worlds=FRESH_WORLDS, seed=seed)


def _judge(setting: Answer, schedule: Schedule) -> Account:
    """A schedule valued in the setting of an answer, on the worlds that valued its plan."""
    with jax.enable_x64(True):
        fresh = _follow(setting, schedule)
        return fresh.judge(*fresh.packed.encode(schedule))


def _follow(setting: Answer, schedule: Schedule) -> Valuer:
    """What values schedules in double precision, with the gates as `schedule` takes them."""
    case = setting.case.resolve(setting.panel)
    packed, beliefs = pack(case, setting.panel), bh.believe(case, setting.panel)
    packed = packed.following(schedule)
    return Valuer.prepare(
        case, packed, beliefs, FRESH_WORLDS, SEED + FRESH_SEED, jnp.float64, told=True
    )


def _tell(found: Answer) -> str:
    """A schedule in a line."""
    case, schedule = found.case, found.schedule
    entries = sorted(schedule.entries, key=lambda entry: (entry.quarter, entry.iso3))
    parts = [
        f"{entry.iso3} {case.quarter_label(entry.quarter)} {entry.mode.replace('_', ' ')}"
        + (f" {entry.localisation:g}" if entry.localisation else "")
        for entry in entries
    ]
    parts += [
        f"*{case.measures[begun.measure].name}* {case.quarter_label(begun.quarter)}"
        for begun in schedule.measures
    ]
    parts += [
        f"*{case.gates[used.gate].name}* after {used.wait} quarters" for used in schedule.gates
    ]
    return ", ".join(parts) or "nowhere"


def read_back(row: Row, cell: str, changes: tuple[str, ...]) -> Answer:
    """The schedule that stands at the end of a cell of the table, in its setting."""
    case, panel = set_out(row.case, (*row.both, *changes))
    entries, begun = [], []
    told = cell.rpartition("<br>")[2]
    for part in told.split(", ") if told != "nowhere" else ():
        if measure := re.fullmatch(r"\*(.+)\* (\w+)", part):
            number = [measure.name for measure in case.measures].index(measure[1])
            begun.append(Begun(measure=number, quarter=case.quarter_index(measure[2]), level=1.0))
            continue
        iso3, label, *mode = part.split()
        level = float(mode.pop()) if mode[-1][0].isdigit() else 0.0
        entries.append(
            Entry(
                iso3=iso3,
                quarter=case.quarter_index(label),
                mode="_".join(mode),  # type: ignore[arg-type]
                localisation=level,
            )
        )
    return Answer(case, panel, Schedule(entries=tuple(entries), measures=tuple(begun)))


def write_row(found: Compared) -> str:
    """A line of the table."""
    row = found.row
    command = ["beachhead", "plan", f"docs/mission/{row.case}.toml", "--effort", EFFORT]
    for change in row.both:
        command += ["--set", change]
    off, on = (
        " ".join(f"`--set {shlex.quote(change)}`" for change in changes) or "as it stands"
        for changes in (row.off, row.on)
    )
    show = SHOWS[row.shows]
    loses = "–" if found.ignoring is None else _money(found.on, found.ignoring)
    cells = (
        row.number, row.switch, f"`{shlex.join(command)}`",
        f"{off}<br>{show(found.off)}<br>{_tell(found.off)}",
        f"{on}<br>{show(found.on)}<br>{_tell(found.on)}",
        loses,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def write_table(rows: list[str]) -> str:
    """The table of all rows."""
    heads = ("row", "switched", "command", "off", "on", "a plan made without it loses")
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows])


def read_rows() -> dict[str, str]:
    """Lines of the table as they stand in the page, by number of the row."""
    table = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in table.splitlines() if re.match(r"\| S\d", line)]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


if __name__ == "__main__":
    set_up()
    asked = sys.argv[1:]
    known = read_rows()
    for row in ROWS:
        if not asked or row.number in asked:  # by name: only these
            known[row.number] = write_row(compare(row))
            print(known[row.number], flush=True)
    made = write_table([known[row.number] for row in ROWS if row.number in known])
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", "utf-8")
