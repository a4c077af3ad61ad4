"""What ties markets together, at its best and at its worst over all schedules within the limits.

With ties given from outside, markets no longer depend on one another. The best ones stand behind
the bound; the worst ones tell when fate can make the firm leave at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.mechanisms.cashflow import margin
from beachhead.mechanisms.entry import WINDOW
from beachhead.mechanisms.exit import log_hazard
from beachhead.mechanisms.experience import experience
from beachhead.mechanisms.home import attention, novelty
from beachhead.mechanisms.measures import GOOD, Levers, pull
from beachhead.mechanisms.staffing import staffing
from beachhead.mechanisms.supply import learned
from beachhead.planning.limits import Limits, Setting
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, STEP, Couplings, Measures, Problem, Quarter, split
from beachhead.simulation.step import choose, comply, move

Floats = NDArray[np.float64]
PASSES = 3  # over how familiar markets can be, and so how few teams they can take


def _tied(quarter: Quarter) -> Couplings:
    return quarter.tied


@jax.jit
def couplings_of(setting: Setting, enter: Array, option: Array) -> Couplings:
    """Couplings that a schedule brings about, leading axes (world, quarter)."""
    return over_worlds(setting.problem, setting.worlds, enter, option, record=_tied).record


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


def most_teams(problem: Problem, limits: Limits) -> Array:
    """Teams that there can be at most, axis quarter: with everybody hired who may be."""
    if problem.measures is None:
        return problem.teams
    return problem.teams + _most(problem, limits) @ problem.measures.teams


def _most(problem: Problem, limits: Limits) -> Array:
    """Largest size at which each measure can work in a quarter, axes (quarter, measure)."""
    measures = problem.measures
    assert measures is not None
    first = split(problem, limits.first)[1][:, : measures.size.shape[1]]
    clock = jnp.arange(problem.teams.shape[0])[:, None, None]
    ready = clock >= first + measures.lead[:, None]
    return jnp.where(ready, measures.size, 0.0).max(axis=2)


def best_levers(problem: Problem, limits: Limits, effect: Array) -> Levers:
    """Levers at least as good as any measures within the limits can bring, leading axis quarter."""
    measures = problem.measures
    assert measures is not None
    helpful = _helpful(measures)
    levers = jax.vmap(
        lambda amount: pull(amount, effect, measures.covers, helpful, measures.teams)
    )(_most(problem, limits))  # fmt: skip
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
    )(_most(problem, limits))  # fmt: skip
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


def best_knowledge(
    problem: Problem, limits: Limits, parameters: Any, central: Any
) -> tuple[Array, Array]:
    """Largest saving and familiarity that any schedule can bring, axes (quarter, market).

    `central`: parameters by which people are planned.
    """
    return _learned(problem, limits, parameters, most_opened(problem, limits, central))


def _learned(
    problem: Problem, limits: Limits, parameters: Any, opened: Array
) -> tuple[Array, Array]:
    """Saving and familiarity where `opened` candidates at most teach by each quarter."""
    quarters = problem.teams.shape[0]
    clock = jnp.arange(quarters)
    served = (problem.entered < 0) & (problem.home == 0)
    first = limits.first[: problem.people.size, : problem.options.fee.size]
    open_to = (first.min(axis=1) < NEVER) & (problem.entered == NEVER)
    soonest = jnp.where(open_to, first.min(axis=1), NEVER).min()
    zero, one = jnp.zeros(()), jnp.ones(())
    at_start = experience(
        parameters.experience, zero, one, jnp.where(served, -problem.entered * STEP, 0.0)
    )
    held = experience(parameters.experience, at_start, one, clock[:, None] * STEP) * served
    # Who teaches from s on was entered by s - 1; axes (quarter, s).
    stay = jnp.minimum(clock[:, None] - clock + 1, clock[:, None] - soonest)
    taught = experience(parameters.experience, zero, one, jnp.maximum(stay, 0) * STEP)
    taught = jnp.where(clock <= clock[:, None], taught, 0.0)
    teaches = problem.likeness.teaches

    def groups(others: Array) -> Array:
        """Experience in each group, of so many candidates at most."""
        begin = jnp.minimum(others, opened[:, None])
        return held @ teaches + taught @ jnp.diff(begin, axis=0, prepend=jnp.zeros_like(begin[:1]))

    cuts, weight = parameters.knowledge.by_group(problem.likeness), parameters.knowledge.weight()

    def saving(groups: Array) -> Array:
        return (cuts * (1.0 - jnp.exp(-weight * groups))) @ problem.likeness.learns.T

    # A served market is taught by one candidate more than a candidate is.
    members = open_to @ teaches
    best = jnp.where(
        problem.entered < 0,
        saving(groups(members)),
        saving(groups(jnp.maximum(members - 1.0, 0.0))),
    )
    total = parameters.knowledge.total()
    return best, best / jnp.where(total > 0.0, total, 1.0)


def most_opened(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most candidates that can teach at the start of each quarter, with the teams that there are.

    What teaches at t was entered by t - 1, so it was prepared with the teams up to t - 2 and begun
    by then, when it took no fewer than it does at the most familiar that it can be by then.
    """
    spent = jnp.concatenate([jnp.zeros(2), jnp.cumsum(most_teams(problem, limits))[:-2]])
    ways = problem.options
    early = _begun_before(problem, limits)
    familiar = jnp.ones((spent.size, problem.people.size))
    opened = jnp.zeros_like(spent)
    for _ in range(PASSES):
        least = _least(limits, _need(problem, central, familiar) * ways.preparation)
        least = jnp.concatenate([least[:1], least[:1], least[:-2]])
        opened = jnp.where(least > 0.0, jnp.floor(spent / jnp.maximum(least, 1e-9) + 1e-6), jnp.inf)
        opened = jnp.minimum(opened + early, limits.most)
        familiar = _learned(problem, limits, central, opened)[1]
    return opened


