"""The choice of the next market: a conditional logit over the risk set, hierarchical over firms.

In a wave firm f enters markets out of its risk set R. Market i is drawn with the probability

    p_i = exp(v_i) / sum over j in R of exp(v_j),    v_i = x_i'beta_f + u_i

    beta_fk = mu_k + tau_k z_fk,  z ~ Normal(0, 1)      what draws this firm, near what draws firms
    u_i = sigma w_i,              w ~ Normal(0, 1)      what a market has beside its covariates
    mu_k ~ Normal(0, 1), tau_k ~ HalfNormal(0.1), sigma ~ LogNormal(ln 0.5, 0.2)

The log-likelihood of a wave is n^-a times the sum over its n entries of ln p: markets entered at
one stroke are not chosen one by one, so that thirty of them tell less than thirty waves would.
a = 0.2 for waves of other firms, and 1 for a firm's own, of which each counts as one choice: a firm
that opened a whole region in a year is not bound to do so again.

A firm that the model has not seen draws its beta from Normal(mu, tau^2), draw by draw of the
posterior; its own earlier waves move it from there (a Laplace step in each draw) and weigh the
draws (by the Laplace approximation of what the waves are worth under each).

Source: McFadden (1974) for the logit, Train (2009, chapters 6 and 12) for coefficients that vary
over those who choose; Bissiri, Holmes and Walker (2016) for a likelihood to a power.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from beachhead.evidence.atlas import Array
from beachhead.evidence.covariates import TERMS, covariates
from beachhead.evidence.waves import Wave

CLUSTERING, OWN_CLUSTERING = 0.2, 1.0  # a: how far markets entered together count as one choice
SPREAD_TAU = 0.1
SIGMA, SIGMA_DOUBT = 0.5, 0.2  # so that a market seen in few waves is not taken at its word
SEED = 1


@dataclass(frozen=True, eq=False)
class Population:
    """What is believed of firms in general: draws of the posterior.

    Attributes
    ----------
    mu, tau : array (draw, term)
        Mean and standard deviation over firms of the coefficients.
    markets : tuple of str
        Axis of `pull`.
    pull, doubt : array (market,)
        Posterior mean and standard deviation of u; 0 and sigma for a market that is not there.
    sigma : float
        Posterior mean of the spread of u.
    """

    mu: Array
    tau: Array
    markets: tuple[str, ...]
    pull: Array
    doubt: Array
    sigma: float

    @cached_property
    def at(self) -> dict[str, int]:
        """Position of each market on the axis of `pull`."""
        return {iso3: k for k, iso3 in enumerate(self.markets)}

    def pulls(self, wave: Wave) -> tuple[Array, Array]:
        """Mean and standard deviation of u over the risk set of a wave."""
        rows = [self.at.get(wave.atlas.codes[k]) for k in wave.risk]
        mean = np.array([0.0 if row is None else self.pull[row] for row in rows])
        sd = np.array([self.sigma if row is None else self.doubt[row] for row in rows])
        return mean, sd


def learn(
    waves: Sequence[Wave], *, draws: int = 400, warmup: int = 400, chains: int = 1, seed: int = SEED
) -> tuple[Population, dict[str, float]]:
    """Posterior of the population from waves of several firms, by NUTS.

    Returns
    -------
    Population
        With at most 200 draws, evenly out of all.
    dict
        `r_hat` (largest, with several chains), `n_eff` (smallest over mu and tau), `divergences`.
    """
    run = _prepare(waves, draws, warmup, chains)
    return run(np.ones(len(waves)), seed)


def learn_without(
    waves: Sequence[Wave], firms: Sequence[str], *, draws: int, warmup: int, seed: int = SEED
) -> Iterator[Population]:
    """For each firm, what the waves of all others teach."""
    run = _prepare(waves, draws, warmup, chains=1)
    for firm in firms:
        yield run(np.array([wave.firm != firm for wave in waves], dtype=float), seed)[0]


def _prepare(
    waves: Sequence[Wave], draws: int, warmup: int, chains: int
) -> Callable[[Array, int], tuple[Population, dict[str, float]]]:
    """A sampler of the posterior, given how much each wave counts; compiled once."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.diagnostics import summary
    from numpyro.infer import MCMC, NUTS

    codes = waves[0].atlas.codes
    firms = sorted({wave.firm for wave in waves})
    x = np.zeros((len(waves), len(codes), len(TERMS)), dtype=np.float32)
    inside = np.zeros((len(waves), len(codes)), dtype=bool)
    entered = np.zeros((len(waves), len(codes)), dtype=np.float32)
    for k, wave in enumerate(waves):
        x[k, wave.risk] = covariates(wave)
        inside[k, wave.risk] = True
        entered[k, wave.risk] = wave.entered * wave.size**-CLUSTERING
    firm = np.array([firms.index(wave.firm) for wave in waves])

    def model(counts: jax.Array) -> None:
        terms = len(TERMS)
        mu = numpyro.sample("mu", dist.Normal(0.0, 1.0).expand([terms]))
        tau = numpyro.sample("tau", dist.HalfNormal(SPREAD_TAU).expand([terms]))
        sigma = numpyro.sample("sigma", dist.LogNormal(np.log(SIGMA), SIGMA_DOUBT))
        # A firm whose waves do not count has its prior, and so touches nothing else.
        z = numpyro.sample("z", dist.Normal(0.0, 1.0).expand([len(firms), terms]))
        w = numpyro.sample("w", dist.Normal(0.0, 1.0).expand([len(codes)]))
        beta = (mu + tau * z)[firm]
        value = jnp.einsum("wmk,wk->wm", x, beta) + sigma * w
        value = jnp.where(inside, value, -1e9)
        log_p = value - jax.nn.logsumexp(value, axis=1, keepdims=True)
        numpyro.factor("waves", jnp.sum(counts[:, None] * entered * log_p))

    mcmc = MCMC(
        NUTS(model), num_warmup=warmup, num_samples=draws, num_chains=chains,
        chain_method="vectorized", progress_bar=False, jit_model_args=True,
    )  # fmt: skip

    def run(counts: Array, seed: int) -> tuple[Population, dict[str, float]]:
        mcmc.run(
            jax.random.key(seed), jnp.asarray(counts, jnp.float32), extra_fields=("diverging",)
        )
        found = {name: np.asarray(value, float) for name, value in mcmc.get_samples().items()}
        by_chain = mcmc.get_samples(group_by_chain=True)
        told = summary(
            {name: by_chain[name] for name in ("mu", "tau", "sigma")}, group_by_chain=True
        )
        check = {
            "r_hat": float(max(np.max(entry["r_hat"]) for entry in told.values())),
            "n_eff": float(min(np.min(entry["n_eff"]) for entry in told.values())),
            "divergences": float(np.sum(np.asarray(mcmc.get_extra_fields()["diverging"]))),
        }
        u = found["sigma"][:, None] * found["w"]
        kept = np.linspace(0, len(u) - 1, min(200, len(u))).round().astype(int)
        population = Population(
            found["mu"][kept], found["tau"][kept], codes,
            u.mean(axis=0), u.std(axis=0), float(found["sigma"].mean()),
        )  # fmt: skip
        return population, check

    return run


