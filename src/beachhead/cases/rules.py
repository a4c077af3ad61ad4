"""The rules of markets that a case meets, and demands that they bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from beachhead.cases import quarters
from beachhead.cases.case import Case, Rule
from beachhead.errors import Problem, suggest

if TYPE_CHECKING:
    from beachhead.cases.drafts import Known
    from beachhead.cases.presets import ModeEconomics
    from beachhead.data.rules import Rule as Known_

EVERY = "all"  # in limits.waived
OPEN = 1_000  # quarter of the horizon in which a rule without an end ends


@dataclass(frozen=True)
class Binding:
    """A rule as a case meets it: in force from quarter `begins` of the horizon to `ends` - 1.

    `begins` is below 0 where it held before; `ends` is at least the number of quarters where it
    holds to the end.
    """

    rule: Known_
    begins: int
    ends: int

    def concerns(self, mode: str) -> bool:
        """Whether a mode of entry meets it."""
        return mode in self.rule.modes

    def closes(self, mode: str, localisation: float) -> bool:
        """Whether an entry that lasts until it is in force would break it."""
        short = localisation < self.rule.localisation - 1e-9
        return self.concerns(mode) and (self.rule.forbidden or short)


def rules_of(case: Case) -> tuple[Binding, ...]:
    """The rules abroad that a resolved case meets within its horizon: bundled ones and its own.

    Bundled ones are those that were published by `as_of`, for the product's category, that the case
    neither waives nor replaces.
    """
    from beachhead.data.rules import load_rules

    own = {rule.name for rule in case.rules}
    bundled = [
        rule
        for rule in load_rules(case.as_of)
        if rule.name not in {*own, *case.limits.waived} and rule.covers(case.product.category)
    ]
    if EVERY in case.limits.waived:
        bundled = []
    first = quarters.first_from(case.as_of)
    met = []
    for rule in (*bundled, *map(_complete, case.rules)):
        begins = -OPEN if rule.start is None else quarters.holding(rule.start) - first
        ends = OPEN if rule.until is None else quarters.first_from(rule.until) - first
        if rule.asks and rule.market != case.firm.home and begins < case.quarters and ends > 0:
            met.append(Binding(rule, begins, ends))
    return tuple(sorted(met, key=lambda binding: (binding.rule.market, binding.rule.name)))


def _complete(rule: Rule) -> Known_:
    """A rule of the case in the form of the bundled ones."""
    from beachhead.data.rules import MODES
    from beachhead.data.rules import Rule as Bundled

    own = {field.name for field in fields(Bundled)} & set(type(rule).model_fields)
    given = {name: getattr(rule, name) for name in own} | {"modes": rule.modes or MODES}
    return Bundled(**given, categories=(), evidence="case", judged="case")


def check_rules(case: Case, known: Known) -> Iterator[Problem]:
    """Rules of a case that contradict themselves, and waivers of rules that do not exist."""
    if not (case.rules or case.limits.waived):
        return
    from beachhead.data.rules import read_rules

    bundled = {rule.name for rule in read_rules()}
    for i, name in enumerate(case.limits.waived):
        if name not in bundled and name != EVERY:
            fix = suggest(name, bundled) or f"Bundled are {', '.join(sorted(bundled))}."
            yield Problem(f"no bundled rule {name!r}", f"limits.waived[{i}]", fix)
    seen: set[str] = set()
    for i, rule in enumerate(case.rules):
        key = f"rules[{i}]"
        if rule.name in seen:
            yield Problem(f"a second rule {rule.name!r}", f"{key}.name", "Name it otherwise.")
        seen.add(rule.name)
        if rule.start and rule.until and rule.until <= rule.start:
            yield Problem(
                f"{rule.name!r} ends on {rule.until}, not after {rule.start}", f"{key}.until",
                "Give a later day, or none.",
            )  # fmt: skip
        if known("as_of") and rule.known > case.as_of:
            yield Problem(
                f"{rule.name!r} was published on {rule.known}, after as_of {case.as_of}",
                f"{key}.known",
                "Give the rule as it was known then, or leave it out.",
            )
        if not _complete(rule).asks and rule.name not in bundled:
            yield Problem(
                f"{rule.name!r} asks for nothing", key,
                "Give it forbidden, localisation, approval, opening or unit_cost.",
            )  # fmt: skip


def check_barred(case: Case, modes: Mapping[str, ModeEconomics], known: Known) -> Iterator[Problem]:
    """Demanded entries that no mode and level of localisation can make by their date."""
    limits, last = case.limits, case.quarters - 1
    if not known("as_of", "quarters", "rules", "limits.waived", "economics", "modes.allowed"):
        return
    demands: list[tuple[str, str, int, str | None]] = [
        (iso3, "limits.must", last, None) for iso3 in limits.must
    ]
    demands += [
        (iso3, f"limits.by.{iso3}", min(last, case.quarter_index(label)), None)
        for iso3, label in limits.by.items()
    ]
    demands += [
        (iso3, f"limits.fixed.{iso3}", case.quarter_index(entry.quarter), entry.mode)
        for iso3, entry in limits.fixed.items()
        if not entry.begun
    ]
    met = rules_of(case)
    for iso3, key, due, mode in demands:
        here = [binding for binding in met if binding.rule.market == iso3]
        ways = [
            (name, level)
            for name in ((mode,) if mode else case.modes.allowed)
            for level in case.modes.localisation
        ]
        ready = [_find_soonest(here, *way, modes[way[0]].preparation) for way in ways]
        free = [modes[name].preparation for name, _ in ways]
        if not here or not ways or min(free) > due or min(ready) <= due:
            continue
        names = [
            f"{b.rule.name} ({b.rule.words or 'a rule of the case'}; {b.rule.source})"
            for b in here
            if b.rule.approval or any(b.closes(*way) for way in ways)
        ]
        soonest = min(ready)
        when = "never" if soonest > last else f"not before {case.quarter_label(soonest)}"
        yield Problem(
            f"{iso3} is to be entered by {case.quarter_label(due)}, but may be {when}: "
            f"{'; '.join(names)}",
            key,
            "Demand it later or not, allow another mode or more localisation, or name a rule that "
            "does not bind the firm in limits.waived.",
        )


def _find_soonest(here: list[Binding], mode: str, localisation: float, preparation: int) -> int:
    """First quarter in which an entry breaks no rule of its market and is prepared."""
    approval = sum(binding.rule.approval for binding in here if binding.concerns(mode))
    opens = [binding.ends for binding in here if binding.closes(mode, localisation)]
    return max([preparation + approval, *opens])
