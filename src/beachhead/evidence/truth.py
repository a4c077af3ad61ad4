"""What a firm did after the date of a case, as far as its history tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beachhead.cases import Case
from beachhead.cases import quarters as calendar
from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest
from beachhead.evidence.entries import Coverage, History
from beachhead.evidence.order import Span

WINDOWS = (12, 20)  # quarters: three and five years


@dataclass(frozen=True)
class Truth:
    """First entries after the date of a case, and of which markets it is known.

    Attributes
    ----------
    firm : str
    coverage : {'full', 'listed'}
        Whether a market that the history does not list was not entered, or is not judged.
    entered : dict of str to Span
        Candidates entered after `as_of`, also beyond the horizon, in quarters of it.
    judged : tuple of str
        Candidates of which it is known whether, and when, they were entered.
    early : tuple of str
        Candidates of the case that the firm had entered before; they are not judged.
    strangers : tuple of str
        Markets entered that are no candidates of the case, or that no figure is known of.
    until : int
        Quarters of the horizon that the history tells of.
    windows : tuple of int
        Numbers of quarters within which entries are looked at.
    """

    firm: str
    coverage: Coverage
    entered: dict[str, Span]
    judged: tuple[str, ...]
    early: tuple[str, ...]
    strangers: tuple[str, ...]
    until: int
    windows: tuple[int, ...]


def choose(histories: Sequence[History], firm: str) -> History:
    """The history of a firm, by its name, or by one that begins with it.

    Raises
    ------
    InputError
        If there is none, or several could be meant.
    """
    folded = firm.casefold()
    exact = [history for history in histories if history.firm.casefold() == folded]
    found = exact or [h for h in histories if h.firm.casefold().startswith(folded)]
    if len(found) == 1:
        return found[0]
    names = [history.firm for history in found or histories]
    fix = "" if found else suggest(firm, names)
    what = f"no history of {firm!r}" if not found else f"{firm!r} may be any of several firms"
    raise InputError(Problem(what, "--firm", fix or f"Name one of {', '.join(names)}."))


def see(history: History, case: Case, panel: Panel) -> Truth:
    """What a history says of the candidates of a resolved case after its date."""
    start = calendar.first_from(case.as_of)
    candidates = case.candidate_iso3(panel)
    served = {market.market for market in case.firm.served}
    entered: dict[str, Span] = {}
    early, strangers = [], []
    seen = set[str]()
    for move in history.moves:
        if move.event != "entry" or move.iso3 in seen:
            continue
        seen.add(move.iso3)
        number = 4 * move.year - start
        first, last = number, number + 3
        if move.month is not None:
            first = last = number + (move.month - 1) // 3
        if last < 0:
            if move.iso3 in candidates:
                early.append(move.iso3)
        elif move.iso3 in candidates:
            entered[move.iso3] = Span(max(first, 0), last)
        elif move.iso3 not in served:
            strangers.append(move.iso3)
    unknown = {*early, *history.undated}
    if history.coverage == "listed":
        unknown |= set(candidates) - set(entered)
    until = case.quarters
    if history.score_until is not None:
        until = max(1, min(until, 4 * (history.score_until + 1) - start))
    return Truth(
        firm=history.firm,
        coverage=history.coverage,
        entered=entered,
        judged=tuple(iso3 for iso3 in candidates if iso3 not in unknown),
        early=tuple(sorted(early)),
        strangers=tuple(sorted(strangers)),
        until=until,
        windows=tuple(end for end in WINDOWS if end <= until) or (until,),
    )
