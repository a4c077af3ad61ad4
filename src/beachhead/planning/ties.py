"""What ties markets together, at its best and at its worst over all schedules within the limits.

With ties given from outside, markets no longer depend on one another. The best ones stand behind
the bound; the worst ones tell when fate can make the firm leave at all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.mechanisms.cashflow import margin
from beachhead.mechanisms.entry import WINDOW
from beachhead.mechanisms.exit import log_hazard
from beachhead.mechanisms.home import attention, novelty
from beachhead.mechanisms.measures import GOOD, Levers, pull
from beachhead.mechanisms.supply import learned
from beachhead.planning.capacity import Caps, best_knowledge, most_at_work
from beachhead.planning.limits import Limits, Setting
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, STEP, Couplings, Measures, Problem, Quarter, split
from beachhead.simulation.step import choose, comply, move

Floats = NDArray[np.float64]


def _tied(quarter: Quarter) -> Couplings:
    return quarter.tied


def optimistic_couplings(setting: Setting, limits: Limits) -> Couplings:
    """Couplings at least as good for every market as any schedule within the limits brings.

    Leading axes (world, quarter). Knowledge: as many markets as the teams can have opened by then
    teach as much as the longest possible stay can have taught; spillover: everybody entered as
    early as can be, in the most visible way, and never left; no haste, no attention abroad; every
    measure at work from as early as can be, as far as it does good, at nobody's expense, every
    part at its cheapest, and from its most reliable sources.
    """
    problem = setting.problem
    saving, familiarity = jax.vmap(
        lambda parameters: best_knowledge(problem, limits, parameters, setting.central)
    )(setting.worlds.parameters)  # fmt: skip
    levers = None
    if problem.measures is not None:
        levers = jax.vmap(lambda effect: best_levers(problem, limits, effect))(
            setting.worlds.parameters.measures.effect
        )
    heard = _loudest(problem, limits, setting.worlds)
    calm = jnp.zeros(saving.shape[:2])
    whole = _deliverable(setting, best=True)
    return Couplings(saving, familiarity, heard, jnp.zeros_like(saving), calm, levers, whole)


def worst_for_sales(setting: Setting) -> Couplings:
    """Couplings under which no market sells more than under those of any schedule.

    Nothing is heard of the brand, measures do nothing but harm, parts come from the least reliable
    sources. What does not bear on units abroad is 0. Leading axes (world, quarter).
    """
    problem, limits = setting.problem, setting.limits
    levers = None
    if problem.measures is not None:
        levers = jax.vmap(lambda effect: worst_levers(problem, limits, effect))(
            setting.worlds.parameters.measures.effect
        )
    blank = jnp.zeros(setting.worlds.shocks.fx.shape)
    return Couplings(
        blank, blank, blank, blank, blank[:, :, 0], levers, _deliverable(setting, best=False)
    )


def _deliverable(setting: Setting, *, best: bool) -> Array | None:
    """Most, or least, of what is wanted that can be delivered, axes (world, quarter)."""
    supply, down = setting.problem.supply, setting.worlds.shocks.down
    if supply is None or down is None:
        return None
    usable = supply.measure < 0
    if setting.problem.measures is not None:
        begun = split(setting.problem, setting.limits.first)[1].min(axis=1) < NEVER
        usable |= begun[supply.measure]
    # Each way by itself, with the spare of its component.
    spare = supply.of @ supply.spare
    part = jnp.minimum((1.0 + spare) * ((1.0 - down) @ supply.shares.T), 1.0)
    of = (supply.of > 0.0) & usable[:, None]
    if best:
        there = jnp.where(of, part[:, :, :, None], 0.0).max(axis=2)
        return 1.0 - (supply.needed * (1.0 - there)).max(axis=2, initial=0.0)
    there = jnp.where(of, part[:, :, :, None], 1.0).min(axis=2)
    loss = (supply.needed * (1.0 - there)).max(axis=2, initial=0.0)
    # Where capacity may bind, how much of a market's need is met hangs on all others.
    return jnp.where(jnp.isinf(supply.capacity), 1.0 - loss, 0.0)


def best_levers(problem: Problem, limits: Limits, effect: Array) -> Levers:
    """Levers at least as good as any measures within the limits can bring, leading axis quarter."""
    measures = problem.measures
    assert measures is not None
    helpful = _helpful(measures)
    levers = jax.vmap(
        lambda amount: pull(amount, effect, measures.covers, helpful, measures.teams)
    )(most_at_work(problem, limits))  # fmt: skip
    cheapest = jnp.log(_cheapest(problem, limits))
    return levers._replace(cost=levers.cost + cheapest[:, None])


def worst_levers(problem: Problem, limits: Limits, effect: Array) -> Levers:
    """Levers at least as bad as any measures within the limits can bring, leading axis quarter."""
    measures = problem.measures
    assert measures is not None
    good = jnp.asarray(GOOD, measures.change.dtype)
    harmful = good * jnp.minimum(good * measures.change, 0.0)
    levers = jax.vmap(
        lambda amount: pull(amount, effect, measures.covers, harmful, measures.teams)
    )(most_at_work(problem, limits))  # fmt: skip
    supply = problem.supply
    if supply is None:
        return levers
    # A part costs most when its new way is begun: learning only lowers it.
    dearer = jnp.where(supply.measure >= 0, jnp.maximum(supply.premium, 0.0), 0.0)
    dearest = (jnp.where(supply.of > 0, dearer[:, None], 0.0).max(axis=0)) @ supply.weight
    return levers._replace(cost=levers.cost + jnp.log1p(dearest))


def _cheapest(problem: Problem, limits: Limits) -> Array:
    """Lowest cost of a unit over today's that any sourcing can bring, axis quarter."""
    supply, measures = problem.supply, problem.measures
    quarters = problem.teams.shape[0]
    if supply is None or measures is None:
        return jnp.ones(quarters)
    clock = jnp.arange(quarters)[:, None]
    soonest = split(problem, limits.first)[1].min(axis=1) + measures.lead
    made = clock - soonest[supply.measure] + 1
    cost = learned(supply.premium, supply.progress, supply.mature, jnp.maximum(made, 1))
    cost = jnp.where((supply.measure >= 0) & (made >= 1), jnp.minimum(cost, 1.0), 1.0)
    least = jnp.where(supply.of[None] > 0, cost[:, :, None], jnp.inf).min(axis=1)
    return 1.0 + (least - 1.0) @ supply.weight


