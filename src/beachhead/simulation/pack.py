"""The one door between labels and arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.cases import Begun, Case, Entry, Gated, Measure, Schedule, Source
from beachhead.cases.case import Entrant, Rival
from beachhead.cases.presets import ModeEconomics, economics_of
from beachhead.cases.rules import Binding, rules_of
from beachhead.data import Panel
from beachhead.mechanisms import MECHANISMS, Parameters, table
from beachhead.mechanisms.knowledge import KINDS, Likeness
from beachhead.mechanisms.measures import LEVERS, Levers
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.correlation import stream
from beachhead.simulation.facts import Facts, gather
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import (
    NEVER,
    STEP,
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

HOME = "home"  # the way in which the firm sells at home: no mode of entry
VECTOR = 16  # numbers of single precision that a processor takes at once


@dataclass(frozen=True)
class Packed:
    """A case as arrays, with the labels of their axes.

    Attributes
    ----------
    problem : Problem
        Arrays in float64 NumPy; `Packed.cast` makes them JAX arrays of a precision.
    markets, regions : tuple of str
        ISO3 codes along axis market (home, served, candidates by code), and their regions.
    options : tuple of (mode, localisation)
        Along axis option.
    facts : Facts
        The figures behind the arrays, with what stood in for holes.
    measures : tuple of tuple of float
        Levels of each measure of the case, in its order.
    sources : tuple of (component, country)
        Along axis source.
    rivals : tuple of str
        Names along axis rival: those at home, then those that enter markets.
    gates : tuple of tuple of (wait, threshold)
        Choices of each gate of the case, in its order: quarters and units.
    """

    problem: Problem
    markets: tuple[str, ...]
    regions: tuple[str, ...]
    options: tuple[tuple[str, float], ...]
    facts: Facts
    measures: tuple[tuple[float, ...], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    rivals: tuple[str, ...] = ()
    gates: tuple[tuple[tuple[int, float], ...], ...] = ()

    @property
    def rows(self) -> int:
        """Length of axis row: markets, then measures, then gates."""
        return len(self.markets) + len(self.measures) + len(self.gates)

    @property
    def width(self) -> int:
        """Length of axis option of a row: ways of entering, or choices of another row if more."""
        return max(len(self.options), *map(len, (*self.measures, *self.gates)), 0)

    @property
    def soonest(self) -> NDArray[np.int32]:
        """First quarter of entry by preparation and rules, NEVER if none: (market, option)."""
        ways, rules = self.problem.options, self.problem.rules
        ready = ways.preparation if rules is None else np.maximum(ways.preparation, rules.opens)
        return np.where(ways.allowed, ready, NEVER).astype(np.int32)

    def cast(self, dtype: Any) -> Problem:
        """The problem as JAX arrays: floats of `dtype`, integers as they are."""
        return _cast(self.problem, dtype)

    def encode(self, schedule: Schedule) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Date and option along axis row."""
        enter = np.full(self.rows, NEVER, dtype=np.int32)
        option = np.zeros(self.rows, dtype=np.int32)
        for entry in schedule.entries:
            row = self.markets.index(entry.iso3)
            enter[row] = entry.quarter
            option[row] = self.options.index((entry.mode, entry.localisation))
        for begun in schedule.measures:
            row = len(self.markets) + begun.measure
            enter[row] = begun.quarter
            option[row] = self.measures[begun.measure].index(begun.level)
        for used in schedule.gates:
            row = len(self.markets) + len(self.measures) + used.gate
            enter[row] = 0
            option[row] = self.gates[used.gate].index((used.wait, used.threshold))
        return enter, option

    def decode(self, enter: NDArray[Any], option: NDArray[Any]) -> Schedule:
        """Schedule from dates and options along axis row."""
        quarters = self.problem.teams.shape[0]
        markets, after = len(self.markets), len(self.markets) + len(self.measures)
        entries = []
        for row, (iso3, quarter) in enumerate(zip(self.markets, enter, strict=False)):
            if 0 <= quarter < quarters:
                mode, localisation = self.options[int(option[row])]
                entries.append(
                    Entry(iso3=iso3, quarter=int(quarter), mode=mode, localisation=localisation)  # type: ignore[arg-type]
                )
        begun = [
            Begun(measure=k, quarter=int(quarter), level=self.measures[k][int(level)])
            for k, (quarter, level) in enumerate(
                zip(enter[markets:after], option[markets:after], strict=True)
            )
            if 0 <= quarter < quarters
        ]
        used = [
            Gated(
                gate=k, wait=self.gates[k][int(choice)][0], threshold=self.gates[k][int(choice)][1]
            )
            for k, (quarter, choice) in enumerate(zip(enter[after:], option[after:], strict=True))
            if quarter < quarters
        ]
        return Schedule(entries=tuple(entries), measures=tuple(begun), gates=tuple(used))

    def choosing(self, choices: Sequence[Sequence[tuple[int, float]]]) -> Packed:
        """The same with these choices of (wait, threshold in units) for each gate."""
        gates = self.problem.gates
        if gates is None:
            return self
        width = max(map(len, choices))
        # Short rows are filled up with their last choice, which the limits keep from being taken.
        filled = np.array([[*row, *[row[-1]] * (width - len(row))] for row in choices], float)
        gates = gates._replace(
            wait=filled[:, :, 0].astype(np.int32), threshold=np.maximum(filled[:, :, 1], 0.0)
        )
        return dataclasses.replace(
            self,
            problem=self.problem._replace(gates=gates),
            gates=tuple(tuple((int(wait), float(units)) for wait, units in row) for row in choices),
        )

    def following(self, schedule: Schedule) -> Packed:
        """The same with the schedule's choice for each gate, and no other."""
        chosen = {used.gate: (used.wait, used.threshold) for used in schedule.gates}
        return self.choosing([[chosen.get(k, (0, 0.0))] for k in range(len(self.gates))])


