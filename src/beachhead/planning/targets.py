"""E11 Targets: what is to be reached by a date, and in how many of the sampled futures it is.

A target speaks of the year, or the quarter, that ends with the quarter it names: a sum of units or
revenue, or a share of one such sum in another. A place at home and a number of foreign markets are
those of that quarter alone. One with a probability is demanded, and so a limit of the plan; the
search does not see the others. How near a world comes is a ratio that is at least 1 where the
target is met; of a place, the firm's share of units at home over that of the rival who holds it.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from beachhead.cases import Case, Target
from beachhead.simulation.pack import Packed
from beachhead.simulation.state import Quarter, Values

# What each metric counts and what that is a share of, as numbers of the amounts in `look`.
METRICS = {
    "units": (1, 0), "units_abroad": (1, 0), "revenue": (2, 0), "revenue_abroad": (2, 0),
    "share": (1, 4), "share_abroad": (2, 5), "markets": (3, 0), "home_rank": (6, 7),
}  # fmt: skip
RANK = METRICS["home_rank"][0]
NEAR = 1e-6  # rounding of single precision


class Targets(NamedTuple):
    """Targets of a case, axis target.

    `part`, `whole`: see `METRICS`; `value` asked for; `so_far` reached before the horizon;
    `probability` demanded, 0 where none is. `window`: 1 in the quarters that count, axes (quarter,
    target); `where`: 1 in the markets that count, axes (target, market).
    """

    part: Values
    whole: Values
    value: Values
    so_far: Values
    probability: Values
    window: Values
    where: Values


def read_targets(case: Case, packed: Packed, *, told: bool = True) -> Targets | None:
    """Targets of a resolved case, NumPy arrays; None without any.

    `told`: with those that are not demanded.
    """
    targets = [target for target in case.targets if told or target.probability]
    if not targets:
        return None
    home, markets = np.asarray(packed.problem.home) > 0, np.array(packed.markets)
    where, window = np.zeros((len(targets), home.size)), np.zeros((case.quarters, len(targets)))
    for k, target in enumerate(targets):
        if target.market == "home" or target.metric == "home_rank":
            where[k] = home
        elif target.metric == "markets" or target.metric.endswith("_abroad"):
            where[k] = ~home
        else:  # nothing is sold in a market that is not among the rows
            where[k] = target.market is None or markets == target.market
        last = case.quarter_index(target.by)
        window[max(last + 1 - target.spans, 0) : last + 1, k] = 1.0
    part, whole = np.array([METRICS[target.metric] for target in targets], dtype=np.int32).T
    return Targets(
        part=part,
        whole=whole,
        value=np.array([target.value for target in targets]),
        so_far=np.array([target.so_far or 0.0 for target in targets]),
        probability=np.array([target.probability or 0.0 for target in targets]),
        window=window,
        where=where,
    )


def look(targets: Targets, quarter: Quarter) -> Array:
    """What a quarter adds to each target, axes (kind, target), for `add_up`.

    Kinds: what is counted, what that is a share of, and the firm's place at home.
    """
    where, none = targets.where, jnp.zeros_like(targets.value)
    ours = holder = place = none
    if quarter.standing is not None:
        ours = where @ (quarter.units / jnp.maximum(quarter.category, 1e-9))
        asked = jnp.clip(targets.value.astype(jnp.int32), 1, quarter.standing.size) - 1
        holder = jnp.maximum(jnp.sort(quarter.standing)[::-1][asked], 1e-9)
        place = 1.0 + (quarter.standing[None, :] > ours[:, None]).sum(axis=1).astype(none.dtype)
    sales = quarter.ledger.sales
    amounts = jnp.stack(
        [none, where @ quarter.units, where @ sales, where @ quarter.present,
         where @ quarter.category, none + sales.sum(), ours, holder]
    )  # fmt: skip
    each = jnp.arange(none.size)
    return jnp.stack([amounts[targets.part, each], amounts[targets.whole, each], place])


def add_up(targets: Targets, looked: Array) -> tuple[Array, Array]:
    """What each target measures, and how far it is reached: 1 or more where it is met.

    Both axes (world, target); `looked`: records of `look`, axes (world, quarter, kind, target).
    """
    part, whole, place = jnp.einsum("tg,wtkg->kwg", targets.window, looked)
    share = part / jnp.where(whole > 0.0, whole, 1.0)
    amount = jnp.where(targets.whole > 0, share, targets.so_far + part)
    rank = targets.part == RANK
    return jnp.where(rank, place, amount), jnp.where(rank, share, amount / targets.value)


def chances(reached: Array) -> Array:
    """Share of worlds in which each target is met, axis target; `reached` from `add_up`."""
    return (reached >= 1.0 - NEAR).mean(axis=0)


def shortfall(targets: Targets, reached: Array) -> tuple[Array, Array]:
    """What is missing to the demanded probabilities, and how far from met the worlds are; numbers.

    The second gives the search a slope where no world comes near.
    """
    missing = jnp.maximum(targets.probability - chances(reached), 0.0)
    far = jnp.maximum(1.0 - reached, 0.0).mean(axis=0)
    return missing.sum(), jnp.where(missing > 0.0, far, 0.0).sum()


def room(probability: float, worlds: int) -> float:
    """Two standard errors of a share of `worlds` that is expected to be `probability`."""
    return 2.0 * float(np.sqrt(max(probability * (1.0 - probability), 1e-12) / worlds))


def describe_target(target: Target, amount: str = "", market: str = "") -> str:
    """A target in words, such as 'first at home in 2020Q2'.

    `amount`, `market`: its value and its market as the reader is to see them.
    """
    if target.metric == "home_rank":
        place = "first" if target.value == 1 else f"among the first {target.value:g}"
        return f"{place} at home in {target.by}"
    what = {
        "units_abroad": "units abroad", "revenue_abroad": "revenue from abroad",
        "share": "of all units sold", "share_abroad": "of revenue from abroad",
        "markets": "markets abroad",
    }.get(target.metric, target.metric)  # fmt: skip
    amount = amount or f"{target.value:{'.0%' if what.startswith('of ') else ',.0f'}}"
    where = {None: "", "home": " at home"}.get(target.market, f" in {market or target.market}")
    when = "in" if target.period == "quarter" else "in the year to"
    when = "by the end of" if target.metric == "markets" else when
    return f"{amount} {what}{where} {when} {target.by}"
