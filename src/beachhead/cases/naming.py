"""From the names a case uses for markets, regions and blocs to ISO3 codes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from beachhead.cases.case import (
    Case,
    Component,
    Entrant,
    Gate,
    Input,
    Measure,
    Override,
    Rule,
    Served,
    Sourcing,
)
from beachhead.errors import InputError, Problem, suggest

if TYPE_CHECKING:
    from beachhead.data import Panel


def resolve_names(case: Case, panel: Panel) -> tuple[Case, list[Problem]]:
    """The case with ISO3 codes for names, and a problem for each name that is not known.

    An unknown name is left out of a list of names; home, and the names in a row or a group, stay
    as they are, so that the rest of the case can still be checked.
    """
    names = _Names(panel)
    firm, markets, limits, screening = case.firm, case.markets, case.limits, case.screening
    candidates = markets.candidates
    if candidates != "all":
        candidates = names.each(candidates, "markets.candidates")
    resolved: dict[str, object] = {
        "firm": firm.model_copy(
            update={
                "home": names.one(firm.home, "firm.home") or firm.home,
                "served": names.rows(firm.served, "firm.served"),
            }
        ),
        "markets": markets.model_copy(
            update={
                "candidates": candidates,
                "exclude": names.each(markets.exclude, "markets.exclude"),
                "inputs": names.rows(markets.inputs, "markets.inputs"),
            }
        ),
        "limits": limits.model_copy(
            update={
                "must": names.each(limits.must, "limits.must"),
                "never": names.each(limits.never, "limits.never"),
                "fixed": names.keys(limits.fixed, "limits.fixed"),
                "by": names.keys(limits.by, "limits.by"),
                "after": names.groups(limits.after, "limits.after"),
                "not_together": names.groups(limits.not_together, "limits.not_together"),
            }
        ),
        "screening": screening.model_copy(
            update={"overrides": names.rows(screening.overrides, "screening.overrides")}
        ),
    }
    resolved["rules"] = names.rows(case.rules, "rules")
    resolved["components"] = tuple(
        names.sources(component, f"components[{i}]") for i, component in enumerate(case.components)
    )
    resolved["measures"] = tuple(
        measure
        if measure.sourcing is None
        else measure.model_copy(
            update={"sourcing": names.sources(measure.sourcing, f"measures[{i}].sourcing")}
        )
        for i, measure in enumerate(case.measures)
    )
    resolved["targets"] = tuple(
        target
        if target.market in (None, "home")
        else target.model_copy(
            update={"market": names.one(target.market, f"targets[{i}].market") or target.market}
        )
        for i, target in enumerate(case.targets)
    )
    resolved["gates"] = tuple(
        gate.model_copy(update={"pilot": names.one(gate.pilot, f"gates[{i}].pilot") or gate.pilot})
        for i, gate in enumerate(case.gates)
    )
    return case.model_copy(update=resolved), names.problems


class _Names:
    """Looks names up and keeps a problem for each that the panel does not know."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.problems: list[Problem] = []

    def one(self, name: str, key: str) -> str | None:
        try:
            return self.panel.find(name)
        except InputError as error:
            self.problems += (Problem(p.what, key, p.fix) for p in error.problems)
            return None

    def each(self, names: Iterable[str], key: str) -> tuple[str, ...]:
        found = [self.one(name, f"{key}[{i}]") for i, name in enumerate(names)]
        return tuple(dict.fromkeys(iso3 for iso3 in found if iso3))

    def groups(self, groups: Iterable[tuple[str, ...]], key: str) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(self.one(name, f"{key}[{i}][{j}]") or name for j, name in enumerate(group))
            for i, group in enumerate(groups)
        )

    def keys[T](self, table: dict[str, T], key: str) -> dict[str, T]:
        found: dict[str, T] = {}
        for name, value in table.items():
            iso3 = self.one(name, f"{key}.{name}")
            if iso3 in found:
                twice = Problem(f"{iso3} stands there twice", f"{key}.{name}", "Leave one.")
                self.problems.append(twice)
            elif iso3:
                found[iso3] = value
        return found

    def sources[S: (Component, Sourcing)](self, part: S, key: str) -> S:
        """The same with ISO3 codes for countries; unknown ones stay: shares still add up."""
        found = [
            self.one(source.country, f"{key}.sources[{i}].country")
            for i, source in enumerate(part.sources)
        ]
        sources = tuple(
            source.model_copy(update={"country": iso3 or source.country})
            for source, iso3 in zip(part.sources, found, strict=True)
        )
        return part.model_copy(update={"sources": sources})

    def rows[R: (Served, Input, Override, Rule)](
        self, rows: Iterable[R], key: str
    ) -> tuple[R, ...]:
        found = [(row, self.one(row.market, f"{key}[{i}].market")) for i, row in enumerate(rows)]
        return tuple(row.model_copy(update={"market": iso3 or row.market}) for row, iso3 in found)


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


def find_covered(
    case: Case, measure: Measure | Entrant | Gate, panel: Panel, key: str = "measures"
) -> tuple[set[str], list[Problem]]:
    """ISO3 codes that a measure, rival or gate reaches; a problem for each name not known."""
    groups = (*panel.regions, *panel.subregions, *panel.bloc_names)
    reached: set[str] = set()
    problems: list[Problem] = []
    for i, name in enumerate(measure.markets):
        if name == "all":
            reached.update(panel.codes)
        elif name == "home":
            with suppress(InputError):  # a home that is not known is told by its own key
                reached.add(panel.find(case.firm.home))
        elif name in panel.bloc_names:
            reached.update(panel.members(name, case.as_of))
        elif name in groups:
            reached.update(panel.within(name))
        else:
            try:
                reached.add(panel.find(name))
            except InputError as error:
                hint = suggest(name, groups)
                problems += (
                    Problem(f"no market, region or bloc {name!r}", f"{key}.markets[{i}]",
                            hint or p.fix)
                    for p in error.problems
                )  # fmt: skip
    return reached, problems
