"""An answer made up by hand, so that reporting is tested without a search."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel, load_panel
from beachhead.planning import Help, LimitUse, Plan, Strategy, Value
from beachhead.planning.effects import Effect
from beachhead.planning.grounds import Answer as Reason
from beachhead.planning.grounds import Trial, Why, Worth
from beachhead.planning.indices import Index
from beachhead.planning.prices import Price, Prices
from beachhead.planning.sensitivity import Sensitivity
from beachhead.planning.spread import Cause, Share, Stake
from beachhead.planning.study import Turn
from beachhead.planning.swings import End, Swing
from beachhead.planning.turning import Look, Switch
from beachhead.screening import Ranking, screen

LINES = ("sales", "channel", "goods", "attached", "running", "advertising", "opening", "salvage")
CASE = """
title = "A firm <b>that</b> looks abroad & beyond"
as_of = 2024-06-30
quarters = {quarters}
currency = "EUR"
dollars = 1.07
notes = ["A note with </script><script>alert(1)</script> in it"]

[firm]
name = "Example"
home = "AUT"
units = 400000
revenue = 20e6
served = [{{ market = "DEU", units = 50000, mode = "distributor", since = 2021-03-01 }}]

[product]
category = "generic"
price = 45.0
unit_cost = 22.0

[limits]
teams = 2
capital = 4e6
"""


@dataclass(frozen=True)
class Answer:
    """Everything that reporting is handed."""

    case: Case
    panel: Panel
    ranking: Ranking
    plan: Plan
    futures: xr.Dataset
    why: Why


def make_case(quarters: int) -> Case:
    return Case.loads(CASE.format(quarters=quarters), "made.toml")


def make_schedule(case: Case, panel: Panel, entries: int) -> Schedule:
    """The first candidates by code, two every quarter; every fifth by another mode."""
    codes = case.candidate_iso3(panel)[:entries]
    return Schedule(
        entries=tuple(
            Entry(
                iso3=iso3,
                quarter=min(2 + number // 2, case.quarters - 1),
                mode="subsidiary" if number % 5 == 0 else "online",
                localisation=0.5 if number % 7 == 3 else 0.0,
            )
            for number, iso3 in enumerate(codes)
        )
    )


def make_futures(case: Case, panel: Panel, schedule: Schedule, worlds: int = 40) -> xr.Dataset:
    """A dataset of the form that `simulate` returns: simple growth, two quarters of opening."""
    markets = ["AUT", "DEU", *(entry.iso3 for entry in schedule.entries)]
    enter = np.array([-40, -13, *(entry.quarter for entry in schedule.entries)])
    quarters = np.arange(case.quarters)
    age = quarters[:, None] - enter[None, :]
    present = (age >= 0).astype(float)
    size = np.array([1e5, 2e4, *(1e3 * (1 + i % 9) for i in range(len(schedule.entries)))])
    units = present * size * (1 - np.exp(-(age.clip(0) + 1) / 8))
    ledger = np.zeros((len(LINES), len(quarters), len(markets)))
    ledger[0] = units * case.product.price
    ledger[2] = -units * case.product.unit_cost
    ledger[4] = -present * 2e4
    ledger[5] = -present * 1e4
    ledger[6] = -1e5 * ((age >= -2) & (age < 0))
    noise = np.random.default_rng(7).lognormal(0.0, 0.3, worlds)
    flow = ledger.sum((0, 2))
    value = noise[:, None] * ledger.sum((0, 1))[None, :]
    by_quarter = ("world", "quarter")
    new = enter >= 0
    teams = (ledger[6] < 0).sum(1) * 0.5
    foreign = np.arange(len(markets)) > 0
    world = noise[:, None]
    return xr.Dataset(
        {
            "cash": (by_quarter, case.limits.capital + world * flow.cumsum()[None, :]),
            "value": (("world", "market"), value),
            "terminal": (("world", "market"), 0.25 * value),
            "revenue_home": (by_quarter, world * ledger[0, :, 0][None, :]),
            "revenue_abroad": (by_quarter, world * ledger[0][:, foreign].sum(1)[None, :]),
            "markets": (by_quarter, np.ones((worlds, 1)) * present[:, foreign].sum(1)[None, :]),
            "people": ("quarter", teams),
            "teams_available": ("quarter", np.array(case.teams_by_quarter(), dtype=float)),
            "ledger": (("line", "quarter", "market"), ledger),
            "category": (("quarter", "market"), present * size * 12),
            "units": (("quarter", "market"), units),
            "share": (("quarter", "market"), units / (size * 12)),
            "accepted": (("quarter", "market"), units / size),
            "present": (("quarter", "market"), present),
            "saving": (("quarter", "market"), 0.1 * present * new),
            "load": ("quarter", present[:, foreign].sum(1)),
        },
        coords={
            "world": np.arange(worlds),
            "quarter": [case.quarter_label(t) for t in range(case.quarters)],
            "line": list(LINES),
            "market": markets,
            "name": ("market", [panel.name(iso3) for iso3 in markets]),
            "enter": ("market", enter),
        },
        attrs={
            "case": case.name, "currency": case.currency, "seed": 2, "worlds": worlds,
            "version": "0",
        },
    )  # fmt: skip


def make_answer(quarters: int = 24, entries: int = 8, status: str = "complete") -> Answer:
    case = make_case(quarters)
    panel = load_panel(as_of=case.as_of)
    schedule = make_schedule(case, panel, entries)
    futures = make_futures(case, panel, schedule)
    total = futures["value"].sum("market").values
    worths = [
        Worth(entry.iso3, "entered", 1.3e6 / (1 + number), 1.1e6 / (1 + number), 2e5)
        for number, entry in enumerate(schedule.entries)
    ]
    answers = tuple(
        Reason(
            worth=worth,
            taught=3e4 * number,
            helped_by=tuple(Help(other.iso3, 1e4) for other in worths[:number][:2]),
            trials=tuple(
                Trial(kind, None, "online", 0.0, gains, 1e4, gains, (), ())
                for kind, gains in (("sooner", -2.5e4), ("later", -4.1e4))
                if number or kind == "later"
            ),
        )
        for number, worth in enumerate(worths[:10])
    )
    why = Why(case.name, "complete", total.size, 128, float(total.mean()), tuple(worths), answers)
    plan = Plan(
        case=case.name,
        version="0",
        seed=1,
        effort="standard",
        status=status,
        objective=2.9e7,
        stay_home=2.2e7,
        bound=3.6e7,
        gap=1.0,
        bound_kind="all schedules of the search's worlds, each market alone",
        value=Value(
            mean=float(total.mean()),
            sd=float(total.std()),
            p05=float(np.quantile(total, 0.05)),
            p50=float(np.median(total)),
            p95=float(np.quantile(total, 0.95)),
            cvar=float(np.quantile(total, 0.03)),
            adds=7e6,
            adds_error=2.1e5,
        ),
        schedule=schedule,
        named_strategies=(
            Strategy("waterfall", "nearest first", 4.0, 12, 2.7e7, 2.8e7, 0.04, True),
            Strategy("sprinkler", "all at once", None, 20, 2.5e7, 2.6e7, 0.04, True),
            Strategy("biggest first", "largest markets first", 2.0, 9, 2.4e7, 2.5e7, 0.04, True),
            Strategy("best score first", "by screening", 1.5, 7, 2.3e7, 2.4e7, 0.04, True),
            Strategy("stay at home", "no entry", None, 0, 2.2e7, 2.3e7, 0.04, True),
        ),
        limits=(
            LimitUse("teams", "launch teams", True, 0.0, "teams"),
            LimitUse("cash", "cash floor", False, 1.2e6, "EUR"),
        ),
    )
    return Answer(case, panel, screen(case, panel), plan, futures, why)


@pytest.fixture(scope="session")
def answer() -> Answer:
    return make_answer()


@pytest.fixture(scope="session")
def make() -> Callable[..., Answer]:
    """Maker of answers of any size: make(quarters, entries, status)."""
    return make_answer


@pytest.fixture(scope="session")
def hangs(answer: Answer) -> Sensitivity:
    """What the plan of `answer` hangs on, with more parameters than are printed."""
    first = tuple(entry.iso3 for entry in answer.plan.schedule.entries)
    index, turn = Index(0.312, 0.25, 0.371), Turn(first[4:6], first[:1], first[1:4])
    end = End(0.2, 2.1e7, 5e6, first[:2], (), first[2:3], turn, 2e5)
    plain, high = End(0.2, 2.1e7, 5e6, (), (), ()), End(0.4, 3e7, 9e6, (), (), ())
    return Sensitivity(
        case="made",
        seed=1,
        status="partial",
        objective=2.9e7,
        stay_home=2.2e7,
        again=2.95e7,
        centre=2.8e7,
        fresh_worlds=1024,
        evaluations=1600,
        first=first,
        lead=first,
        early=4,
        turn=turn,
        stakes=tuple(
            Stake(iso3, 1e6, -2e5, 3e6, 0.25, (Cause("share.quality", index),)) for iso3 in first
        ),
        shares=(
            Share("share.quality", index, index, index, 0.2),
            Share("exits", index, index, None, 0.1),
        ),
        swings=tuple(
            Swing(f"some.parameter_{k}", plain if k == 10 else end, high) for k in range(12)
        ),
        effects=(Effect("haste", "many <b>at once</b>", 3e7, 3.1e7, 4e5, True, turn),),
        looks=(
            Look("entry cost", 0.5, True, 6, turn),
            Look("entry cost", 0.59, True, 5, Turn((), (), ())),
            Look("margin", 4.0, False, 0, turn),
        ),
        switches=(
            Switch("entry cost", "lead", 0.5, 0.59),
            Switch("entry cost", "more", None, 1.0),
            Switch("margin", "limits", 4.0, 2.0),
        ),
    )


@pytest.fixture(scope="session")
def prices(answer: Answer) -> Prices:
    """What the limits of the plan of `answer` cost."""
    first = tuple(entry.iso3 for entry in answer.plan.schedule.entries)
    return Prices(
        case="made",
        seed=1,
        status="partial",
        objective=2.9e7,
        again=2.95e7,
        evaluations=1600,
        fresh_worlds=1024,
        prices=(
            Price("teams", "2 launch teams", "1 more launch team", True, 0.2, "teams",
                  3e6, 2.5e6, 4e5, Turn(first[:1], (), ())),
            Price("must <b>", "<b> demanded", "given up", False, 3.0, "quarters",
                  0.0, 0.0, 0.0, Turn((), (), ())),
        ),
    )  # fmt: skip