def pack(case: Case, panel: Panel) -> Packed:
    """Arrays of a case on a panel.

    Raises
    ------
    InputError
        If the case names what the panel does not know.
    """
    case = case.resolve(panel)
    facts = gather(case, panel)
    preset = economics_of(case)
    served = {market.market: market for market in case.firm.served}
    options: tuple[tuple[str, float], ...] = tuple(
        (mode, level) for mode in case.modes.allowed for level in case.modes.localisation
    )
    # Ways in which the firm already sells are options too, but not for new entries.
    held: dict[str, tuple[str, float]] = {
        market: (served[market].mode, served[market].localisation) if row else (HOME, 0.0)
        for row, market in enumerate(facts.markets)
        if row == 0 or market in served
    }
    options += tuple(dict.fromkeys(way for way in held.values() if way not in options))
    economics = preset.economics
    at_home = ModeEconomics(
        entry=0.0, fixed=0.0, spend=0.0, fee=economics.home_fee, open=1.0, closed=1.0,
        intensity=1.0, load=0.0, teams=0.0, preparation=0, exit=0.5, salvage=0.0,
    )  # fmt: skip
    ways = [at_home if mode == HOME else preset.modes[mode] for mode, _ in options]
    # Costs grow with the market less than in proportion: twice the market, 1.4 times the cost.
    size = np.sqrt(np.maximum(facts.potential / facts.potential[0], 1e-4))
    # What the firm takes in a market of home's size, of all those in which it sells.
    revenue = case.firm.revenue / size[facts.entered < 0].sum()
    scale = revenue * size
    home = np.arange(len(facts.markets)) == 0

    def money(field: str, at_home: float) -> Floats:
        values = np.outer(scale, [getattr(way, field) for way in ways])
        return np.where(home[:, None], revenue * at_home, values)

    open_channels = (1.0 - facts.closed)[:, None]
    reached = np.array([way.open for way in ways])
    behind = facts.closed[:, None] * np.array([way.closed for way in ways])
    online = np.array([mode == "online" for mode, _ in options])
    ready = economics.online_floor + (1.0 - economics.online_floor) * facts.readiness[:, None]
    within = (1.0 - facts.closed[0]) * economics.home_open
    within += facts.closed[0] * economics.home_closed
    full = np.where(home[:, None], within, open_channels * reached + behind)
    now = np.where(home[:, None] | ~online, full, open_channels * reached * ready + behind)

    new = np.array(
        [mode in case.modes.allowed and level in case.modes.localisation for mode, level in options]
    )
    allowed = (facts.entered == NEVER)[:, None] & new

    # The yearly chance is spread over the first four quarters as the hazard falls with age.
    slope = case.parameters.get("exit.age", table()["exit.age"].default)
    near = _members([(name,) for name in facts.subregions])
    # What renewals alone bring in a year; a category bought once counts as renewed in ten years.
    beliefs = Beliefs.from_prior(case, panel)
    years = min(beliefs.parameters["category.replacement_years"].default, 10.0)
    renewals = facts.potential * -np.expm1(-STEP / years) / STEP
    category_sales = renewals * case.product.price
    supply, sources = _supply(case)
    met = [binding for binding in rules_of(case) if binding.rule.market in facts.markets]
    rules, approval = pack_rules(met, facts, options, case.quarters)
    allowed &= rules.opens < case.quarters
    problem = Problem(
        people=facts.people,
        people_growth=facts.people_growth,
        income=facts.income,
        income_growth=facts.income_growth,
        richer=facts.richer,
        distance=facts.distance,
        connected=facts.connected,
        landed=1.0 + facts.tariff + facts.freight,
        rivals=facts.rivals,
        price_ratio=-np.log(facts.price_index),
        usual_spend=np.maximum(
            economics.advertising * category_sales / np.maximum(facts.rivals, 1.0), 1.0
        ),
        clout=facts.potential,
        audience=(facts.potential @ near) @ near.T - facts.potential,
        home=home.astype(float),
        entered=facts.entered,
        option=np.array(
            [options.index(held[market]) if market in held else 0 for market in facts.markets],
            dtype=np.int32,
        ),
        units=facts.units,
        owners_share=facts.owners_share,
        likeness=_likeness(facts),
        near=_fill(near[:, near.sum(axis=0) > 1]),
        teams=np.array(case.teams_by_quarter(), dtype=float),
        options=Options(
            estimate=money("entry", 0.0),
            fixed=money("fixed", economics.home_fixed),
            spend=money("spend", economics.home_spend),
            reach=now,
            reach_full=full,
            allowed=allowed,
            fee=np.array([way.fee for way in ways]),
            localisation=np.array([level for _, level in options]),
            intensity=np.array([way.intensity for way in ways]),
            load=np.array([way.load for way in ways]),
            teams=np.array([way.teams for way in ways]),
            preparation=approval + np.array([way.preparation for way in ways], dtype=np.int32),
            alpha=np.log(
                -np.log1p(-np.array([way.exit for way in ways])) / (np.arange(1, 5) ** slope).sum()
            ),
            salvage=np.array([way.salvage for way in ways]),
        ),
        price=np.asarray(case.product.price),
        cost=np.asarray(case.product.unit_cost),
        entry_price=np.asarray(economics.entry_price * case.product.price),
        category_age=None if case.product.new_category else np.asarray(facts.category_age),
        discount=np.asarray((1.0 + case.risk.discount) ** -STEP),
        terminal=np.asarray(case.risk.terminal_years / STEP),
        agreed_loss=None
        if case.limits.exit_loss is None
        else np.asarray(case.limits.exit_loss),
        capital=np.asarray(case.limits.capital),
        measures=_measures(case, panel, facts.markets),
        supply=supply,
        rules=rules if met else None,
        named=_named(case, panel, facts),
        gates=_gates(case, panel, facts.markets),
    )  # fmt: skip
    levels = tuple(measure.levels for measure in case.measures)
    rivals = tuple(
        [rival.name for rival in case.firm.rivals] + [rival.name for rival in case.markets.rivals]
    )
    choices = [
        [(wait, units) for wait in gate.wait for units in gate.units or gate.quantiles]
        for gate in case.gates
    ]
    packed = Packed(
        problem, facts.markets, facts.regions, options, facts, levels, sources, rivals,
        tuple(map(tuple, choices)),
    )  # fmt: skip
    return packed.choosing(choices)


