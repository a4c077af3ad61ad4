"""Spillover between a lead and a lag market, and sales to those who replace what they own.

With a lead market in which everybody accepts the brand, a lag market that hears of it at rate
sigma is a Bass curve with p + sigma in place of p: .03 + .05 = .08, peak after
ln(.38 / .08) / (.08 + .38) = 3.3873 years at a share of .5 - .08 / (2 x .38) = .3947.
"""

import numpy as np
import pytest

from beachhead.mechanisms.acceptance import acceptance

P, Q, SIGMA = 0.03, 0.38, 0.05
PEAK, PEAK_SHARE = 3.3873, 0.39474


@pytest.fixture(scope="module")
def heard(plain):
    """Market 1 is entered at 0 and accepted at once, market 2 a year later at the usual pace."""
    return (
        plain.having({"acceptance.p0": P, "acceptance.q": Q, "acceptance.spillover": SIGMA})
        .facing({"clout": [0.0, 1.0, 0.0, 0.0], "audience": [0.0, 0.0, 1.0, 1.0]})
        .entering({1: 0, 2: 4}, {1: 1})
    )


def closed_form(p, q, years):
    decay = np.exp(-(p + q) * years)
    return (1.0 - decay) / (1.0 + q / p * decay)


def test_a_saturated_lead_adds_its_spillover_to_p(heard):
    record = heard.run().record
    assert np.asarray(record.accepted)[3, 1] == 1.0
    lag = np.asarray(record.accepted)[4:, 2]
    years = 0.25 * np.arange(1, len(lag) + 1)
    np.testing.assert_allclose(lag, closed_form(P + SIGMA, Q, years), rtol=0.0, atol=1e-12)
    # The steepest quarter is the one that holds the peak.
    assert 0.25 * np.diff(lag, prepend=0.0).argmax() <= PEAK
    assert 0.25 * (np.diff(lag, prepend=0.0).argmax() + 1) >= PEAK


def test_the_peak_is_where_the_literature_has_it(plain):
    parameters = plain.having({"acceptance.spillover": SIGMA}).parameters.acceptance
    assert np.log(Q / (P + SIGMA)) / (P + SIGMA + Q) == pytest.approx(PEAK, abs=5e-5)
    at_peak = acceptance(parameters, 0.0, P, Q, 1.0, PEAK)
    assert float(at_peak) == pytest.approx(PEAK_SHARE, abs=1e-5)


def test_presence_without_acceptance_spills_nothing(heard):
    unaccepted = heard.entering({1: 0, 2: 4}, {}).having({"acceptance.p0": 0.0})
    assert not np.asarray(unaccepted.run().record.accepted).any()


def test_nothing_is_heard_from_beyond_the_neighbourhood(heard):
    apart = heard.facing({"near": [[0.0], [1.0], [0.0], [1.0]], "audience": [0.0, 0.0, 0.0, 1.0]})
    lag = np.asarray(apart.run().record.accepted)[4:, 2]
    years = 0.25 * np.arange(1, len(lag) + 1)
    np.testing.assert_allclose(lag, closed_form(P, Q, years), rtol=0.0, atol=1e-12)


def test_a_market_that_is_left_is_heard_of_no_more(heard):
    fate = np.full((80, 4), np.inf)
    fate[0, 1] = -1.0
    left = heard.having({"exit.level": 0.0}).facing({"options.alpha": 0.0})
    lag = np.asarray(left.meeting({"fate": fate}).run().record.accepted)[4:, 2]
    years = 0.25 * np.arange(1, len(lag) + 1)
    np.testing.assert_allclose(lag, closed_form(P, Q, years), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("years", [21 / 12, 3.0, 43 / 12])
def test_a_saturated_category_sells_replacements_only(plain, years):
    firm = plain.having({"category.replacement_years": years}).facing(
        {"category_age": 0.0, "owners_share": 1.0}
    )
    units = np.asarray(firm.run().record.units)[:, 1]
    np.testing.assert_allclose(units, 1.0 - np.exp(-0.25 / years), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(("months", "rate"), [(21, 0.133), (28, 0.102), (38, 0.076), (43, 0.067)])
def test_quarterly_rates_of_published_cycles(plain, months, rate):
    firm = plain.having({"category.replacement_years": months / 12}).facing(
        {"category_age": 0.0, "owners_share": 1.0}
    )
    assert np.asarray(firm.run().record.units)[0, 1] == pytest.approx(rate, abs=6e-4)
