"""E1: who could buy, who owns, who buys."""

import numpy as np
import pytest
from scipy.special import ndtri

from beachhead.mechanisms.bass import bass
from beachhead.mechanisms.category import category, potential

BUYERS = np.array([1e6, 2e6])


@pytest.fixture(scope="module")
def parameters(lively):
    """Two markets of the lively firm."""
    values = lively.parameters.category
    return type(values)(**{name: np.ravel(value)[:2] for name, value in vars(values).items()})


def test_the_potential_counts_the_incomes_that_carry_the_price(parameters):
    people, income, price = np.array([1e6, 4e6]), np.array([3e3, 2e4]), np.float64(400.0)
    # Incomes of 200,001 people, log-normal with the market's mean.
    spread = parameters.income_spread[0]
    score = ndtri((np.arange(200_001) + 0.5) / 200_001)
    incomes = income[:, None] * np.exp(spread * score - 0.5 * spread**2)
    assert incomes.mean(axis=1) == pytest.approx(income, rel=1e-3)
    able = (incomes * parameters.budget_share[0] >= price).mean(axis=1)
    expected = people * parameters.addressable[0] * parameters.size_factor * able
    # Each market has its own factor of size; the rest is common.
    np.testing.assert_allclose(potential(parameters, people, income, price), expected, rtol=1e-4)


def test_more_can_pay_where_income_is_higher_or_the_price_lower(parameters):
    incomes = 10.0 ** np.linspace(2.0, 4.5, 50)[:, None] * np.ones(2)
    by_income = np.asarray(potential(parameters, BUYERS, incomes, np.float64(400.0)))
    assert (np.diff(by_income, axis=0) > 0.0).all()
    prices = np.linspace(10.0, 2e3, 50)[:, None]
    by_price = np.asarray(potential(parameters, BUYERS, np.array([3e3, 2e4]), prices))
    assert (np.diff(by_price, axis=0) < 0.0).all()
    most = BUYERS * parameters.addressable * parameters.size_factor
    assert (by_income <= most).all() and (by_price >= 0.0).all()


def test_a_rising_potential_brings_buyers_and_owners_buy_again(parameters):
    owners = 0.4 * BUYERS
    after, units = category(parameters, owners, 1.1 * BUYERS, 0.25)
    share = bass(owners / (1.1 * BUYERS), parameters.p, parameters.q, 0.25)
    np.testing.assert_allclose(after, 1.1 * BUYERS * share, rtol=1e-12)
    again = owners * (1.0 - np.exp(-0.25 / parameters.replacement_years))
    np.testing.assert_allclose(units, after - owners + again, rtol=1e-12)


def test_where_the_potential_falls_below_the_owners_only_they_buy(parameters):
    after, units = category(parameters, BUYERS, 0.8 * BUYERS, 0.25)
    np.testing.assert_allclose(after, 0.8 * BUYERS, rtol=1e-12)
    again = BUYERS * (1.0 - np.exp(-0.25 / parameters.replacement_years))
    np.testing.assert_allclose(units, again, rtol=1e-12)


def test_where_nobody_could_buy_nobody_does(parameters):
    after, units = category(parameters, np.zeros(2), np.zeros(2), 0.25)
    assert not np.asarray(after).any() and not np.asarray(units).any()


def test_without_replacement_the_kernel_sells_to_new_owners_only(lively):
    """Neutral "category.replacement_years": a constant potential is filled once."""
    still = {"people_growth": 0.0, "income_growth": 0.0, "owners_share": 0.2}
    steady = {"category.price_fall": 0.0, "category.growth_error": 0.0}
    firm = lively.facing(still).having(steady | {"category.replacement_years": np.inf})
    values = firm.parameters.category
    size = potential(values, firm.problem.people, firm.problem.income, firm.problem.entry_price)
    bought = np.asarray(firm.run().record.category).cumsum(axis=0)
    years = 0.25 * np.arange(1, len(bought) + 1)[:, None]
    np.testing.assert_allclose(
        bought, np.asarray(size) * (bass(0.2, values.p, values.q, years) - 0.2), rtol=1e-11
    )


def test_the_category_is_there_whether_or_not_we_are(lively):
    before = np.asarray(lively.run().record.category)
    np.testing.assert_array_equal(before, lively.entering({}, {}).run().record.category)