def _gates(case: Case, panel: Panel, markets: Sequence[str]) -> Gates | None:
    """Gates without their choices."""
    if not case.gates:
        return None
    waiting = [set(case.waiting(gate, panel)) for gate in case.gates]
    none = np.zeros((len(case.gates), 0))
    return Gates(
        pilot=np.array([[float(iso3 == gate.pilot) for iso3 in markets] for gate in case.gates]),
        waits=np.array([[float(iso3 in inside) for iso3 in markets] for inside in waiting]),
        wait=none,
        threshold=none,
        noise=np.array([gate.noise for gate in case.gates]),
    )


def pack_rules(
    met: Sequence[Binding], facts: Facts, options: Sequence[tuple[str, float]], quarters: int
) -> tuple[Rules, NDArray[np.int32]]:
    """What rules ask, and the quarters of approval among it, axes (market, option).

    A rule that begins later binds whoever is there by then: an option that it closes can be entered
    only once it has ended, one that it makes dearer pays for its admission all the same.
    """
    shape = len(facts.markets), len(options)
    approval = np.zeros(shape, dtype=np.int32)
    opens = np.zeros(shape, dtype=np.int32)
    opening, unit = np.ones((quarters, *shape)), np.zeros((quarters, *shape))
    for binding in met:
        rule, row = binding.rule, facts.markets.index(binding.rule.market)
        served = bool(facts.entered[row] < 0)
        if served and binding.begins <= 0:  # what the firm pays today is in its unit cost
            continue
        for way, (mode, localisation) in enumerate(options):
            if not binding.concerns(mode):
                continue
            unit[max(binding.begins, 0) : binding.ends, row, way] += rule.unit_cost
            if served:
                continue
            approval[row, way] += rule.approval
            opening[: binding.ends, row, way] *= rule.opening
            if binding.closes(mode, localisation):
                ends = binding.ends if binding.ends < quarters else NEVER
                opens[row, way] = max(opens[row, way], ends)
    return Rules(opens, opening, unit), approval


