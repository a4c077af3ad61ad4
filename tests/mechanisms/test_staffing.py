"""E11: launch teams at work while markets are prepared."""

import jax
import numpy as np
import pytest

from beachhead.mechanisms.staffing import staffing
from beachhead.simulation.people import use_of_teams


@pytest.fixture(scope="module")
def teams(lively):
    """Teams that each market takes, and teams in use by quarter, of a firm."""

    def use(firm):
        with jax.numpy_dtype_promotion("standard"):
            need, used = use_of_teams(firm.problem, firm.parameters, firm.enter, firm.option)
        return np.asarray(need), np.asarray(used)

    return use


def test_an_unknown_market_takes_more_people():
    familiarity = np.array([0.0, 0.5, 1.0])
    need = staffing(np.float64(0.6), np.full(3, 2.0), familiarity)
    np.testing.assert_allclose(need, [3.2, 2.6, 2.0])


def test_where_the_unknown_takes_nobody_a_market_takes_its_modes_teams(lively, teams):
    """Neutral "staffing.unfamiliar"."""
    need, used = teams(lively.having({"staffing.unfamiliar": 0.0}))
    option_teams = lively.problem.options.teams
    np.testing.assert_allclose(need, option_teams[lively.option], rtol=1e-12)
    # Market 5 is prepared in quarters 1 and 2, 3 in 3 and 4, both by option 1; 4 in 9 by option 0.
    expected = np.zeros(12)
    expected[1:5], expected[9] = option_teams[1], option_teams[0]
    np.testing.assert_allclose(used, expected, rtol=1e-12)


def test_what_was_learned_before_saves_people(lively, teams):
    values = {"staffing.unfamiliar": 0.5}
    first, _ = teams(lively.having(values).entering({4: 10}, {}))
    later, _ = teams(lively.having(values).entering({3: 2, 5: 2, 4: 10}, {}))
    assert later[4] < first[4]
    fewest, most = lively.problem.options.teams[0] * np.array([1.0, 1.5])
    assert fewest <= later[4] and first[4] <= most


def test_served_markets_and_those_never_entered_take_nobody(lively, teams):
    _, used = teams(lively.entering({}, {}))
    assert not used.any()
