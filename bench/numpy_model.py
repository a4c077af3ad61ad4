"""The kernel's equations in NumPy, one schedule at a time over arrays (world, market).

The opponent in `kernel.py`, meant to be as good as NumPy gets without contortions: everything that
does not change from quarter to quarter is computed before the loop, matrices go through BLAS, and
precision is that of the arrays given. Only the value by world and market and the firm's change in
cash come back, as in the search.
"""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from beachhead.mechanisms import Parameters
from beachhead.mechanisms.entry import WINDOW
from beachhead.mechanisms.knowledge import KINDS
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import STEP, Problem

Floats = NDArray[np.floating]


class Category(NamedTuple):
    """What no schedule changes where the category is mature: axes (quarter, world, market)."""

    owners: Floats
    units: Floats


def columns(parameters: Parameters) -> Parameters:
    """Parameters with axes (world, market), or (world, 1) for those of a world."""
    return Parameters(
        *[
            type(group)(
                **{
                    field.name: value[:, None] if value.ndim == 1 else value
                    for field in fields(group)
                    for value in [np.asarray(getattr(group, field.name))]
                }
            )
            for group in parameters
        ]
    )


def bass(share: Floats, p: Floats, q: Floats, decay: Floats) -> Floats:
    """Share adopted after a step in which exp(-(p + q) dt) is `decay`; p > 0."""
    pull = q * share
    pull += p
    push = 1.0 - share
    push *= decay
    return (pull - p * push) / (pull + q * push)


def potential(problem: Problem, parameters: Parameters, years: float) -> Floats:
    category = parameters.category
    growth = problem.income_growth + category.growth_error
    needed = problem.entry_price * np.exp(-category.price_fall * years) / category.budget_share
    spread = category.income_spread
    income = problem.income * np.exp(growth * years)
    able = ndtr((np.log(income / needed) - 0.5 * spread**2) / spread)
    people = problem.people * np.exp(problem.people_growth * np.asarray(years, able.dtype))
    return people * (category.addressable * category.size_factor) * able


def begin(problem: Problem, parameters: Parameters) -> Floats:
    """Owners before the first quarter."""
    category = parameters.category
    decay = np.exp(-(category.p + category.q) * problem.category_age)
    clock = (1.0 - decay) / (1.0 + category.q / category.p * decay)
    share = np.where(np.isnan(problem.owners_share), clock, problem.owners_share)
    return potential(problem, parameters, 0.0) * share


def grow(problem: Problem, parameters: Parameters) -> Category:
    """E1 over the horizon."""
    category = parameters.category
    decay = np.exp(-(category.p + category.q) * STEP)
    renewal = -np.expm1(-STEP / category.replacement_years)
    before = begin(problem, parameters)
    owners, units = [], []
    for quarter in range(len(problem.teams)):
        people = potential(problem, parameters, (quarter + 1) * STEP)
        after = people * bass(np.minimum(1.0, before / people), category.p, category.q, decay)
        units.append(np.maximum(0.0, after - before) + renewal * before)
        owners.append(after)
        before = after
    return Category(np.stack(owners), np.stack(units))