def _measures(case: Case, panel: Panel, markets: Sequence[str]) -> Measures | None:
    if not case.measures:
        return None
    fields = [name for name in Levers._fields if name != "teams"]
    width = max(len(measure.levels) for measure in case.measures)

    def change(measure: Measure) -> list[float]:
        moved = dict.fromkeys(fields, 0.0)
        for name, value in measure.changes.items():
            lever = LEVERS[name]
            if lever.field in moved:
                moved[lever.field] = float(np.log(value)) if lever.kind == "factor" else value
        return list(moved.values())

    covered = [set(case.covered(measure, panel)) for measure in case.measures]
    return Measures(
        covers=np.array([[float(iso3 in inside) for iso3 in markets] for inside in covered]),
        change=np.array([change(measure) for measure in case.measures]),
        teams=np.array([measure.changes.get("teams", 0.0) for measure in case.measures]),
        lead=np.array([measure.lead for measure in case.measures], dtype=np.int32),
        lasts=np.array([measure.lasts or NEVER for measure in case.measures], dtype=np.int32),
        once=np.array([measure.cost for measure in case.measures]),
        yearly=np.array([measure.yearly for measure in case.measures]),
        size=np.array(
            [[*measure.levels, *[0.0] * (width - len(measure.levels))] for measure in case.measures]
        ),
    )


def _supply(case: Case) -> tuple[Supply | None, tuple[tuple[str, str], ...]]:
    """What the product is made of, and the labels of its sources; None where all can be made."""
    if not case.components and case.product.capacity is None:
        return None, ()
    capacity = np.inf if case.product.capacity is None else case.product.capacity * STEP
    names = [component.name for component in case.components]
    ways: list[tuple[str, tuple[Source, ...], int, float, float, float]] = [
        (component.name, component.sources, -1, 0.0, 1.0, 1.0) for component in case.components
    ]
    for number, measure in enumerate(case.measures):
        if (way := measure.sourcing) is not None:
            ways.append((way.component, way.sources, number, way.premium, way.progress, way.mature))
    risk = {(name, source.country): source.risk for name, sources, *_ in ways for source in sources}
    places = sorted(risk)
    shares = np.zeros((len(ways), len(places)))
    for row, (name, sources, *_) in enumerate(ways):
        for source in sources:
            shares[row, places.index((name, source.country))] += source.share
    supply = Supply(
        shares=shares,
        of=np.array([[float(name == other) for other in names] for name, *_ in ways]).reshape(
            len(ways), len(names)
        ),
        measure=np.array([way[2] for way in ways], dtype=np.int32),
        premium=np.array([way[3] for way in ways]),
        progress=np.array([way[4] for way in ways]),
        mature=np.array([way[5] for way in ways]),
        spare=np.array([component.spare for component in case.components]),
        needed=np.array([component.needed for component in case.components]),
        weight=np.array([component.share for component in case.components]),
        risk=np.array([risk[place] for place in places]),
        capacity=np.asarray(capacity),
    )
    return supply, tuple(places)


