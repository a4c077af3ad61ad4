"""E6 Share: the part of the category's sales that the brand wins among those who accept it.

Customers who accept the brand weigh it against the rivals: price against the market's usual price
(less so where incomes are high), advertising that is remembered, a localised product, quality, and
the handicap of coming late. The rivals' attraction is that of their effective number; it moves with
those that a case names, as they grow and as they enter.

    v = b_p(y) ln(P / Pbar) + b_A ln(1 + adstock) + th_l l + order ln(1 + rivals before) + quality
    s = A e^v / (A e^v + B);      adstock' = carry adstock + spend
    b_p(y) = price exp(-price_income y)
    B_t = (rivals + sum_k weight_k (path_k - there today_k)) factor exp(growth years)
    path_k = exp((growth_k + spread_k score_k) years since today or its entry), 0 before it

Neutral value: B = 0 (no rivals): s = A whatever v. Named rivals: growth_k = spread_k = 0, none
enters.
Assumes: rivals answer neither price nor entry; a rival's luck is the same wherever it is. Those
named at home are the rivals there, each by its share of units; who enters a market before the firm
came first.
Source: attraction models (Cooper and Nakanishi 1988); price: Bijmolt, van Heerde and Pieters
(2005), mean elasticity -2.62; advertising: Sethuraman, Tellis and Briesch (2011), .12 short and .24
long run; order: Urban et al. (1986), share relative to the pioneer 1 / sqrt(order).
Proof: tests/reference/test_attraction.py, tests/mechanisms/test_rivals.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import Beta, HalfNormal, LogNormal, Normal, mechanism, parameter


@mechanism("share")
class Share:
    """Parameters of E6."""

    price: Array = parameter(
        "weight of the price against the market's usual price, at home's income",
        unit="utility per log", default=-2.9111, neutral=0.0, bounds=(-20.0, 0.0),
        prior=Normal(0.5), tag="O", source="Bijmolt et al. (2005): elasticity -2.62 at share .1",
    )  # fmt: skip
    price_income: Array = parameter(
        "how fast the weight of price shrinks as income rises over home's",
        unit="1/log", default=0.15, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(), tag="J",
        source="sign from the income effect on price sensitivity; size is judgement",
    )  # fmt: skip
    advertising: Array = parameter(
        "weight of remembered advertising",
        unit="utility per log", default=0.13, neutral=0.0, bounds=(0.0, 5.0), prior=Normal(0.03),
        tag="O", source="Sethuraman, Tellis and Briesch (2011): .12 / (1 - share), approached "
        "where what is remembered is large against a rival's usual spend",
    )  # fmt: skip
    carry: Array = parameter(
        "part of a quarter's advertising that is remembered in the next",
        unit="share a quarter", default=0.5, neutral=0.0, bounds=(0.0, 0.99), prior=Beta(10.0),
        tag="O", source="Sethuraman, Tellis and Briesch (2011): long over short run = 2",
    )  # fmt: skip
    localisation: Array = parameter(
        "gain in utility from a fully localised product",
        unit="utility", default=0.1, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="no transferable number found",
    )  # fmt: skip
    order: Array = parameter(
        "handicap per log of the number of rivals that came first, plus one",
        unit="utility per log", default=-0.5, neutral=0.0, bounds=(-3.0, 0.0), prior=Normal(0.15),
        tag="O", source="Urban et al. (1986): 1 / sqrt(order)",
    )  # fmt: skip
    quality: Array = parameter(
        "the product's own advantage over its rivals at the same price",
        unit="utility", default=-0.5, neutral=0.0, bounds=(-5.0, 5.0), prior=Normal(1.0),
        level="market", tag="D", source="brands of phones in India (docs/proof/fortunes.md); the "
        "mean of e^quality is 1",
    )  # fmt: skip
    rivals_growth: Array = parameter(
        "yearly growth of the rivals' attraction",
        unit="1/year", default=0.0, neutral=0.0, bounds=(-1.0, 1.0), prior=Normal(0.05),
        level="market", tag="J", source="spread of rivals' fortunes; no trend assumed",
    )  # fmt: skip
    rivals_factor: Array = parameter(
        "true number of effective rivals over the estimate",
        unit="ratio", default=1.0, neutral=None, bounds=(0.0, 100.0), prior=LogNormal(0.2),
        level="market", tag="J", source="concentration is seldom published by market",
    )  # fmt: skip


def utility(
    parameters: Share, price_ratio: Array, richer: Array, localisation: Array, rivals: Array
) -> Array:
    """Utility v of the brand without advertising, axis market.

    `price_ratio` = ln(P / Pbar), `richer` = log income over home's (may be negative), `rivals` =
    effective number that came first.
    """
    return (
        parameters.price * jnp.exp(-parameters.price_income * richer) * price_ratio
        + parameters.localisation * localisation
        + parameters.order * jnp.log1p(rivals)
        + parameters.quality
    )


def attraction(parameters: Share, utility: Array, adstock: Array) -> Array:
    """e^v with remembered advertising `adstock` (in shares of the market's usual spend)."""
    return jnp.exp(utility + parameters.advertising * jnp.log(1.0 + adstock))


def rivalry(rivals: Array, lift: Array, weight: Array) -> Array:
    """Rivals in attractions of a usual one, axis market.

    `rivals` today, axis market; `lift` of each named rival, its attraction over its weight less
    that of today, axis rival; `weight` axes (rival, market).
    """
    return rivals + lift @ weight


def share(accepted: Array, attraction: Array, rivals: Array) -> Array:
    """Share of sales within reach, in [0, 1]; `rivals` is their total attraction B. Axis market."""
    own = accepted * attraction
    total = own + rivals
    return jnp.where(rivals > 0.0, own / jnp.where(total > 0.0, total, 1.0), accepted)
