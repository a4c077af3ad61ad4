"""Whether the limits on who is entered when can be kept together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from beachhead.cases.case import Case
from beachhead.cases.drafts import Known
from beachhead.cases.presets import ModeEconomics
from beachhead.errors import Problem

# Keys on which it depends which markets may be entered, and what entering takes.
SOURCES = ("markets.candidates", "markets.regions", "markets.blocs")
POOL = (*SOURCES, "firm.home", "firm.served", "limits.never", "markets.exclude", "as_of")
HORIZON = ("as_of", "quarters")
MODES = ("product.category", "economics", "modes.allowed")


def check_order(
    case: Case, pool: set[str], modes: Mapping[str, ModeEconomics], known: Known | None = None
) -> list[Problem]:
    """Limits of a resolved case that contradict one another.

    Parameters
    ----------
    case : Case
        With ISO3 codes throughout, save for names that are not known.
    pool : set of str
        Markets that `[markets]` names.
    modes : mapping of str to ModeEconomics
        What each mode takes: quarters of preparation, and launch teams during them in a market
        that is known well.
    known : Known, optional
        Which keys hold what the author wrote; all by default. What depends on others is not told.
    """
    known = known or Known()
    return [
        *_check_members(case, pool, known),
        *_check_modes(case, known),
        *_check_dates(case, modes, known),
        *_check_waiting(case, pool, modes, known),
        *_check_sets(case, pool, known),
        *_check_launches(case, pool, known),
        *_check_people(case, pool, modes, known),
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
        **dict.fromkeys(limits.must, "limits.must"),
        **{iso3: f"limits.by.{iso3}" for iso3 in limits.by},
        **{iso3: f"limits.fixed.{iso3}" for iso3 in limits.fixed},
    }


def _bar(case: Case, pool: set[str], iso3: str, known: Known) -> str:
    """Why a market cannot be entered; empty if it can, as far as is known."""
    if iso3 == case.firm.home:
        return "it is the home market"
    if iso3 in _present(case):
        return "it is served already"
    if iso3 in case.limits.never:
        return "limits.never excludes it"
    if iso3 in case.markets.exclude:
        return "markets.exclude excludes it"
    if iso3 in pool or not known("as_of", *SOURCES):
        return ""
    return "[markets] does not name it as a candidate"


def _check_members(case: Case, pool: set[str], known: Known) -> Iterator[Problem]:
    limits = case.limits
    asked = [(iso3, "limits.must") for iso3 in limits.must]
    asked += [(iso3, f"limits.fixed.{iso3}") for iso3 in limits.fixed]
    asked += [(iso3, f"limits.by.{iso3}") for iso3 in limits.by]
    for iso3, key in asked:
        if bar := _bar(case, pool, iso3, known):
            yield Problem(f"{iso3} is to be entered, but {bar}", key, "Take back one of the two.")
    for i, (later, earlier) in enumerate(limits.after):
        if not known(f"limits.after[{i}]", "firm.home", "firm.served"):
            continue
        if later in _present(case):
            what = f"{later} waits for {earlier}, but {_bar(case, pool, later, known)}"
            yield Problem(what, f"limits.after[{i}]", "Take the pair out.")
        if earlier in _present(case) or _bar(case, pool, later, known):
            continue
        if bar := _bar(case, pool, earlier, known):
            yield Problem(
                f"{later} waits for {earlier}, which cannot be entered: {bar}",
                f"limits.after[{i}]",
                f"Take the pair out, or let {earlier} be entered.",
            )
    for i, group in enumerate(limits.not_together):
        if len(set(group)) < len(group):
            twice = next(iso3 for iso3 in group if group.count(iso3) > 1)
            fix = "Leave one of them; a market can be kept out with limits.never."
            yield Problem(f"{twice} stands there twice", f"limits.not_together[{i}]", fix)


def _check_modes(case: Case, known: Known) -> Iterator[Problem]:
    if not known("modes.allowed"):
        return
    for iso3, entry in case.limits.fixed.items():
        if entry.mode is not None and entry.mode not in case.modes.allowed:
            yield Problem(
                f"{iso3} is fixed with mode {entry.mode!r}, which modes.allowed lacks",
                f"limits.fixed.{iso3}.mode",
                f"Allowed are {', '.join(case.modes.allowed)}.",
            )


def _least(
    case: Case, modes: Mapping[str, ModeEconomics], mode: str | None = None
) -> tuple[int, float]:
    """Fewest quarters and fewest teams of preparation: of one mode, or of all that are allowed."""
    choices = [modes[name] for name in (case.modes.allowed if mode is None else (mode,))]
    return min(choice.preparation for choice in choices), min(choice.teams for choice in choices)


def _check_dates(case: Case, modes: Mapping[str, ModeEconomics], known: Known) -> Iterator[Problem]:
    """Quarters asked for that lie outside the horizon or before anything can be ready."""
    if not known("as_of"):
        return
    dates = [
        (
            f"limits.fixed.{iso3}",
            entry.quarter,
            0 if entry.begun else _least(case, modes, entry.mode)[0],
        )
        for iso3, entry in case.limits.fixed.items()
    ]
    least, _ = _least(case, modes)
    dates += [(f"limits.by.{iso3}", label, least) for iso3, label in case.limits.by.items()]
    last = case.quarters - 1
    for key, label, ready in dates:
        quarter = case.quarter_index(label)
        if quarter > last and known("quarters"):
            fix = f"The last quarter is {case.quarter_label(last)}; see the key quarters."
            yield Problem(f"{label} is after the horizon", key, fix)
        elif quarter < 0 or (quarter < ready and known(*MODES)):
            fix = f"Quarter 0 is {case.quarter_label(0)}; with {ready} of preparation the earliest "
            fix += f"is {case.quarter_label(ready)}."
            yield Problem(f"{label} is too early", key, fix)


def _check_waiting(
    case: Case, pool: set[str], modes: Mapping[str, ModeEconomics], known: Known
) -> Iterator[Problem]:
    """Pairs of `after` that wait for one another, or keep a market from being entered in time."""
    if not known(*POOL):
        return
    enterable = _enterable(case, pool)
    before: dict[str, list[str]] = {iso3: [] for iso3 in sorted(enterable)}
    for later, earlier in case.limits.after:
        if {later, earlier} <= enterable:
            before[later].append(earlier)
    while True:
        try:
            order = list(TopologicalSorter(before).static_order())
            break
        except CycleError as error:
            markets = error.args[1]
            what = f"these wait for one another: {' after '.join(reversed(markets))}"
            yield Problem(what, "limits.after", "Take one of the pairs out.")
            # Without this circle the rest can still be looked at.
            for earlier, later in pairwise(markets):
                before[later] = [iso3 for iso3 in before[later] if iso3 != earlier]
    if not known(*HORIZON, *MODES):
        return
    last = case.quarters - 1
    soonest, _ = _least(case, modes)
    fixed = {iso3: case.quarter_index(e.quarter) for iso3, e in case.limits.fixed.items()}
    by = {iso3: case.quarter_index(label) for iso3, label in case.limits.by.items()}
    demanded = _demanded(case)
    earliest: dict[str, int] = {}
    for iso3 in order:
        waits = max(before[iso3], key=earliest.__getitem__, default=None)
        ready = soonest if waits is None else max(soonest, earliest[waits] + 1)
        start = max(ready, fixed.get(iso3, ready))
        due = min(fixed.get(iso3, last), by.get(iso3, last))
        earliest[iso3] = min(start, due)
        possible = all(d[iso3] in range(soonest, last + 1) for d in (fixed, by) if iso3 in d)
        if iso3 not in demanded or start <= due or not possible:
            continue
        if waits is not None and ready > due:
            why = f"waits for {waits}, which opens in {case.quarter_label(earliest[waits])} "
            why += "at the earliest"
            fix = "Move one of the dates, or take the pair out of limits.after."
        else:
            why = f"is fixed in {case.quarter_label(start)}"
            fix = "Take back one of the two."
        due_label = case.quarter_label(due)
        yield Problem(f"{iso3} is due by {due_label}, but {why}", demanded[iso3], fix)


def _needed(case: Case) -> dict[str, str]:
    """Markets in which the firm is or must be: those demanded and those they wait for."""
    needed = {**dict.fromkeys(_present(case), "it is served"), **_demanded(case)}
    todo = list(_demanded(case))
    while todo:
        iso3 = todo.pop()
        for later, earlier in case.limits.after:
            if later == iso3 and earlier not in needed:
                needed[earlier] = f"{later} waits for it"
                todo.append(earlier)
    return needed


def _check_sets(case: Case, pool: set[str], known: Known) -> Iterator[Problem]:
    needed = _needed(case)
    for i, group in enumerate(case.limits.not_together):
        both = [iso3 for iso3 in dict.fromkeys(group) if iso3 in needed]
        if len(both) > 1 and known(f"limits.not_together[{i}]"):
            reasons = ", ".join(f"{iso3} ({needed[iso3]})" for iso3 in both)
            yield Problem(
                f"at most one of {', '.join(group)}, but these are needed: {reasons}",
                f"limits.not_together[{i}]",
                "Take the set out, or one of the demands.",
            )
    number = len([iso3 for iso3 in needed if iso3 in _enterable(case, pool)])
    most = case.limits.max_markets
    if most is not None and number > most and known(*POOL):
        yield Problem(
            f"max_markets is {most}, but {number} markets must be entered",
            "limits.max_markets",
            "Raise it, or ask for fewer in must, fixed, by and after.",
        )


def _check_launches(case: Case, pool: set[str], known: Known) -> Iterator[Problem]:
    """More entries demanded within some time than may be made in it."""
    most, last = case.limits.launches_per_year, case.quarters - 1
    if most is None or not known("limits.launches_per_year", *HORIZON, *POOL):
        return
    enterable = _enterable(case, pool)
    fixed = {m: case.quarter_index(entry.quarter) for m, entry in case.limits.fixed.items()}
    due = {iso3: last for iso3 in _needed(case) if iso3 in enterable}
    due |= {m: case.quarter_index(label) for m, label in case.limits.by.items() if m in due}
    due |= {m: quarter for m, quarter in fixed.items() if m in due}
    spans = [(0, quarter, due) for quarter in sorted(set(due.values()))]
    spans += [(quarter, quarter + 3, fixed) for quarter in sorted(set(fixed.values()))]
    for first, until, asked in spans:
        inside = sorted(iso3 for iso3, quarter in asked.items() if first <= quarter <= until)
        room = most * -(-(until + 1 - first) // 4)
        if len(inside) > room:
            yield Problem(
                f"{', '.join(inside)} must be entered from {case.quarter_label(first)} to "
                f"{case.quarter_label(until)}, but with {most} launches a year at most {room} can",
                "limits.launches_per_year",
                "Raise it, or ask for fewer or later.",
            )
            return


def _check_people(
    case: Case, pool: set[str], modes: Mapping[str, ModeEconomics], known: Known
) -> Iterator[Problem]:
    """Entries demanded where there are too few teams to prepare them."""
    enterable = _enterable(case, pool)
    demanded = sorted(iso3 for iso3 in _demanded(case) if iso3 in enterable)
    nobody = case.limits.teams == 0 or (known(*HORIZON) and not any(case.teams_by_quarter()))
    takes = known("limits.teams", "economics", "modes.allowed") and all(_least(case, modes))
    if demanded and nobody and takes:  # in every preset a mode takes teams
        yield Problem(
            f"there are no launch teams, but {', '.join(demanded)} must be entered",
            "limits.teams",
            "Give at least one team, or ask for no entry.",
        )
    elif known("limits.teams", *HORIZON, *POOL, *MODES):
        yield from _check_single(case, demanded, modes)
        yield from _check_fixed(case, enterable, modes)


def _check_single(
    case: Case, demanded: list[str], modes: Mapping[str, ModeEconomics]
) -> Iterator[Problem]:
    """Markets due at a time by which no mode can have been prepared, even with all the teams."""
    teams = case.teams_by_quarter()
    for iso3 in demanded:
        if iso3 in case.limits.fixed:
            continue
        label = case.limits.by.get(iso3, case.quarter_label(case.quarters - 1))
        due = min(case.quarter_index(label), case.quarters - 1)
        choices = [modes[name] for name in case.modes.allowed]
        soonest, _ = _least(case, modes)
        can_be = any(
            min(teams[begin : begin + mode.preparation], default=mode.teams) >= mode.teams
            for mode in choices
            for begin in range(due - mode.preparation + 1)
        )
        if due >= soonest and not can_be:
            yield Problem(
                f"{iso3} is due by {label}, but no mode of entry has the launch teams that its "
                "preparation takes by then",
                _demanded(case)[iso3],
                "Ask for it later, allow a mode that takes fewer, or give more in limits.teams.",
            )


def _check_fixed(
    case: Case, enterable: set[str], modes: Mapping[str, ModeEconomics]
) -> Iterator[Problem]:
    """Fixed entries whose preparation takes more teams at a time than there are."""
    teams = case.teams_by_quarter()
    at_work: dict[int, dict[str, float]] = {}
    for iso3, entry in case.limits.fixed.items():
        quarters, people = _least(case, modes, entry.mode)
        opening = case.quarter_index(entry.quarter)
        if iso3 in enterable and quarters <= opening < case.quarters:
            for t in range(opening - quarters, opening):
                at_work.setdefault(t, {})[iso3] = people
    reported: set[str] = set()
    for t, needs in sorted(at_work.items()):
        if sum(needs.values()) > teams[t] and not reported.issuperset(needs):
            reported.update(needs)
            yield Problem(
                f"{', '.join(sorted(needs))} in preparation in {case.quarter_label(t)} "
                f"takes at least {sum(needs.values()):g} launch teams; there are {teams[t]}",
                "limits.fixed",
                "Move entries apart, or give more teams by then in limits.teams.",
            )