def _helpful(measures: Measures) -> Array:
    """The changes that do good, 0 for the others, axes (measure, lever)."""
    good = jnp.asarray(GOOD, measures.change.dtype)
    return good * jnp.maximum(good * measures.change, 0.0)


def _loudest(problem: Problem, limits: Limits, worlds: Worlds) -> Array:
    """Most that can be heard of the brand in the other markets, axes (world, quarter, market)."""
    first = limits.first[: problem.people.size, : problem.options.intensity.size]
    usable = (first < NEVER).any(axis=0)
    ways = problem.options
    held = jnp.zeros_like(usable).at[problem.option].set(True)
    able = usable | held

    def most(values: Array) -> Array:
        return jnp.full_like(values, jnp.where(able, values, -jnp.inf).max())

    everywhere = problem._replace(
        options=ways._replace(
            intensity=most(ways.intensity),
            localisation=most(ways.localisation),
            alpha=jnp.full_like(ways.alpha, -jnp.inf),
        ),
        agreed_loss=None,
    )
    measures = problem.measures
    if measures is not None:
        everywhere = everywhere._replace(
            measures=measures._replace(
                change=_helpful(measures),
                lasts=jnp.full_like(measures.lasts, NEVER),
                size=jnp.full_like(measures.size, 1.0) * measures.size.max(axis=1, keepdims=True),
            )
        )
    soonest = limits.first.min(axis=1)
    tied = over_worlds(
        everywhere, worlds, soonest, jnp.zeros_like(soonest), record=_tied, accepted_in=problem
    ).record
    return tied.heard


def first_decision(problem: Problem, limits: Limits) -> Floats:
    """Earliest quarter at which a gate that a market may wait for is decided, axis market.

    Infinite where there is none.
    """
    gates = problem.gates
    if gates is None:
        return np.full(problem.people.size, np.inf)
    first, _, used = (np.asarray(part) for part in split(problem, limits.first))
    began = np.where(np.asarray(problem.entered) < 0, 0, first.min(axis=1))
    began = np.where(np.asarray(gates.pilot) > 0.0, began, NEVER).min(axis=1)
    wait = np.asarray(gates.wait)
    wait = np.where(used[:, : wait.shape[1]] < NEVER, wait, NEVER).min(axis=1)
    held = np.asarray(gates.waits) > 0.0
    return np.where(held, (began + wait)[:, None], np.inf).min(axis=0)


