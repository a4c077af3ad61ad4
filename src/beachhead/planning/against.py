"""A plan made again beside the rest of the old one: what changed, and what each change brings."""

from __future__ import annotations

from dataclasses import dataclass

import jax
from pydantic import TypeAdapter

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel
from beachhead.planning.inquiry import Inquiry, spread_of
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.resume import Resumed
from beachhead.planning.study import mix
from beachhead.simulation import simulate


@dataclass(frozen=True)
class Change:
    """An entry that is not what it was: quarter before and after, None where there is none.

    `mode`, `localisation` as they are now, or were where it is dropped. `gains`: mean value on
    fresh worlds of the new plan less that with this one change taken back, with half its 95 %
    interval `error`.
    """

    iso3: str
    before: str | None
    after: str | None
    mode: str
    localisation: float
    gains: float
    error: float


@dataclass(frozen=True)
class Against:
    """The content of `against.json`.

    `run`: folder of the old plan, taken up in the quarter `as_of`. `done`, `committed`, `notes`:
    see `Resumed`. `capital`: cash then. `gains`: mean value on fresh worlds of the new plan less
    that of the rest of the old one, both from where the firm stands, with half its 95 % interval
    `error`; `ruin`, `old_ruin`: chances of ruin.
    """

    run: str
    as_of: str
    done: tuple[str, ...]
    committed: tuple[str, ...]
    capital: float
    notes: tuple[str, ...]
    gains: float
    error: float
    ruin: float
    old_ruin: float
    changes: tuple[Change, ...]

    def to_json(self) -> str:
        """Text of `against.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Against:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Against)


def weigh_changes(panel: Panel, plan: Plan, resumed: Resumed, run: str) -> Against:
    """A plan beside what was left of the old one, on the same fresh worlds."""
    case = resumed.case
    beliefs, floor = believe(case, panel), case.limits.cash_floor
    values, ruins = [], []
    for schedule in (plan.schedule, resumed.rest):
        futures = simulate(
            case, panel, beliefs, schedule, worlds=FRESH_WORLDS, seed=plan.seed + FRESH_SEED
        )
        values.append(futures["value"].sum("market").values)
        ruins.append(float((futures["cash"].min("quarter") < floor).mean()))
    gains, error = spread_of(values[0] - values[1])
    return Against(
        run=run,
        as_of=case.quarter_label(0),
        done=resumed.done,
        committed=resumed.committed,
        capital=case.limits.capital,
        notes=resumed.notes,
        gains=gains,
        error=error,
        ruin=ruins[0],
        old_ruin=ruins[1],
        changes=_list_changes(case, panel, plan, resumed.rest),
    )


def _list_changes(case: Case, panel: Panel, plan: Plan, rest: Schedule) -> tuple[Change, ...]:
    old, new = ({e.iso3: e for e in s.entries} for s in (rest, plan.schedule))
    changed = [iso3 for iso3 in sorted({*old, *new}) if old.get(iso3) != new.get(iso3)]
    if not changed:
        return ()
    changes = []
    with jax.enable_x64(True):
        inquiry = Inquiry(case, panel, plan, also=tuple(changed))
        before = inquiry.packed.encode(Schedule(entries=rest.entries))
        for iso3 in changed:
            back = mix(inquiry.schedule, before, inquiry.packed.markets.index(iso3))
            gains, error = spread_of(inquiry.base.values - inquiry.bring(back).values)
            entry = new.get(iso3) or old[iso3]
            changes.append(
                Change(
                    iso3, _label(case, old.get(iso3)), _label(case, new.get(iso3)), entry.mode,
                    entry.localisation, gains, error,
                )
            )  # fmt: skip
    return tuple(sorted(changes, key=lambda change: -abs(change.gains)))


def _label(case: Case, entry: Entry | None) -> str | None:
    return None if entry is None else case.quarter_label(entry.quarter)
