"""Sales: the part of the category that a mode can reach, and how it grows."""

import numpy as np

from beachhead.mechanisms.reach import FULL_USE, NEAR, PACE, progress, reach


def test_reach_closes_the_same_part_of_its_gap_every_year(lively):
    parameters = lively.having({"reach.catch_up": 0.2}).parameters.reach
    now, full = np.array([0.1, 0.5, 0.7]), np.array([0.9, 0.6, 0.7])
    years = np.arange(0.0, 40.0)[:, None]
    within = np.asarray(reach(parameters, now, full, years))
    np.testing.assert_allclose(within[0], now, rtol=1e-12)
    gap = full - within
    np.testing.assert_allclose(gap[1:, :2] / gap[:-1, :2], np.exp(-0.2), rtol=1e-9)
    assert (within >= now - 1e-12).all() and (within <= full + 1e-12).all()


def test_in_the_kernel_reach_caps_sales_whatever_the_acceptance(lively):
    record = lively.run().record
    options = lively.problem.options
    calendar = 0.25 * np.arange(12)
    for market, option in ((3, 1), (4, 0), (5, 1)):
        online = np.asarray(lively.shocks.online)[:, market]
        years = progress(lively.problem.connected[market], online, calendar)
        within = reach(
            lively.parameters.reach,
            options.reach[market, option],
            options.reach_full[market, option],
            years,
        )
        within_reach = np.asarray(record.category)[:, market] * np.asarray(within)
        won = np.asarray(record.share)[:, market]
        np.testing.assert_allclose(
            np.asarray(record.units)[:, market], within_reach * won, rtol=1e-12
        )
    closed = lively.facing({"options.reach": 0.0, "options.reach_full": 0.0}).run().record
    assert not np.asarray(closed.units)[:, 3:].any()
    # Acceptance does not wait for reach.
    np.testing.assert_array_equal(np.asarray(closed.accepted)[:, 3:5], record.accepted[:, 3:5])


def test_progress_counts_years_at_the_usual_pace():
    first, years = np.array([0.1, 0.5, 0.89, 0.95]), np.array([0.0, 3.0, 9.0])[:, None]
    online = FULL_USE - (FULL_USE - first) * np.exp(-PACE * years)
    np.testing.assert_allclose(progress(first, online, years), years + np.zeros(4), atol=1e-12)
    # Twice as fast counts twice; who goes offline again loses nothing; the gap is never closed.
    fast = FULL_USE - (FULL_USE - first[:2]) * np.exp(-2.0 * PACE * years)
    np.testing.assert_allclose(progress(first[:2], fast, years), 2.0 * years + [0.0, 0.0])
    assert float(progress(np.array(0.5), np.array(0.4), np.array(3.0))) == 0.0
    most = float(progress(np.array(0.5), np.array(1.0), np.array(3.0)))
    np.testing.assert_allclose(most, -np.log(NEAR) / PACE)
