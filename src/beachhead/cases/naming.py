"""From the names a case uses for markets, regions and blocs to ISO3 codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from beachhead.cases.case import Case
from beachhead.errors import InputError, Problem, suggest

if TYPE_CHECKING:
    from beachhead.data import Panel


def resolve_names(case: Case, panel: Panel) -> tuple[Case, list[Problem]]:
    """The case with ISO3 codes for names, and a problem for each name that is not known.

    An unknown name is left out of the list it stands in (an unknown home stays), so that the rest
    of the case can still be checked.
    """
    problems: list[Problem] = []

    def find(name: str, key: str) -> str | None:
        try:
            return panel.find(name)
        except InputError as error:
            problems.extend(Problem(p.what, key, p.fix) for p in error.problems)
            return None

    def find_each(names: Iterable[str], key: str) -> tuple[str, ...]:
        found = (find(name, f"{key}[{i}]") for i, name in enumerate(names))
        return tuple(dict.fromkeys(iso3 for iso3 in found if iso3))

    def find_keys[T](table: dict[str, T], key: str) -> dict[str, T]:
        result: dict[str, T] = {}
        for name, value in table.items():
            iso3 = find(name, f"{key}.{name}")
            if iso3 in result:
                problems.append(
                    Problem(f"{iso3} stands there twice", f"{key}.{name}", "Leave one of them.")
                )
            elif iso3:
                result[iso3] = value
        return result

    def find_rows[R](rows: Iterable[R], key: str, name: Callable[[R], str]) -> list[tuple[R, str]]:
        found = ((row, find(name(row), f"{key}[{i}].market")) for i, row in enumerate(rows))
        return [(row, iso3) for row, iso3 in found if iso3]

    firm, markets, limits = case.firm, case.markets, case.limits
    home = find(firm.home, "firm.home") or firm.home
    served = find_rows(firm.served, "firm.served", lambda row: row.market)
    inputs = find_rows(markets.inputs, "markets.inputs", lambda row: row.market)
    candidates = markets.candidates
    if candidates != "all":
        candidates = find_each(candidates, "markets.candidates")
    groups = {
        key: tuple(
            found
            for i, group in enumerate(getattr(limits, key))
            if len(found := find_each(group, f"limits.{key}[{i}]")) == len(group)
        )
        for key in ("after", "not_together")
    }
    resolved = case.model_copy(
        update={
            "firm": firm.model_copy(
                update={
                    "home": home,
                    "served": tuple(r.model_copy(update={"market": m}) for r, m in served),
                }
            ),
            "markets": markets.model_copy(
                update={
                    "candidates": candidates,
                    "exclude": find_each(markets.exclude, "markets.exclude"),
                    "inputs": tuple(r.model_copy(update={"market": m}) for r, m in inputs),
                }
            ),
            "limits": limits.model_copy(
                update={
                    "must": find_each(limits.must, "limits.must"),
                    "never": find_each(limits.never, "limits.never"),
                    "fixed": find_keys(limits.fixed, "limits.fixed"),
                    "by": find_keys(limits.by, "limits.by"),
                    **groups,
                }
            ),
        }
    )
    return resolved, problems


def find_pool(case: Case, panel: Panel) -> tuple[set[str], list[Problem]]:
    """ISO3 codes that `[markets]` of a resolved case names, and regions or blocs not known.

    The pool may hold the home market and markets served already.
    """
    markets = case.markets
    problems: list[Problem] = []
    pool: set[str] = set()
    if markets.candidates != "all":
        pool.update(markets.candidates)
    elif not (markets.regions or markets.blocs):
        pool.update(panel.codes)
    for i, region in enumerate(markets.regions):
        try:
            pool.update(panel.within(region))
        except InputError as error:
            problems += (Problem(p.what, f"markets.regions[{i}]", p.fix) for p in error.problems)
    for i, bloc in enumerate(markets.blocs):
        try:
            pool.update(panel.members(bloc, case.as_of))
        except InputError as error:
            problems += (Problem(p.what, f"markets.blocs[{i}]", p.fix) for p in error.problems)
    return pool - set(markets.exclude), problems
