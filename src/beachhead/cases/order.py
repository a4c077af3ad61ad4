"""Whether the limits on who is entered when can be kept together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from beachhead.cases.case import Case
from beachhead.errors import Problem


@dataclass(frozen=True)
class Preparation:
    """What a mode takes before sales begin in a market that is known well.

    Attributes
    ----------
    quarters : int
        Quarters between the decision and the first sale.
    teams : float
        Launch teams at work in each of them.
    """

    quarters: int = 1
    teams: float = 0.0


def check_order(
    case: Case, pool: set[str], preparation: Mapping[str, Preparation]
) -> list[Problem]:
    """Limits of a resolved case that contradict one another.

    Parameters
    ----------
    case : Case
        With ISO3 codes throughout.
    pool : set of str
        Markets that `[markets]` names.
    preparation : mapping of str to Preparation
        What each mode takes; `Preparation()` for one that is not named.
    """
    return [
        *_check_members(case, pool),
        *_check_modes(case),
        *_check_windows(case, pool, preparation),
        *_check_sets(case, pool),
        *_check_people(case, pool, preparation),
    ]


def _present(case: Case) -> set[str]:
    """Markets in which the firm is on the first day."""
    return {case.firm.home, *(served.market for served in case.firm.served)}


def _enterable(case: Case, pool: set[str]) -> set[str]:
    return pool - _present(case) - set(case.limits.never)


def _demanded(case: Case) -> dict[str, str]:
    """Markets that must be entered, with the key that says so."""
    limits = case.limits
    return {
        **{iso3: f"limits.by.{iso3}" for iso3 in limits.by},
        **{iso3: "limits.must" for iso3 in limits.must},
        **{iso3: f"limits.fixed.{iso3}" for iso3 in limits.fixed},
    }


def _bar(case: Case, pool: set[str], iso3: str) -> str:
    """Why a market cannot be entered; empty if it can."""
    if iso3 == case.firm.home:
        return "it is the home market"
    if iso3 in _present(case):
        return "it is served already"
    if iso3 in case.limits.never:
        return "limits.never excludes it"
    if iso3 in case.markets.exclude:
        return "markets.exclude excludes it"
    return "" if iso3 in pool else "[markets] does not name it as a candidate"


def _check_members(case: Case, pool: set[str]) -> Iterator[Problem]:
    limits = case.limits
    asked = [(iso3, "limits.must") for iso3 in limits.must]
    asked += [(iso3, f"limits.fixed.{iso3}") for iso3 in limits.fixed]
    asked += [(iso3, f"limits.by.{iso3}") for iso3 in limits.by]
    for iso3, key in asked:
        if bar := _bar(case, pool, iso3):
            yield Problem(f"{iso3} is to be entered, but {bar}", key, "Take back one of the two.")
    for i, (later, earlier) in enumerate(limits.after):
        if earlier in _present(case) or _bar(case, pool, later):
            continue
        if bar := _bar(case, pool, earlier):
            yield Problem(
                f"{later} waits for {earlier}, which cannot be entered: {bar}",
                f"limits.after[{i}]",
                f"Take the pair out, or let {earlier} be entered.",
            )


def _check_modes(case: Case) -> Iterator[Problem]:
    for iso3, entry in case.limits.fixed.items():
        if entry.mode is not None and entry.mode not in case.modes.allowed:
            yield Problem(
                f"{iso3} is fixed with mode {entry.mode!r}, which modes.allowed lacks",
                f"limits.fixed.{iso3}.mode",
                f"Allowed are {', '.join(case.modes.allowed)}.",
            )


def _least(
    case: Case, preparation: Mapping[str, Preparation], mode: str | None
) -> Preparation:
    """The least that an entry takes: that of its mode, or of the lightest that is allowed."""
    modes = case.modes.allowed if mode is None else (mode,)
    choices = [preparation.get(name, Preparation()) for name in modes]
    return Preparation(min(c.quarters for c in choices), min(c.teams for c in choices))


def _check_windows(
    case: Case, pool: set[str], preparation: Mapping[str, Preparation]
) -> Iterator[Problem]:
    """Earliest and latest quarter of each market, from its own limits and from `after`."""
    limits, last = case.limits, case.quarters - 1
    soonest = _least(case, preparation, None).quarters
    enterable = _enterable(case, pool)
    earliest = dict.fromkeys(enterable, soonest)
    latest = dict.fromkeys(enterable, last)
    broken: set[str] = set()
    for iso3, entry in limits.fixed.items():
        quarter = case.quarter_index(entry.quarter)
        ready = _least(case, preparation, entry.mode).quarters
        if problem := _outside(case, f"limits.fixed.{iso3}", entry.quarter, ready):
            broken.add(iso3)
            yield problem
        earliest[iso3] = latest[iso3] = quarter
    for iso3, label in limits.by.items():
        if problem := _outside(case, f"limits.by.{iso3}", label, soonest):
            broken.add(iso3)
            yield problem
        latest[iso3] = min(latest.get(iso3, last), case.quarter_index(label))

    before: dict[str, list[str]] = {iso3: [] for iso3 in enterable}
    for later, earlier in limits.after:
        if {later, earlier} <= enterable:
            before[later].append(earlier)
    if cycle := _find_cycle(before):
        yield Problem(
            f"these wait for one another: {' after '.join(cycle)}",
            "limits.after",
            "Take one of the pairs out.",
        )
        return
    demanded = _demanded(case)
    for iso3 in _in_order(before):
        waits = max(before[iso3], key=lambda other: earliest[other], default="")
        if waits and earliest[waits] >= earliest[iso3]:
            start = earliest[waits] + 1
        else:
            start, waits = earliest[iso3], ""
        if start > latest[iso3] and iso3 in demanded and iso3 not in broken:
            because = f", after {waits}" if waits else ""
            yield Problem(
                f"{iso3} is due by {case.quarter_label(latest[iso3])}, but cannot be entered "
                f"before {case.quarter_label(start)}{because}",
                demanded[iso3] if iso3 not in limits.by else f"limits.by.{iso3}",
                "Move one of the dates" + (" or take the pair out of limits.after." if waits else "."),
            )
            start = latest[iso3]
        earliest[iso3] = max(earliest[iso3], start) if iso3 not in limits.fixed else earliest[iso3]


def _outside(case: Case, key: str, label: str, ready: int) -> Problem | None:
    quarter = case.quarter_index(label)
    last = case.quarter_label(case.quarters - 1)
    if quarter >= case.quarters:
        return Problem(
            f"{label} is after the horizon", key, f"The last quarter is {last}; see quarters."
        )
    if quarter < ready:
        return Problem(
            f"{label} is too early",
            key,
            f"Quarter 0 is {case.quarter_label(0)} and preparation takes {ready} quarters: the "
            f"earliest is {case.quarter_label(ready)}.",
        )
    return None


def _find_cycle(before: Mapping[str, list[str]]) -> list[str]:
    """Markets each of which waits for the next, the last being the first again; or nothing."""
    done: set[str] = set()
    for start in sorted(before):
        path: list[str] = []
        stack = [(start, iter(before[start]))]
        while stack:
            iso3, others = stack[-1]
            if len(path) < len(stack):
                path.append(iso3)
            following = next((other for other in others if other not in done), None)
            if following is None:
                done.add(iso3)
                stack.pop()
                path.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                stack.append((following, iter(before[following])))
    return []


def _in_order(before: Mapping[str, list[str]]) -> Iterator[str]:
    """Markets so that each comes after all it waits for; `before` has no cycle."""
    placed: set[str] = set()
    waiting = sorted(before)
    while waiting:
        for iso3 in [iso3 for iso3 in waiting if placed.issuperset(before[iso3])]:
            placed.add(iso3)
            yield iso3
        waiting = [iso3 for iso3 in waiting if iso3 not in placed]


def _needed(case: Case) -> dict[str, str]:
    """Markets in which the firm is or must be: those demanded and those they wait for."""
    needed = {**dict.fromkeys(_present(case), "it is served"), **_demanded(case)}
    todo = list(needed)
    while todo:
        iso3 = todo.pop()
        for later, earlier in case.limits.after:
            if later == iso3 and earlier not in needed:
                needed[earlier] = f"{later} waits for it"
                todo.append(earlier)
    return needed


def _check_sets(case: Case, pool: set[str]) -> Iterator[Problem]:
    needed = _needed(case)
    for i, group in enumerate(case.limits.not_together):
        both = [iso3 for iso3 in group if iso3 in needed]
        if len(both) > 1:
            reasons = ", ".join(f"{iso3} ({needed[iso3]})" for iso3 in both)
            yield Problem(
                f"at most one of {', '.join(group)}, but these are needed: {reasons}",
                f"limits.not_together[{i}]",
                "Take the set out, or one of the demands.",
            )
    number = len([iso3 for iso3 in needed if iso3 in _enterable(case, pool)])
    most = case.limits.max_markets
    if most is not None and number > most:
        yield Problem(
            f"max_markets is {most}, but {number} markets must be entered",
            "limits.max_markets",
            "Raise it, or ask for fewer in must, fixed, by and after.",
        )


def _check_people(
    case: Case, pool: set[str], preparation: Mapping[str, Preparation]
) -> Iterator[Problem]:
    """Entries demanded where there are too few teams to prepare them."""
    teams = case.teams_by_quarter()
    enterable = _enterable(case, pool)
    demanded = sorted(iso3 for iso3 in _demanded(case) if iso3 in enterable)
    if demanded and not any(teams):
        yield Problem(
            f"there are no launch teams, but {', '.join(demanded)} must be entered",
            "limits.teams",
            "Give at least one team, or ask for no entry.",
        )
        return
    at_work: dict[int, dict[str, float]] = {}
    for iso3, entry in case.limits.fixed.items():
        least = _least(case, preparation, entry.mode)
        opening = case.quarter_index(entry.quarter)
        if iso3 in enterable and least.quarters <= opening < case.quarters:
            for t in range(opening - least.quarters, opening):
                at_work.setdefault(t, {})[iso3] = least.teams
    reported: set[str] = set()
    for t, needs in sorted(at_work.items()):
        if (teams[t] == 0 or sum(needs.values()) > teams[t]) and not reported.issuperset(needs):
            reported.update(needs)
            yield Problem(
                f"{', '.join(sorted(needs))} must be prepared in {case.quarter_label(t)}, when "
                f"there are {teams[t]} launch teams",
                "limits.fixed",
                "Move entries apart, or give more teams by then in limits.teams.",
            )
