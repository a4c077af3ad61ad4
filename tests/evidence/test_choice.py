"""The choice model finds what drew invented firms, and learns from a firm's own waves."""

import numpy as np
import pytest
from invented_firms import TRUE, invent

from beachhead.data import Panel
from beachhead.evidence.choice import Firm, Population, learn, predict, update
from beachhead.evidence.covariates import TERMS, covariates
from beachhead.evidence.entries import History
from beachhead.evidence.waves import Wave, find_waves

KEYS = [term.key for term in TERMS]


@pytest.fixture(scope="module")
def waves(panel: Panel, invented: tuple[History, ...]) -> list[Wave]:
    return find_waves(invented, panel)


def make(panel: Panel, mu: list[dict[str, float]], tau: float) -> Population:
    """A population of a few draws, without pulls of markets."""
    means = np.array([[draw.get(key, 0.0) for key in KEYS] for draw in mu])
    nothing = np.zeros(len(panel.codes))
    return Population(means, np.full(means.shape, tau), panel.codes, nothing, nothing, 0.0)


def test_sampler_finds_the_coefficients_of_the_firms(
    waves: list[Wave], invented: tuple[History, ...]
) -> None:
    few = [wave for wave in waves if wave.firm in {one.firm for one in invented[:4]}]
    population, check = learn(few, warmup=80, draws=80)
    mean, sd = population.mu.mean(axis=0), population.mu.std(axis=0)
    for key, found, doubt in zip(KEYS, mean, sd, strict=True):
        assert found == pytest.approx(TRUE.get(key, 0.0), abs=max(3.5 * doubt, 0.1)), key
        assert doubt < 0.5, key
    assert check["divergences"] == 0


def test_without_own_waves_a_firm_is_one_of_the_population(panel: Panel) -> None:
    population = make(panel, [TRUE, {}], 0.2)
    firm = update(population, [])
    assert np.array_equal(firm.beta, population.mu)
    assert firm.weight == pytest.approx([0.5, 0.5])
    assert np.allclose(firm.spread @ firm.spread.transpose(0, 2, 1), 0.04 * np.eye(len(KEYS)))


def test_own_waves_move_the_firm_and_weigh_the_draws(panel: Panel) -> None:
    """Against the integral over the prior, taken by brute force."""
    one = invent(panel, "new", "ITA", np.random.default_rng(5), years=range(2008, 2014))
    own = find_waves([one], panel)
    population = make(panel, [TRUE, {"size": 0.5}], 0.15)
    firm = update(population, own)
    generator = np.random.default_rng(0)
    worth, mean = [], []
    for mu in population.mu:
        beta = mu + 0.15 * generator.standard_normal((40_000, len(KEYS)))
        log_p = np.zeros(len(beta))
        for wave in own:
            value = beta @ covariates(wave).T
            total = np.log(np.exp(value - 50).sum(axis=1)) + 50
            log_p += (value[:, wave.entered].sum(axis=1) - wave.size * total) / wave.size
        weight = np.exp(log_p - log_p.max())
        worth.append(np.log(weight.mean()) + log_p.max())
        mean.append(weight @ beta / weight.sum())
    ratio = worth[0] - worth[1]
    assert np.log(firm.weight[0] / firm.weight[1]) == pytest.approx(ratio, abs=0.15)
    assert firm.beta == pytest.approx(np.array(mean), abs=0.03)


def test_probabilities_are_those_of_the_logit(panel: Panel, waves: list[Wave]) -> None:
    population = make(panel, [TRUE], 1e-9)
    wave = waves[5]
    p = predict(population, update(population, []), wave)
    value = np.exp(covariates(wave) @ population.mu[0])
    assert p == pytest.approx(value / value.sum(), rel=1e-6)
    assert np.array_equal(p, predict(population, update(population, []), wave))


def test_doubt_makes_probabilities_more_alike(panel: Panel, waves: list[Wave]) -> None:
    sure, unsure = (make(panel, [TRUE] * 100, tau) for tau in (0.01, 0.8))
    wave = waves[5]
    assert np.isfinite(update(unsure, [wave]).beta).all()
    one, other = (predict(who, update(who, []), wave) for who in (sure, unsure))
    assert -(one * np.log(one)).sum() < -(other * np.log(other)).sum()
    assert other.sum() == pytest.approx(1.0)


def test_a_market_that_the_model_has_not_seen_has_no_pull(panel: Panel, waves: list[Wave]) -> None:
    few = Population(
        np.zeros((2, len(KEYS))), np.ones((2, len(KEYS))), ("DEU",), np.array([2.0]),
        np.array([0.1]), 0.5,
    )  # fmt: skip
    mean, sd = few.pulls(waves[0])
    at = [waves[0].atlas.codes[k] for k in waves[0].risk].index("DEU")
    assert mean[at] == 2.0 and sd[at] == 0.1
    assert np.delete(mean, at).tolist() == [0.0] * (len(mean) - 1)
    assert set(np.delete(sd, at)) == {0.5}
    assert isinstance(update(few, waves[:1]), Firm)
