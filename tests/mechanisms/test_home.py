"""E10: what attention abroad costs at home."""

import numpy as np
import pytest

from beachhead.mechanisms.home import Home, attention, home_utility, novelty

TEN = np.ones(10)


@pytest.fixture
def parameters():
    return Home(dilution=np.float64(0.05), years=np.float64(2.0), carries=np.float64(5.0))


def test_each_launch_adds_as_much_as_the_one_before(parameters):
    loads = [float(attention(TEN[:n], TEN[:n], TEN[:n])) for n in range(1, 11)]
    np.testing.assert_allclose(loads, np.arange(1.0, 11.0))
    losses = [float(home_utility(parameters, np.float64(load))) for load in loads]
    np.testing.assert_allclose(losses, -0.01 * np.arange(1.0, 11.0))


def test_a_market_claims_less_attention_as_it_ages(parameters):
    loads = [
        float(attention(TEN[:1], TEN[:1], novelty(parameters, age * TEN[:1]))) for age in range(9)
    ]
    np.testing.assert_allclose(loads, np.exp(-0.5 * np.arange(9.0)))


def test_a_market_that_was_left_claims_none():
    assert float(attention(TEN, 0.0 * TEN, TEN)) == 0.0


def home_share(firm):
    return np.asarray(firm.run().record.share)[:, 0]


def test_in_the_kernel_every_launch_takes_something_from_home(lively):
    none = home_share(lively.entering({}, {}))
    one = home_share(lively.entering({3: 2}, {}))
    two = home_share(lively.entering({3: 2, 4: 2}, {}))
    np.testing.assert_array_equal(none[:2], two[:2])
    assert (none[2:] > one[2:]).all() and (one[2:] > two[2:]).all()


def test_in_the_kernel_home_does_not_load_itself(lively):
    alone = lively.facing({"entered": [-20, 1000, 1000, 1000, 1000, 1000]}).entering({}, {})
    assert not np.asarray(alone.run().record.tied.load).any()


def test_in_the_kernel_attention_touches_home_alone(lively):
    distracted = lively.having({"home.dilution": 2.0}).run().record
    calm = lively.having({"home.dilution": 0.0}).run().record
    np.testing.assert_array_equal(
        np.asarray(distracted.share)[:, 1:], np.asarray(calm.share)[:, 1:]
    )
