"""Hamiltonian sampling of what the records say of the parameters, by NumPyro's NUTS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpy.typing import NDArray
from numpyro.infer import MCMC, NUTS

from beachhead.calibration.explaining import (
    COST_NOISE,
    NOISE,
    START,
    Setting,
    Unknowns,
    expect,
    list_logs,
    look_up,
)
from beachhead.simulation.correlation import COMMON, REGIONAL, stream
from beachhead.simulation.learned import Label

type Floats = NDArray[np.float64]

CHAINS = 4
ACCEPT, DEPTH = 0.9, 8  # of a step; doublings of a path
FAR = 0.5  # sd of the places from which the chains look for the records' best explanation
ROUNDS = 40  # of that search
LEAST_NOISE = 0.03  # that is taken for granted on the way there
SITE = "score"


@dataclass(frozen=True, eq=False)
class Sample:
    """Draws of the vector of scores, axes (chain, draw, score)."""

    vectors: Floats
    divergences: int


@dataclass(frozen=True, eq=False)
class Sampler:
    """A sampler for any figures in the same places; what it compiles, it compiles once.

    `known`: places of the figures, of `find_known`; `bend`: their logs and how these move with each
    score, axes (place, figure) and (place, figure, score).
    """

    setting: Setting
    unknowns: Unknowns
    known: NDArray[np.intp]
    bend: Callable[[Array], tuple[Array, Array]]
    chains: MCMC


class _Nuts(NUTS):
    """Begins in one compiled program.

    Left to itself, NumPyro begins step by step, and some hundred steps are compiled one by one.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._begin = jax.jit(super().init, static_argnums=1)

    def init(
        self,
        rng_key: Array,
        num_warmup: int,
        init_params: Any = None,
        model_args: Any = (),
        model_kwargs: Any = None,
    ) -> Any:
        return self._begin(rng_key, num_warmup, init_params, model_args, model_kwargs or {})


def make_sampler(
    setting: Setting, unknowns: Unknowns, known: NDArray[np.intp], warmup: int, draws: int
) -> Sampler:
    """A sampler; needs `jax.enable_x64()` around every use."""
    look = partial(list_logs, setting, unknowns, known)
    chains = MCMC(
        _Nuts(
            partial(model, setting, unknowns), target_accept_prob=ACCEPT, max_tree_depth=DEPTH,
            adapt_mass_matrix=False,
        ),
        num_warmup=warmup, num_samples=draws, num_chains=CHAINS, chain_method="vectorized",
        progress_bar=False, jit_model_args=True,
    )  # fmt: skip

    def bend(place: Array) -> tuple[Array, Array]:
        return look(place), jax.jacfwd(look)(place)

    return Sampler(setting, unknowns, known, jax.jit(jax.vmap(bend)), chains)


def model(
    setting: Setting, unknowns: Unknowns, units: Array, costs: Array, middle: Array, spread: Array
) -> None:
    """The records as NumPyro reads them: standard normal scores through the kernel.

    Few combinations of the scores are known well and most are not known at all, so that the
    sampler moves in coordinates in which the posterior is about round: a shift and a linear map of
    the scores, which change no density but by a constant.

    Parameters
    ----------
    units, costs : Array
        Figures, axes (quarter, market) and axis market; nan where there is none.
    middle, spread : Array
        Of the coordinates: axis score, and axes (score, coordinate).
    """
    anywhere = dist.ImproperUniform(dist.constraints.real_vector, (), (unknowns.size,))
    vector = middle + spread @ numpyro.sample(SITE, anywhere)
    mean, opening, noise = expect(setting, unknowns, vector)
    numpyro.factor("prior", dist.Normal(0.0, 1.0).log_prob(vector).sum())
    numpyro.factor("units", _sum(units, scatter(mean, noise)))
    numpyro.factor("costs", _sum(costs, dist.LogNormal(jnp.log(opening), COST_NOISE)))


def scatter(mean: Array, noise: Array) -> dist.Distribution:
    """Units of a quarter about their mean: counts whose spread is `noise` where they are many."""
    return dist.NegativeBinomial2(mean, noise**-2)


def _sum(figures: Array, about: dist.Distribution) -> Array:
    """Log density of the figures there are."""
    known = ~jnp.isnan(figures)
    return jnp.where(known, about.log_prob(jnp.where(known, figures, 1.0)), 0.0).sum()


def sample(sampler: Sampler, units: Floats, costs: Floats, seed: int) -> Sample:
    """Draws from the posterior given some figures, with axes as in `model`."""
    shape = CHAINS, sampler.unknowns.size
    best, top, covariance = _climb(
        sampler, units, costs, stream(seed, "start").standard_normal(shape) * FAR
    )
    spread = np.linalg.cholesky(covariance)
    # Each chain begins about the place that it found itself, spread as the posterior is.
    apart = np.linalg.solve(spread, (best - best[top]).T).T
    begin = apart + stream(seed, "spread").standard_normal(shape)
    sampler.chains.run(
        jax.random.key(seed), jnp.asarray(units), jnp.asarray(costs), jnp.asarray(best[top]),
        jnp.asarray(spread), extra_fields=("diverging",), init_params={SITE: jnp.asarray(begin)},
    )  # fmt: skip
    round_ = np.asarray(sampler.chains.get_samples(group_by_chain=True)[SITE], dtype=np.float64)
    diverged = np.asarray(sampler.chains.get_extra_fields()["diverging"])
    return Sample(best[top] + round_ @ spread.T, int(diverged.sum()))


