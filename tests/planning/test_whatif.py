"""What a change of a plan is worth is what the simulation says of the changed schedule."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.planning.plan import Plan, Value
from beachhead.planning.planner import FRESH_SEED
from beachhead.planning.whatif import WhatIf
from beachhead.simulation import simulate

TEXT = """
name = "tiny"
as_of = 2024-06-30
quarters = 8
currency = "EUR"
dollars = 1.07
firm = { name = "Tiny", home = "AUT", units = 400000, revenue = 20e6 }
product = { category = "generic", price = 45.0, unit_cost = 22.0 }
markets = { candidates = ["DEU", "CZE", "SVN", "ITA"] }
modes = { allowed = ["online", "distributor"], localisation = [0.0] }
limits = { teams = 1, capital = 4e6, must = ["DEU"], launches_per_year = 1, ruin = 0.05 }
targets = [{ metric = "units_abroad", value = 10000, by = "2026Q2" }]
"""
WORLDS = 256
DEU, CZE, ITA = (
    Entry(iso3=iso3, quarter=quarter, mode="online", localisation=0.0)
    for iso3, quarter in (("DEU", 2), ("CZE", 6), ("ITA", 3))
)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.loads(TEXT)


@pytest.fixture(scope="module")
def desk(case: Case) -> WhatIf:
    mean = float(follow(case, (DEU, CZE))["value"].sum("market").mean())
    return WhatIf(case, load_panel(as_of=case.as_of), make_plan(case, mean), worlds=WORLDS)


def follow(case: Case, entries: tuple[Entry, ...]) -> xr.Dataset:
    """What the simulation says of a schedule on the plan's fresh worlds."""
    panel = load_panel(as_of=case.as_of)
    schedule = Schedule(entries=entries)
    return simulate(case, panel, believe(case, panel), schedule, worlds=WORLDS, seed=1 + FRESH_SEED)


def make_plan(case: Case, mean: float) -> Plan:
    value = Value(mean=mean, sd=0.0, p05=0.0, p50=0.0, p95=0.0, cvar=0.0, adds=0.0, adds_error=0.0)
    return Plan(
        case.name, "0", 1, "quick", "complete", 0.0, 0.0, None, None, "", value,
        Schedule(entries=(DEU, CZE)), (), (),
    )  # fmt: skip


CHANGES = {
    "moved": (DEU.model_copy(update={"quarter": 5}), CZE),
    "dropped": (CZE,),
    "added": (DEU, CZE, ITA),
    "another way": (DEU.model_copy(update={"mode": "distributor"}), CZE),
    "nowhere": (),
}


@pytest.mark.parametrize("entries", CHANGES.values(), ids=CHANGES)
def test_worth_is_that_of_the_simulation(case: Case, desk: WhatIf, entries) -> None:
    seen = [follow(case, made) for made in (entries, (DEU, CZE))]
    values, before = (futures["value"].sum("market").values for futures in seen)
    found = desk.weigh(entries)
    assert found.mean == pytest.approx(values.mean(), rel=1e-9)
    assert found.gains == pytest.approx((values - before).mean(), rel=1e-9)
    assert found.error == pytest.approx(1.96 * (values - before).std(ddof=1) / 16, rel=1e-9)
    share = case.risk.tail * WORLDS  # of the worlds that are the worst, the last in part
    parts = np.clip(share - np.arange(WORLDS), 0.0, 1.0)
    assert found.cvar == pytest.approx(np.sort(values) @ parts / share, rel=1e-6)
    cash = seen[0]["cash"]
    assert found.ruin == float((cash.min("quarter") < case.limits.cash_floor).mean())
    assert found.cash[1] == pytest.approx(cash.quantile(0.5, "world").values, rel=1e-9)
    assert found.teams_used == pytest.approx(seen[0]["people"].values)
    for iso3, worth in found.markets.items():
        assert worth == pytest.approx(float(seen[0]["value"].sel(market=iso3).mean()), rel=1e-9)


def test_the_plan_itself_gains_nothing(desk: WhatIf) -> None:
    assert desk.base.gains == 0.0 and desk.base.error == 0.0
    again = desk.weigh((DEU, CZE))
    assert replace(again) == desk.base


def name_broken(desk: WhatIf, *entries: Entry) -> set[str]:
    return {limit.key for limit in desk.weigh(entries).broken}


def test_limits_that_a_change_oversteps_are_named(desk: WhatIf) -> None:
    assert name_broken(desk, DEU, CZE) == set()
    assert "demands" in name_broken(desk, CZE)
    together = ITA.model_copy(update={"quarter": 2})
    assert {"teams", "launches_per_year"} <= name_broken(desk, DEU, together)
    soon = CZE.model_copy(update={"quarter": 5})
    assert name_broken(desk, DEU, soon) == {"launches_per_year"}
    assert "dates" in name_broken(desk, DEU.model_copy(update={"quarter": 0}))


def test_what_cannot_be_entered_is_refused_all_at_once(desk: WhatIf) -> None:
    home = DEU.model_copy(update={"iso3": "AUT"})
    late = CZE.model_copy(update={"quarter": 8, "mode": "subsidiary"})
    with pytest.raises(InputError) as caught:
        desk.weigh((home, late))
    assert [problem.where for problem in caught.value.problems] == [
        "entry of AUT", "entry of CZE", "entry of CZE",
    ]  # fmt: skip


def test_a_plan_of_another_version_is_refused(case: Case, desk: WhatIf) -> None:
    plan = make_plan(case, desk.base.mean * 1.001)
    with pytest.raises(InputError, match="not worth what version 0 said"):
        WhatIf(case, load_panel(as_of=case.as_of), plan, worlds=WORLDS)