class Ties(NamedTuple):
    """Ties at their best, and what the markets pay for those that the firm cannot escape.

    `given`, `slow`: couplings at their best, and at their worst for units; leading axes (world,
    quarter). `crowd`: most haste that there can be; `toll`: discounted money that home loses at
    least for a unit of attention abroad; axes (world, quarter). `extra`: what home is then worth
    at most beyond its value under `given`, axis world.
    """

    given: Couplings
    slow: Couplings
    crowd: Array
    toll: Array
    extra: Array


def best_ties(setting: Setting, near: Array, caps: Caps) -> Ties:
    """Best ties of schedules within the limits and the `caps`.

    The price of attention is closest where attention is `near`, axes (world, quarter).
    """
    given = optimistic_couplings(setting, setting.limits)
    crowd = jax.vmap(
        lambda parameters: _most_crowded(setting.problem, parameters, caps.begun)
    )(setting.worlds.parameters)  # fmt: skip
    toll, extra = _charge_attention(setting, given, near, caps.attention)
    return Ties(given, worst_for_sales(setting), crowd, toll, extra)


class _Home(NamedTuple):
    """Home in a quarter, numbers: its `share` of sales, of customers who `accept`, and money."""

    share: Array
    accepted: Array
    earned: Array
    other: Array


def _charge_attention(
    setting: Setting, given: Couplings, near: Array, cap: Array
) -> tuple[Array, Array]:
    """Price of attention and what it adds to home's value, as in `Ties`.

    What home earns in a quarter is k s(L), with s(L) = r / (r + exp(x L)) the share under load L
    and x = chi / Lbar. A straight line a - b L above it for all loads that can be makes the loss a
    sum over the markets that cause it. Acceptance at home does not depend on the load.
    """
    problem, worlds = setting.problem, setting.worlds

    def at_home(quarter: Quarter) -> _Home:
        ledger = quarter.ledger
        earned = jnp.maximum(ledger.sales + ledger.channel + ledger.goods, 0.0) + ledger.attached
        parts = (quarter.share, quarter.accepted, earned, ledger.running + ledger.advertising)
        return _Home(*(part @ problem.home for part in parts))

    never = jnp.full(setting.limits.last.shape, NEVER)
    outcome = over_worlds(
        problem, worlds, never, jnp.zeros_like(never), record=at_home, given=given
    )
    home: _Home = outcome.record
    quarters = problem.teams.shape[0]
    held = jax.vmap(lambda parameters: _attention_held(problem, parameters))(worlds.parameters)
    most = held + cap
    weight = (worlds.parameters.home.dilution / worlds.parameters.home.carries)[:, None]
    # Without rivals the share is that of those who accept, whatever the load.
    bears = (home.share > 0.0) & (home.share < jnp.minimum(home.accepted, 1.0)) & (weight > 0.0)
    share = jnp.where(bears, home.share, 0.5)
    scale = jnp.where(bears, home.earned / share, 0.0)
    slope, top = _line_above(scale, share / (1.0 - share), weight, near, most)
    least = _logistic(scale, share / (1.0 - share), weight, most)
    lost = home.earned - jnp.where(bears, least, home.earned)
    late = (home.earned + home.other)[:, -4:].sum(axis=1)
    # Where the last year's flow could fall below zero at home, what follows it is left out.
    counts = late - lost[:, -4:].sum(axis=1) >= 0.0
    yearly = jnp.where(counts, outcome.annuity @ problem.home, 0.0) / 4.0
    clock = jnp.arange(quarters)
    factor = problem.discount**clock + yearly[:, None] * jnp.where(
        clock >= quarters - 4, problem.discount ** (quarters - 1), 0.0
    )
    extra = (factor * jnp.where(bears, top - home.earned, 0.0)).sum(axis=1)
    return factor * jnp.where(bears, slope, 0.0), extra


def _logistic(scale: Array, odds: Array, weight: Array, load: Array) -> Array:
    return scale * odds / (odds + jnp.exp(weight * load))