def simulate(
    problem: Problem,
    worlds: Worlds,
    enter: NDArray[np.int32],
    option: NDArray[np.int32],
    category: Category | None = None,
) -> tuple[Floats, Floats]:
    """Value (world, market) and change in cash (world, quarter) of one schedule.

    `worlds.parameters` come from `columns`. `category` from `grow` saves computing E1 again.
    """
    parameters, ways = worlds.parameters, problem.options
    brand, taste, known = parameters.acceptance, parameters.share, parameters.knowledge
    entry, risk, money, home = (
        parameters.entry, parameters.exit, parameters.cashflow, parameters.home,
    )  # fmt: skip
    if category is None:
        category = grow(problem, parameters)
    dtype = category.units.dtype
    served = problem.entered < 0
    enter = np.where(served, problem.entered, enter)
    option = np.where(served, problem.option, option)
    rows = np.arange(len(option))
    estimate, fixed, spend = (
        ways.estimate[rows, option], ways.fixed[rows, option], ways.spend[rows, option],
    )  # fmt: skip
    near_reach, full_reach = ways.reach[rows, option], ways.reach_full[rows, option]
    fee, level = ways.fee[option], ways.localisation[option]
    preparation = ways.preparation[rows, option]
    is_home = problem.home > 0.0
    abroad = (1.0 - problem.home).astype(dtype)
    load_each = ways.load[option] * abroad
    alpha = np.where(is_home, -np.inf, ways.alpha[option]).astype(dtype)

    # Rates and utilities that hold for the whole horizon.
    pull = brand.localisation * level - brand.distance * problem.distance
    pull = pull - brand.development * np.maximum(problem.richer, 0.0)
    p = brand.p0 * np.exp(pull) * ways.intensity[option]
    q = brand.q * np.exp(brand.talk * (problem.connected - 0.5))
    v = taste.price * np.exp(-taste.price_income * problem.richer) * problem.price_ratio
    v = v + taste.localisation * level + taste.order * np.log1p(problem.rivals) + taste.quality
    rivals = problem.rivals * taste.rivals_factor
    contested = problem.rivals > 0.0

    # Today's state.
    owned = begin(problem, parameters)
    within = np.maximum(4.0 * category.units[0] * near_reach, 1e-9)
    sold = np.clip(problem.units / within, 0.0, 0.95)
    stock = (spend / problem.usual_spend).astype(dtype)
    adstock = (served * stock / (1.0 - taste.carry)).astype(dtype)
    pull = np.exp(v + taste.advertising * np.log1p(adstock))
    implied = np.where(contested, sold * rivals / (pull * (1.0 - sold)), sold)
    since = np.where(served, -enter * STEP, 0.0)
    decay = np.exp(-(p + q) * since)
    aged = p * (1.0 - decay) / (p + q * decay)
    weight = (1.0 - aged) ** 2 / (1.0 + (1.0 - aged) ** 2)
    split = np.minimum(aged ** (1.0 - weight) * implied**weight, 1.0)
    accepted = np.where(served, np.where(contested, split, implied), 0.0).astype(dtype)
    moved = served & contested & (accepted > 0.0)
    anchor = np.where(
        moved, np.log(np.where(moved, implied / np.where(moved, accepted, 1.0), 1.0)), 0.0
    )
    fresh = np.exp(-since / parameters.home.years)
    load = (load_each * served * fresh).sum(axis=1, keepdims=True)
    relief = problem.home * parameters.home.dilution * load / parameters.home.carries
    v = (v + anchor + relief).astype(dtype)
    years = np.where(served, -enter * STEP, 0.0).astype(dtype)
    experience = 1.0 - np.exp(-years / parameters.experience.years)

    # Factors of the loop.
    grown = np.exp(taste.rivals_growth * STEP)
    ignorance = np.exp(-STEP / parameters.experience.years)
    forgotten = np.exp(-parameters.experience.forgetting * STEP)
    cuts = np.stack([getattr(known, kind)[:, 0] for kind in KINDS], axis=1)
    cuts = cuts[:, problem.likeness.kind]
    weight, most = -np.log1p(-known.phi), cuts @ problem.likeness.learns.T
    total = known.neighbourhood + known.language + known.income + known.institutions
    room = problem.audience
    loudness = np.where(room > 0.0, 1.0 / np.where(room > 0.0, room, 1.0), 0.0).astype(dtype)
    cost = estimate * entry.cost_factor * (1.0 + entry.distance * problem.distance)
    cost = cost * (1.0 + entry.localisation * level)
    running = fixed * money.fixed_factor * STEP
    far = money.distance * problem.distance
    calm = alpha + risk.level + risk.distance * problem.distance
    margin = problem.price * (1.0 - fee)
    goods = problem.cost * problem.landed
    scrap = ways.salvage[option] * estimate * entry.cost_factor
    parts = np.maximum(preparation, 1)

    left = np.zeros(owned.shape, dtype=bool)
    value, late = np.zeros_like(owned), np.zeros_like(owned)
    cash = np.empty((owned.shape[0], len(problem.teams)), dtype=dtype)
    for quarter in range(len(problem.teams)):
        now = np.asarray(quarter * STEP, dtype)
        entered = quarter >= enter
        present = entered & ~left

        # Couplings, from the state before the quarter.
        taught = experience * abroad
        ignorant = np.exp(-weight * (taught @ problem.likeness.teaches))
        ignorant *= cuts
        unknown = (ignorant @ problem.likeness.learns.T) * np.exp(weight * taught)
        saving = np.maximum(most - unknown, 0.0)
        familiar = saving / total
        loud = problem.clout * accepted * ~left
        heard = ((loud @ problem.near) @ problem.near.T - loud) * loudness
        since = quarter - enter + preparation
        recent = ((since >= 0) & (since < WINDOW)) * abroad
        under_way = (1.0 - saving) * recent
        crowd = under_way.sum(axis=1, keepdims=True) - under_way
        crowd /= entry.digest * problem.teams[quarter]
        age = np.maximum(now - enter * STEP, 0.0).astype(dtype)
        load = (load_each * present * np.exp(-age / home.years)).sum(axis=1, keepdims=True)

        # Acceptance, share, units.
        hearing = p + brand.spillover * heard
        accepted = bass(accepted, hearing, q, np.exp(-(hearing + q) * STEP))
        accepted *= present
        adstock = taste.carry * adstock
        adstock += stock
        adstock *= present
        utility = v + taste.advertising * np.log(1.0 + adstock)
        utility -= problem.home * (home.dilution * load / home.carries)
        own = accepted * np.exp(utility)
        won = np.where(contested, own / np.maximum(own + rivals, 1e-30), accepted)
        won *= full_reach - (full_reach - near_reach) * np.exp(-parameters.reach.catch_up * now)
        won *= present
        units = category.units[quarter] * won
        rivals = rivals * grown

        # Money.
        fx = worlds.shocks.fx[:, quarter]
        each = margin * fx
        each -= goods
        flow = each * units
        flow += money.attach * STEP * (category.owners[quarter] * won)
        spent = running * (1.0 + far * (1.0 - money.learning * familiar))
        spent += spend * STEP
        spent *= fx
        flow -= spent
        flow *= present

        # Exits.
        rate = calm + risk.age * np.log1p(np.maximum(quarter - enter, 0).astype(dtype))
        rate -= risk.knowledge * familiar
        rate += risk.haste * crowd
        rate -= risk.margin * (each / problem.price)
        leaving = present & (worlds.shocks.fate[:, quarter] < rate)
        left = left | leaving
        change = flow + leaving * scrap
        due = ((since >= 0) & (since < parts)) / parts.astype(dtype)
        change -= (due * cost) * (1.0 - saving) * (1.0 + entry.haste * crowd)

        learned = 1.0 - (1.0 - experience) * ignorance
        experience = np.where(present, learned, experience * forgotten)
        value += problem.discount**quarter * change
        if quarter >= len(problem.teams) - 4:
            late += flow
        cash[:, quarter] = change.sum(axis=1)

    ratio = problem.discount * np.exp(-np.exp(rate))
    yearly = ratio * (1.0 - ratio**problem.terminal) / (1.0 - ratio)
    lasting = (enter < len(problem.teams)) & ~left
    value += (
        lasting
        * problem.discount ** (len(problem.teams) - 1)
        * yearly
        * np.maximum(late / 4.0, 0.0)
    )
    return value, cash
