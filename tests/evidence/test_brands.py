"""The share of a brand by E2 and E6: closed forms, recovery, and a future that changes nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.evidence import brands
from beachhead.evidence.brands import Shares
from beachhead.mechanisms.share import share

QUARTERS = 28
TRUE = {"p": np.log(0.03), "q": np.log(1.5), "rivals": np.log(0.3), "utility": 0.6}


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def series(seed: int, noise: float, utility: float = 0.6) -> Shares:
    """A brand that rises, then falls as its rivals grow."""
    random = np.random.default_rng(seed)
    rivals = 4.0 * np.exp(0.06 * np.maximum(0, np.arange(QUARTERS) - 10))[None, :]
    theta = TRUE | {"utility": utility}
    own = [np.full((1, 1), 0.01)]
    with jax.enable_x64(True):
        for now, then in zip(rivals[0, :-1], rivals[0, 1:], strict=True):
            mean = brands.after_quarter(theta, own[-1], now, then, rivals[0, 0])
            angle = 2 * np.arcsin(np.sqrt(mean)) + noise * random.standard_normal()
            own.append(np.sin(np.asarray(angle) / 2) ** 2)
    return Shares(np.concatenate(own, axis=1), rivals, np.ones((1, QUARTERS), dtype=bool))


def test_inverse_of_share(double):
    kept = jnp.linspace(0.01, 0.99, 7)
    seen = share(kept, jnp.exp(0.4), jnp.asarray(5.0))
    np.testing.assert_allclose(brands.accepted(seen, jnp.asarray(0.4), 5.0), kept, rtol=1e-12)


def test_constant_ceiling_is_bass_closed_form(double):
    p, q, top, years = 0.03, 0.38, 0.2, 5.0
    theta = {"p": np.log(p), "q": np.log(q), "top": np.log(top)}
    now = jnp.asarray(0.0)
    for _ in range(20):
        now = brands.after_quarter_constant(theta, now, now, now, now)
    fade = np.exp(-(p + q) * years)
    assert float(now) == pytest.approx(top * (1 - fade) / (1 + q / p * fade), abs=1e-12)


def test_share_settles_where_e6_says(double):
    theta = TRUE | {"rivals": -30.0}
    now = jnp.asarray(0.1)
    for _ in range(200):
        now = brands.after_quarter(theta, now, 5.0, 5.0, 5.0)
    assert float(now) == pytest.approx(np.exp(0.6) / (np.exp(0.6) + 5.0), abs=1e-9)


def test_above_the_ceiling_relaxes_by_word_of_mouth(double):
    theta = TRUE | {"rivals": np.log(1.0)}
    full = float(share(jnp.asarray(1.0), jnp.exp(0.6), jnp.asarray(9.0)))
    after = brands.after_quarter(theta, jnp.asarray(full), 9.0, 9.0, 4.0)
    top = (1 + 4.0) / (1 + 9.0)
    kept = top + (1 - top) * np.exp(-1.5 * 0.25)
    assert float(after) == pytest.approx(kept * np.exp(0.6) / (kept * np.exp(0.6) + 9.0), abs=1e-12)


def test_own_share_plays_no_part_in_rivals_attraction():
    named, field = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.5, 0.4])
    plain = brands.rivals_attraction(named, field, 4.0)
    shrunk = np.array([0.9, 0.5, 0.7])  # what the brand leaves to the others
    np.testing.assert_allclose(brands.rivals_attraction(named * shrunk, field * shrunk, 4.0), plain)
    assert plain[0] == 4.0
    assert plain[2] / plain[0] == pytest.approx((1 + 0.75) / (1 + 0.2))


def test_effective_number_of_equals():
    assert brands.effective_number(np.full(7, 0.03)) == pytest.approx(7.0)


def test_recovers_what_made_a_series_that_rose_and_fell():
    shares = series(1, 0.01)
    peak = int(shares.own[0].argmax())
    assert 5 < peak < QUARTERS - 5
    fit, sd = brands.fit_moving(shares), brands.fit_moving(shares).sd()
    for name in ("q", "utility"):
        assert abs(fit.theta[name] - TRUE[name]) < 2.5 * sd[name] < 1.0
    assert np.exp(fit.theta["noise"]) == pytest.approx(0.01, rel=0.4)
    assert fit.log_likelihood > brands.fit_constant(shares).log_likelihood + 3


@pytest.mark.parametrize("fit", [brands.fit_moving, brands.fit_constant])
def test_the_future_changes_nothing_at_an_origin(fit):
    shares, known = series(2, 0.02), 16
    poisoned = Shares(shares.own.copy(), shares.rivals.copy(), shares.seen)
    poisoned.own[:, known:], poisoned.rivals[:, known:] = 0.97, 1e3
    before, after = fit(shares.until(known)), fit(poisoned.until(known))
    for name, value in before.theta.items():
        np.testing.assert_array_equal(after.theta[name], value)
    np.testing.assert_array_equal(before.covariance, after.covariance)


def test_fan_lies_about_the_forecast_and_grows():
    shares, known = series(3, 0.02), 16
    fit = brands.fit_moving(shares.until(known))
    last, first = shares.own[:, known - 1 : known], shares.rivals[:, :1]
    held = np.repeat(shares.rivals[:, known - 1 : known], 9, axis=1)
    path = brands.forecast(brands.after_quarter, fit, last, held, first)
    sampled = brands.fan(brands.after_quarter, fit, last, held, first, 500, 1)
    np.testing.assert_allclose(np.median(sampled, axis=0), path, atol=0.02)
    low, high = np.quantile(sampled[:, 0], [0.1, 0.9], axis=0)
    width = high - low
    assert width[7] > width[0] > 0
    np.testing.assert_array_equal(
        sampled, brands.fan(brands.after_quarter, fit, last, held, first, 500, 1)
    )


def test_launch_recovers_p_and_q():
    theta = {"p": np.log(0.02), "q": np.log(1.5), "utility": 0.5}
    with jax.enable_x64(True):
        path = np.asarray(brands.launch_path(theta, jnp.asarray(5.0), 20))
    when = np.array([2, 4, 7, 9, 11, 13, 16, 20])
    fit = brands.fit_launch(path[when - 1], when, 5.0)
    assert np.exp(fit.theta["p"]) == pytest.approx(0.02, rel=0.1)
    assert np.exp(fit.theta["q"]) == pytest.approx(1.5, rel=0.1)


@pytest.mark.slow
def test_pooling_finds_the_spread_of_utility_and_helps_the_short_series():
    utilities = np.random.default_rng(5).normal(0.6, 0.3, size=12)
    parts = [series(10 + i, 0.01, u) for i, u in enumerate(utilities)]
    shares = Shares(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    fit = brands.fit_pooled(shares)
    assert fit.spread is not None
    assert fit.spread[1] == pytest.approx(utilities.std(), rel=0.35)
    assert np.corrcoef(fit.theta["utility"].ravel(), utilities)[0, 1] > 0.95
    assert fit.spread[0] < 0.25  # all have the same q
