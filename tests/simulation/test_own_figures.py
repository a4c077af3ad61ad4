"""A firm's own figures reach everything that answers its case, and touch one market each."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.cases import Case, Input
from beachhead.data import Panel
from beachhead.errors import InputError
from beachhead.screening import screen
from beachhead.simulation.facts import Facts, gather
from beachhead.simulation.pack import pack

# Series, a figure unlike the panel's, the fact that it moves and the criterion that it moves.
MOVED = [
    ("population", 2e8, "people", "market_size"),
    ("gdp_pc_ppp_const", 90_000.0, "richer", "market_size"),
    ("gdp_current_usd", 1e10, "income", None),
    ("internet_users_pct", 7.0, "connected", "internet"),
    ("secure_servers_per_million", 3.0, "readiness", "secure_servers"),
    ("logistics_performance_index", 4.9, "readiness", "logistics"),
    ("tariff_applied_mean_pct", 18.0, "tariff", "openness"),
    ("mobile_subs_per100", 50.0, None, "social"),
    ("wgi_rule_of_law", -2.0, "distance", "institutions"),
]


def having(case: Case, *rows: tuple[str, str, float]) -> Case:
    inputs = tuple(
        Input(market=market, key=key, value=value, date=case.as_of, basis="judgement", source="us")
        for market, key, value in rows
    )
    markets = case.markets.model_copy(update={"inputs": (*case.markets.inputs, *inputs)})
    return case.model_copy(update={"markets": markets})


def differing(one: Facts, other: Facts) -> dict[str, list[str]]:
    """Facts by market that are not the same in both: fact -> markets."""
    found = {}
    for name, values in vars(one).items():
        if isinstance(values, np.ndarray):
            same = np.isclose(values, getattr(other, name), rtol=1e-12, atol=0, equal_nan=True)
            if not same.all():
                found[name] = [one.markets[row] for row in np.flatnonzero(~same)]
    return found


@pytest.mark.parametrize(("series", "value", "fact", "criterion"), MOVED)
def test_plan_and_screening_see_an_own_figure(case, panel, series, value, fact, criterion):
    changed = having(case, ("Turkey", series, value)).resolve(panel)
    moved = differing(gather(case.resolve(panel), panel), gather(changed, panel))
    assert all(markets == ["TUR"] for markets in moved.values())
    assert fact is None or fact in moved
    before = {row["iso3"]: row for row in screen(case, panel).table.to_dicts()}
    after = {row["iso3"]: row for row in screen(changed, panel).table.to_dicts()}
    assert criterion is None or after["TUR"][criterion] != before["TUR"][criterion]
    if criterion is not None:
        assert f"own figure of {case.as_of} (judgement), in place of" in after["TUR"]["own"]
    # Ranks and PROMETHEE are relative to the others; all else of them stays.
    own = ["score", "coverage", *(key for _, _, _, key in MOVED if key), "weighted_sum", "topsis",
           "holes", "older", "own"]  # fmt: skip
    for iso3 in before.keys() - {"TUR"}:
        assert [after[iso3][key] for key in own] == [before[iso3][key] for key in own]


def test_arrays_of_the_plan_come_from_the_own_figure(case: Case, panel: Panel):
    changed = having(case, ("TUR", "population", 1.0e6), ("TUR", "internet_users_pct", 7.0))
    packed = pack(changed, panel)
    row = packed.markets.index("TUR")
    assert packed.facts.people[row] == 1e6
    assert packed.facts.connected[row] == 0.07
    assert not any(note[0] == "TUR" and "own" in note[2] for note in packed.facts.notes)


def test_a_market_without_population_can_be_planned_with_one(case: Case, panel: Panel):
    unknown = next(m for m in panel.codes if panel.figure(m, "population").value is None)
    markets = case.markets.model_copy(update={"candidates": ("TUR", unknown)})
    case = case.model_copy(update={"markets": markets}).resolve(panel)
    assert unknown not in gather(case, panel).markets
    given = gather(having(case, (unknown, "population", 3e6)), panel)
    assert given.people[given.markets.index(unknown)] == 3e6


def test_nobody_sees_a_figure_of_a_later_day(case: Case, panel: Panel):
    (late,) = having(case, ("TUR", "hdi", 0.9)).markets.inputs[len(case.markets.inputs) :]
    late = late.model_copy(update={"date": case.as_of.replace(year=case.as_of.year + 1)})
    markets = case.markets.model_copy(update={"inputs": (late,)})
    late_case = case.model_copy(update={"markets": markets}).resolve(panel)
    for look in (gather, screen, pack):
        with pytest.raises(InputError, match="after as_of"):
            look(late_case, panel)
