"""Invented cases as arrays, for tests that need many unlike ones of the same shape.

Values are drawn wide enough that every branch of the model is walked: served markets, markets of
several languages and of none, owners known and unknown, no rivals, margins below zero, exits by
fate and by agreed loss, a category that exists and one that the firm opens. Shapes depend on the
arguments alone, so that one compilation serves all seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.mechanisms import (
    Acceptance,
    CashFlow,
    Category,
    Effects,
    Entry,
    Exit,
    Experience,
    Home,
    Knowledge,
    Parameters,
    Reach,
    Share,
    Staffing,
    SupplyRisk,
)
from beachhead.mechanisms.knowledge import KINDS, Likeness
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import (
    NEVER,
    Gates,
    Measures,
    Named,
    Options,
    Problem,
    Rules,
    Shocks,
    Supply,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """A problem, its worlds and some schedules, all NumPy in float64.

    `enter` and `option` have axes (schedule, row): the markets, then the measures, then the gates.
    """

    problem: Problem
    worlds: Worlds
    enter: NDArray[np.int32]
    option: NDArray[np.int32]


def invent(
    seed: int,
    *,
    markets: int = 7,
    options: int = 4,
    quarters: int = 16,
    worlds: int = 3,
    schedules: int = 2,
    measures: int = 3,
    sources: int = 4,
    rules: bool = True,
    rivals: int = 4,
    gates: int = 2,
    new_category: bool = False,
) -> Instance:
    """An instance; home is the first market, the next two are served already."""
    chance = np.random.default_rng([seed, 20])
    problem = _problem(chance, markets, options, quarters, new_category)
    if measures:
        scale = float(np.sqrt(problem.people.max()))
        problem = problem._replace(measures=_measures(chance, markets, measures, scale))
    if sources:
        supply = _supply(chance, sources, measures, problem)
        problem = problem._replace(supply=supply)
    if rules:
        problem = problem._replace(rules=_rules(chance, markets, options, quarters))
    shocks = _shocks(chance, worlds, quarters, markets)
    if sources:
        down = np.maximum(chance.uniform(-1.5, 1.0, (worlds, quarters, sources)), 0.0)
        shocks = shocks._replace(down=down)
    if rivals:
        named, lift = _rivals(np.random.default_rng([seed, 21]), rivals, worlds, problem)
        problem = problem._replace(named=named)
        shocks = shocks._replace(lift=lift)
    drawn = Worlds(_parameters(chance, worlds, markets), shocks)
    option = chance.integers(0, options, (schedules, markets), dtype=np.int32)
    ready = problem.options.preparation[np.arange(markets), option]
    enter = (ready + chance.integers(0, quarters, (schedules, markets))).astype(np.int32)
    never = (enter >= quarters) | (chance.random((schedules, markets)) < 0.15)
    enter = np.where(never, NEVER, enter)
    if problem.measures is not None:
        count, levels = problem.measures.size.shape
        begin = chance.integers(0, quarters, (schedules, count))
        begin = np.where(chance.random(begin.shape) < 0.15, NEVER, begin)
        enter = np.concatenate([enter, begin], axis=1)
        level = chance.integers(0, levels, (schedules, count), dtype=np.int32)
        option = np.concatenate([option, level], axis=1)
    instance = Instance(problem, drawn, enter.astype(np.int32), option)
    return _gated(chance, instance, gates) if gates else instance


def _gated(chance: np.random.Generator, instance: Instance, gates: int) -> Instance:
    """The same with gates, of which each schedule uses most; pilots are served or entered.

    In half the cases the markets that wait leave time for the decision.
    """
    problem, shocks = instance.problem, instance.worlds.shocks
    markets, (worlds, quarters, _) = len(problem.people), shocks.fx.shape
    pilot = np.eye(markets)[chance.permutation(np.arange(1, markets))[:gates]]
    waits = (chance.random((gates, markets)) < 0.6) & (problem.entered == NEVER) & (pilot == 0.0)
    wait = chance.integers(0, 5, (gates, 2), dtype=np.int32)
    # Around what an entrant may have sold after a year.
    usual = (pilot @ problem.people)[:, None]
    threshold = usual * 10.0 ** chance.uniform(-5.0, -1.0, (gates, 2))
    noise = chance.uniform(0.0, 0.5, gates)
    enter, option = instance.enter.copy(), instance.option
    used = np.where(chance.random((len(enter), gates)) < 0.2, NEVER, 0).astype(np.int32)
    choice = chance.integers(0, 2, used.shape, dtype=np.int32)
    if chance.random() < 0.5:
        for s in range(len(enter)):
            for k in np.flatnonzero(used[s] == 0):
                date = np.where(problem.entered < 0, 0, enter[s, :markets]) @ pilot[k]
                ways = option[s, :markets]
                ready = problem.options.preparation[np.arange(markets), ways] + int(date)
                late = np.maximum(enter[s, :markets], ready + wait[k, choice[s, k]])
                enter[s, :markets] = np.where(waits[k], late, enter[s, :markets])
    enter[enter >= quarters] = NEVER
    looks = np.exp(noise * chance.standard_normal((worlds, 1, gates)))
    return Instance(
        problem._replace(gates=Gates(pilot, waits.astype(float), wait, threshold, noise)),
        instance.worlds._replace(shocks=shocks._replace(seen=np.repeat(looks, quarters, axis=1))),
        np.concatenate([enter, used], axis=1),
        np.concatenate([option, choice], axis=1),
    )


def _problem(
    chance: np.random.Generator, markets: int, options: int, quarters: int, new_category: bool
) -> Problem:
    def between(low: float, high: float, *shape: int) -> Floats:
        return chance.uniform(low, high, shape or (markets,))

    home = (np.arange(markets) == 0).astype(float)
    abroad = 1.0 - home
    people = 10.0 ** between(5.0, 8.5)
    entered = np.full(markets, NEVER, dtype=np.int32)
    entered[:3] = [-20, -9, -2]
    served = entered < 0
    rivals = between(0.5, 8.0)
    rivals[chance.integers(0, markets)] = 0.0
    known = chance.random(markets) < 0.5
    clout = people * between(0.2, 0.8)
    near = np.eye(3)[chance.integers(0, 3, markets)]
    price = 180.0
    scale = np.sqrt(people)[:, None]
    return Problem(
        people=people,
        people_growth=between(-0.02, 0.03),
        income=10.0 ** between(2.8, 4.8),
        income_growth=between(-0.03, 0.08),
        richer=abroad * between(-1.5, 1.5),
        distance=abroad * between(0.1, 3.0),
        connected=between(0.05, 1.0),
        landed=1.0 + abroad * between(0.0, 0.4),
        rivals=rivals,
        price_ratio=between(-0.5, 0.5),
        usual_spend=people * between(0.05, 0.5),
        clout=clout,
        audience=(near @ near.T - np.eye(markets)) @ clout,
        home=home,
        entered=entered,
        option=chance.integers(0, options, markets, dtype=np.int32),
        units=served * people * between(1e-4, 0.2),
        owners_share=np.where(known, between(0.0, 1.1), np.nan),
        likeness=_likeness(chance, markets),
        near=near,
        teams=np.floor(between(1.0, 5.0, quarters)),
        options=Options(
            estimate=abroad[:, None] * scale * between(20.0, 200.0, markets, options),
            fixed=scale * between(5.0, 80.0, markets, options),
            spend=scale * between(0.0, 40.0, markets, options),
            reach=between(0.0, 0.6, markets, options),
            reach_full=between(0.6, 1.0, markets, options),
            allowed=np.repeat(~served[:, None], options, axis=1),
            fee=between(0.0, 0.5, options),
            localisation=chance.choice([0.0, 0.5, 1.0], options),
            intensity=between(0.3, 1.5, options),
            load=between(0.2, 1.5, options),
            teams=between(0.2, 2.0, options),
            preparation=chance.integers(0, 6, (markets, options), dtype=np.int32),
            alpha=np.log(between(0.005, 0.2, options)),
            salvage=between(0.0, 0.5, options),
        ),
        price=np.asarray(price),
        # From well below the price to so near it that fees and duties leave nothing.
        cost=np.asarray(price * chance.uniform(0.3, 0.9)),
        entry_price=np.asarray(0.7 * price),
        category_age=None if new_category else np.asarray(chance.uniform(0.0, 15.0)),
        discount=np.asarray(1.12**-0.25),
        terminal=np.asarray(float(chance.integers(0, 41))),
        agreed_loss=np.asarray(chance.choice([0.3, 2.0, np.inf])),
        capital=np.asarray(1e7),
    )


def _measures(chance: np.random.Generator, markets: int, measures: int, scale: float) -> Measures:
    def between(low: float, high: float, *shape: int) -> Floats:
        return chance.uniform(low, high, (measures, *shape))

    # Logs of factors but for utility, reach, duty and income from services; see `Levers`.
    low = np.array([-0.5, -0.5, -0.5, -0.2, -0.2, 0.0, -0.2, 0.0, -0.1])
    high = np.array([0.2, 0.2, 0.2, 0.5, 0.3, 0.5, 0.1, 2.0, 0.1])
    named = chance.random((measures, low.size)) < 0.6
    return Measures(
        covers=(chance.random((measures, markets)) < 0.6).astype(float),
        change=chance.uniform(low, high, (measures, low.size)) * named,
        teams=np.floor(between(0.0, 2.5)),
        lead=chance.integers(0, 4, measures, dtype=np.int32),
        lasts=chance.choice(np.array([3, 6, NEVER], dtype=np.int32), measures),
        once=scale * between(10.0, 100.0),
        yearly=scale * between(5.0, 50.0),
        size=np.array([0.5, 1.0]) * between(0.5, 1.5, 1),
    )


def _supply(chance: np.random.Generator, sources: int, measures: int, problem: Problem) -> Supply:
    """Two components, the first of which the first measure sources in another way."""
    of = np.eye(2)[[0, 1, 0]] if measures else np.eye(2)
    shares = chance.dirichlet(np.ones(sources), len(of))
    return Supply(
        shares=shares,
        of=of,
        measure=np.array([-1, -1, 0][: len(of)], dtype=np.int32),
        premium=chance.uniform(0.0, 0.5, len(of)) * (np.arange(len(of)) > 1),
        progress=chance.uniform(0.7, 1.0, len(of)),
        mature=np.where(np.arange(len(of)) > 1, chance.uniform(0.8, 1.1), 1.0),
        spare=chance.uniform(0.0, 0.4, 2),
        needed=chance.uniform(0.3, 1.0, 2),
        weight=np.array([0.3, 0.2]),
        risk=np.ones(sources),
        # Between plenty and too little for everybody.
        capacity=np.asarray(float(problem.people.sum() * 10.0 ** chance.uniform(-4.0, -1.0))),
    )


def _rules(chance: np.random.Generator, markets: int, options: int, quarters: int) -> Rules:
    """Half of the ways meet a rule, from some quarter to another."""
    met = chance.random((markets, options)) < 0.5
    begins, ends = np.sort(chance.integers(0, quarters + 4, (2, markets, options)), axis=0)
    clock = np.arange(quarters)[:, None, None]
    return Rules(
        opens=np.where(met, begins, 0).astype(np.int32),
        opening=np.where(met & (clock < ends), chance.uniform(1.0, 2.0, met.shape), 1.0),
        unit=np.where(
            met & (begins <= clock) & (clock < ends), chance.uniform(0.0, 0.3, met.shape), 0.0
        ),
    )


def _rivals(
    chance: np.random.Generator, rivals: int, worlds: int, problem: Problem
) -> tuple[Named, Floats]:
    """Half of them at home today, the others enter some markets; some shrink, some grow."""
    markets, quarters = problem.people.size, problem.teams.size
    today = (np.arange(rivals) < rivals // 2).astype(float)
    at_home = chance.dirichlet(np.ones(rivals)) * today
    at_home *= problem.rivals[0] / at_home.sum()
    spread = (chance.random((rivals, markets)) < 0.6) * chance.uniform(0.2, 2.0, (rivals, 1))
    enters = np.where(today > 0.0, 0, chance.integers(0, quarters, rivals)).astype(np.int32)
    weight = np.where(today[:, None] > 0.0, at_home[:, None] * problem.home, spread)
    age = np.arange(quarters)[:, None] - enters
    pace = chance.uniform(-0.6, 0.6, (worlds, 1, rivals))
    path = np.exp(0.25 * pace * np.maximum(age, 0)) * (age >= 0)
    named = Named(
        weight=weight, today=today, enters=enters, growth=np.zeros(rivals),
        spread=np.zeros(rivals), usual=np.asarray(chance.uniform(0.02, 0.3)),
    )  # fmt: skip
    return named, path - today


def _likeness(chance: np.random.Generator, markets: int) -> Likeness:
    """Three groups of each kind; a market is in one or, by language, in any number of them."""
    members = [np.eye(3)[chance.integers(0, 3, markets)] for _ in KINDS]
    language = KINDS.index("language")
    members[language] = (chance.random((markets, 3)) < 0.5).astype(float)
    learns = [each / np.maximum(each.sum(axis=1, keepdims=True), 1.0) for each in members]
    kind = np.repeat(np.arange(len(KINDS), dtype=np.int32), 3)
    return Likeness(np.hstack(members), np.hstack(learns), kind)


def _parameters(chance: np.random.Generator, worlds: int, markets: int) -> Parameters:
    def world(low: float, high: float) -> Floats:
        return chance.uniform(low, high, worlds)

    def market(low: float, high: float) -> Floats:
        return chance.uniform(low, high, (worlds, markets))

    return Parameters(
        category=Category(
            p=world(0.01, 0.05), q=market(0.2, 0.6), replacement_years=world(1.0, 6.0),
            addressable=world(0.5, 0.9), budget_share=world(0.03, 0.1),
            income_spread=world(0.5, 1.1), price_fall=world(-0.02, 0.1),
            growth_error=market(-0.03, 0.03), size_factor=market(0.5, 2.0),
        ),
        acceptance=Acceptance(
            p0=market(0.01, 0.1), q=market(0.5, 2.0), localisation=world(0.0, 0.5),
            distance=world(0.0, 0.3), development=world(0.0, 0.6), talk=world(0.0, 1.0),
            spillover=world(0.0, 0.1), rivals=0.2 + 0.3 * np.arange(worlds) % 1.0,
        ),
        experience=Experience(years=world(0.3, 2.0), forgetting=world(0.1, 0.8)),
        knowledge=Knowledge(
            phi=world(0.3, 0.98), neighbourhood=world(0.2, 0.4), language=world(0.0, 0.3),
            income=world(0.0, 0.2), institutions=world(0.0, 0.1),
        ),
        entry=Entry(
            distance=world(0.0, 0.4), localisation=world(0.0, 0.4), haste=world(0.0, 0.6),
            digest=world(0.5, 3.0), cost_factor=market(0.5, 2.0),
        ),
        reach=Reach(catch_up=world(0.0, 0.2)),
        share=Share(
            price=world(-4.0, -1.0), price_income=world(0.0, 0.4), advertising=world(0.0, 0.3),
            carry=world(0.1, 0.9), localisation=world(0.0, 0.3), order=world(-0.8, 0.0),
            quality=market(-0.5, 0.5), rivals_growth=market(-0.05, 0.05),
            rivals_factor=market(0.6, 1.6),
        ),
        exit=Exit(
            level=world(-0.5, 0.5), age=world(-1.0, 0.0), distance=world(0.0, 0.3),
            knowledge=world(0.0, 1.0), haste=world(0.0, 0.6), margin=world(0.0, 1.0),
        ),
        cashflow=CashFlow(
            distance=world(0.0, 0.3), learning=world(0.0, 1.0), fixed_factor=market(0.7, 1.4),
            attach=world(0.0, 3.0), fx_sd=world(0.0, 0.2), fx_half_life=world(1.0, 6.0),
        ),
        home=Home(dilution=world(0.0, 0.2), years=world(0.5, 4.0), carries=world(1.0, 8.0)),
        staffing=Staffing(unfamiliar=world(0.0, 1.0)),
        measures=Effects(effect=world(0.3, 1.5)),
        supply=SupplyRisk(rate=world(0.0, 1.0), years=world(0.0, 0.5)),
    )  # fmt: skip


def _shocks(chance: np.random.Generator, worlds: int, quarters: int, markets: int) -> Shocks:
    fate = np.log(chance.standard_exponential((worlds, quarters, markets)))
    fx = np.exp(0.2 * chance.standard_normal((worlds, quarters, markets)))
    fx[:, :, 0] = 1.0
    online = None
    if (also := chance.spawn(1)[0]).random() < 0.5:
        online = also.uniform(0.0, 1.0, (worlds, quarters, markets))
    return Shocks(fate, fx, online=online)


def to_jax(tree: Any) -> Any:
    """The same on the device. Float64 needs `jax.enable_x64(True)` around this and its use."""
    return jax.tree.map(jnp.asarray, tree)
