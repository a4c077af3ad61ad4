"""E2: what makes a brand a choice, and how fast."""

import numpy as np
import pytest

from beachhead.mechanisms.acceptance import (
    acceptance,
    accepted_today,
    innovation,
    word_of_mouth,
)

ACCEPTED = np.linspace(0.0, 1.0, 6)
NONE = np.zeros(6)


@pytest.fixture(scope="module")
def parameters(lively):
    return lively.parameters.acceptance


def pace(parameters, localisation=0.0, distance=0.0, richer=0.0, intensity=1.0):
    figures = (localisation, distance, richer, intensity)
    return np.asarray(innovation(parameters, *(figure + NONE for figure in figures)))


def test_what_speeds_acceptance_and_what_slows_it(parameters):
    plain = pace(parameters)
    np.testing.assert_allclose(plain, parameters.p0, rtol=1e-15)
    assert (pace(parameters, localisation=1.0) > plain).all()
    assert (pace(parameters, distance=1.0) < plain).all()
    assert (pace(parameters, richer=1.0) < plain).all()
    np.testing.assert_allclose(pace(parameters, intensity=2.0), 2.0 * plain, rtol=1e-15)


def test_effects_multiply(parameters):
    together = pace(parameters, localisation=0.5, distance=2.0, richer=0.7)
    pull = 0.5 * parameters.localisation - 2.0 * parameters.distance - 0.7 * parameters.development
    np.testing.assert_allclose(together, parameters.p0 * np.exp(pull), rtol=1e-12)


def test_word_of_mouth_carries_further_where_people_are_online(parameters):
    by_share = np.array([word_of_mouth(parameters, online + NONE) for online in (0.0, 0.5, 1.0)])
    np.testing.assert_allclose(by_share[1], parameters.q, rtol=1e-15)
    np.testing.assert_allclose(by_share[2] / by_share[0], np.exp(parameters.talk), rtol=1e-12)


def test_acceptance_abroad_adds_to_the_pace_at_home(parameters):
    alone = np.asarray(acceptance(parameters, ACCEPTED, 0.03 + NONE, 0.4 + NONE, NONE, 0.25))
    heard = np.asarray(acceptance(parameters, ACCEPTED, 0.03 + NONE, 0.4 + NONE, 1.0 + NONE, 0.25))
    assert (heard[:-1] > alone[:-1]).all()
    assert (heard <= 1.0).all() and heard[-1] == pytest.approx(1.0, abs=1e-15)


def test_in_the_kernel_acceptance_begins_at_entry_grows_and_ends_at_exit(lively):
    record = lively.run().record
    accepted = np.asarray(record.accepted)
    for market, quarter in ((3, 5), (4, 10), (5, 3)):
        assert not accepted[:quarter, market].any()
        assert accepted[quarter, market] > 0.0
    assert ((accepted >= 0.0) & (accepted <= 1.0)).all()
    stayed = accepted[:, :5]
    assert (np.diff(stayed, axis=0) >= 0.0).all()
    assert accepted[8, 5] > 0.0 and not accepted[9:, 5].any()


def test_in_the_kernel_richer_and_more_distant_customers_accept_later(lively):
    # A market of the same income as home's and near it, against the same with one thing changed.
    near = {"distance": 0.0, "richer": 0.0}
    lively = lively.having({"share.price_income": 0.0})  # income counts in acceptance alone
    first = np.asarray(lively.facing(near).run().record.accepted)[:, 3]
    for changed in ({"distance": 1.0}, {"richer": 1.0}):
        later = np.asarray(lively.facing(near | changed).run().record.accepted)[:, 3]
        assert (later[5:] < first[5:]).all()
    # A poorer market accepts no faster than one like home: only a gap above home's income counts.
    poorer = np.asarray(lively.facing(near | {"richer": -1.0}).run().record.accepted)[:, 3]
    np.testing.assert_allclose(poorer, first, rtol=1e-12)


def test_in_the_kernel_a_served_market_begins_with_the_sales_of_today(lively):
    """Today's units come out, whatever part of them acceptance explains and what part utility."""
    calm = {"options.spend": 0.0, "options.load": 0.0}
    still = {"acceptance.p0": 0.0, "acceptance.q": 0.0, "acceptance.spillover": 0.0}
    rivals = [4.0, 0.5, 3.0, 1.0, 1.0, 1.0]
    for part in (1e-4, 0.003):  # the larger one is more than a brand of usual standing sells
        units = part * lively.problem.people
        firm = lively.facing(calm | {"units": units, "rivals": rivals}).having(still)
        sold = 4.0 * np.asarray(firm.run().record.units)[0, :3]
        np.testing.assert_allclose(sold, units[:3], rtol=1e-9)


def test_in_the_kernel_a_brand_grows_while_it_is_young(lively):
    """The same sales: of a brand of long standing nothing moves, of a young one acceptance does."""
    calm = {"options.spend": 0.0, "options.load": 0.0, "units": 1e-3 * lively.problem.people}
    firm = lively.facing(calm).having({"acceptance.spillover": 0.0})
    for years, low, high in ((100, 0.999, 1.001), (1, 1.05, 50.0)):
        entered = np.where(lively.problem.entered < 0, -4 * years, lively.problem.entered)
        record = firm.facing({"entered": entered}).run().record
        grown = np.asarray(record.accepted)[-1, :3] / np.asarray(record.accepted)[0, :3]
        assert (low < grown).all() and (grown < high).all()


def test_sales_and_years_share_what_they_do_not_explain():
    aged, implied = np.array([1e-9, 0.5, 1.0, 0.5, 0.5, 0.0]), np.array([0.04, 0.1, 0.1, 9, 0, 3.0])
    made = np.asarray(accepted_today(aged, implied))
    # Nothing known of the brand's years: half of the log each. Years enough: none for the sales.
    np.testing.assert_allclose(made[0], np.sqrt(1e-9 * 0.04), rtol=1e-6)
    np.testing.assert_allclose(made[1], 0.5**0.8 * 0.1**0.2, rtol=1e-12)
    np.testing.assert_allclose(made[2:], [1.0, 0.5**0.8 * 9**0.2, 0.0, 1.0], rtol=1e-12)
