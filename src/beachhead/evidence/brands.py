"""How E2 and E6 follow the share of one brand that rises and falls, market by market.

The observed share is turned into acceptance by the inverse of E6, moved on a quarter by E2 under
the ceiling that the rivals leave, and turned back into a share by E6. What the move misses is
noise of equal size on the scale 2 arcsin sqrt(share), on which a share of .01 and one of .2 vary
alike. The equations are those of `mechanisms`; here stand only the likelihood, the priors of the
fit and the forecast from an origin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree
from numpy.typing import NDArray
from scipy.optimize import minimize

from beachhead.mechanisms.acceptance import Acceptance, acceptance, ceiling
from beachhead.mechanisms.share import share
from beachhead.quantities import declared

DT = 0.25
Floats = NDArray[np.float64]
Theta = dict[str, Any]

# Of the fit, not of the product: wide, so that the data speak where they say anything.
WIDE = {"p": (0.03, 1.0), "q": (1.2, 0.7), "noise": (0.02, 1.0), "top": (0.15, 1.0)}
UTILITY_SD = 1.0
RIVALS_SCALE = 0.3 / 0.6744897501960817  # of eta's half-normal: median .3, above what data say
SPREAD = (0.3, 0.3)  # of log q and of utility over pooled markets, before the data
ROUNDS = 6  # of fitting pooled markets and their spread in turn


class Shares(NamedTuple):
    """Shares of a brand in some markets and what its rivals weigh; axes (market, quarter).

    Attributes
    ----------
    own : array
        Share of the brand, in (0, 1).
    rivals : array
        Attraction of all rivals, in those of a usual one, > 0.
    seen : array of bool
        False where a quarter only fills the array up.
    """

    own: Floats
    rivals: Floats
    seen: NDArray[np.bool_]

    def until(self, quarters: int) -> Shares:
        """The same with nothing known after the first `quarters` quarters."""
        known = np.arange(self.own.shape[1]) < quarters
        return Shares(
            np.where(known, self.own, 0.5), np.where(known, self.rivals, 1.0), self.seen & known
        )


@dataclass(frozen=True)
class Fit:
    """Most likely parameters of a law of motion, and how sure they are.

    Attributes
    ----------
    theta : dict
        Parameters at the mode: logarithms of p, q, rivals, noise and top, utility as it is.
    covariance : array
        Of the flattened theta, by Laplace.
    log_posterior, log_likelihood : float
        At the mode.
    spread : array, optional
        Standard deviations of log q and of utility over pooled markets.
    """

    theta: Theta
    covariance: Floats
    log_posterior: float
    log_likelihood: float
    spread: Floats | None = None

    def theta_draws(self, number: int | None, seed: int) -> Theta:
        """Parameters from the normal about the mode, a new first axis; the mode without number."""
        flat, unravel = _flatten(self.theta)
        rows = np.asarray(flat, dtype=float)[None, :]
        if number is not None:
            noise = np.random.default_rng(seed).standard_normal((number, rows.shape[1]))
            size, directions = np.linalg.eigh(self.covariance)
            rows = rows + (noise * np.sqrt(np.maximum(size, 0.0))) @ directions.T
        return dict(jax.vmap(unravel)(jnp.asarray(rows)))

    def sd(self) -> Theta:
        """Standard deviation of each entry of theta."""
        with jax.enable_x64(True):
            _, unravel = _flatten(self.theta)
            leaves = unravel(jnp.asarray(np.sqrt(np.diag(self.covariance))))
            return {name: np.asarray(leaf) for name, leaf in leaves.items()}


def rivals_attraction(named: Floats, field: Floats, effective: float) -> Floats:
    """Attraction of all rivals by quarter, anchored at `effective` usual ones in the first.

    Parameters
    ----------
    named : array
        Share of the rivals named, axes (..., quarter).
    field : array
        Share of all others but the brand itself, whose attraction is taken not to change.
    effective : float
        Effective number of rivals in the first quarter, 1 / sum of squares of their shares.

    The brand's own share plays no part: only the ratio of its rivals to each other does.
    """
    whole = 1.0 + named / field
    return effective * whole / whole[..., :1]


def effective_number(shares: Floats) -> float:
    """1 / sum of squares of the shares among themselves (Herfindahl)."""
    part = shares / shares.sum()
    return float(1.0 / np.sum(part**2))


def spread_out(value: Array) -> Array:
    """2 arcsin sqrt(share): equal noise on this scale suits small shares and large ones."""
    return 2.0 * jnp.arcsin(jnp.sqrt(jnp.clip(value, 0.0, 1.0)))


def accepted(own: Array, utility: Array, rivals: Array) -> Array:
    """Acceptance with which E6 gives the share `own`: the inverse of `share`."""
    return own / (1.0 - own) * rivals * jnp.exp(-utility)


def after_quarter(theta: Theta, own: Array, rivals: Array, later: Array, first: Array) -> Array:
    """Share a quarter on by E2 and E6, any shape.

    `rivals` and `later` are the rivals' attraction before and after, `first` that of the first
    quarter, from which the ceiling is measured.
    """
    parameters = _parameters(theta)
    utility = theta["utility"]
    top = ceiling(parameters, first, later)
    now = accepted(own, utility, rivals)
    moved = acceptance(parameters, now, parameters.p0, parameters.q, jnp.zeros(()), DT, top)
    return share(moved, jnp.exp(utility), later)


def after_quarter_constant(
    theta: Theta, own: Array, rivals: Array, later: Array, first: Array
) -> Array:
    """Share a quarter on by the Bass curve towards a ceiling that never moves."""
    del rivals, later, first
    parameters = _parameters(theta)
    top = jnp.exp(theta["top"])
    return acceptance(parameters, own, parameters.p0, parameters.q, jnp.zeros(()), DT, top)


Law = Callable[[Theta, Array, Array, Array, Array], Array]


def fit_moving(shares: Shares) -> Fit:
    """p, q, utility and eta of one market (its axis has length 1)."""
    start = _start(shares, "rivals") | {"utility": jnp.asarray(_usual(shares)[0] + 1.0)}
    return _fit("moving", start, shares)


def fit_constant(shares: Shares) -> Fit:
    """p, q and the constant ceiling of one market."""
    return _fit("constant", _start(shares, "top"), shares)


def fit_pooled(shares: Shares) -> Fit:
    """The moving ceiling for many markets at once: p and eta common, q and utility pooled.

    Theta holds `q` and `utility` by market, axes (market, 1), their means, and the logarithms of
    their spreads over markets. A spread is what the markets' values and their uncertainty show
    about the mean (EM with Laplace's approximation): at the joint mode it would shrink to nothing.
    """
    usual = _usual(shares)
    start = _start(shares, "rivals") | {
        "q": np.full((len(usual), 1), np.log(WIDE["q"][0])),
        "utility": usual[:, None] + 1.0,
        "q_mean": np.log(WIDE["q"][0]),
        "utility_mean": float(usual.mean()) + 1.0,
    }
    spread = np.array(SPREAD)
    for _ in range(ROUNDS):
        fit = _fit("pooled", start, shares, spread)
        sd, start = fit.sd(), fit.theta
        spread = np.array([
            np.sqrt(np.mean((fit.theta[name] - fit.theta[f"{name}_mean"]) ** 2 + sd[name] ** 2))
            for name in ("q", "utility")
        ])  # fmt: skip
    return replace(fit, spread=spread)


def forecast(law: Law, fit: Fit, own: Floats, rivals: Floats, first: Floats) -> Floats:
    """Most likely path of the share from the last one seen.

    Parameters
    ----------
    own : array
        Share at the origin, axes (market, 1).
    rivals : array
        Rivals' attraction at the origin and in each quarter after it, axes (market, 1 + ahead).
    first : array
        That of the first quarter of the history, axes (market, 1).

    Returns
    -------
    array
        Axes (market, ahead).
    """
    return fan(law, fit, own, rivals, first, None, 0)[0]


def fan(
    law: Law, fit: Fit, own: Floats, rivals: Floats, first: Floats, draws: int | None, seed: int
) -> Floats:
    """Sampled paths, axes (draw, market, ahead): parameters by Laplace, noise each quarter.

    Without `draws` the one path of the most likely parameters and no noise.
    """
    with jax.enable_x64(True):
        thetas = fit.theta_draws(draws, seed)
        moved = _moving_all(law)
        random = np.random.default_rng(seed + 1)
        number = draws or 1
        noise = np.exp(np.asarray(thetas["noise"]))[:, None, None] if draws else 0.0
        now = np.broadcast_to(own, (number, *np.shape(own)))
        path = []
        for step in range(rivals.shape[1] - 1):
            expected = moved(thetas, now, rivals[:, step, None], rivals[:, step + 1, None], first)
            angle = 2.0 * np.arcsin(np.sqrt(np.clip(expected, 0.0, 1.0)))
            angle = angle + noise * random.standard_normal(angle.shape)
            now = np.clip(np.sin(np.clip(angle, 0.0, np.pi) / 2.0) ** 2, 1e-9, 1.0 - 1e-9)
            path.append(now)
        return np.concatenate(path, axis=2)


@lru_cache(maxsize=8)
def _moving_all(law: Law) -> Any:
    return jax.jit(jax.vmap(law, in_axes=(0, 0, None, None, None)))


def launch_path(theta: Theta, rivals: Array, quarters: int) -> Array:
    """Shares from entry, when nobody accepts, under rivals that stay as they are; (quarters,)."""
    parameters = _parameters(theta)

    def move(now: Array, _: None) -> tuple[Array, Array]:
        then = acceptance(parameters, now, parameters.p0, parameters.q, jnp.zeros(()), DT)
        return then, share(then, jnp.exp(theta["utility"]), rivals)

    return jax.lax.scan(move, jnp.zeros(()), None, length=quarters)[1]


def fit_launch(own: Floats, quarter: NDArray[np.int_], rivals: float) -> Fit:
    """p, q and utility from shares some quarters after entry, with noise about the path.

    `quarter` counts from entry: 1 is the end of the first quarter on sale.
    """
    length = int(quarter.max())
    usual = -0.5 * np.log1p(rivals)

    def likelihood(theta: Theta) -> Array:
        path = launch_path(theta, jnp.asarray(rivals), length)[jnp.asarray(quarter) - 1]
        missed = spread_out(jnp.asarray(own)) - spread_out(path)
        return _normal(missed, jnp.exp(theta["noise"])).sum()

    def posterior(theta: Theta) -> Array:
        return (
            likelihood(theta)
            + _wide(theta, "p", "q", "noise")
            + _normal(theta["utility"] - usual, jnp.asarray(UTILITY_SD))
        )

    with jax.enable_x64(True):
        start = {name: np.log(WIDE[name][0]) for name in ("p", "q", "noise")} | {
            "utility": usual + 1
        }
        flat, unravel = _flatten(start)
        negative = jax.jit(
            jax.value_and_grad(
                lambda x: (-posterior(unravel(x)), likelihood(unravel(x))), has_aux=True
            )
        )
        return _climb(negative, flat, unravel)


def _flatten(theta: Theta) -> tuple[Array, Any]:
    return ravel_pytree(jax.tree.map(lambda leaf: jnp.asarray(leaf, float), theta))


def _parameters(theta: Theta) -> Acceptance:
    # What the series cannot tell apart is at its neutral value: p and q are those of the market.
    neutral = {name.partition(".")[2]: jnp.zeros(()) for name in declared(Acceptance)}
    neutral |= {"p0": jnp.exp(theta["p"]), "q": jnp.exp(theta["q"])}
    if "rivals" in theta:
        neutral["rivals"] = jnp.exp(theta["rivals"])
    return Acceptance(**neutral)


def _usual(shares: Shares) -> Floats:
    # E6 before any advantage: a newcomer behind the rivals of the first quarter.
    return -0.5 * np.log1p(shares.rivals[:, 0])


def _start(shares: Shares, extra: str) -> Theta:
    start = {name: jnp.asarray(np.log(WIDE[name][0])) for name in ("p", "q", "noise")}
    if extra == "rivals":
        return start | {"rivals": jnp.asarray(np.log(0.3))}
    highest = float(np.max(np.where(shares.seen, shares.own, 0.0)))
    return start | {"top": jnp.asarray(np.log(min(0.9, 1.2 * highest)))}


def _normal(missed: Array, sd: Array) -> Array:
    return -0.5 * (missed / sd) ** 2 - jnp.log(sd) - 0.5 * np.log(2.0 * np.pi)


def _wide(theta: Theta, *names: str) -> Array:
    total = jnp.zeros(())
    for name in names:
        median, sd = WIDE[name]
        total = total + _normal(theta[name] - np.log(median), jnp.asarray(sd)).sum()
    return total


def log_likelihood(law: Law, theta: Theta, own: Array, rivals: Array, seen: Array) -> Array:
    """Of each quarter's share given the one before it."""
    expected = law(theta, own[:, :-1], rivals[:, :-1], rivals[:, 1:], rivals[:, :1])
    missed = spread_out(own[:, 1:]) - spread_out(expected)
    both = seen[:, :-1] & seen[:, 1:]
    return jnp.where(both, _normal(missed, jnp.exp(theta["noise"])), 0.0).sum()


def _half_normal(log_value: Array) -> Array:
    # Density of the logarithm of a half-normal value.
    return -0.5 * (jnp.exp(log_value) / RIVALS_SCALE) ** 2 + log_value


def _log_prior(kind: str, theta: Theta, rivals: Array, spread: Array) -> Array:
    if kind == "constant":
        return _wide(theta, "p", "q", "noise", "top")
    usual = -0.5 * jnp.log1p(rivals[:, :1])
    sd = jnp.asarray(UTILITY_SD)
    common = _wide(theta, "p", "noise") + _half_normal(theta["rivals"])
    if kind == "moving":
        return common + _wide(theta, "q") + _normal(theta["utility"] - usual[0, 0], sd)
    total = common + _normal(theta["q_mean"] - np.log(WIDE["q"][0]), jnp.asarray(WIDE["q"][1]))
    total = total + _normal(theta["utility_mean"] - usual.mean(), sd)
    for place, name in enumerate(("q", "utility")):
        total = total + _normal(theta[name] - theta[f"{name}_mean"], spread[place]).sum()
    return total


_LAWS: dict[str, Law] = {
    "moving": after_quarter,
    "pooled": after_quarter,
    "constant": after_quarter_constant,
}


@lru_cache(maxsize=16)
def _compiled(kind: str, unravel: Any) -> Any:
    # One compilation for all origins of a kind: the arrays keep their shape.
    def negative(
        flat: Array, spread: Array, own: Array, rivals: Array, seen: Array
    ) -> tuple[Array, Array]:
        theta = unravel(flat)
        likelihood = log_likelihood(_LAWS[kind], theta, own, rivals, seen)
        return -likelihood - _log_prior(kind, theta, rivals, spread), likelihood

    return jax.jit(jax.value_and_grad(negative, has_aux=True))


def _fit(kind: str, start: Theta, shares: Shares, spread: Floats | None = None) -> Fit:
    with jax.enable_x64(True):
        flat, unravel = _flatten(start)
        value = _compiled(kind, unravel)
        data = tuple(
            jnp.asarray(part) for part in (np.ones(2) if spread is None else spread, *shares)
        )
        return _climb(lambda x: value(x, *data), flat, unravel)


def _climb(value: Any, flat: Array, unravel: Any) -> Fit:
    def both(x: Floats) -> tuple[float, Floats]:
        (height, _), slope = value(jnp.asarray(x))
        return float(height), np.asarray(slope, dtype=float)

    start = np.asarray(flat, dtype=float)
    options = {"maxiter": 2000, "maxfun": 4000}
    best = minimize(both, start, jac=True, method="L-BFGS-B", options=options).x
    # Second derivatives by central differences of exact first ones: compiling them takes longer.
    steps = 1e-4 * np.eye(len(best))
    hessian = np.array([(both(best + h)[1] - both(best - h)[1]) / 2e-4 for h in steps])
    curvature, directions = np.linalg.eigh(0.5 * (hessian + hessian.T))
    # Flat or crooked directions get a standard deviation of ten, not none.
    covariance = (directions / np.maximum(curvature, 0.01)) @ directions.T
    (height, likelihood), _ = value(jnp.asarray(best))
    theta = {name: np.asarray(leaf) for name, leaf in unravel(jnp.asarray(best)).items()}
    return Fit(theta, covariance, -float(height), float(likelihood))
