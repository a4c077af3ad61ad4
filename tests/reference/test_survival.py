"""Survival of foreign ventures, and what a flow is worth that may end.

Besedes and Prusa: of trade relations 33 % end in the first year, 30 % of the rest in the next four,
12 % of those in the next twelve. As chances a quarter: 1 - .67^(1/4) = .09527,
1 - .70^(1/16) = .02205, 1 - .88^(1/48) = .00266.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.mechanisms.exit import hazard, leaves, log_hazard
from beachhead.mechanisms.value import annuity
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import Packed, draw_worlds

HAZARDS = np.repeat([0.09527, 0.02205, 0.00266], [4, 16, 48])
SURVIVING = {1: 0.67, 5: 0.469, 17: 0.4127}
DISCOUNT = 1.12**-0.25  # 12 % a year
LEAVING = 1.0 - 0.94**0.25  # 6 % a year


def log_rate(chance):
    return np.log(-np.log1p(-np.asarray(chance)))


@pytest.fixture(scope="module")
def exits(plain):
    """Parameters of the hazard without any effect: the mode's own rate."""
    return plain.having({"exit.level": 0.0}).parameters.exit


def test_hazards_come_back_from_their_log_rates(exits):
    zero = np.zeros_like(HAZARDS)
    rates = log_hazard(exits, log_rate(HAZARDS), zero, zero, zero, zero, zero)
    np.testing.assert_allclose(hazard(rates), HAZARDS, rtol=1e-12)


def test_survival_after_1_5_and_17_years(exits):
    zero = np.zeros_like(HAZARDS)
    rates = log_hazard(exits, log_rate(HAZARDS), zero, zero, zero, zero, zero)
    surviving = np.cumprod(1.0 - np.asarray(hazard(rates)))
    for years, share in SURVIVING.items():
        assert surviving[4 * years - 1] == pytest.approx(share, abs=5e-4)


