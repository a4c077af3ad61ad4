"""E5: what opening a market costs, when it is paid, and what haste adds."""

import jax
import numpy as np
import pytest

from beachhead.mechanisms.entry import begun, entry_cost, haste


@pytest.fixture(scope="module")
def parameters(lively):
    return lively.having({"entry.cost_factor": 1.3}).parameters.entry


def cost(parameters, distance=0.0, localisation=0.0, saving=0.0, crowd=0.0, digested=4.0):
    figures = (1e6, distance, localisation, saving, crowd, digested)
    return float(entry_cost(parameters, *(figure + np.zeros(6) for figure in figures))[0])


def test_what_makes_an_entry_dear_and_what_makes_it_cheap(parameters):
    plain = cost(parameters)
    assert plain == pytest.approx(1.3e6)
    assert cost(parameters, distance=2.0) == pytest.approx(plain * (1 + 2 * parameters.distance))
    localised = plain * (1.0 + parameters.localisation)
    assert cost(parameters, localisation=1.0) == pytest.approx(localised)
    assert cost(parameters, saving=0.3) == pytest.approx(0.7 * plain)
    assert cost(parameters, crowd=4.0) == pytest.approx(plain * (1.0 + parameters.haste))
    assert cost(parameters, crowd=4.0, digested=8.0) == pytest.approx(
        plain * (1.0 + 0.5 * parameters.haste)
    )


@pytest.mark.parametrize("preparation", [0, 1, 3, 6])
def test_equal_parts_are_due_over_the_preparation_and_all_is_paid(preparation):
    quarters = np.arange(20)
    with jax.numpy_dtype_promotion("standard"):
        since, due = begun(quarters, np.int32(10), np.int32(preparation))
    np.testing.assert_array_equal(since, quarters - 10 + preparation)
    assert np.asarray(due).sum() == pytest.approx(1.0, abs=1e-12)
    paid = np.flatnonzero(due)
    # Without preparation all of it falls on the quarter of entry.
    assert (paid[0], paid[-1]) == (10 - preparation, 9 if preparation else 10)
    assert len(set(np.asarray(due)[paid].tolist())) == 1


def test_a_launch_does_not_crowd_itself_and_counts_for_a_year():
    unknown = np.array([1.0, 0.4, 1.0, 1.0])
    with jax.numpy_dtype_promotion("standard"):
        crowd = haste(unknown, np.array([0, 3, 4, -1]))
    np.testing.assert_allclose(crowd, [0.4, 1.0, 1.4, 1.4], atol=1e-12)


def test_in_the_kernel_each_part_is_paid_at_its_own_quarters_knowledge_and_haste(lively):
    record = lively.run().record
    opening, tied = np.asarray(record.ledger.opening), record.tied
    values, problem = lively.parameters.entry, lively.problem
    assert (opening <= 0.0).all() and not opening[:, :3].any()
    for market, option, paid in ((3, 1, (3, 4)), (4, 0, (9,)), (5, 1, (1, 2))):
        assert np.flatnonzero(opening[:, market]).tolist() == list(paid)
        for quarter in paid:
            whole = (
                problem.options.estimate[market, option]
                * values.cost_factor[market]
                * (1.0 + values.distance * problem.distance[market])
                * (1.0 + values.localisation * problem.options.localisation[option])
                * (1.0 - np.asarray(tied.saving)[quarter, market])
            )
            crowded = 1.0 + values.haste * np.asarray(tied.crowd)[quarter, market]
            assert -opening[quarter, market] == pytest.approx(
                whole * crowded / len(paid), rel=1e-12
            )


def test_in_the_kernel_crowding_is_the_others_under_way_over_what_is_digested(lively):
    tied = lively.entering({3: 5, 5: 6}, {3: 1, 5: 1}).run().record.tied
    saving, crowd = np.asarray(tied.saving), np.asarray(tied.crowd)
    # Preparation takes two quarters: 3 is under way in quarters 3 to 6, 5 in quarters 4 to 7.
    nbar = lively.parameters.entry.digest * lively.problem.teams
    assert crowd[3, 3] == pytest.approx(0.0, abs=1e-12)
    assert crowd[3, 5] == pytest.approx((1.0 - saving[3, 3]) / nbar[3], abs=1e-12)
    assert crowd[5, 3] == pytest.approx((1.0 - saving[5, 5]) / nbar[5], abs=1e-12)
    assert crowd[7, 3] == pytest.approx((1.0 - saving[7, 5]) / nbar[7], abs=1e-12)
    assert crowd[7, 5] == pytest.approx(0.0, abs=1e-12)


def test_in_the_kernel_markets_that_are_served_or_left_alone_cost_nothing_to_open(lively):
    assert not np.asarray(lively.entering({}, {}).run().record.ledger.opening).any()


def test_in_the_kernel_quarters_without_a_team_leave_every_figure_a_number(lively):
    """A firm may begin without launch teams; then it cannot launch, but its markets go on."""
    teams = np.where(np.arange(12) < 2, 0.0, lively.problem.teams)
    outcome = lively.facing({"teams": teams}).entering({3: 8}, {}).run()
    assert np.isfinite(np.asarray(outcome.value)).all()