def _named(case: Case, panel: Panel, facts: Facts) -> Named | None:
    """Rivals by name: at home each by its share of units, elsewhere by the strength given."""
    at_home, entrants = case.firm.rivals, case.markets.rivals
    if not at_home and not entrants:
        return None
    total = sum(rival.share for rival in at_home)
    weight = np.zeros((len(at_home) + len(entrants), len(facts.markets)))
    if total > 0.0:
        weight[: len(at_home), 0] = [facts.rivals[0] * rival.share / total for rival in at_home]
    for row, rival in enumerate(entrants, len(at_home)):
        inside = set(case.covered(rival, panel))
        weight[row] = [rival.strength * (iso3 in inside) for iso3 in facts.markets]
    begins = [0 if rival.start is None else case.quarter_index(rival.start) for rival in entrants]
    everybody: list[Rival | Entrant] = [*at_home, *entrants]
    return Named(
        weight=weight,
        today=np.repeat([1.0, 0.0], [len(at_home), len(entrants)]),
        enters=np.array([*[0] * len(at_home), *begins], dtype=np.int32),
        growth=np.array([rival.growth for rival in everybody]),
        spread=np.array([rival.spread for rival in everybody]),
        usual=np.asarray(total / facts.rivals[0] if total > 0.0 else 0.0),
    )


def draw_worlds(packed: Packed, beliefs: Beliefs, worlds: int, seed: int, dtype: Any) -> Worlds:
    """Sampled futures for a packed case, leading axis world, floats of `dtype`."""
    drawn = beliefs.draw(seed, worlds, packed.markets, packed.regions)
    return Worlds(arrange(drawn, dtype), shake(packed, beliefs, drawn, seed, dtype))


def arrange(drawn: Mapping[str, Floats | Array], dtype: Any) -> Parameters:
    """Parameters from their values by full name, such as `Beliefs.draw` gives."""
    values = {
        name: {
            field.name: jnp.asarray(drawn[f"{name}.{field.name}"], dtype)
            for field in dataclasses.fields(cls)
        }
        for name, cls in MECHANISMS.items()
    }
    return Parameters(**{name: MECHANISMS[name](**values[name]) for name in values})


def shake(
    packed: Packed, beliefs: Beliefs, drawn: Mapping[str, Floats], seed: int, dtype: Any
) -> Shocks:
    """Shocks of the worlds whose parameters are `drawn`: the same seed gives the same chance."""
    worlds, quarters = drawn["cashflow.fx_sd"].shape[0], packed.problem.teams.shape[0]
    fate = np.stack(
        [
            stream(seed, "fate", market).standard_exponential((worlds, quarters))
            for market in packed.markets
        ],
        axis=2,
    )
    fx = exchange_rates(packed, seed, drawn["cashflow.fx_sd"], drawn["cashflow.fx_half_life"])
    # ln(-ln(1 - u)) of a uniform draw is the log of an exponential one.
    down = None
    if packed.problem.supply is not None:
        lost = disruptions(packed, seed, drawn["supply.rate"], drawn["supply.years"])
        down = jnp.asarray(lost, dtype)
    lift = rise(packed, seed, worlds)
    seen = None
    if packed.problem.gates is not None:
        # One look at each pilot, whenever it is taken: by number, as the case orders its gates.
        looks = [
            np.exp(noise * stream(seed, "gate", str(k)).standard_normal(worlds))
            for k, noise in enumerate(packed.problem.gates.noise)
        ]
        seen = jnp.asarray(np.repeat(np.stack(looks, axis=1)[:, None], quarters, axis=1), dtype)
    online = None
    if beliefs.outlook is not None:
        places, now = (packed.markets, packed.regions), packed.facts.connected
        paths = beliefs.outlook.sample(seed, worlds, *places, now, quarters)
        online = jnp.asarray(paths, dtype)
    return Shocks(
        jnp.asarray(np.log(fate), dtype),
        jnp.asarray(fx, dtype),
        down,
        None if lift is None else jnp.asarray(lift, dtype),
        seen,
        online,
    )


def exchange_rates(packed: Packed, seed: int, spread: Floats, half_life: Floats) -> Floats:
    """Value of local money against today, mean 1, axes (world, quarter, market).

    The log of the real rate reverts to today's. Markets that use home's currency have none.
    """
    worlds, quarters = spread.shape[0], packed.problem.teams.shape[0]
    keep = 0.5 ** (STEP / half_life)
    jumps = np.stack(
        [
            np.zeros((worlds, quarters))
            if shared
            else stream(seed, "fx", market).standard_normal((worlds, quarters))
            for market, shared in zip(packed.markets, packed.facts.home_money, strict=True)
        ],
        axis=2,
    )
    moving = ~np.asarray(packed.facts.home_money)
    log_rate = np.zeros((worlds, len(packed.markets)))
    variance = np.zeros(worlds)
    path = np.empty_like(jumps)
    for quarter in range(quarters):
        log_rate = keep[:, None] * log_rate + (spread * np.sqrt(STEP))[:, None] * jumps[:, quarter]
        variance = keep**2 * variance + spread**2 * STEP
        path[:, quarter] = np.exp(log_rate - 0.5 * variance[:, None] * moving)
    return path


