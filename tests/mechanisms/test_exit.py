"""E8: who leaves, when, and what it brings back; rates of survival are in tests/reference."""

import numpy as np
import pytest

from beachhead.mechanisms.exit import hazard, log_hazard
from beachhead.mechanisms.value import annuity

ZERO = np.zeros(3)


def rate(lively, age=0.0, distance=0.0, familiarity=0.0, crowd=0.0, margin=0.0):
    figures = (age, distance, familiarity, crowd, margin)
    alpha = np.log(np.array([0.01, 0.02, 0.03]))
    return np.asarray(
        log_hazard(lively.parameters.exit, alpha, *(figure + ZERO for figure in figures))
    )


def test_what_drives_a_firm_out_and_what_keeps_it_in(lively):
    plain = rate(lively)
    assert (rate(lively, distance=1.0) > plain).all()
    assert (rate(lively, crowd=1.0) > plain).all()
    assert (rate(lively, familiarity=1.0) < plain).all()
    assert (rate(lively, margin=0.5) < plain).all()
    assert (rate(lively, age=8.0) < plain).all()


def test_the_hazard_is_a_probability_that_grows_with_its_log_rate():
    chances = np.asarray(hazard(np.linspace(-50.0, 5.0, 100)))
    assert ((chances >= 0.0) & (chances <= 1.0)).all()
    assert (np.diff(chances) >= 0.0).all()
    assert float(hazard(np.float64(-np.inf))) == 0.0


def test_without_an_effect_of_age_the_hazard_is_the_same_at_any_age(lively):
    """Neutral "exit.age": the annuity at the horizon knows no entry date."""
    firm = lively.having({"exit.age": 0.0})
    outcome, problem, values = firm.run(), firm.problem, firm.parameters.exit
    tied, fx = outcome.record.tied, firm.shocks.fx[-1]
    option = np.where(problem.entered < 0, problem.option, firm.option)
    fee = problem.options.fee[option]
    margin = (1.0 - fee) * fx - problem.cost * problem.landed / problem.price
    ageless = (
        np.where(problem.home > 0.0, -np.inf, problem.options.alpha[option])
        + values.level
        + values.distance * problem.distance
        - values.knowledge * np.asarray(tied.familiarity)[-1]
        + values.haste * np.asarray(tied.crowd)[-1]
        - values.margin * margin
    )
    expected = annuity(problem.discount, hazard(ageless), problem.terminal)
    np.testing.assert_allclose(outcome.annuity, expected, rtol=1e-12)


def test_in_the_kernel_nothing_is_booked_after_an_exit_and_salvage_once(lively):
    record = lively.run().record
    ledger = record.ledger
    assert np.asarray(record.present)[3:9, 5].all()
    for line in ledger:
        assert not np.asarray(line)[9:, 5].any()
    salvage = np.asarray(ledger.salvage)
    options, factor = lively.problem.options, lively.parameters.entry.cost_factor[5]
    assert salvage[8, 5] == pytest.approx(
        options.salvage[1] * options.estimate[5, 1] * factor, rel=1e-12
    )
    assert np.count_nonzero(salvage) == 1


def test_in_the_kernel_home_is_never_left(lively):
    doomed = lively.meeting({"fate": -30.0}).facing({"agreed_loss": 0.0, "cost": 1e4})
    present = np.asarray(doomed.run().record.present)
    assert present[:, 0].all()
    assert not present[1:, 1:3].any()


def test_in_the_kernel_a_market_is_left_once_it_lost_what_was_agreed(lively):
    # The unit costs more than it brings: every quarter loses.
    firm = lively.facing({"cost": 400.0, "agreed_loss": 0.5}).meeting({"fate": 10.0})
    record = firm.run().record
    flow = sum(np.asarray(line) for line in record.ledger[:6])
    for market, option in ((3, 1), (5, 1)):
        lost = -flow[:, market].cumsum()
        agreed = 0.5 * firm.problem.options.estimate[market, option]
        entered = int(firm.enter[market])
        present = np.asarray(record.present)[:, market]
        stays = np.concatenate([[True], lost[:-1] <= agreed])
        np.testing.assert_array_equal(present, stays & (np.arange(12) >= entered))
    # The limit was met within the horizon somewhere, or the test proves nothing.
    assert not np.asarray(record.present)[-1, 3]


def test_in_the_kernel_a_market_left_has_no_value_after_the_horizon(lively):
    terminal = np.asarray(lively.run().terminal)
    assert terminal[5] == 0.0
    assert (terminal[:3] > 0.0).all()
