"""Sums for showing agree with the ledger they come from."""

import numpy as np
import pytest

from beachhead.cases import Schedule
from beachhead.reporting.summary import summarise


def test_years_add_up_to_the_ledger(answer) -> None:
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    ledger = answer.futures["ledger"]
    abroad = ledger.sel(market=ledger["market"] != "AUT")
    opening = -float(abroad.sel(line="opening").sum())
    running = -float(abroad.sel(line=["running", "advertising"]).sum())
    assert sum(year.opening for year in summary.years) == pytest.approx(opening)
    assert sum(year.running for year in summary.years) == pytest.approx(running)
    assert sum(year.quarters for year in summary.years) == answer.case.quarters
    revenue = float(answer.futures["revenue_abroad"].mean("world").sum())
    assert sum(year.revenue_abroad for year in summary.years) == pytest.approx(revenue)
    assert [year.year for year in summary.years] == sorted({q[:4] for q in summary.quarters})


def test_cash_is_that_of_the_last_quarter_of_the_year(answer) -> None:
    first = summarise(answer.case, answer.plan.schedule, answer.futures).years[0]
    at_end = answer.futures["cash"].sel(quarter="2024Q4").values
    assert first.cash_middle == pytest.approx(np.median(at_end))
    assert first.cash_low < first.cash_middle < first.cash_high


def test_peak_funding_and_payback_follow_the_new_markets_alone(answer) -> None:
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    new = [entry.iso3 for entry in answer.plan.schedule.entries]
    flow = answer.futures["ledger"].sel(market=new).sum(("line", "market")).values
    balance = np.cumsum(flow)
    assert summary.peak_funding == pytest.approx(-balance.min())
    assert summary.peak_quarter == summary.quarters[int(balance.argmin())]
    back = summary.quarters.index(summary.break_even)
    assert balance[back] >= 0 > balance[back - 1]
    first = int(np.flatnonzero(flow)[0])
    assert summary.payback == (back - first + 1) / 4


def test_ruin_counts_worlds_that_fall_below_the_floor_at_any_time(answer) -> None:
    futures = answer.futures.copy(deep=True)
    futures["cash"][:3, 5] = answer.case.limits.cash_floor - 1
    summary = summarise(answer.case, answer.plan.schedule, futures)
    assert summary.ruin == pytest.approx(3 / futures.sizes["world"])


def test_first_years_of_a_market_hold_units_share_and_cost(answer) -> None:
    launch = summarise(answer.case, answer.plan.schedule, answer.futures).launches[0]
    market = answer.futures.sel(market=launch.iso3)
    third = launch.years[1]
    window = slice(launch.quarter + 8, launch.quarter + 12)
    units = float(market["units"][window].sum())
    assert (third.year, third.units) == (3, pytest.approx(units))
    assert third.share == pytest.approx(units / float(market["category"][window].sum()))
    before = float(-market["ledger"].sel(line="opening").sum())
    running = float(
        -market["ledger"].sel(line=["running", "advertising"])[:, : launch.quarter + 4].sum()
    )
    assert launch.years[0].cost == pytest.approx(before + running)
    assert launch.start == "2024Q3"  # two quarters of opening before 2025Q1


def test_years_beyond_the_horizon_are_left_out(make) -> None:
    answer = make(8, 4)
    launches = summarise(answer.case, answer.plan.schedule, answer.futures).launches
    assert [[year.year for year in launch.years] for launch in launches] == [[1]] * 4


def test_work_that_begins_within_a_year_is_to_be_committed_now(make) -> None:
    answer = make(24, 12)
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    assert {launch.start for launch in summary.now} <= set(summary.quarters[:4])
    assert not {launch.start for launch in summary.later} & set(summary.quarters[:4])
    assert len(summary.now) + len(summary.later) == 12
    assert [x.start for x in summary.later] == sorted(x.start for x in summary.later)


def test_staying_at_home_needs_no_funding(make) -> None:
    answer = make(12, 0)
    summary = summarise(answer.case, Schedule(), answer.futures)
    assert (summary.peak_funding, summary.break_even, summary.payback) == (0.0, None, None)
    assert summary.launches == ()
