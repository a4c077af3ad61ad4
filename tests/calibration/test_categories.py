from dataclasses import replace

import jax
import numpy as np
import pytest
from invented_categories import invent, step

from beachhead.calibration.categories import Adoption, fit_adoption, observe, roll, sample_paths
from beachhead.calibration.histories import CATEGORIES

INTERNET = CATEGORIES["internet_users_pct"]


def known(p: float, q: list[float], potential: list[float], noise: float = 0.0) -> Adoption:
    one = np.array([q]), np.array([potential])
    return Adoption(INTERNET, ("AAA", "BBB"), np.array([p]), *one, np.full((1, 2), noise))


def test_four_quarterly_maps_are_one_yearly_map() -> None:
    adoption = known(0.01, [0.2, 0.5], [100.0, 60.0])
    last = np.array([12.0, 70.0])  # below the potential and above it
    quarterly = roll(adoption, last, 20, 0.25)[..., 3::4]
    np.testing.assert_allclose(quarterly, roll(adoption, last, 5), rtol=0, atol=1e-12)
    stepped = roll(adoption, roll(adoption, last, 1)[0, :, 0], 1)
    np.testing.assert_allclose(stepped[..., 0], roll(adoption, last, 2)[..., 1], rtol=0, atol=1e-12)


def test_rolling_is_bass_in_closed_form() -> None:
    adoption = known(0.01, [0.2, 0.5], [100.0, 60.0])
    last = np.array([12.0, 30.0])
    expected = step(last, 0.01, adoption.q[0], adoption.potential[0])
    np.testing.assert_allclose(roll(adoption, last, 1)[0, :, 0], expected, rtol=1e-12)


def test_without_noise_paths_are_the_map_and_above_the_potential_they_come_down() -> None:
    adoption = known(0.01, [0.2, 0.5], [100.0, 60.0])
    last = np.array([12.0, 70.0])
    paths = sample_paths(adoption, last)
    np.testing.assert_allclose(paths, roll(adoption, last), rtol=1e-12)
    assert (np.diff(paths[0, 1]) < 0).all() and (paths[0, 1] > 60.0).all()


def test_maps_start_and_end_where_figures_are() -> None:
    """Weights by hand: age from the origin, a third each, none where a figure is missing."""
    histories = invent(countries=3, years=6).histories
    actual = histories.actual.copy()
    actual[1, 2] = np.nan
    maps = observe(replace(histories, actual=actual), memory=0.5)
    weight = np.asarray(maps.weight)
    assert weight[0, 0, 4] == pytest.approx(1 / 3)  # ends at the origin
    assert weight[0, 0, 3] == pytest.approx(1 / 6)  # a year before
    assert weight[2, 0, 0] == pytest.approx(1 / 3 / 4)  # year 3, two years before the origin
    assert weight[0, 1, 1] == weight[0, 1, 2] == weight[1, 1, 0] == 0.0
    assert not weight[:, 3:].any() and not weight[0, :, 5:].any() and not weight[2, :, 3:].any()
    np.testing.assert_allclose(maps.end[1, 0, :4], actual[0, 2:], rtol=1e-6)
    assert np.asarray(maps.region).sum() == 3


@pytest.fixture(scope="module")
def fitted() -> tuple[Adoption, np.ndarray]:
    invented = invent(noise=0.4)
    fit = fit_adoption(invented.histories.until(2016), memory=1.0)
    return fit, invented.q


def test_known_imitation_is_recovered(fitted: tuple[Adoption, np.ndarray]) -> None:
    fit, truth = fitted
    error = np.log(np.median(fit.q, axis=0) / truth)
    assert abs(np.mean(error)) < 0.1
    assert np.std(error) < 0.5 * np.std(np.log(truth))
    assert np.corrcoef(np.log(np.median(fit.q, axis=0)), np.log(truth))[0, 1] > 0.9
    assert (fit.potential == 100.0).all()
    assert 0.2 < np.median(fit.noise) < 0.7


def test_paths_cover_what_comes(fitted: tuple[Adoption, np.ndarray]) -> None:
    fit, _ = fitted
    histories = invent(noise=0.4).histories
    paths = sample_paths(fit, histories.until(2016).last, 3)
    low, high = np.quantile(paths, [0.1, 0.9], axis=0)
    actual = histories.actual[:, 12:15]
    inside = (actual >= low) & (actual <= high)
    # 180 outcomes of 60 countries; three standard errors of 60 independent ones are .15.
    assert 0.65 <= inside.mean() <= 0.95


def test_a_country_with_few_figures_is_drawn_towards_its_kind() -> None:
    invented = invent(noise=0.4)
    actual = invented.histories.actual[:, :12].copy()
    actual[0, :11] = np.nan  # one figure: no map at all
    histories = replace(
        invented.histories,
        actual=actual,
        years=invented.histories.years[:12],
        income=invented.histories.income[:, :12],
    )
    fit = fit_adoption(histories, memory=1.0)
    spread = np.log(fit.q).std(axis=0)
    assert spread[0] > 2.0 * np.median(spread)
    # Its kind's middle, not the prior's: within the spread of what countries differ by.
    assert abs(np.log(np.median(fit.q[:, 0])) - np.log(invented.q).mean()) < 0.5


def test_the_same_seed_gives_the_same_posterior() -> None:
    histories = invent().histories.until(2016)
    one, two = fit_adoption(histories, seed=3), fit_adoption(histories, seed=3)
    np.testing.assert_array_equal(one.q, two.q)
    assert not np.array_equal(one.q, fit_adoption(histories, seed=4).q)


@pytest.mark.slow
def test_sampling_and_the_normal_approximation_forecast_alike() -> None:
    histories = invent(noise=0.4).histories.until(2016)
    sampled = fit_adoption(histories, inference="nuts")
    fast = fit_adoption(histories)
    assert sampled.r_hat < 1.05 and sampled.ess > 100 and sampled.divergences < 8
    assert np.isnan(fast.r_hat)
    one, two = (np.median(roll(fit, histories.last), axis=0) for fit in (sampled, fast))
    assert np.median(np.abs(one - two)) < 0.02 * np.median(one)


def test_precision_of_the_caller_does_not_matter() -> None:
    adoption = known(0.01, [0.2, 0.5], [100.0, 60.0])
    last = np.array([12.0, 70.0])
    with jax.enable_x64(True):
        inside = roll(adoption, last)
    np.testing.assert_array_equal(inside, roll(adoption, last))