def test_a_yearly_rate_is_met_after_four_quarters(exits):
    """The modes' yearly rates become log rates a quarter."""
    alpha = np.log(-np.log1p(-np.float64(0.06)) * 0.25)
    rate = log_hazard(exits, alpha, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert float(hazard(rate)) == pytest.approx(LEAVING, abs=1e-12)


def test_fate_below_the_log_rate_is_a_chance_of_the_hazard():
    draws = (np.arange(100_000) + 0.5) / 100_000
    left = leaves(log_rate(draws), log_rate(0.09527))
    assert np.asarray(left).mean() == pytest.approx(0.09527, abs=1e-5)


@pytest.mark.parametrize(("leaving", "worth"), [(LEAVING, 23.334), (0.0, 35.798)])
def test_annuities_of_a_flow_that_may_end(leaving, worth):
    """Sum of b^t (1 - h)^t from t = 0: this quarter's flow and the annuity of those to come."""
    forever = annuity(np.float64(DISCOUNT), np.float64(leaving), np.inf)
    assert 1.0 + float(forever) == pytest.approx(worth, abs=5e-4)


def test_an_annuity_is_the_sum_of_its_terms():
    ratio = DISCOUNT * (1.0 - LEAVING)
    terms = sum(ratio**quarter for quarter in range(1, 21))
    twenty = annuity(np.float64(DISCOUNT), np.float64(LEAVING), 20.0)
    assert float(twenty) == pytest.approx(terms, abs=1e-12)


def test_an_annuity_without_discount_and_exit_counts_quarters():
    assert float(annuity(np.float64(1.0), np.float64(0.0), 20.0)) == 20.0
    nearly = annuity(np.float64(1.0 - 1e-7), np.float64(0.0), 20.0)
    assert float(nearly) == pytest.approx(20.0, abs=1e-4)


WORLDS, SEED = 2000, 3


@pytest.fixture(scope="module")
def ventures(plain):
    """Three markets that sell one unit a quarter until they are left, the chance falling with age.

    Market 2 is entered two years after the others.
    """
    rate = np.log(-np.log1p(-0.12) * 0.25)
    return (
        plain.having(
            {"exit.level": 0.0, "exit.age": -0.5, "category.replacement_years": 0.25 / np.log(2.0)}
        )
        .facing({"options.alpha": rate, "people": [0.0, 2.0, 2.0, 2.0]})
        .facing({"category_age": 0.0, "owners_share": 1.0, "terminal": 40.0})
        .entering({1: 0, 2: 8, 3: 0}, {1: 1, 2: 1, 3: 1})
    )


@pytest.fixture(scope="module")
def lived(ventures, table):
    """The ventures in worlds whose only chance is fate, drawn as the product draws it."""
    markets = ("HOM", "AAA", "BBB", "CCC")
    packed = Packed(
        problem=ventures.problem,
        markets=markets,
        regions=("one",) * len(markets),
        options=(),
        facts=SimpleNamespace(home_money=(True,) * len(markets)),
    )
    drawn = draw_worlds(packed, Beliefs(table), WORLDS, SEED, jnp.float64)
    same = jax.tree.map(
        lambda value: np.broadcast_to(value, (WORLDS, *np.shape(value))), ventures.parameters
    )
    return ventures.run_in(drawn._replace(parameters=same))


def chances(ventures, quarters):
    """Chance of leaving at each quarter of age."""
    ages, zero = np.arange(float(quarters)), np.zeros(quarters)
    alpha = ventures.problem.options.alpha[1]
    return np.asarray(
        hazard(log_hazard(ventures.parameters.exit, alpha, ages, zero, zero, zero, zero))
    )


@pytest.mark.parametrize(("market", "entered"), [(1, 0), (2, 8), (3, 0)])
def test_drawn_survival_is_the_product_of_the_chances(ventures, lived, market, entered):
    present = np.asarray(lived.record.present)[:, entered:, market]
    expected = np.cumprod(1.0 - chances(ventures, present.shape[1]))
    # Exits fall at the end of a quarter: all are there in the first.
    assert present[:, 0].all()
    error = np.sqrt(expected * (1.0 - expected) / WORLDS)
    assert (np.abs(present[:, 1:].mean(axis=0) - expected[:-1]) < 4.0 * error[:-1]).all()


def test_nobody_returns(lived):
    present = np.asarray(lived.record.present)[:, :, 1]
    assert (np.diff(present, axis=1) <= 0.0).all()


def test_fates_of_two_markets_are_independent(lived):
    present = np.asarray(lived.record.present)[:, 40, :]
    assert abs(np.corrcoef(present[:, 1], present[:, 3])[0, 1]) < 4.0 / np.sqrt(WORLDS)


def test_the_mean_value_is_the_sum_weighed_by_survival(ventures, lived):
    quarters = ventures.problem.teams.shape[0]
    chance = chances(ventures, quarters)
    there = np.cumprod(np.concatenate([[1.0], 1.0 - chance[:-1]]))
    horizon = (DISCOUNT ** np.arange(quarters) * there).sum()
    ratio = DISCOUNT * (1.0 - chance[-1])
    # Who is there in the last quarter stays for the annuity if it does not leave at its end.
    after = sum(ratio**later for later in range(1, 41))
    going_on = DISCOUNT ** (quarters - 1) * there[-1] * (1.0 - chance[-1]) * after
    values = np.asarray(lived.value)[:, 1]
    error = values.std() / np.sqrt(WORLDS)
    assert values.mean() == pytest.approx(horizon + going_on, abs=4.0 * error)


def test_a_venture_that_cannot_fail_is_worth_its_annuity(ventures):
    """12 % a year: 35.798 quarters' flow, of which 80 quarters and then 400 more are counted."""
    safe = ventures.having({"exit.level": -np.inf}).facing({"terminal": 400.0})
    assert float(safe.run().value[1]) == pytest.approx(35.798, abs=1e-3)
