"""E1 over all countries at once: how far each one's people will take a category up, and how fast.

The level of a country moves by the kernel's own Bass map from one figure to the next,

    y' = S_i bass(y / S_i; p, q_i, years) + error,

so a forecast rolls on from the last figure, and is never read off a fitted curve. q_i and the
potential S_i are partly pooled: each country's follows its income and its region, and departs from
them as far as its own history insists. One p serves all, since no such history tells p and q apart
once the level is known. S is 100 for a share of the population. Errors of the one-, two- and
three-year maps from every figure are Student-t, with a scale of each country's own (partly pooled
too); each figure is in three of the maps, so each map counts for a third, and less the older it is.

Assumes: p, q and S stay as they are; a country's errors do not hang together over time or with its
neighbours', which they do (see docs/proof/forecasts.md). Levels above S come back to it.
Source: Bass (1969); partial pooling after Gelman and Hill (2007), chapter 12, and Talukdar,
Sudhir and Ainslie (2002) for diffusion over countries.
Proof: tests/calibration/test_categories.py, docs/proof/forecasts.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer import MCMC, NUTS, SVI, Predictive, Trace_ELBO, init_to_median
from numpyro.infer.autoguide import AutoNormal

from beachhead.calibration.histories import HORIZONS, Category, Floats, Histories
from beachhead.mechanisms.bass import bass

SPANS = 3  # years over which the longest map runs
TAILS = 4.0  # degrees of freedom of the errors
CHAINS, WARMUP, DRAWS = 2, 400, 400
STEPS, PACE = 1500, 0.02  # of the normal approximation
# Countries and years are filled up to multiples, and regions: fewer programs to compile.
ROWS, COLUMNS, REGIONS = 256, 24, 6


class Maps(NamedTuple):
    """Every figure and those one to three years after it.

    `start` (market, year), `end` and `weight` (span, market, year), weight 0 where either figure is
    missing; `richer` (market,) log income at the origin in standard deviations; `region` (market,
    region) 1 in a country's own; `unit` () the usual yearly change, to which scales of errors are
    relative.
    """

    start: jax.Array
    end: jax.Array
    weight: jax.Array
    richer: jax.Array
    region: jax.Array
    unit: jax.Array


@dataclass(frozen=True)
class Adoption:
    """What is believed of a category's take-up after its histories up to an origin.

    Attributes
    ----------
    category : Category
        What is counted.
    markets : tuple of str
        ISO3 codes along axis market.
    p : array
        Take-up on one's own account, 1/year: (draw,).
    q, potential, noise : array
        Imitation (1/year), level at which take-up ends and scale of a year's error (unit of the
        series): (draw, market).
    r_hat, ess : float
        Worst split R-hat and smallest effective sample size over all that was sampled; NaN for
        the normal approximation, which has none.
    divergences : int
        Steps of the sampler that went astray; 0 for the normal approximation.
    """

    category: Category
    markets: tuple[str, ...]
    p: Floats
    q: Floats
    potential: Floats
    noise: Floats
    r_hat: float = float("nan")
    ess: float = float("nan")
    divergences: int = 0


def fit_adoption(
    histories: Histories,
    *,
    inference: Literal["normal", "nuts"] = "normal",
    seed: int = 0,
    memory: float | None = None,
) -> Adoption:
    """Posterior of E1 over the countries of some histories.

    Parameters
    ----------
    histories : Histories
        Cut at the origin; nothing else is looked at.
    inference : {'normal', 'nuts'}
        A normal approximation of the posterior (seconds), or Hamiltonian sampling (minutes).
    seed : int
        Of the draws.
    memory : float, optional
        Weight of a map over that of one that ends a year later, in (0, 1]; the category's own if
        left out.
    """
    maps = observe(histories, histories.category.memory if memory is None else memory)
    rows, given = len(histories.markets), (maps, histories.category.most, histories.category.share)
    r_hat = ess = float("nan")
    divergences = 0
    if inference == "nuts":
        sampler = MCMC(
            NUTS(adoption, init_strategy=init_to_median, max_tree_depth=8),
            num_warmup=WARMUP,
            num_samples=DRAWS,
            num_chains=CHAINS,
            chain_method="sequential",
            progress_bar=False,
        )
        sampler.run(jax.random.key(seed), *given)
        chains = [np.asarray(site) for site in sampler.get_samples(group_by_chain=True).values()]
        # Sites that no data moves, as S of a share, have no variance and hence no R-hat.
        chains = [site for site in chains if np.ptp(site) > 0]
        r_hat = max(float(np.nanmax(split_gelman_rubin(site))) for site in chains)
        ess = min(float(np.nanmin(effective_sample_size(site))) for site in chains)
        divergences = int(np.sum(sampler.get_extra_fields()["diverging"]))
        found = sampler.get_samples()
    else:
        found = _approximate(jax.random.key(seed), *given)
    p, q, potential, noise = (
        np.asarray(found[site], dtype=np.float64) for site in ("p", "q", "potential", "noise")
    )
    return Adoption(
        histories.category,
        histories.markets,
        p,
        q[:, :rows],
        potential[:, :rows],
        noise[:, :rows],
        r_hat,
        ess,
        divergences,
    )


@partial(jax.jit, static_argnums=3)
def _approximate(key: jax.Array, maps: Maps, most: float, share: bool) -> dict[str, jax.Array]:
    """Draws from the normal nearest to the posterior, independent in unconstrained coordinates."""
    guide = AutoNormal(adoption, init_loc_fn=init_to_median)
    search = SVI(adoption, guide, numpyro.optim.Adam(PACE), Trace_ELBO())
    first, then, last = jax.random.split(key, 3)

    def improve(state: Any, _: None) -> tuple[Any, jax.Array]:
        return search.update(state, maps, most, share)

    state, _ = jax.lax.scan(improve, search.init(first, maps, most, share), length=STEPS)
    latent = guide.sample_posterior(then, search.get_params(state), sample_shape=(DRAWS,))
    sites = ["q", "potential", "noise"]
    derived = Predictive(adoption, posterior_samples=latent, return_sites=sites)
    return {"p": latent["p"], **derived(last, maps, most, share)}


def observe(histories: Histories, memory: float) -> Maps:
    """Figures as the model takes them, filled up with countries and years of weight 0."""
    markets, years = histories.actual.shape
    shape = -(-markets // ROWS) * ROWS, -(-years // COLUMNS) * COLUMNS
    figures = np.full(shape, np.nan)
    figures[:markets, :years] = histories.actual
    end = np.full((SPANS, *shape), np.nan)
    for span in range(1, SPANS + 1):
        end[span - 1, :, :-span] = figures[:, span:]
    known = ~np.isnan(end) & ~np.isnan(figures)
    ended = np.arange(shape[1]) + np.arange(1, SPANS + 1)[:, None]
    age = np.maximum(years - 1 - ended, 0)[:, None, :]
    income, richer = histories.income[:, -1], np.zeros(shape[0])
    richer[:markets] = (income - income.mean()) / (income.std() or 1.0)
    names = sorted(set(histories.regions))
    region = np.zeros((shape[0], max(REGIONS, len(names))))
    region[np.arange(markets), [names.index(name) for name in histories.regions]] = 1.0
    changes = np.diff(histories.levels, axis=1)
    usual = float(np.nanstd(changes)) if changes.size else 1.0

    def numbers(values: Any) -> jax.Array:
        return jnp.asarray(np.nan_to_num(values, nan=1.0), dtype=jnp.float32)

    return Maps(
        numbers(figures),
        numbers(end),
        numbers(known * memory**age / SPANS),
        numbers(richer),
        numbers(region),
        numbers(max(usual, 1e-6)),
    )


def adoption(maps: Maps, most: float, share: bool) -> None:
    """The model as NumPyro reads it; coordinates are not centred. Axes as in `Maps`."""
    markets = maps.start.shape[0]
    p = numpyro.sample("p", dist.LogNormal(jnp.log(0.01), 0.3))
    q = numpyro.deterministic("q", jnp.exp(_pool("q", maps, jnp.log(0.2), 0.5)))
    if share:
        potential = jnp.full(markets, most)
    else:
        potential = most * jax.nn.sigmoid(_pool("potential", maps, -0.7, 0.7))
    numpyro.deterministic("potential", potential)

    level = numpyro.sample("noise_level", dist.Normal(-0.7, 1.5))
    spread = numpyro.sample("noise_spread", dist.HalfNormal(0.5))
    with numpyro.plate("noise_markets", markets):
        own = numpyro.sample("noise_own", dist.Normal(0.0, 1.0))
    noise = numpyro.deterministic("noise", maps.unit * jnp.exp(level + spread * own))
    # Independent yearly errors would add up with a power of .5, a wrong slope with one of 1.
    power = numpyro.sample("noise_power", dist.Normal(0.7, 0.3))

    span = jnp.arange(1.0, SPANS + 1.0, dtype=maps.start.dtype)[:, None, None]
    ends = potential[:, None] * bass(maps.start / potential[:, None], p, q[:, None], span)
    errors = dist.StudentT(TAILS, ends, noise[:, None] * span**power)
    numpyro.factor("figures", jnp.sum(maps.weight * errors.log_prob(maps.end)))


def _pool(name: str, maps: Maps, middle: jax.Array | float, spread: float) -> jax.Array:
    """A country's value by its income, its region and itself: axis market."""
    mean = numpyro.sample(f"{name}_mean", dist.Normal(middle, spread))
    slope = numpyro.sample(f"{name}_income", dist.Normal(0.0, 0.3))
    within = numpyro.sample(f"{name}_within", dist.HalfNormal(0.5))
    between = numpyro.sample(f"{name}_between", dist.HalfNormal(0.3))
    with numpyro.plate(f"{name}_regions", maps.region.shape[1]):
        regional = numpyro.sample(f"{name}_region", dist.Normal(0.0, 1.0))
    with numpyro.plate(f"{name}_markets", maps.start.shape[0]):
        own = numpyro.sample(f"{name}_own", dist.Normal(0.0, 1.0))
    return mean + slope * maps.richer + between * (maps.region @ regional) + within * own


