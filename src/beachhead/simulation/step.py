"""One quarter of one world: the mechanisms in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jax import Array

from beachhead.mechanisms import Parameters
from beachhead.mechanisms.acceptance import (
    acceptance,
    accepted_today,
    ceiling,
    innovation,
    word_of_mouth,
)
from beachhead.mechanisms.bass import bass
from beachhead.mechanisms.cashflow import cash_flow, margin
from beachhead.mechanisms.category import category, potential
from beachhead.mechanisms.entry import begun, entry_cost, haste
from beachhead.mechanisms.exit import gives_up, leaves, log_hazard
from beachhead.mechanisms.experience import experience
from beachhead.mechanisms.gates import decided, opens, shut
from beachhead.mechanisms.home import attention, home_utility, novelty, standing
from beachhead.mechanisms.knowledge import knowledge
from beachhead.mechanisms.measures import Levers, active, paid, pull
from beachhead.mechanisms.reach import progress, reach
from beachhead.mechanisms.share import attraction, rivalry, share, utility
from beachhead.mechanisms.supply import available, fill, learned
from beachhead.simulation.state import (
    NEVER,
    STEP,
    Couplings,
    Ledger,
    Problem,
    Quarter,
    Shocks,
    State,
    split,
)


class Chosen(NamedTuple):
    """What a schedule fixes for the whole horizon in one world, axis market.

    `enter` is the entry quarter; the rest are the option's properties and the rates that do not
    change from quarter to quarter. `begin`, `size`: of each measure, axis measure.
    `admission`: what rules make of the entry cost, a factor; `levy`: what they add to the unit
    cost, axes (quarter, market); both None without rules. `fringe`: part of home's units that is
    nobody's with a name today, a number; None where no rivals are named. `gated` (whether it is
    used), `decision` (quarter), `threshold` (units): of each gate, axis gate.
    """

    enter: Array
    preparation: Array
    estimate: Array
    fixed: Array
    spend: Array
    reach: Array
    reach_full: Array
    fee: Array
    localisation: Array
    load: Array
    alpha: Array
    salvage: Array
    p: Array
    q: Array
    utility: Array
    price: Array
    begin: Array
    size: Array
    gated: Array
    decision: Array
    threshold: Array
    admission: Array | None = None
    levy: Array | None = None
    fringe: Array | None = None


def choose(problem: Problem, parameters: Parameters, enter: Array, option: Array) -> Chosen:
    """Properties of each market under its entry quarter and option (axis row).

    Home and served markets keep the quarter and the option that they have. Without rows for the
    measures none is begun, without rows for the gates none is used.
    """
    served = problem.entered < 0
    enter, begin, used = split(problem, enter)
    option, level, choice = split(problem, option)
    sizes = jnp.ones((0, 1)) if problem.measures is None else problem.measures.size
    if not begin.size:
        begin, level = jnp.full(sizes.shape[0], NEVER), jnp.zeros(sizes.shape[0], int)
    enter = jnp.where(served, problem.entered, enter)
    option = jnp.where(served, problem.option, option)
    rows = jnp.arange(option.shape[0])
    ways, rules = problem.options, problem.rules
    localisation = ways.localisation[option]
    # No rivals came first where the firm itself opens the category.
    before = jnp.zeros_like(problem.rivals)
    if problem.category_age is not None:
        before = problem.rivals + came_first(problem, enter)
    return Chosen(
        enter=enter,
        preparation=ways.preparation[rows, option],
        estimate=ways.estimate[rows, option],
        fixed=ways.fixed[rows, option],
        spend=ways.spend[rows, option],
        reach=ways.reach[rows, option],
        reach_full=ways.reach_full[rows, option],
        fee=ways.fee[option],
        localisation=localisation,
        load=ways.load[option] * (1.0 - problem.home),
        alpha=jnp.where(problem.home > 0.0, -jnp.inf, ways.alpha[option]),
        salvage=ways.salvage[option],
        p=innovation(
            parameters.acceptance,
            localisation,
            problem.distance,
            jnp.maximum(problem.richer, 0.0),
            ways.intensity[option],
        ),
        q=word_of_mouth(parameters.acceptance, problem.connected),
        utility=utility(
            parameters.share, problem.price_ratio, problem.richer, localisation, before
        ),
        price=problem.price * jnp.ones_like(problem.people),
        begin=begin,
        size=sizes[jnp.arange(begin.shape[0]), level],
        admission=None
        if rules is None
        else rules.opening[jnp.clip(enter, 0, rules.opening.shape[0] - 1), rows, option],
        levy=None if rules is None else rules.unit[:, rows, option],
        **_choose_gates(problem, enter, used, choice),
    )


def came_first(problem: Problem, enter: Array) -> Array:
    """Rivals that enter each market before the firm does, axis market."""
    named = problem.named
    if named is None:
        return jnp.zeros_like(problem.rivals)
    sooner = jnp.where(named.enters[:, None] < enter, named.weight, 0.0)
    return (1.0 - named.today) @ sooner


def _choose_gates(problem: Problem, enter: Array, used: Array, choice: Array) -> dict[str, Array]:
    """Of `Chosen`, what concerns the gates; `used` and `choice` have axis gate."""
    gates = problem.gates
    if gates is None or not used.size:
        none = jnp.zeros(0 if gates is None else gates.wait.shape[0])
        return {"gated": none > 0.0, "decision": none.astype(int), "threshold": none}
    row = jnp.arange(used.size)
    decision = decided(enter, gates.pilot, gates.wait[row, choice], NEVER)
    threshold = gates.threshold[row, choice]
    return {"gated": used < NEVER, "decision": decision, "threshold": threshold}


def size(problem: Problem, parameters: Parameters, years: Array) -> Array:
    """Potential M of the category in each market `years` after the start, axis market."""
    growth = problem.income_growth + parameters.category.growth_error
    return potential(
        parameters.category,
        problem.people * jnp.exp(problem.people_growth * years),
        problem.income * jnp.exp(growth * years),
        problem.entry_price * jnp.exp(-parameters.category.price_fall * years),
    )


def within_reach(
    problem: Problem, parameters: Parameters, chosen: Chosen, years: Array, online: Array | None
) -> Array:
    """Part of the category within reach after `years`, axis market; `online` as in `Shocks`."""
    if online is not None:
        years = progress(problem.connected, online, years)
    return reach(parameters.reach, chosen.reach, chosen.reach_full, years)


def start(
    problem: Problem, parameters: Parameters, chosen: Chosen, online: Array | None = None
) -> tuple[State, Chosen]:
    """State before the first quarter, and the choice with home and served markets anchored.

    Owners come from the category's clock. Where the firm already sells, its advertising is
    remembered as it is after years of the same, attention abroad already weighs on home, and
    today's units are explained in part by acceptance, which the years since entry bring, and for
    the rest by a utility that is moved to fit. `online`: share of people online in the first
    quarter, axis market, if that is forecast.
    """
    people = size(problem, parameters, jnp.zeros(()))
    age = 0.0 if problem.category_age is None else problem.category_age
    clock = bass(jnp.zeros_like(people), parameters.category.p, parameters.category.q, age)
    share_owning = jnp.where(jnp.isnan(problem.owners_share), clock, problem.owners_share)
    owners = people * share_owning
    served = problem.entered < 0

    _, units = category(
        parameters.category, owners, size(problem, parameters, jnp.full((), STEP)), STEP
    )
    within = within_reach(problem, parameters, chosen, jnp.zeros(()), online)
    sold = jnp.clip(problem.units / jnp.maximum(4.0 * units * within, 1e-9), 0.0, 0.95)
    rivals = problem.rivals * parameters.share.rivals_factor
    adstock = served * chosen.spend / problem.usual_spend / (1.0 - parameters.share.carry)
    pull = attraction(parameters.share, chosen.utility, adstock)
    implied = jnp.where(rivals > 0.0, sold * rivals / (pull * (1.0 - sold)), sold)
    years = jnp.where(served, -chosen.enter * STEP, 0.0)
    aged = bass(jnp.zeros_like(people), chosen.p, chosen.q, years)
    accepted = jnp.where(rivals > 0.0, accepted_today(aged, implied), implied)
    accepted = jnp.where(served, accepted, 0.0)
    moved = served & (rivals > 0.0) & (accepted > 0.0)
    # Nothing is divided by 0, not even where it is not used: the slope would be no number.
    over = jnp.where(moved, implied, 1.0) / jnp.where(moved, accepted, 1.0)
    anchor = jnp.where(moved, jnp.log(over), 0.0)

    zero = jnp.zeros_like(people)
    known = experience(parameters.experience, zero, served.astype(people.dtype), years)
    fresh = served * novelty(parameters.home, years)
    load = attention(chosen.load, served, fresh)
    anchor = anchor - problem.home * home_utility(parameters.home, load)
    state = State(
        owners=owners,
        accepted=accepted,
        adstock=adstock,
        known=known,
        fresh=fresh,
        left=jnp.zeros(people.shape, bool),
        loss=None if problem.agreed_loss is None else zero,
        value=zero,
        late=zero,
        log_rate=zero,
        sold=None if problem.gates is None else jnp.zeros_like(problem.gates.threshold[:, 0]),
        cleared=None if problem.gates is None else jnp.zeros(chosen.gated.shape, bool),
    )
    fringe = None
    if problem.named is not None:
        named = problem.named
        ours = jnp.dot(problem.home, problem.units / jnp.maximum(4.0 * units, 1e-9))
        theirs = named.usual * jnp.dot(named.today, named.weight @ problem.home)
        fringe = jnp.maximum(1.0 - ours - theirs, 0.0)
    return state, chosen._replace(utility=chosen.utility + anchor, fringe=fringe)


def at_home(problem: Problem, chosen: Chosen, shocks: Shocks, units: Array, of: Array) -> Array:
    """Share of home's units of each named rival, axis rival.

    `units` ours and `of` those of all brands in the quarter, axis market.
    """
    named, fringe = problem.named, chosen.fringe
    assert named is not None and fringe is not None
    ours = jnp.dot(problem.home, units / jnp.maximum(of, 1e-9))
    there = named.today if shocks.lift is None else named.today + shocks.lift
    return standing(ours, named.usual * there * (named.weight @ problem.home), fringe)


def open_gates(
    problem: Problem, chosen: Chosen, state: State, quarter: Array, shocks: Shocks
) -> tuple[Chosen, Array | None]:
    """The schedule as it stands in this quarter, and whether each gate has opened (axis gate).

    A market that waits is one that is never entered until its gate has opened.
    """
    gates = problem.gates
    if gates is None:
        return chosen, None
    assert state.sold is not None and state.cleared is not None and shocks.seen is not None
    due = chosen.gated & (quarter == chosen.decision)
    now = due & opens(state.sold, shocks.seen, chosen.threshold)
    cleared = state.cleared | now
    prepares = chosen.enter - chosen.preparation
    held = shut(chosen.gated, gates.waits, cleared, chosen.decision, prepares)
    return chosen._replace(enter=jnp.where(held, NEVER, chosen.enter)), cleared


def couple(
    problem: Problem, parameters: Parameters, chosen: Chosen, state: State, quarter: Array
) -> Couplings:
    """What the other markets mean for each market in this quarter, from the state before it."""
    abroad = 1.0 - problem.home
    saving, familiarity = knowledge(parameters.knowledge, state.known * abroad, problem.likeness)
    here = ((quarter >= chosen.enter) & ~state.left).astype(saving.dtype)
    since, _ = begun(quarter, chosen.enter, chosen.preparation)
    # Without teams nothing is launched; what they would digest must still be a number.
    levers = levers_of(problem, parameters, chosen, quarter)
    teams = problem.teams[quarter] + (0.0 if levers is None else levers.teams)
    digested = parameters.entry.digest * jnp.maximum(teams, 1.0)
    fresh = jnp.where(quarter == chosen.enter, 1.0, state.fresh)
    return Couplings(
        saving=saving,
        familiarity=familiarity,
        heard=hearsay(problem, state.accepted * ~state.left),
        crowd=haste((1.0 - saving) * abroad, since) / digested,
        load=attention(chosen.load, here, fresh),
        levers=levers,
    )


def levers_of(
    problem: Problem, parameters: Parameters, chosen: Chosen, quarter: Array
) -> Levers | None:
    """What the measures that have been begun change in this quarter; None without measures."""
    measures = problem.measures
    if measures is None:
        return None
    works = active(quarter, chosen.begin, measures.lead, measures.lasts)
    amount = jnp.where(works, chosen.size, 0.0)
    effect = parameters.measures.effect
    levers = pull(amount, effect, measures.covers, measures.change, measures.teams)
    supply = problem.supply
    if supply is None:
        return levers
    taken = ways_taken(problem, chosen, quarter)
    changed = jnp.where(supply.measure >= 0, taken, 0.0)
    made = jnp.maximum(quarter - (chosen.begin + measures.lead)[supply.measure] + 1, 1)
    made = made.astype(supply.progress.dtype)
    over = learned(supply.premium, supply.progress, supply.mature, made) - 1.0
    dearer = jnp.dot(changed * over, supply.of @ supply.weight)
    return levers._replace(cost=levers.cost + jnp.log1p(dearer))


def ways_taken(problem: Problem, chosen: Chosen, quarter: Array) -> Array:
    """1 for the ways of sourcing in force, axis way: a measure's where it works, else today's."""
    supply, measures = problem.supply, problem.measures
    assert supply is not None
    today = jnp.where(supply.measure < 0, 1.0, 0.0)
    if measures is None:
        return today
    works = active(quarter, chosen.begin, measures.lead, measures.lasts)
    changed = jnp.where((supply.measure >= 0) & works[supply.measure], 1.0, 0.0)
    left = jnp.maximum(1.0 - supply.of @ (changed @ supply.of), 0.0)
    return changed + today * left


def delivered(
    problem: Problem, chosen: Chosen, quarter: Array, shocks: Shocks, wanted: Array
) -> Array:
    """Part of the `wanted` units (a number) that can be delivered in the quarter."""
    supply, down = problem.supply, shocks.down
    assert supply is not None and down is not None
    taken = ways_taken(problem, chosen, quarter)
    shares = (taken[:, None] * supply.of).T @ supply.shares
    there = available(shares, down, supply.spare)
    return fill(there, supply.needed, supply.capacity, wanted)


class Moved(NamedTuple):
    """The figures of a quarter that measures and rules may change, axis market unless a number."""

    estimate: Array
    fixed: Array
    distance: Array
    p: Array
    utility: Array
    landed: Array
    cost: Array
    attach: Array


def comply(chosen: Chosen, quarter: Array, now: Moved) -> Moved:
    """Figures of the quarter with what the rules of the markets add to costs."""
    if chosen.admission is None or chosen.levy is None:
        return now
    return now._replace(
        estimate=now.estimate * chosen.admission, cost=now.cost * (1.0 + chosen.levy[quarter])
    )


def move(problem: Problem, parameters: Parameters, chosen: Chosen, levers: Levers | None) -> Moved:
    """Figures of the quarter under the levers in force."""
    still = Moved(
        chosen.estimate, chosen.fixed, problem.distance, chosen.p, chosen.utility, problem.landed,
        problem.cost, parameters.cashflow.attach,
    )  # fmt: skip
    if levers is None:
        return still
    distance = problem.distance * jnp.exp(levers.distance)
    nearer = parameters.acceptance.distance * (problem.distance - distance)
    return Moved(
        estimate=chosen.estimate * jnp.exp(levers.entry),
        fixed=chosen.fixed * jnp.exp(levers.running),
        distance=distance,
        p=chosen.p * jnp.exp(levers.accept + nearer),
        utility=chosen.utility + levers.utility,
        landed=jnp.maximum(problem.landed + levers.landed, 1.0),
        cost=problem.cost * jnp.exp(levers.cost),
        attach=parameters.cashflow.attach + levers.attach,
    )


def invest(problem: Problem, chosen: Chosen, quarter: Array) -> tuple[Array, Array]:
    """Money paid for measures in the quarter, once and for upkeep, axis market: at home."""
    measures = problem.measures
    if measures is None:
        return jnp.zeros_like(problem.home), jnp.zeros_like(problem.home)
    once, kept = paid(
        quarter, chosen.begin, measures.lead, measures.lasts, chosen.size, measures.once,
        measures.yearly, STEP,
    )  # fmt: skip
    return problem.home * once, problem.home * kept


def hearsay(problem: Problem, accepted: Array) -> Array:
    """Acceptance in the other markets of the neighbourhood, weighted by their size; in [0, 1]."""
    near = problem.near
    loud = problem.clout * accepted
    heard = (loud @ near) @ near.T - loud
    room = problem.audience
    return jnp.where(room > 0.0, heard / jnp.where(room > 0.0, room, 1.0), 0.0)


def step(
    problem: Problem,
    parameters: Parameters,
    chosen: Chosen,
    state: State,
    quarter: Array,
    shocks: Shocks,
    given: Couplings | None = None,
) -> tuple[State, Quarter]:
    """One quarter.

    Parameters
    ----------
    problem, parameters, chosen : Problem, Parameters, Chosen
        The case; one world's parameters; the schedule in this world.
    state : State
        At the start of the quarter.
    quarter : Array
        Number of the quarter, from 0.
    shocks : Shocks
        This quarter's chances, axis market.
    given : Couplings, optional
        Used in place of the couplings that the state implies.
    """
    chosen, cleared = open_gates(problem, chosen, state, quarter, shocks)
    entered = quarter >= chosen.enter
    here = entered & ~state.left
    present = here.astype(state.known.dtype)
    years = quarter * STEP

    # E3, E4, haste of E5, spillover of E2, attention of E10: as of the start of the quarter.
    tied = couple(problem, parameters, chosen, state, quarter) if given is None else given
    now = comply(chosen, quarter, move(problem, parameters, chosen, tied.levers))

    # E1: the category, whether or not we are there; a new one starts with our entry.
    people = size(problem, parameters, years + STEP)
    if problem.category_age is None:
        people = people * entered
    owners, category_units = category(parameters.category, state.owners, people, STEP)

    # E2: acceptance of the brand, under the ceiling that rivals by name leave.
    rivals, top = problem.rivals, None
    if problem.named is not None and shocks.lift is not None:
        rivals = rivalry(problem.rivals, shocks.lift, problem.named.weight)
        top = ceiling(parameters.acceptance, problem.rivals, rivals)
    heard_of = chosen.q
    if shocks.online is not None:
        heard_of = word_of_mouth(parameters.acceptance, shocks.online)
    accepted = present * acceptance(
        parameters.acceptance, state.accepted, now.p, heard_of, tied.heard, STEP, top
    )

    # E5: the part of the entry cost that is due.
    _, due = begun(quarter, chosen.enter, chosen.preparation)
    opening = due * entry_cost(
        parameters.entry, now.estimate, now.distance, chosen.localisation, tied.saving, tied.crowd,
        jnp.ones(()),
    )  # fmt: skip

    # Sales and E6: what the mode reaches, and the share won among those who accept; E10: attention
    # abroad is missed at home.
    adstock = present * (
        parameters.share.carry * state.adstock + chosen.spend / problem.usual_spend
    )
    v = now.utility + problem.home * home_utility(parameters.home, tied.load)
    rivals = (
        rivals * parameters.share.rivals_factor * jnp.exp(parameters.share.rivals_growth * years)
    )
    won = present * share(accepted, attraction(parameters.share, v, adstock), rivals)
    within = within_reach(problem, parameters, chosen, years, shocks.online)
    if tied.levers is not None:
        within = 1.0 - (1.0 - within) * jnp.exp(-tied.levers.reach)
    wanted = category_units * within * won
    if problem.supply is not None and given is None:
        # E7: all markets wait for the same parts.
        every = jnp.dot(wanted, jnp.ones_like(wanted))
        tied = tied._replace(fill=delivered(problem, chosen, quarter, shocks, every))
    units = wanted if tied.fill is None else tied.fill * wanted

    # E9: the money of the quarter.
    flow = cash_flow(
        replace(cast(Any, parameters.cashflow), attach=now.attach), units, owners * within * won,
        chosen.price, chosen.fee, shocks.fx, now.cost, now.landed, now.fixed * present,
        chosen.spend * present, now.distance, tied.familiarity, STEP,
    )  # fmt: skip

    # E8: exits at the end of the quarter, by fate or by the loss agreed before entry.
    unit_margin = margin(chosen.price, chosen.fee, shocks.fx, now.cost, now.landed)
    log_rate = log_hazard(
        parameters.exit, chosen.alpha, jnp.maximum(quarter - chosen.enter, 0), now.distance,
        tied.familiarity, tied.crowd, unit_margin / chosen.price,
    )  # fmt: skip
    invested, kept_up = invest(problem, chosen, quarter)
    ledger = Ledger(
        **flow._asdict(), opening=-opening, upkeep=-kept_up, investing=-invested,
        salvage=jnp.zeros_like(opening),
    )  # fmt: skip
    # The barriers keep the compiler from working out the same sums once for each use.
    operating = jax.lax.optimization_barrier(ledger.operating())
    loss = None if state.loss is None else state.loss - operating
    leaving = leaves(shocks.fate, log_rate)
    if loss is not None and problem.agreed_loss is not None:
        leaving |= gives_up(loss, problem.agreed_loss * chosen.estimate) & (problem.home == 0.0)
    leaving = here & leaving
    salvage = leaving * chosen.salvage * chosen.estimate * parameters.entry.cost_factor
    ledger = ledger._replace(salvage=salvage)
    change = jax.lax.optimization_barrier(operating + ledger.opening + ledger.investing + salvage)

    factor = problem.discount**quarter
    last_year = quarter >= problem.teams.shape[0] - 4
    after = State(
        owners=owners,
        accepted=accepted,
        adstock=adstock,
        known=experience(parameters.experience, state.known, present, STEP),
        fresh=jnp.where(quarter == chosen.enter, 1.0, state.fresh) * novelty(parameters.home, STEP),
        left=state.left | leaving,
        loss=loss,
        value=state.value + factor * change,
        late=state.late + last_year * operating,
        log_rate=log_rate,
        sold=None if problem.gates is None else state.sold + problem.gates.pilot @ units,
        cleared=cleared,
    )
    theirs = None
    if problem.named is not None:
        theirs = at_home(problem, chosen, shocks, units, category_units)
    quarter_left = Quarter(
        ledger, change, category_units, units, won, accepted, present, tied, theirs, cleared
    )
    return after, quarter_left