def _line_above(
    scale: Array, odds: Array, weight: Array, near: Array, most: Array
) -> tuple[Array, Array]:
    """Slope b and height a of a line a - b L above the logistic for L in [0, most].

    Of the chord and the tangent at `near`, lifted to where they are above, the lower one there.
    """
    # In the precision at hand: what rounds to 0 would divide 0 by 0 where nothing is earned.
    tiny = jnp.finfo(scale.dtype).tiny

    def lift(slope: Array) -> Array:
        # The logistic plus the slope is largest at an end or where it turns down.
        turn = jnp.clip(1.0 - 4.0 * slope / jnp.maximum(scale * weight, tiny), 0.0, 1.0)
        share = (1.0 + jnp.sqrt(turn)) / 2.0
        at = jnp.log(jnp.maximum(odds * (1.0 - share) / share, tiny))
        at = jnp.clip(at / jnp.maximum(weight, tiny), 0.0, most)
        return jnp.stack(
            [_logistic(scale, odds, weight, load) + slope * load for load in (0.0 * most, most, at)]
        ).max(axis=0)

    here = _logistic(scale, odds, weight, near)
    chord = (
        _logistic(scale, odds, weight, 0.0 * most) - _logistic(scale, odds, weight, most)
    ) / jnp.maximum(most, 1e-9)
    tangent = weight * here * (1.0 - here / jnp.maximum(scale, tiny))
    slopes = jnp.stack([chord, tangent])
    tops = jnp.stack([lift(chord), lift(tangent)])
    pick = (tops - slopes * near).argmin(axis=0)[None]
    return (
        jnp.take_along_axis(slopes, pick, axis=0)[0],
        jnp.take_along_axis(tops, pick, axis=0)[0],
    )


def _attention_held(problem: Problem, parameters: Any) -> Array:
    """Most attention that served markets can claim in one world, in launches, axis quarter."""
    clock = jnp.arange(problem.teams.shape[0])
    abroad = (problem.entered < 0) * (1.0 - problem.home)
    age = jnp.where(problem.entered < 0, clock[:, None] - problem.entered, 0) * STEP
    load = problem.options.load[problem.option]
    return jax.vmap(lambda years: attention(load, abroad, novelty(parameters.home, years)))(age)


def _most_crowded(problem: Problem, parameters: Any, begun: Array) -> Array:
    """Most haste that there can be in one world, axis quarter."""
    clock = jnp.arange(problem.teams.shape[0])
    preparation = problem.options.preparation[jnp.arange(problem.option.size), problem.option]
    since = clock[:, None] - (problem.entered - preparation)
    abroad = (problem.entered < 0) & (problem.home == 0.0)
    under_way = (abroad & (since >= 0) & (since < WINDOW)).sum(axis=1)
    return (under_way + begun) / (parameters.entry.digest * jnp.maximum(problem.teams, 1.0))


def worst_rates(setting: Setting, crowd: Array, enter: Array, option: Array) -> Array:
    """Log rates of exit at the worst ties, axes (world, quarter, market).

    Nothing is known of any market, haste is `crowd` (world, quarter), and measures do nothing but
    harm. No schedule within the limits makes the firm leave where fate is above these.
    """
    problem, limits = setting.problem, setting.limits
    clock = jnp.arange(problem.teams.shape[0])

    def one(parameters: Any, fx: Array, crowd: Array) -> Array:
        chosen = choose(problem, parameters, enter, option)
        levers = None
        if problem.measures is not None:
            levers = worst_levers(problem, limits, parameters.measures.effect)

        def at(quarter: Array, fx: Array, crowd: Array, levers: Levers | None) -> Array:
            now = comply(chosen, quarter, move(problem, parameters, chosen, levers))
            left = margin(chosen.price, chosen.fee, fx, now.cost, now.landed)
            return log_hazard(
                parameters.exit, chosen.alpha, jnp.maximum(quarter - chosen.enter, 0),
                now.distance, jnp.zeros_like(fx), crowd, left / chosen.price,
            )  # fmt: skip

        return jax.vmap(at)(clock, fx, crowd, levers)

    return jax.vmap(one)(setting.worlds.parameters, setting.worlds.shocks.fx, crowd)