@dataclass(frozen=True, eq=False)
class Firm:
    """What is believed of one firm, draw by draw.

    Attributes
    ----------
    beta : array (draw, term)
        Most probable coefficients under each draw of the population.
    spread : array (draw, term, term)
        Triangular root of their covariance.
    weight : array (draw,)
        Of each draw, summing to one.
    """

    beta: Array
    spread: Array
    weight: Array


def update(population: Population, own: Sequence[Wave]) -> Firm:
    """A firm's coefficients given its own earlier waves; those of firms in general without any."""
    mu, precision = population.mu, 1.0 / population.tau**2
    beta = mu.copy()
    told = [
        (covariates(wave), wave.entered, population.pulls(wave)[0], wave.size**-OWN_CLUSTERING)
        for wave in own
    ]
    steps = 30 if told else 0
    level, slope, curve = _posterior(beta, mu, precision, told)
    for _ in range(steps):
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        # Half the step wherever the whole one goes too far.
        size = np.ones(len(beta))
        for _ in range(20):
            new = _posterior(beta + size[:, None] * step, mu, precision, told)
            worse = new[0] < level - 1e-9
            if not worse.any():
                break
            size = np.where(worse, size / 2.0, size)
        moved = np.abs(size[:, None] * step).max()
        beta = beta + size[:, None] * step
        level, slope, curve = new
        if moved < 1e-6:
            break
    root = np.linalg.cholesky(np.linalg.inv(curve))
    # Laplace: the integral of the likelihood over the prior, up to a constant.
    evidence = level + 0.5 * np.log(precision).sum(axis=1)
    evidence = evidence + np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    weight = np.exp(evidence - evidence.max())
    return Firm(beta, root, weight / weight.sum())


type _Told = list[tuple[Array, NDArray[np.bool_], Array, float]]


def _posterior(beta: Array, mu: Array, precision: Array, told: _Told) -> tuple[Array, Array, Array]:
    """Log density up to a constant, its gradient, and minus its second derivatives; axis draw."""
    away = beta - mu
    level = -0.5 * (precision * away**2).sum(axis=1)
    slope = -precision * away
    curve = np.einsum("sk,kl->skl", precision, np.eye(beta.shape[1]))
    for x, entered, pull, power in told:
        value = beta @ x.T + pull
        top = value.max(axis=1, keepdims=True)
        p = np.exp(value - top)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        n = entered.sum()
        mean = p @ x
        level = level + power * (value[:, entered].sum(axis=1) - n * (top + np.log(total))[:, 0])
        slope = slope + power * (x[entered].sum(axis=0) - n * mean)
        second = np.matmul((p[:, None, :] * x.T[None]), x) - mean[:, :, None] * mean[:, None, :]
        curve = curve + power * n * second
    return level, slope, curve


def predict(population: Population, firm: Firm, wave: Wave, *, seed: int = SEED) -> Array:
    """Probability of each market of the risk set to be the next one entered; sums to one.

    The mean over the draws, each with one draw of the firm's coefficients and of the markets'
    pulls; always the same for the same input.
    """
    key = np.random.default_rng(seed)
    noise = key.standard_normal(firm.beta.shape)
    # One number for each market of the panel, so that the risk set does not change another's.
    shock = key.standard_normal((len(noise), len(wave.atlas.codes)))[:, wave.risk]
    mean, sd = population.pulls(wave)
    x = covariates(wave)
    total = np.zeros(len(wave.risk))
    for sign in (1.0, -1.0):
        beta = firm.beta + sign * np.einsum("skl,sl->sk", firm.spread, noise)
        value = beta @ x.T + mean + sign * sd * shock
        p = np.exp(value - value.max(axis=1, keepdims=True))
        total += firm.weight @ (p / p.sum(axis=1, keepdims=True))
    return total / total.sum()
