"""A plan made again beside the old one, in sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.against import Against, Change
from beachhead.reporting.words import GLUE, change, count, money, percent, several

WIDTH = 100


def tell_against(case: Case, against: Against, names: Mapping[str, str]) -> list[str]:
    """Where the firm stands, what the new plan brings over the old one, and each change."""
    done, committed = (
        several([names[iso3] for iso3 in part]) or "none"
        for part in (against.done, against.committed)
    )
    told = [
        f"Taken up in {against.as_of} from {against.run}: entered since {done}; in preparation "
        f"{committed}; cash {money(against.capital, case.currency)}."
    ]
    told += [f"{note[:1].upper()}{note[1:]}." for note in against.notes]
    if not against.changes and against.gains == 0.0:
        return [*told, "Nothing changes against the rest of the old plan."]
    chance = "; that is within chance" if abs(against.gains) <= against.error else ""
    told.append(
        f"The new plan brings {change(against.gains)} (±{count(against.error)}) against the rest "
        f"of the old one, both from here on in the same futures{chance}. Chance of ruin "
        f"{percent(against.ruin)}, with the old one {percent(against.old_ruin)}."
    )
    return told + [_tell_change(one, names) for one in against.changes]


def describe_against(case: Case, panel: Panel, against: Against) -> str:
    """The same in lines of 100 columns."""
    names = panel.names
    lines = [
        line
        for said in tell_against(case, against, names)
        for line in textwrap.wrap(said, WIDTH, subsequent_indent="  ")
    ]
    return "\n".join(lines).replace(GLUE, " ")


def _tell_change(one: Change, names: Mapping[str, str]) -> str:
    way = f"{one.mode.replace('_', ' ')}, localised {one.localisation:g}"
    if one.after is None:
        what = f"no longer entered (was {one.before}, {way})"
    elif one.before is None:
        what = f"now entered, in {one.after} ({way})"
    elif one.before == one.after:
        what = f"in {one.after} as before, now {way}"
    else:
        what = f"from {one.before} to {one.after} ({way})"
    return f"{names[one.iso3]}: {what}; alone {change(one.gains)} (±{count(one.error)})."
