"""Beliefs from a firm's records: one kernel, nothing of the future, and what is true comes back."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from invented_records import BEGIN, Invented, list_rows
from scipy import stats

from beachhead.calibration import believe, calibrating
from beachhead.calibration.calibrating import calibrate
from beachhead.calibration.checks import (
    check_figures,
    check_sampler,
    join_scores,
    list_unknowns,
    measure_overlap,
)
from beachhead.calibration.explaining import NOISE, expect, find_known, lay_out
from beachhead.calibration.records import read_records
from beachhead.calibration.sampling import make_sampler, sample, split_scores
from beachhead.cases import quarters
from beachhead.cases.actuals import Actual
from beachhead.errors import InputError
from beachhead.simulation import Beliefs, simulate


def test_figures_are_those_of_the_simulation(invented: Invented) -> None:
    """With every unknown at its middle, what is explained is what `simulate` says."""
    records = invented.records
    with jax.enable_x64(True):
        middle = jnp.zeros(invented.unknowns.size)
        units, costs, noise = expect(invented.setting, invented.unknowns, middle)
        medians = {
            name: float(table[len(table) // 2])
            for name, table in invented.unknowns.tables.items()
            if name != NOISE.name
        }
    # Nobody leaves, and every market begins where its first figure says.
    there = records.case.model_copy(update={"parameters": {**medians, "exit.level": -60.0}})
    beliefs = believe(there, records.panel).certain()
    schedule = records.packed.decode(*records.schedule)
    futures = simulate(there, records.panel, beliefs, schedule, worlds=1, seed=1)
    expected = futures["units"].sel(market=list(records.markets)).values
    np.testing.assert_allclose(units, np.maximum(expected, 1e-3), rtol=1e-9)
    paid = -futures["ledger"].sel(line="opening", market="DEU").sum("quarter")
    assert costs[records.markets.index("DEU")] == pytest.approx(float(paid), rel=1e-9)
    assert noise == pytest.approx(NOISE.default)


def test_the_kernel_is_smooth_in_what_is_sampled(invented: Invented) -> None:
    """Its slope is that of finite differences in every unknown."""
    place = 0.3 * np.random.default_rng(1).standard_normal(invented.unknowns.size)

    def height(vector: jax.Array) -> jax.Array:
        units, costs, _ = expect(invented.setting, invented.unknowns, vector)
        shown = ~np.isnan(invented.records.units)
        return jnp.log(units)[shown].sum() + jnp.log(costs[invented.records.markets.index("DEU")])

    with jax.enable_x64(True):
        slope = np.asarray(jax.jit(jax.grad(height))(jnp.asarray(place)))
        step = 1e-5 * np.eye(len(place))
        look = jax.jit(jax.vmap(height))
        ends = np.asarray(look(place + step)) - np.asarray(look(place - step))
    np.testing.assert_allclose(slope, ends / 2e-5, rtol=2e-3, atol=1e-4)
    assert np.abs(slope).max() > 0.1


def test_nothing_after_the_date_is_seen(invented: Invented) -> None:
    rows = list_rows(lambda *_: 2_000.0)
    rng = np.random.default_rng(2)
    poison = [
        *(Actual(m, "2024Q1", "units", rng.uniform(0, 1e9)) for m in ("AUT", "DEU")),
        Actual("CHE", "2023Q4", "exited", 1.0),
        Actual("ITA", "2023Q4", "entered", 1.0, "online"),
        Actual("DEU", "2023Q4", "entry_cost", 1e9),
    ]  # fmt: skip
    case, panel = invented.case, invented.panel
    plain, poisoned = read_records(case, panel, rows), read_records(case, panel, rows + poison)
    assert poisoned.later == len(poison) and plain.later == 0
    for name in ("case", "since", "until", "digest", "notes"):
        assert getattr(plain, name) == getattr(poisoned, name)
    for name in ("units", "costs", "start", "left"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(poisoned, name))
    # A quarter that is not over on the case's date is not seen either.
    sooner = case.model_copy(update={"as_of": case.as_of.replace(day=29)})
    assert read_records(sooner, panel, rows).until == "2023Q2"


def test_the_case_is_taken_back(invented: Invented) -> None:
    records = invented.records
    assert (records.since, records.until) == ("2019Q3", "2023Q3")
    assert records.markets == ("AUT", "CHE", "DEU") and records.units.shape == (16, 3)
    assert str(records.case.as_of) == str(records.panel.as_of) == "2019-09-30"
    assert [served.market for served in records.case.firm.served] == ["CHE"]
    assert records.schedule[0].tolist() == [1000, 1000, 3]
    assert records.start[0] == 4 * 100_000.0 and np.isnan(records.start[2])
    assert records.costs[2] == 9e5 and np.isnan(records.costs[:2]).all()
    assert records.label(0) == "2019Q4"


def test_faults_of_a_history_are_told_all_at_once(invented: Invented) -> None:
    rows = [
        *list_rows(lambda *_: 2_000.0),
        Actual("ITA", "2022Q1", "units", 5.0),
        Actual("DEU", "2020Q1", "units", 5.0),
        Actual("CZE", "2022Q1", "entered", 1.0),
    ]
    with pytest.raises(InputError) as caught:
        read_records(invented.case, invented.panel, rows)
    told = "\n".join(problem.what for problem in caught.value.problems)
    assert "ITA has units, and nobody says when" in told
    assert "DEU has units in 2020Q1, before it was entered" in told
    assert "the entry of CZE in 2022Q1 has no mode" in told
    few = [Actual("AUT", quarters.label(BEGIN + k), "units", 9.0) for k in range(4)]
    with pytest.raises(InputError, match="3 figures of units"):
        read_records(invented.case, invented.panel, few)
    with pytest.raises(InputError, match="no units"):
        read_records(invented.case, invented.panel, [])


def test_a_market_that_was_left_sells_until_then(invented: Invented) -> None:
    rows = [a for a in list_rows(lambda *_: 2_000.0) if a.market != "CHE" or a.quarter <= "2021Q2"]
    records = read_records(
        invented.case, invented.panel, [*rows, Actual("CHE", "2021Q2", "exited", 1.0)]
    )
    with jax.enable_x64(True):
        setting = lay_out(records)
        middle = jnp.zeros(invented.unknowns.size)
        units = np.asarray(expect(setting, invented.unknowns, middle)[0])
    row, last = records.markets.index("CHE"), records.left[1]
    assert records.label(int(last)) == "2021Q2"
    assert (units[: last + 1, row] > 1.0).all() and (units[last + 1 :, row] < 1.0).all()


def test_scores_are_taken_apart_as_the_prior_puts_them_together(invented: Invented) -> None:
    rng, unknowns = np.random.default_rng(3), invented.unknowns
    markets, regions = invented.records.markets, invented.records.packed.regions
    vectors = rng.standard_normal((4, 5_000, unknowns.size))
    parts = split_scores(unknowns, vectors, markets, regions, 1)
    joined = join_scores(parts, dict(zip(markets, regions, strict=True)))
    own = np.asarray(unknowns.take(jnp.asarray(vectors))[3])
    for k, name in enumerate(unknowns.own):
        for j, market in enumerate(markets):
            np.testing.assert_allclose(joined[name, market], own[..., k, j], atol=1e-5)
    # Where nothing is learned, what comes out is the prior again: independent, of spread 1.
    name = unknowns.own[0]
    drawn = np.stack([v.ravel() for label, v in parts.items() if label[0] == name])
    np.testing.assert_allclose(np.cov(drawn), np.eye(len(drawn)), atol=0.05)


def test_overlap_of_two_normals() -> None:
    scores = np.random.default_rng(4).standard_normal(20_000)
    assert measure_overlap(scores) > 0.98
    for shift in (1.0, 2.0):  # 2 Phi(-shift / 2)
        assert measure_overlap(scores + shift) == pytest.approx(
            2 * stats.norm.cdf(-shift / 2), abs=0.02
        )


def test_checks_of_figures_pass_what_is_right_and_fail_what_is_not(invented: Invented) -> None:
    """False alarms are as rare as they should be; a drift of a tenth a year is found."""
    rng, records = np.random.default_rng(5), invented.records
    shape = records.units.shape
    noise = np.full(200, 0.1)
    mean = np.broadcast_to(np.full(shape, 5e4), (200, *shape))
    costs = np.full((200, shape[1]), 9e5)
    years = np.arange(shape[0])[:, None] / 4.0
    told: dict[str, list[str]] = {"right": [], "drifts": []}
    for k in range(60):
        right = 5e4 * np.exp(0.1 * rng.standard_normal(shape))
        for name, units in (("right", right), ("drifts", right * np.exp(0.1 * (years - 2.0)))):
            units = np.where(np.isnan(records.units), np.nan, units)
            there = dataclasses.replace(records, units=units)
            for finding in check_figures(there, mean, noise, costs, k):
                if finding.key == "trend" and finding.market == "AUT":
                    told[name].append(finding.verdict)
    # 5 % are expected to be looked at; so many more than 10 of 60 come once in 10,000.
    assert sum(verdict != "PASS" for verdict in told["right"]) <= 10
    assert sum(verdict == "FAIL" for verdict in told["drifts"]) >= 40


def test_chains_that_disagree_fail() -> None:
    rng = np.random.default_rng(6)
    good = {("a", ""): rng.standard_normal((4, 500)), ("b", ""): rng.standard_normal((4, 500))}
    assert {f.verdict for f in check_sampler(good, 0)} == {"PASS"}
    bad = good | {("b", ""): good["b", ""] + np.arange(4)[:, None]}
    found = {f.key: f for f in check_sampler(bad, 3)}
    assert found["r_hat"].verdict == "FAIL" and "worst is b" in found["r_hat"].text
    assert found["ess"].verdict == "FAIL" and found["divergences"].verdict == "REVIEW"


@pytest.fixture(scope="module")
def learned(alone: Invented) -> Beliefs:
    """Beliefs of a firm that grew fourfold a year at home, with few draws."""
    rows = [
        Actual("AUT", quarters.label(quarters.parse("2021Q1") + t), "units", 2e3 * 4.0 ** (t / 4))
        for t in range(11)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(calibrating.EFFORT, "quick", (40, 30))
        return calibrate(alone.case, alone.panel, rows, effort="quick", seed=3)


@pytest.mark.slow
def test_what_is_learned_moves_the_worlds(
    learned: Beliefs, alone: Invented, tmp_path: Path
) -> None:
    """What is learned at home reaches a market where the firm never was, by less."""
    beliefs = learned
    assert beliefs.learned is not None
    prior = believe(alone.case, alone.panel)
    given = 1, 2_000, ("AUT", "ITA"), ("western_europe", "southern_europe")
    before, after = (np.log(b.draw(*given)["acceptance.q"]) for b in (prior, beliefs))
    moved = np.median(after, axis=0) - np.median(before, axis=0)
    assert moved[0] * moved[1] > 0.0 and abs(moved[0]) > abs(moved[1]) > 0.02
    found = {(u.name, u.market): u for u in list_unknowns(beliefs.learned, beliefs.parameters)}
    assert found["acceptance.q", "AUT"].shift * moved[0] > 0.0
    assert (NOISE.name, "") in found
    assert {f.key for f in beliefs.learned.findings} >= {"r_hat", "ess", "band", "trend", "prior"}
    for name in ("a", "b"):
        beliefs.learned.write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.slow
def test_truth_comes_back(invented: Invented) -> None:
    """What the kernel wrote under a known truth: nine of ten unknowns lie in their 90 % bands."""
    inside, scale = [], []
    with jax.enable_x64(True):
        known = find_known(invented.records.units, invented.records.costs)
        sampler = make_sampler(invented.setting, invented.unknowns, known, 200, 150)
        for seed in range(2):
            truth, units, costs = invented.write(seed)
            draws = sample(sampler, units, costs, seed).vectors.reshape(-1, len(truth))
            low, high = np.quantile(draws, [0.05, 0.95], axis=0)
            inside.append((low <= truth) & (truth <= high))
            scale.append(draws.std(axis=0))
    # Some 60 unknowns, not independent of each other: as if 30 were, 75 % comes once in 100.
    assert np.mean(inside) > 0.75
    assert np.min(scale) < 0.3  # and some of them are known well


@pytest.mark.slow
def test_ranks_of_the_truth_are_uniform(alone: Invented) -> None:
    """Simulation-based calibration (Talts et al. 2018): false alarm 1 in 500."""
    ranks, repeats, kept = [], 16, 31
    with jax.enable_x64(True):
        known = find_known(alone.records.units, alone.records.costs)
        sampler = make_sampler(alone.setting, alone.unknowns, known, 100, 124)
        for seed in range(repeats):
            truth, units, costs = alone.write(100 + seed)
            vectors = sample(sampler, units, costs, seed).vectors
            thin = vectors[:, 3::16].reshape(-1, len(truth))[:kept]
            ranks.append((thin < truth).sum(axis=0))
        # The same seed gives the same draws.
        again = sample(sampler, units, costs, repeats - 1).vectors
        np.testing.assert_array_equal(again, vectors)
        assert np.any(sample(sampler, units, costs, repeats).vectors != vectors)
    counted = np.array(ranks)  # axes (repeat, unknown), 0 to 31
    lowest = 1.0
    for column in counted.T:
        bins = np.bincount(column // 8, minlength=4)
        lowest = min(lowest, float(stats.chisquare(bins).pvalue))
    assert lowest > 0.002 / counted.shape[1], lowest
