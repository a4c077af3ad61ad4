"""The one door between labels and arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case, Entry, Schedule
from beachhead.cases.presets import ModeEconomics, economics_of
from beachhead.data import Panel
from beachhead.mechanisms import MECHANISMS, Parameters, table
from beachhead.mechanisms.knowledge import KINDS, Likeness
from beachhead.simulation.beliefs import Beliefs, stream
from beachhead.simulation.facts import Facts, gather
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import NEVER, STEP, Options, Problem, Shocks

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
    """

    problem: Problem
    markets: tuple[str, ...]
    regions: tuple[str, ...]
    options: tuple[tuple[str, float], ...]
    facts: Facts

    def cast(self, dtype: Any) -> Problem:
        """The problem as JAX arrays: floats of `dtype`, integers as they are."""
        return _cast(self.problem, dtype)

    def encode(self, schedule: Schedule) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Entry quarter and option along axis market."""
        enter = np.full(len(self.markets), NEVER, dtype=np.int32)
        option = np.zeros(len(self.markets), dtype=np.int32)
        for entry in schedule.entries:
            row = self.markets.index(entry.iso3)
            enter[row] = entry.quarter
            option[row] = self.options.index((entry.mode, entry.localisation))
        return enter, option

    def decode(self, enter: NDArray[Any], option: NDArray[Any]) -> Schedule:
        """Schedule from entry quarters and options along axis market."""
        quarters = self.problem.teams.shape[0]
        entries = []
        for row, (iso3, quarter) in enumerate(zip(self.markets, enter, strict=True)):
            if 0 <= quarter < quarters:
                mode, localisation = self.options[int(option[row])]
                entries.append(
                    Entry(iso3=iso3, quarter=int(quarter), mode=mode, localisation=localisation)  # type: ignore[arg-type]
                )
        return Schedule(entries=tuple(entries))


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
        market: (served[market].mode if market in served else HOME, 0.0)
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
    revenue = case.firm.revenue
    size = np.maximum(facts.potential / facts.potential[0], 1e-4)
    # Costs grow with the market less than in proportion: twice the market, 1.4 times the cost.
    scale = revenue * np.sqrt(size)
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
            preparation=np.array([way.preparation for way in ways], dtype=np.int32),
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
        agreed_loss=None,
        capital=np.asarray(case.limits.capital),
    )  # fmt: skip
    return Packed(problem, facts.markets, facts.regions, options, facts)


def draw_worlds(packed: Packed, beliefs: Beliefs, worlds: int, seed: int, dtype: Any) -> Worlds:
    """Sampled futures for a packed case, leading axis world, floats of `dtype`."""
    drawn = beliefs.draw(seed, worlds, packed.markets, packed.regions)
    values = {
        name: {
            field.name: jnp.asarray(drawn[f"{name}.{field.name}"], dtype)
            for field in dataclasses.fields(cls)
        }
        for name, cls in MECHANISMS.items()
    }
    parameters = Parameters(**{name: MECHANISMS[name](**values[name]) for name in values})
    quarters = packed.problem.teams.shape[0]
    fate = np.stack(
        [
            stream(seed, "fate", market).standard_exponential((worlds, quarters))
            for market in packed.markets
        ],
        axis=2,
    )
    fx = exchange_rates(packed, seed, drawn["cashflow.fx_sd"], drawn["cashflow.fx_half_life"])
    # ln(-ln(1 - u)) of a uniform draw is the log of an exponential one.
    shocks = Shocks(jnp.asarray(np.log(fate), dtype), jnp.asarray(fx, dtype))
    return Worlds(parameters, shocks)


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