def _most_familiar(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most familiar that markets can be to those who plan people, axes (quarter, market)."""
    return best_knowledge(problem, limits, central, central)[1]


def _need(problem: Problem, central: Any, familiar: Array) -> Array:
    """Teams in a quarter of preparation that begins in each, axes (quarter, market, option)."""
    ways = problem.options
    need = staffing(central.staffing.unfamiliar, ways.teams, familiar[:, :, None])
    return jnp.where(ways.preparation > 0, need, 0.0)


def _least(limits: Limits, work: Array) -> Array:
    """Least of the `work` of any entry that may be made, axes (quarter, market, option)."""
    first = limits.first[: work.shape[1], : work.shape[2]]
    return jnp.where(first < NEVER, work, jnp.inf).min(axis=(1, 2))


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
    # What localisation does to a served market's utility must not lower the acceptance that its
    # units of today imply; acceptance itself does not look at utility.
    taste = worlds.parameters.share
    unmoved = worlds.parameters._replace(
        share=replace(cast(Any, taste), localisation=jnp.zeros_like(taste.localisation))
    )
    worlds = worlds._replace(parameters=unmoved)
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
    tied = over_worlds(everywhere, worlds, soonest, jnp.zeros_like(soonest), record=_tied).record
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


class Caps(NamedTuple):
    """How much of what a schedule may do at most.

    `begun`: candidates of which preparation begins in the four quarters up to each, axis quarter.
    `attention`: that candidates claim, in launches, axes (world, quarter).
    """

    begun: Array
    attention: Array


def first_caps(setting: Setting) -> Caps:
    """Caps that people and the number of candidates set, whatever is worth doing."""
    problem, limits, central = setting.problem, setting.limits, setting.central
    claimed = _most_claimed(problem, limits, central)
    age = jnp.arange(claimed.shape[1]) * STEP
    attention = jax.vmap(lambda home: claimed @ novelty(home, age))(setting.worlds.parameters.home)
    return Caps(_most_begun(problem, limits, central), attention)


def _most_claimed(problem: Problem, limits: Limits, central: Any) -> Array:
    """Load of candidates by how long ago they were entered, such that none can weigh more.

    Axes (quarter, age). Load that counts the more the younger it is weighs most where as much as
    can be is of the last quarter, then of the last two, and so on.
    """
    ways, quarters = problem.options, problem.teams.shape[0]
    clock = jnp.arange(quarters)
    first = limits.first[: problem.people.size, : ways.load.size]
    usable = first < NEVER
    heaviest = jnp.where(usable.any(axis=0), ways.load, 0.0).max()
    work = _need(problem, central, _most_familiar(problem, limits, central)) * ways.preparation
    a_team = jnp.where(work > 0.0, ways.load / jnp.maximum(work, 1e-9), jnp.inf)
    a_team = jnp.where(usable & (ways.load > 0.0), a_team, 0.0).max(axis=(1, 2))
    # Who was entered in the last k quarters was prepared in these and the longest time before.
    longest = jnp.where(usable, ways.preparation, 0).max()
    before = jnp.concatenate([jnp.zeros(1), jnp.cumsum(most_teams(problem, limits))])
    since = jnp.clip(clock[:, None] - clock - longest, 0, quarters)
    spent = before[clock][:, None] - before[since]
    # No work at all is no teams at all, but as much load as there are candidates.
    load = jnp.where(jnp.isinf(a_team)[:, None], jnp.inf, a_team[:, None] * spent)
    load = load + heaviest * _begun_before(problem, limits)
    load = jnp.minimum(load, heaviest * _most_entered(problem, limits))
    return jnp.diff(load, axis=1, prepend=jnp.zeros((quarters, 1)))


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

    def lift(slope: Array) -> Array:
        # The logistic plus the slope is largest at an end or where it turns down.
        turn = jnp.clip(1.0 - 4.0 * slope / jnp.maximum(scale * weight, 1e-300), 0.0, 1.0)
        share = (1.0 + jnp.sqrt(turn)) / 2.0
        at = jnp.log(jnp.maximum(odds * (1.0 - share) / share, 1e-300))
        at = jnp.clip(at / jnp.maximum(weight, 1e-300), 0.0, most)
        return jnp.stack(
            [_logistic(scale, odds, weight, load) + slope * load for load in (0.0 * most, most, at)]
        ).max(axis=0)

    here = _logistic(scale, odds, weight, near)
    chord = (
        _logistic(scale, odds, weight, 0.0 * most) - _logistic(scale, odds, weight, most)
    ) / jnp.maximum(most, 1e-9)
    tangent = weight * here * (1.0 - here / jnp.maximum(scale, 1e-300))
    slopes = jnp.stack([chord, tangent])
    tops = jnp.stack([lift(chord), lift(tangent)])
    pick = (tops - slopes * near).argmin(axis=0)[None]
    return (
        jnp.take_along_axis(slopes, pick, axis=0)[0],
        jnp.take_along_axis(tops, pick, axis=0)[0],
    )


def _begun_before(problem: Problem, limits: Limits) -> Array:
    """Candidates that may be in preparation when the horizon begins, which takes fewer teams."""
    ways = problem.options
    first = limits.first[: problem.people.size, : ways.fee.size]
    return (first < jnp.minimum(ways.preparation, NEVER)).any(axis=1).sum()


def _most_entered(problem: Problem, limits: Limits) -> Array:
    """Most candidates that can be entered at all."""
    first = limits.first[: problem.people.size, : problem.options.fee.size]
    open_to = (first.min(axis=1) < NEVER) & (problem.entered == NEVER)
    return jnp.minimum(open_to.sum(), limits.most)


def _most_begun(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most candidates of which preparation can begin in the four quarters up to each."""
    least = _least(limits, _need(problem, central, _most_familiar(problem, limits, central)))
    spent = jnp.cumsum(most_teams(problem, limits))
    spent = spent - jnp.concatenate([jnp.zeros(WINDOW), spent])[: spent.size]
    begun = jnp.where(least > 0.0, jnp.floor(spent / jnp.maximum(least, 1e-9) + 1e-6), jnp.inf)
    return jnp.minimum(begun + _begun_before(problem, limits), _most_entered(problem, limits))


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
