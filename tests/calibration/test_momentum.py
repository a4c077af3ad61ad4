from dataclasses import replace

import numpy as np
import pytest
from invented_categories import invent

from beachhead.calibration.histories import Histories
from beachhead.calibration.momentum import drift, find_analogues, last_value, regress


def lines(slopes: np.ndarray, years: int = 12) -> Histories:
    """Countries whose figures rise by a constant."""
    histories = invent(countries=slopes.size, years=years).histories
    return replace(histories, actual=5.0 + slopes[:, None] * np.arange(years))


def test_last_value_and_drift_by_hand() -> None:
    histories = lines(np.array([1.0, 2.0, 0.0, 4.0]))
    actual = histories.actual.copy()
    actual[0, -4:] = [1.0, 7.0, 3.0, 4.0]
    histories = replace(histories, actual=actual)
    np.testing.assert_array_equal(last_value(histories)[0], [4.0] * 5)
    # Three years: from 1 to 4. Five years: from 5 + 6 to 4.
    np.testing.assert_allclose(drift(histories, 3)[0], 4.0 + 1.0 * np.arange(1, 6), atol=1e-12)
    np.testing.assert_allclose(drift(histories, 5)[0], 4.0 - 1.4 * np.arange(1, 6), atol=1e-12)


def test_drift_takes_what_years_there_are() -> None:
    histories = lines(np.array([1.0, 2.0, 0.0, 4.0]))
    actual = histories.actual.copy()
    actual[1, :-3] = np.nan
    np.testing.assert_allclose(
        drift(replace(histories, actual=actual), 5)[1], 27.0 + 2.0 * np.arange(1, 6), atol=1e-12
    )


@pytest.mark.parametrize("learner", [regress, find_analogues])
def test_what_all_countries_do_is_learned_exactly(learner) -> None:  # type: ignore[no-untyped-def]
    histories = lines(np.full(40, 2.0))
    np.testing.assert_allclose(learner(histories), drift(histories, 3), atol=1e-6)


def test_analogues_foresee_a_bend_that_a_drift_cannot() -> None:
    """Everybody rises by 5 a year up to 40 and by 1 beyond; a quarter is at 40 just now."""
    late = np.repeat(np.arange(4), 30)  # years after the first ones
    year = np.arange(12) - late[:, None]
    histories = invent(countries=late.size, years=12).histories
    histories = replace(
        histories,
        actual=5.0 * np.minimum(year, 8) + np.maximum(year - 8, 0) + 20.0,
        income=np.zeros_like(histories.income),
        regions=("america",) * late.size,
    )
    now = late == 3
    ahead = find_analogues(histories)[now]
    np.testing.assert_allclose(ahead[:, 0], histories.last[now] + 1.0, atol=1e-9)
    assert (drift(histories, 3)[now, 0] == histories.last[now] + 5.0).all()


@pytest.mark.parametrize("learner", [regress, find_analogues])
def test_permuting_countries_permutes_the_forecasts(learner) -> None:  # type: ignore[no-untyped-def]
    histories = invent(3).histories.until(2016)
    order = np.random.default_rng(0).permutation(len(histories.markets))
    shuffled = replace(
        histories,
        markets=tuple(histories.markets[k] for k in order),
        regions=tuple(histories.regions[k] for k in order),
        actual=histories.actual[order],
        income=histories.income[order],
    )
    np.testing.assert_allclose(learner(shuffled), learner(histories)[order], atol=1e-6)


@pytest.mark.parametrize("learner", [regress, find_analogues])
def test_too_short_a_history_goes_on_in_proportion(learner) -> None:  # type: ignore[no-untyped-def]
    histories = invent(countries=30).histories.until(2005 + 4, 4)
    ahead = learner(histories) - last_value(histories)
    np.testing.assert_allclose(ahead[:, 4], ahead[:, 0] * 5, rtol=1e-9)
