"""E12 in the kernel: what a market's money is worth today."""

import numpy as np


def test_value_is_the_discounted_ledger_and_what_goes_on(lively):
    outcome = lively.run()
    factors = lively.problem.discount ** np.arange(12)
    money = np.asarray(sum(outcome.record.ledger))
    within = (factors[:, None] * money).sum(axis=0)
    np.testing.assert_allclose(np.asarray(outcome.value - outcome.terminal), within, rtol=1e-11)


def test_what_goes_on_is_an_annuity_of_the_last_years_mean_flow(lively):
    outcome = lively.run()
    flow = np.asarray(sum(outcome.record.ledger[:6]))
    late = np.maximum(flow[-4:].mean(axis=0), 0.0)
    there = np.asarray(outcome.record.present)[-1]
    worth = lively.problem.discount**11 * np.asarray(outcome.annuity) * late * there
    np.testing.assert_allclose(outcome.terminal, worth, rtol=1e-11)


def test_a_market_that_loses_at_the_horizon_is_closed(lively):
    outcome = lively.facing({"cost": 400.0}).run()
    assert (np.asarray(sum(outcome.record.ledger[:6]))[-4:, :5].sum(axis=0) < 0.0).all()
    assert not np.asarray(outcome.terminal).any()


def test_without_years_after_the_horizon_nothing_goes_on(lively):
    assert not np.asarray(lively.facing({"terminal": 0.0}).run().terminal).any()
