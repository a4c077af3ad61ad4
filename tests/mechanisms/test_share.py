"""E6 in the kernel; its elasticities are in tests/reference/test_attraction.py."""

import numpy as np
import pytest

from beachhead.mechanisms.share import utility

YEARS = 0.25 * np.arange(12)[:, None]
CANDIDATES = {3: 1, 4: 0, 5: 1}  # option by market


def won(firm):
    return np.asarray(firm.run().record.share)[:, list(CANDIDATES)]


def from_acceptance(firm, remembered, growth):
    """Share from the recorded acceptance by A e^v / (A e^v + B), of the candidates."""
    values, problem = firm.parameters.share, firm.problem
    rows, options = list(CANDIDATES), list(CANDIDATES.values())
    v = np.asarray(
        utility(
            values, problem.price_ratio, problem.richer,
            problem.options.localisation[0] * np.ones(6), problem.rivals,
        )
    )[rows]  # fmt: skip
    v = v + values.localisation * (
        problem.options.localisation[options] - problem.options.localisation[0]
    )
    spent = problem.options.spend[rows, options] / problem.usual_spend[rows]
    pull = np.exp(v) * (1.0 + remembered * spent) ** values.advertising
    own = np.asarray(firm.run().record.accepted)[:, rows] * pull
    rivals = (problem.rivals * values.rivals_factor)[rows] * np.exp(growth[rows] * YEARS)
    return own / (own + rivals)


def test_with_nothing_remembered_a_quarters_advertising_is_its_own(lively):
    """Neutral "share.carry"."""
    firm = lively.having({"share.carry": 0.0})
    expected = from_acceptance(firm, np.ones((12, 3)), firm.parameters.share.rivals_growth)
    np.testing.assert_allclose(won(firm), expected, rtol=1e-11)


def test_with_rivals_that_do_not_grow_their_attraction_is_todays(lively):
    """Neutral "share.rivals_growth"."""
    firm = lively.having({"share.rivals_growth": 0.0})
    carry = firm.parameters.share.carry
    present = np.asarray(firm.run().record.present)[:, list(CANDIDATES)]
    remembered = (1.0 - carry ** present.cumsum(axis=0)) / (1.0 - carry)
    expected = from_acceptance(firm, remembered, np.zeros(6))
    np.testing.assert_allclose(won(firm), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"price_ratio": 0.5}, False),
        ({"options.spend": 1e9}, True),
        ({"rivals": 20.0}, False),
    ],
)
def test_in_the_kernel_what_wins_share_and_what_loses_it(lively, change, more):
    before, after = won(lively), won(lively.facing(change))
    sold = before > 0.0
    assert (after > before)[sold].all() if more else (after < before)[sold].all()


@pytest.mark.parametrize(
    ("name", "value"), [("share.quality", 2.0), ("share.rivals_factor", 0.1), ("share.order", 0.0)]
)
def test_in_the_kernel_quality_and_weaker_rivals_win_share(lively, name, value):
    before, after = won(lively), won(lively.having({name: value}))
    assert (after > before)[before > 0.0].all()


def test_in_the_kernel_share_stays_a_share(lively):
    shares = np.asarray(lively.run().record.share)
    assert ((shares >= 0.0) & (shares <= 1.0)).all()
    assert not shares[:5, 3].any() and not shares[9:, 5].any()


def test_in_the_kernel_a_brand_without_rivals_wins_all_who_accept_it(lively):
    record = lively.facing({"rivals": 0.0}).run().record
    np.testing.assert_allclose(record.share, record.accepted, rtol=1e-15)
