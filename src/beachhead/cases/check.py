"""Whether the parts of a case fit one another and the panel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from beachhead.cases.case import Case
from beachhead.cases.inputs import INPUTS, TAKEN, find_faults, identify
from beachhead.cases.naming import find_pool, resolve_names
from beachhead.cases.order import check_order
from beachhead.cases.presets import economics_of, load_preset
from beachhead.errors import InputError, Problem, suggest

if TYPE_CHECKING:
    from beachhead.data import Panel


def check_case(case: Case, panel: Panel, *, where: str = "") -> list[Problem]:
    """Everything in a case that contradicts itself or that the panel does not know.

    Parameters
    ----------
    case : Case
        The case as read.
    panel : Panel
        The panel on which it is to be planned.
    where : str
        The file to name in the problems; by default the case's name.

    Returns
    -------
    list of Problem
        Empty where the case is in order.
    """
    resolved, problems = resolve_names(case, panel)
    pool, unknown = find_pool(resolved, panel)
    problems += unknown
    problems += _check_money(resolved)
    problems += _check_dates(resolved, panel)
    problems += _check_firm(resolved)
    problems += _check_columns(resolved)
    problems += _check_inputs(resolved)
    problems += _check_parameters(resolved)
    problems += _check_teams(resolved)
    problems += _check_choices(resolved)
    problems += _check_candidates(resolved, pool, problems)
    try:
        modes = economics_of(resolved).modes
    except InputError as error:
        prefix = f"case {case.name!r}, "
        problems += (replace(p, where=p.where.removeprefix(prefix)) for p in error.problems)
        modes = load_preset(case.product.category).modes
    problems += check_order(resolved, pool, modes)
    where = where or f"case {case.name!r}"
    return [replace(problem, where=f"{where}, {problem.where}") for problem in problems]


def _check_money(case: Case) -> Iterator[Problem]:
    product, limits = case.product, case.limits
    if case.currency != "USD" and case.dollars is None:
        yield Problem(
            "'dollars' is missing",
            "dollars",
            f"Country figures are in US dollars: say how many one {case.currency} was worth.",
        )
    if case.currency == "USD" and case.dollars not in (None, 1.0):
        yield Problem(f"dollars is {case.dollars:g}, but currency is USD", "dollars", "Leave one.")
    if product.price < product.unit_cost:
        yield Problem(
            f"price {product.price:g} is below unit_cost {product.unit_cost:g}",
            "product.price",
            "Every sale would lose money: check both figures and their currency.",
        )
    if limits.capital < limits.cash_floor:
        yield Problem(
            f"cash_floor {limits.cash_floor:g} is above capital {limits.capital:g}",
            "limits.cash_floor",
            "The firm would break the floor before it starts: lower the one or raise the other.",
        )


def _check_dates(case: Case, panel: Panel) -> Iterator[Problem]:
    if panel.as_of is None or panel.as_of > case.as_of:
        yield Problem(
            f"the panel shows data published until {panel.as_of or 'today'}, after as_of "
            f"{case.as_of}",
            "as_of",
            "Load the panel as of the case's date.",
        )
    for key, year in (
        ("firm.entered_home", case.firm.entered_home),
        ("product.launch", None if case.product.new_category else case.product.launch),
    ):
        if year is not None and year > case.as_of.year:
            yield Problem(
                f"{year} is after as_of {case.as_of}", key, "Give the year as known then."
            )


def _check_firm(case: Case) -> Iterator[Problem]:
    firm = case.firm
    seen: set[str] = set()
    for i, served in enumerate(firm.served):
        key = f"firm.served[{i}].market"
        if served.market == firm.home:
            yield Problem(f"{served.market} is the home market", key, "Leave it out.")
        if served.market in seen:
            yield Problem(f"{served.market} stands there twice", key, "Leave one of them.")
        seen.add(served.market)
        if served.since > case.as_of:
            yield Problem(
                f"{served.market} is served since {served.since}, after as_of {case.as_of}",
                f"firm.served[{i}].since",
                "A market entered later is a candidate; limits.fixed can name its quarter.",
            )
    total = sum(rival.share for rival in firm.rivals)
    if total > 1 + 1e-9:
        yield Problem(
            f"the shares of the rivals add up to {total:.2f}",
            "firm.rivals",
            "Shares are of all units sold at home: together at most 1.",
        )


def _check_columns(case: Case) -> Iterator[Problem]:
    from beachhead.data.series import BY_KEY

    seen: set[str] = set()
    for i, column in enumerate(case.markets.columns):
        where = f"markets.columns[{i}].key"
        if column.key in BY_KEY or column.key in INPUTS:
            fix = "Leave the column out: figures of that key can be given without it."
            yield Problem(f"{column.key} is known already", where, fix)
        elif column.key in TAKEN:
            fix = "Choose another: a table has a column of that name with another meaning."
            yield Problem(f"a column cannot have the key {column.key}", where, fix)
        elif column.key in seen:
            yield Problem(f"{column.key} stands there twice", where, "Leave one of them.")
        seen.add(column.key)


def _check_inputs(case: Case) -> Iterator[Problem]:
    columns = [column.key for column in case.markets.columns]
    seen: set[tuple[str, ...]] = set()
    for i, row in enumerate(case.markets.inputs):
        key = f"markets.inputs[{i}]"
        if identify(row) in seen:
            yield Problem(f"a second {row.key} for {row.market}", key, "Leave one of them.")
        seen.add(identify(row))
        for field, problem in find_faults(row, columns, case.as_of):
            yield replace(problem, where=f"{key}.{field}")


def _check_parameters(case: Case) -> Iterator[Problem]:
    if not case.parameters:
        return
    from beachhead.mechanisms import table

    known = table()
    for name, value in case.parameters.items():
        key = f"parameters.{name}"
        if name not in known:
            fix = suggest(name, known).capitalize()
            yield Problem(f"no parameter {name!r}", key, fix or "'beachhead explain' lists them.")
            continue
        low, high = known[name].bounds
        if not low <= value <= high:
            yield Problem(f"{name} is {value:g}", key, f"It should be from {low:g} to {high:g}.")


def _check_teams(case: Case) -> Iterator[Problem]:
    teams = case.limits.teams
    if isinstance(teams, int):
        return
    starts = [case.quarter_index(step.start) for step in teams]
    if starts[0] > 0:
        yield Problem(
            f"teams are given from {teams[0].start} on, but the horizon begins in "
            f"{case.quarter_label(0)}",
            "limits.teams[0].from",
            "Begin with the teams of the first quarter, 0 if there are none.",
        )
    for i, (before, start) in enumerate(pairwise(starts), start=1):
        if start <= before:
            yield Problem(
                f"{teams[i].start} does not come after {teams[i - 1].start}",
                f"limits.teams[{i}].from",
                "Put the steps in order of time, each quarter once.",
            )


def _check_choices(case: Case) -> Iterator[Problem]:
    for key, choices in (
        ("modes.allowed", case.modes.allowed),
        ("modes.localisation", case.modes.localisation),
    ):
        if len(set(choices)) < len(choices):
            yield Problem(f"the same choice twice in {list(choices)}", key, "Leave one of them.")


def _check_candidates(case: Case, pool: set[str], found: list[Problem]) -> Iterator[Problem]:
    served = {market.market for market in case.firm.served}
    if case.markets.candidates != "all":
        for iso3 in case.markets.candidates:
            reason = "the home market" if iso3 == case.firm.home else "served already"
            if iso3 == case.firm.home or iso3 in served:
                yield Problem(
                    f"{iso3} cannot be a candidate: it is {reason}",
                    "markets.candidates",
                    "Leave it out; it is part of the plan anyway.",
                )
    unknown_names = any(problem.where.startswith("markets.") for problem in found)
    if not unknown_names and not pool - served - {case.firm.home} - set(case.limits.never):
        yield Problem(
            "no market is left to enter",
            "markets.candidates",
            "Name more markets, regions or blocs, or shorten markets.exclude and limits.never.",
        )