def _climb(
    sampler: Sampler, units: Floats, costs: Floats, places: Floats
) -> tuple[Floats, int, Floats]:
    """Where the posterior is highest as seen from some places, the best, and its covariance there.

    Levenberg and Marquardt's method on the logs of the figures; the noise is as large as what is
    left unexplained.
    """
    unknowns, known, bend = sampler.unknowns, sampler.known, sampler.bend
    seen = np.log(np.maximum(np.concatenate([units.ravel(), costs])[known], 0.5))
    of_units = known < units.size
    sizes = np.asarray(look_up(unknowns.tables[NOISE.name], jnp.linspace(-1.0, 1.0, 3)))
    pace = float(np.log(sizes[2] / sizes[0]) / 2.0)  # of the log of the noise by its score

    def weigh(logs: Floats, score: Floats) -> tuple[Floats, Floats]:
        """Weight of every figure, and the score of a noise as large as its error."""
        error = np.where(of_units, seen - logs, 0.0)
        size = np.sqrt((error**2).sum(axis=1) / max(of_units.sum(), 1))
        size = np.maximum(size, LEAST_NOISE)
        score = np.log(size / sizes[1]) / pace
        spread = np.where(of_units, size[:, None] ** 2 + np.exp(-logs), COST_NOISE**2)
        return 1.0 / spread, score

    current, damp = places.copy(), np.full(len(places), 1.0)
    logs, jacobian = map(np.asarray, bend(jnp.asarray(current)))
    eye = np.eye(unknowns.size)
    for _ in range(ROUNDS):
        weight, score = weigh(logs, current[:, 0])
        current[:, 0] = np.clip(score, -3.0, 3.0)
        error = seen - logs
        precision = np.einsum("cik,ci,cij->ckj", jacobian, weight, jacobian) + eye
        uphill = np.einsum("cik,ci->ck", jacobian, weight * error) - current
        uphill[:, 0] = 0.0
        step = np.linalg.solve(precision + damp[:, None, None] * eye, uphill[..., None])[..., 0]
        tried = current + step
        new_logs, new_jacobian = map(np.asarray, bend(jnp.asarray(tried)))

        def loss(place: Floats, at: Floats, weight: Floats = weight) -> Floats:
            return np.asarray((weight * (seen - at) ** 2).sum(axis=1) + (place**2).sum(axis=1))

        better = loss(tried, new_logs) < loss(current, logs)
        damp = np.where(better, damp / 3.0, damp * 4.0)
        current = np.where(better[:, None], tried, current)
        logs = np.where(better[:, None], new_logs, logs)
        jacobian = np.where(better[:, None, None], new_jacobian, jacobian)
    weight, _ = weigh(logs, current[:, 0])
    count = max(float(of_units.sum()), 1.0)
    height = (weight * (seen - logs) ** 2).sum(axis=1) + (current**2).sum(axis=1)
    height += 2.0 * count * pace * current[:, 0]
    top = int(np.argmin(height))
    precision = (jacobian[top].T * weight[top]) @ jacobian[top] + eye
    precision[0, 0] += 2.0 * count * pace**2
    return current, top, np.linalg.inv(precision)


def split_scores(
    unknowns: Unknowns,
    vectors: Floats,
    markets: tuple[str, ...],
    regions: tuple[str, ...],
    seed: int,
) -> dict[Label, Floats]:
    """Scores by label as `Beliefs` draws them, axes (chain, draw), of the markets with figures.

    A market's score is sampled as one number. What of it is common, the region's or its own is
    normal given it, as under the prior, and drawn from that.
    """  # fmt: skip
    noise, start, shared, own = map(np.asarray, unknowns.take(jnp.asarray(vectors)))
    by_label: dict[Label, Floats] = {(NOISE.name,): noise}
    by_label |= {
        (START, "market", markets[row]): start[..., k] for k, row in enumerate(unknowns.begins)
    }
    by_label |= {(name,): shared[..., k] for k, name in enumerate(unknowns.shared)}
    markets, regions = (tuple(names[row] for row in unknowns.rows) for names in (markets, regions))
    known = sorted(set(regions))
    inside = np.array([[float(region == name) for name in known] for region in regions])
    load = np.hstack([np.full((len(markets), 1), np.sqrt(COMMON)), np.sqrt(REGIONAL) * inside])
    alone = np.sqrt(1.0 - COMMON - REGIONAL)
    gain = np.linalg.solve(load @ load.T + alone**2 * np.eye(len(markets)), load).T
    left = np.linalg.cholesky(np.eye(load.shape[1]) - gain @ load)
    for k, name in enumerate(unknowns.own):
        scores = own[..., k, :]
        chance = stream(seed, name, "factors").standard_normal((*scores.shape[:2], load.shape[1]))
        factors = scores @ gain.T + chance @ left.T
        rest = (scores - factors @ load.T) / alone
        by_label[name, "common"] = factors[..., 0]
        by_label |= {(name, "region", r): factors[..., 1 + j] for j, r in enumerate(known)}
        by_label |= {(name, "market", m): rest[..., j] for j, m in enumerate(markets)}
    return by_label