_rise = jax.jit(bass)  # one program in place of one for each of its operations


def roll(adoption: Adoption, last: Floats, horizons: int = HORIZONS, dt: float = 1.0) -> Floats:
    """Levels after 1, 2, .. steps of `dt` years from the last figures: (draw, market, horizon)."""
    with jax.enable_x64(True):
        years = jnp.arange(1, horizons + 1) * dt
        share = jnp.asarray(last / adoption.potential)[..., None]
        p, q = jnp.asarray(adoption.p)[:, None, None], jnp.asarray(adoption.q)[..., None]
        return np.asarray(adoption.potential[..., None] * _rise(share, p, q, years))


def sample_paths(
    adoption: Adoption, last: Floats, horizons: int = HORIZONS, seed: int = 0
) -> Floats:
    """Posterior predictive levels, an error in each year: (draw, market, horizon)."""
    errors = np.random.default_rng(seed).standard_t(TAILS, (horizons, *adoption.q.shape))
    level, path = np.broadcast_to(last, adoption.q.shape), []
    for year in range(horizons):
        after = _step(adoption, level) + adoption.noise * errors[year]
        level = np.clip(after, 0.0, 100.0 if adoption.category.share else np.inf)
        path.append(level)
    return np.stack(path, axis=-1)


def _step(adoption: Adoption, level: Floats) -> Floats:
    with jax.enable_x64(True):
        p, q = jnp.asarray(adoption.p)[:, None], jnp.asarray(adoption.q)
        share = jnp.asarray(level / adoption.potential)
        return np.asarray(adoption.potential * _rise(share, p, q, 1.0))