def rise(packed: Packed, seed: int, worlds: int) -> Floats | None:
    """Attraction of each named rival over its weight, less what of it is there on the first day.

    Axes (world, quarter, rival); None where none of them grows or enters. A rival's luck is drawn
    by its name: the same wherever it is, whoever else is named.
    """
    named = packed.problem.named
    if named is None or not ((named.growth != 0) | (named.spread > 0) | (named.today == 0)).any():
        return None
    luck = np.stack(
        [stream(seed, "rival", name).standard_normal(worlds) for name in packed.rivals], axis=1
    )
    age = np.arange(packed.problem.teams.shape[0])[:, None] - named.enters
    pace = (named.growth + named.spread * luck)[:, None, :]
    there = np.exp(pace * STEP * np.maximum(age, 0)) * (age >= 0)
    return np.asarray(there - named.today)


def disruptions(packed: Packed, seed: int, rate: Floats, years: Floats) -> Floats:
    """Part of each quarter in which each source is down, axes (world, quarter, source).

    `rate` a year and mean length in `years`, axis world.
    """
    supply = packed.problem.supply
    assert supply is not None
    worlds, quarters = rate.shape[0], packed.problem.teams.shape[0]
    down = np.zeros((worlds, quarters, len(packed.sources)))
    for k, labels in enumerate(packed.sources):
        chance = stream(seed, "down", *labels)
        begins = (
            chance.random((worlds, quarters)) < -np.expm1(-rate * supply.risk[k] * STEP)[:, None]
        )
        when = chance.random((worlds, quarters))
        length = chance.standard_exponential((worlds, quarters)) * (years / STEP)[:, None]
        left = np.zeros(worlds)
        for quarter in range(quarters):
            begun = begins[:, quarter] & (left <= 0.0)
            begin = np.where(begun, when[:, quarter], 0.0)
            left = np.where(begun, length[:, quarter], left)
            down[:, quarter, k] = np.minimum(left, 1.0 - begin)
            left = np.maximum(left - (1.0 - begin), 0.0)
    return down


def _likeness(facts: Facts) -> Likeness:
    kinds: list[Sequence[tuple[str, ...]]] = [
        [(name,) for name in facts.subregions],
        facts.languages,
        [(name,) if name else () for name in facts.income_classes],
        [(name,) if name else () for name in facts.legal_origins],
    ]
    teaches = [_members(labels) for labels in kinds]
    learns = [member / np.maximum(member.sum(axis=1, keepdims=True), 1.0) for member in teaches]
    kind = np.repeat(np.arange(len(KINDS)), [member.shape[1] for member in teaches])
    # A group of one teaches nobody.
    shared = np.hstack(teaches).sum(axis=0) > 1
    kind = kind[shared].astype(np.int32)
    return Likeness(
        _fill(np.hstack(teaches)[:, shared]),
        _fill(np.hstack(learns)[:, shared]),
        np.pad(kind, (0, -kind.size % VECTOR)),
    )


def _fill(members: Floats) -> Floats:
    """Empty groups up to whole vectors of the processor: cheaper than a remainder."""
    return np.pad(members, ((0, 0), (0, -members.shape[1] % VECTOR)))


def _members(labels: Sequence[tuple[str, ...]]) -> Floats:
    """1 where a market carries a label, axes (market, label in sorted order)."""
    known = sorted({name for names in labels for name in names})
    return np.array([[float(name in names) for name in known] for names in labels]).reshape(
        len(labels), len(known)
    )


def _cast(value: Any, dtype: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        parts = [_cast(part, dtype) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return jnp.asarray(value, dtype if np.asarray(value).dtype.kind == "f" else None)


def central_parameters(beliefs: Beliefs, markets: int, dtype: Any) -> Parameters:
    """Parameters at their defaults in one world, axis market where they have one."""
    return Parameters(
        **{
            name: cls(
                **{
                    field.name: jnp.full(
                        (markets,) if parameter.level == "market" else (),
                        parameter.default,
                        dtype,
                    )
                    for field in dataclasses.fields(cls)
                    for parameter in [beliefs.parameters[f"{name}.{field.name}"]]
                }
            )
            for name, cls in MECHANISMS.items()
        }
    )
