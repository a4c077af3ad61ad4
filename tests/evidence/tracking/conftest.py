"""A small firm with a plan made by hand, simulated once."""

from dataclasses import dataclass

import pytest
import xarray as xr

from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel, load_panel
from beachhead.planning import Plan, TargetUse, Value
from beachhead.simulation import Beliefs, simulate

CASE = """
name = "small"
as_of = 2023-09-30
quarters = 8
[firm]
name = "Small"
home = "AUT"
units = 400000
revenue = 20e6
served = [{ market = "CHE", units = 8000, mode = "online", since = 2015-01-01 }]
[product]
category = "generic"
price = 45.0
unit_cost = 12.0
[markets]
candidates = ["DEU", "CZE", "SVN"]
[modes]
allowed = ["online", "distributor"]
localisation = [0.0]
[limits]
teams = 2
capital = 4e7
[[targets]]
metric = "units"
market = "home"
value = 400000
by = "2024Q3"
[[targets]]
metric = "units"
period = "quarter"
market = "DEU"
value = 100
by = "2025Q2"
probability = 0.2
[[targets]]
metric = "markets"
value = 2
by = "2024Q2"
"""
SCHEDULE = Schedule(
    entries=(
        Entry(iso3="DEU", quarter=2, mode="online", localisation=0.0),
        Entry(iso3="CZE", quarter=3, mode="distributor", localisation=0.0),
        Entry(iso3="SVN", quarter=6, mode="online", localisation=0.0),
    )
)
WORLDS, SEED = 64, 3


@dataclass(frozen=True)
class Made:
    """A run without a search."""

    case: Case
    panel: Panel
    plan: Plan
    futures: xr.Dataset


@pytest.fixture(scope="session")
def made() -> Made:
    raw = Case.loads(CASE)
    panel = load_panel(as_of=raw.as_of)
    case = raw.resolve(panel)
    futures = simulate(
        case, panel, Beliefs.from_prior(case, panel), SCHEDULE, worlds=WORLDS, seed=SEED
    )
    uses = tuple(
        TargetUse(k, t.metric, t.value, t.by, "2023-09-30", t.probability, None, chance, 0.1,
                  WORLDS, 1.0, 2.0, 3.0)
        for k, (t, chance) in enumerate(zip(case.targets, (0.5, 0.9, 0.8), strict=True))
    )  # fmt: skip
    value = Value(1.0, 1.0, 0.0, 1.0, 2.0, 0.0, 1.0, 0.1)
    plan = Plan(
        case=case.name, version="0", seed=1, effort="quick", status="complete", objective=2.0,
        stay_home=1.0, bound=3.0, gap=1.0, bound_kind="all", value=value, schedule=SCHEDULE,
        named_strategies=(), limits=(), targets=uses,
    )  # fmt: skip
    return Made(case, panel, plan, futures)
