"""Attraction models of share (Cooper and Nakanishi 1988) and the elasticities they must show.

Order of entry: Urban et al. (1986), share over the pioneer's 1 / sqrt(order). Price: Bijmolt, van
Heerde and Pieters (2005), elasticity -2.62. Advertising: Sethuraman, Tellis and Briesch (2011),
.12 in the short run and .24 in the long run, twice as much.
"""

import numpy as np
import pytest

from beachhead.mechanisms.share import attraction, share, utility

ORDER = -0.5
PRICE, SHARE = -2.9111, 0.1


def brands(plain, values, price_ratio=0.0, richer=0.0, localisation=0.0, rivals=0.0):
    """Attraction e^v, without advertising, under these parameters."""
    parameters = plain.having(values).parameters.share
    v = utility(parameters, price_ratio, richer, localisation, rivals)
    return attraction(parameters, v, np.zeros_like(v))


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_equal_brands_share_equally(plain, number):
    pull = brands(plain, {})
    rivals = float(number - 1) * pull
    assert float(share(np.float64(1.0), pull, rivals)[1]) == pytest.approx(1.0 / number, abs=1e-12)


def test_later_brands_win_less_by_the_square_root_of_their_order(plain):
    pulls = [float(brands(plain, {"share.order": ORDER}, rivals=n)[1]) for n in (0.0, 1.0, 2.0)]
    np.testing.assert_allclose(pulls, [1.0, 0.7071, 0.5774], atol=5e-5)
    shares = [float(share(1.0, pull, sum(pulls) - pull)) for pull in pulls]
    np.testing.assert_allclose(shares, [0.4377, 0.3095, 0.2527], atol=1e-4)
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_without_rivals_the_share_is_acceptance(plain):
    pull = brands(plain, {"share.price": PRICE}, price_ratio=0.7)
    assert float(share(np.float64(0.3), pull, np.float64(0.0))[0]) == 0.3


def test_a_share_of_nobody_is_none(plain):
    pull = brands(plain, {})
    assert float(share(np.float64(0.0), pull, np.float64(0.0))[0]) == 0.0
    assert float(share(np.float64(0.0), pull, np.float64(4.0))[0]) == 0.0


@pytest.fixture(scope="module")
def rivalled(plain):
    """All accept the brand at once, against as many rivals as leave it a share of one tenth."""
    return (
        plain.having({"share.price": PRICE, "share.advertising": 0.0})
        .facing({"rivals": 1.0 / SHARE - 1.0, "category_age": 0.0, "owners_share": 1.0})
        .having({"category.replacement_years": 3.0})
    )


def elasticity(firm, name, at, step=1e-5):
    """Change of the log of market 1's units, axis quarter, by the log of a figure."""
    up, down = (
        np.log(np.asarray(firm.facing({name: at(sign * step)}).run().record.units)[:, 1])
        for sign in (1.0, -1.0)
    )
    return (up - down) / (2.0 * step)


def test_own_price_elasticity_is_the_published_one(rivalled):
    assert np.asarray(rivalled.run().record.share)[0, 1] == pytest.approx(SHARE, abs=1e-12)
    slope = elasticity(rivalled, "price_ratio", lambda log_price: log_price)
    np.testing.assert_allclose(slope, -2.62, atol=5e-4)
    np.testing.assert_allclose(slope, PRICE * (1.0 - SHARE), atol=1e-8)


def test_the_default_weight_of_price_is_the_published_elasticity(table):
    assert table["share.price"].default * (1.0 - SHARE) == pytest.approx(-2.62, abs=5e-4)


def test_price_counts_less_where_incomes_are_higher(rivalled):
    sensitive = rivalled.having({"share.price_income": 0.15})
    weights = [
        elasticity(sensitive.facing({"richer": log}), "price_ratio", lambda price: price)[0]
        for log in (-1.0, 0.0, 1.0)
    ]
    # The elasticity is taken at the same share: at the usual price income changes nothing.
    np.testing.assert_allclose(weights, -2.62 * np.exp([0.15, 0.0, -0.15]), atol=1e-3)


def test_advertising_works_twice_as_much_in_the_long_run_as_at_once(rivalled, table):
    carry = table["share.carry"].default
    firm = rivalled.having({"share.advertising": 0.13, "share.carry": carry})
    firm = firm.facing({"options.spend": 0.3})
    # Spending more for good, seen at once (first quarter: nothing remembered yet), and later.
    lasting = elasticity(firm, "options.spend", lambda log: 0.3 * np.exp(log))
    record = firm.run().record
    won = np.asarray(record.share)[:, 1]
    remembered = 0.3 * (1.0 - carry ** np.arange(1, len(won) + 1)) / (1.0 - carry)
    np.testing.assert_allclose(
        lasting, 0.13 * (1.0 - won) * remembered / (1.0 + remembered), atol=1e-8
    )
    # At the steady state one quarter's extra spending counts through that quarter's part alone.
    at_once = 0.13 * (1.0 - won[-1]) * 0.3 / (1.0 + remembered[-1])
    assert lasting[-1] / at_once == pytest.approx(2.0, abs=1e-6)
    assert 1.0 / (1.0 - carry) == 2.0


def test_half_of_the_customers_accepting_halve_the_odds(rivalled):
    """Acceptance multiplies attraction: odds of A e^v to B."""
    odds = []
    for accepted in (1.0, 0.5):
        won = float(share(accepted, np.float64(1.0), np.float64(9.0)))
        odds.append(won / (1.0 - won))
    assert odds[1] / odds[0] == pytest.approx(0.5, abs=1e-12)
