"""What a case implies is what the one kernel simulates, and verdicts follow the benchmarks."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import load_panel
from beachhead.planning.benchmarks import BENCHMARKS, benchmarks_of
from beachhead.planning.plausibility import _judge, _judge_case, _judge_present, _measure, gauge
from beachhead.reporting.plausible import describe_plausibility
from beachhead.simulation import simulate
from beachhead.simulation.alone import Present

TEXT = """
name = "tiny"
as_of = 2024-06-30
quarters = 16
currency = "EUR"
dollars = 1.07
[firm]
name = "Tiny"
home = "AUT"
units = 400000
revenue = 20e6
served = [{market = "SVN", units = 2000, mode = "distributor", since = 2021-03-01}]
[product]
category = "generic"
price = 45.0
unit_cost = 22.0
[markets]
candidates = ["DEU", "CZE", "HUN"]
[modes]
allowed = ["online", "distributor"]
localisation = [0.0, 1.0]
[limits]
teams = 2
capital = 4e6
"""
WORLDS = 24


@pytest.fixture(scope="module")
def panel():
    return load_panel("2024-06-30")


@pytest.fixture(scope="module")
def case():
    return Case.loads(TEXT)


@pytest.fixture(scope="module")
def answer(case, panel):
    return gauge(case, panel, most=2, worlds=WORLDS, seed=4)


def test_the_largest_candidates_and_the_markets_of_today(answer):
    assert [market.iso3 for market in answer.newcomers] == ["DEU", "CZE"]
    assert [(market.iso3, market.units) for market in answer.present] == [
        ("AUT", 400000), ("SVN", 2000),
    ]  # fmt: skip
    # At the earliest: one quarter of preparation for a distributor, two for online sales.
    assert {(m.mode, m.enter) for m in answer.newcomers} <= {
        ("distributor", "2024Q4"), ("online", "2025Q1"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def look(case, panel):
    """Futures of an entry into Germany, or of none, over ten years."""
    long = case.model_copy(update={"quarters": 40})
    beliefs = believe(long, panel)

    def look(*way):
        entries = (
            [Entry(iso3="DEU", quarter=way[0], mode=way[1], localisation=way[2])] if way else []
        )
        schedule = Schedule(entries=tuple(entries))
        return simulate(long, panel, beliefs, schedule, worlds=WORLDS, seed=4)

    return look


def test_figures_are_those_of_simulating_the_entry(case, answer, look):
    market = answer.newcomers[0]
    enter = case.quarter_index(market.enter)
    there = look(enter, market.mode, market.localisation).sel(market="DEU")
    spent = -there["ledger"].sel(line=["opening", "running", "advertising"]).sum("line").values
    for year in market.years:
        until = enter + 4 * year.year
        units = there["units"].values[until - 4 : until].sum()
        category = there["category"].values[until - 4 : until].sum()
        assert year.units == pytest.approx(units, rel=1e-9)
        assert year.category == pytest.approx(category, rel=1e-9)
        assert year.share == pytest.approx(units / category, rel=1e-9)
        assert year.cost == pytest.approx(spent[:until].sum(), rel=1e-9)
    balance = np.cumsum(there["ledger"].sum("line").values)
    back = enter + round(4 * market.payback)
    assert balance[back - 1] < 0 <= balance[back] and (balance[back:] >= 0).all()


def test_every_way_was_tried_and_the_best_taken(case, answer, look):
    def weigh(futures):
        totals = np.sort(futures["value"].sum("market").values)
        bad = totals[:2].sum() + 0.4 * totals[2]  # the worst tenth of 24 worlds
        return 0.7 * totals.mean() + 0.3 * bad / 2.4

    stay = weigh(look())
    gains = {}
    for mode, quarter in (("online", 2), ("distributor", 1)):
        for level in (0.0, 1.0):
            futures = look(quarter, mode, level)
            if (futures["cash"].min("quarter") < 0).mean() <= case.limits.ruin:
                gains[mode, level] = weigh(futures) - stay
    best = answer.newcomers[0]
    assert (best.mode, best.localisation) == max(gains, key=gains.__getitem__)
    assert best.gain == pytest.approx(gains[best.mode, best.localisation], rel=1e-9)


def verdicts(benchmark, newcomer, value):
    return [(f.verdict, f.market) for f in _judge(benchmark, [(newcomer, value)])]


@pytest.mark.parametrize("key", [b.key for b in BENCHMARKS if b.key != "today"])
def test_what_lies_outside_a_range_is_for_review(answer, key):
    for category in ("generic", "smartphone"):
        benchmark = benchmarks_of(category)[key]
        newcomer = answer.newcomers[0]
        assert verdicts(benchmark, newcomer, benchmark.low) == [("PASS", "")]
        if np.isfinite(benchmark.high):
            assert verdicts(benchmark, newcomer, benchmark.high) == [("PASS", "")]
            (finding,) = _judge(benchmark, [(newcomer, benchmark.high * 1.1)])
            assert finding.verdict == "REVIEW" and finding.market == "DEU"
            assert benchmark.usual in finding.text
            assert f"look at {benchmark.look_at}." in finding.text
        if benchmark.low > 0:
            assert verdicts(benchmark, newcomer, benchmark.low * 0.9) == [("REVIEW", "DEU")]


def test_every_benchmark_has_evidence_and_names_what_to_look_at():
    from beachhead.mechanisms import table

    known = {f"{name}" for name in table()}
    for benchmark in BENCHMARKS:
        assert benchmark.source and benchmark.low < benchmark.high
        for key in benchmark.look_at.split(", "):
            head = key.split()[0]
            assert head in known or head.split(".")[0] in {
                "product", "firm", "markets", "limits", "economics", "open", "price_index",
            }, key  # fmt: skip


def test_every_range_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
    rows = "".join(line for line in page.splitlines() if re.search(r"\| (J|D|O2)\b.* \|$", line))
    for benchmark in BENCHMARKS:
        if np.isfinite(benchmark.high):
            high = benchmark.high * (100 if benchmark.form == "share" else 1)
            assert re.search(rf"\b{high:g}\b", rows), benchmark.key


def test_money_that_never_comes_back(case, answer):
    lost = replace(answer.newcomers[0], payback=None)
    assert _measure(case, lost, "payback") is None
    (finding,) = _judge(benchmarks_of("generic")["payback"], [(lost, None)])
    assert finding.verdict == "REVIEW" and "not back within" in finding.text


@pytest.mark.parametrize(("units", "verdict"), [(50, "PASS"), (70, "REVIEW"), (101, "FAIL")])
def test_sales_of_today_beside_the_category(units, verdict):
    market = Present("AUT", "Austria", units, 100.0)
    (finding,) = _judge_present([market], benchmarks_of("generic")["today"])
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("revenue = 20e6", "revenue = 400e6", "firm.revenue"),
        ("revenue = 20e6", "revenue = 2e6", "firm.revenue"),
        ("capital = 4e6", "capital = 4", "limits.capital"),
        ("capital = 4e6", "capital = 4e9", "limits.capital"),
        ("unit_cost = 22.0", "unit_cost = 0.22", "product.unit_cost"),
        ("dollars = 1.07", "dollars = 83", "dollars"),
        ('"DEU", "CZE", "HUN"', '"DEU", "CZE"', "markets.candidates"),
        (
            "teams = 2",
            'teams = [{from="2024Q3", teams=2}, {from="2034Q3", teams=3}]',
            "limits.teams",
        ),
        ("unit_cost", "launch = 1990\nnew_category = true\nunit_cost", "product.launch"),
        ("as_of = 2024", "as_of = 2034", "as_of"),
        (
            "[modes]",
            'inputs = [{market="DEU", key="tariff", value=1.5, date=2024-01-01, basis="source", '
            'source="x"}]\n[modes]',
            "markets.inputs",
        ),
        (
            "[modes]",
            'inputs = [{market="DEU", key="price_index", value=0.1, date=2024-01-01, '
            'basis="source", source="x"}]\n[modes]',
            "markets.inputs",
        ),
        ("quarters = 16", "quarters = 4", "quarters"),
    ],
)
def test_what_is_odd_in_the_case_is_for_review_with_its_key(answer, old, new, key):
    assert old in TEXT
    case = Case.loads(TEXT.replace(old, new))
    findings = list(_judge_case(case, load_panel(case.as_of), answer.newcomers))
    assert [(f.verdict, f.key) for f in findings] == [("REVIEW", key)]
    assert "look at " in findings[0].text or "leave one" in findings[0].text


def test_nothing_odd_is_one_line(case, panel, answer):
    assert [f.verdict for f in _judge_case(case, panel, answer.newcomers)] == ["PASS"]


def test_too_little_money_for_any_entry(case, panel, answer):
    poor = replace(answer.newcomers[0], ruin=0.5)
    (finding,) = _judge_case(case, panel, (poor,))
    assert finding.key == "limits.capital" and "50%" in finding.text


def test_the_worst_finding_is_the_verdict(answer):
    good = replace(answer.findings[0], verdict="PASS")
    odd, bad = replace(good, verdict="REVIEW"), replace(good, verdict="FAIL")
    assert replace(answer, findings=(good,)).verdict == "PASS"
    assert replace(answer, findings=(good, odd)).verdict == "REVIEW"
    assert replace(answer, findings=(bad, odd)).verdict == "FAIL"


def test_words_fit_a_hundred_columns(answer):
    lines = describe_plausibility(answer).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 40
    assert all(any(m.name in line for line in lines) for m in answer.newcomers)
    assert lines[-1] == f"Plausible? {answer.verdict}"
