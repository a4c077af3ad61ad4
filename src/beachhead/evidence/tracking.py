"""A plan against what happened: fans, entries, the targets' odds now, and whether to plan again.

The fan is that of the plan's own futures, as they were when it was made. The odds now are those
after what has happened. Nothing of the quarter `as_of` or later is
looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import xarray as xr
from pydantic import TypeAdapter

from beachhead.calibration import believe
from beachhead.cases import Case, Target, quarters
from beachhead.cases.actuals import Actual
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.fans import Calibration, Observation, compare
from beachhead.evidence.launches import Launch, find_astray, find_footing, list_launches
from beachhead.evidence.odds import Odds, take_up, weigh_futures, weigh_plan, weigh_rest
from beachhead.evidence.outcomes import Figures, Footing, find_reached, measure
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_WORLDS
from beachhead.planning.resume import LEAST
from beachhead.planning.targets import describe_target, room
from beachhead.simulation import trace

type Answer = Literal["KEEP", "REVIEW", "RE-PLAN"]

# The rule. All but the first two of these are judgement.
RARE, UNUSUAL = 0.01, 0.05  # of the futures, as many figures outside: plan again, look at it
FEW = 50  # futures like what happened: odds of fewer would be off by more than some 14 points
LATE = 2  # quarters that an entry may be late before the plan is made again
HALVED, POINTS = 0.5, 0.10  # odds that fall to less than this share, and by more than so much


@dataclass(frozen=True)
class Aim:
    """A target of the case, by its `number` there.

    `announced`: day on which it was said, with the odds `chance` when planned. `probability`
    demanded, None where none is. `now`: odds now, None where it is due or nobody can tell.
    `outcome`: open until its date, then what the actuals say: met, missed or unknown. `measured`:
    what it came to, or has come to at least; `lacking`: figures that would settle it. `reached`: of
    one that was missed, the quarter in which it was met after all, None while it is not.
    """

    number: int
    announced: str
    chance: float | None
    probability: float | None
    now: float | None
    outcome: Literal["open", "met", "missed", "unknown"]
    measured: float | None = None
    lacking: tuple[str, ...] = ()
    reached: str | None = None


@dataclass(frozen=True)
class Reason:
    """Something that speaks against keeping the plan, and how strongly."""

    answer: Answer
    words: str


@dataclass(frozen=True)
class Track:
    """The content of `track.json`.

    `as_of`: first quarter that is not looked at. `seen`, `later`: rows that were and were not
    looked at. `ruin` when planned and `ruin_now`: chances of ruin, the second None within the last
    year. `worlds`: futures behind the odds now, 0 where the horizon is over; `effective`: how many
    of equal weight say as much; `by`: `futures` of the plan that are like what happened, `state`
    where they were simulated from where the firm stands, empty where there are none. `can_replan`:
    whether a horizon is left that is long enough. `notes`: what was taken from the plan.
    """

    case: str
    as_of: str
    answer: Answer
    reasons: tuple[Reason, ...]
    seen: int
    later: int
    observations: tuple[Observation, ...]
    calibration: Calibration
    launches: tuple[Launch, ...]
    aims: tuple[Aim, ...]
    ruin: float
    ruin_now: float | None
    worlds: int
    effective: float
    by: Literal["futures", "state", ""]
    can_replan: bool
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Text of `track.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Track:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Track)


def find_as_of(actuals: Iterable[Actual]) -> str:
    """The quarter after the last of which the actuals speak.

    Raises
    ------
    InputError
        If they are empty.
    """
    last = max((quarters.parse(a.quarter) for a in actuals), default=None)
    if last is None:
        raise InputError(Problem("the table has no rows", "--actuals", "Say what has happened."))
    return quarters.label(last + 1)


def track(
    case: Case,
    panel: Panel,
    plan: Plan,
    futures: xr.Dataset,
    actuals: Iterable[Actual],
    as_of: str,
    *,
    worlds: int = FRESH_WORLDS,
) -> Track:
    """Hold a plan against what has happened before a quarter.

    Parameters
    ----------
    case, panel, plan, futures : Case, Panel, Plan, Dataset
        Of the run: the case as resolved, the panel as it was, and what `simulate` returned.
    actuals : iterable of Actual
        What happened; rows of `as_of` or later are counted and not looked at.
    as_of : str
        Label of the quarter at whose start the firm stands.
    worlds : int
        Futures behind the odds now.

    Raises
    ------
    InputError
        If the quarter is before the horizon, the actuals do not say enough of a market that was
        not planned, or the case as it stands now is at fault.
    """
    rows, now, start = tuple(actuals), quarters.parse(as_of), quarters.first_from(case.as_of)
    if now < start:
        what, fix = f"{as_of} is before the plan begins", f"Name {quarters.label(start)} or later."
        raise InputError(Problem(what, "--as-of", fix))
    seen = tuple(a for a in rows if quarters.parse(a.quarter) < now)
    left = start + case.quarters - now
    resumed = None
    if left > 0:
        resumed = take_up(case, panel, plan.schedule, futures, seen, as_of)
    done = {e.iso3 for e in plan.schedule.entries} if resumed is None else set(resumed.done)
    launches = list_launches(case, plan.schedule, seen, done, now)
    astray, seed = find_astray(launches), int(futures.attrs["seed"])
    fans = trace(
        case, panel, believe(case, panel), plan.schedule,
        worlds=int(futures.attrs["worlds"]), seed=seed,
    )  # fmt: skip
    observations, calibration = compare(fans, seen, astray)
    odds = None
    if resumed is not None and not astray:
        odds = weigh_plan(case, panel, plan.schedule, fans, seed, weigh_futures(fans, seen))
    if resumed is not None and (odds is None or odds.effective < FEW):
        odds = weigh_rest(resumed, case, plan.seed, worlds=worlds)
    aims = _follow(case, plan, seen, find_footing(case, launches), now, odds)
    ruin = float((futures["cash"].min("quarter") < case.limits.cash_floor).mean())
    ruin_now = None if odds is None else odds.ruin
    effective = 1 if odds is None else max(1, int(odds.effective))
    reasons = (
        *_weigh_launches(launches, panel),
        *_weigh_calibration(calibration),
        *_weigh_aims(case, panel, aims, effective),
        *_weigh_ruin(case, ruin_now, effective),
    )
    order: tuple[Answer, ...] = ("RE-PLAN", "REVIEW")
    answer: Answer = next((a for a in order if any(r.answer == a for r in reasons)), "KEEP")
    return Track(
        case=case.name,
        as_of=as_of,
        answer=answer,
        reasons=tuple(sorted(reasons, key=lambda reason: order.index(reason.answer))),
        seen=len(seen),
        later=len(rows) - len(seen),
        observations=observations,
        calibration=calibration,
        launches=launches,
        aims=aims,
        ruin=ruin,
        ruin_now=ruin_now,
        worlds=0 if odds is None else odds.worlds,
        effective=0.0 if odds is None else odds.effective,
        by="" if odds is None else odds.by,
        can_replan=left >= LEAST,
        notes=() if resumed is None else resumed.notes,
    )


def _follow(
    case: Case, plan: Plan, seen: Iterable[Actual], footing: Footing, now: int, odds: Odds | None
) -> tuple[Aim, ...]:
    """Every target of the case as it stands."""
    figures = {(a.market, quarters.parse(a.quarter), a.metric): a.value for a in seen}
    announced = {use.number: use for use in plan.targets}
    aims = []
    for k, target in enumerate(case.targets):
        use = announced.get(k)
        aim = Aim(
            number=k,
            announced=(target.made or case.as_of).isoformat(),
            chance=None if use is None else use.chance,
            probability=target.probability,
            now=None if odds is None else odds.chances.get(k),
            outcome="open",
        )
        aims.append(aim if quarters.parse(target.by) >= now else _settle(
            aim, target, footing, figures, now
        ))  # fmt: skip
    return tuple(aims)


def _settle(aim: Aim, target: Target, footing: Footing, figures: Figures, now: int) -> Aim:
    """A target that is due."""
    found = measure(target, quarters.parse(target.by), footing, figures)
    late = None
    if found.verdict == "missed":
        late = find_reached(target, now, footing, figures)
    return Aim(
        number=aim.number,
        announced=aim.announced,
        chance=aim.chance,
        probability=aim.probability,
        now=None,
        outcome=found.verdict,
        measured=found.low,
        lacking=found.lacking,
        reached=None if late is None else quarters.label(late),
    )


def _weigh_launches(launches: Iterable[Launch], panel: Panel) -> Iterable[Reason]:
    for one in launches:
        if one.kind == "late":
            how = f"was entered {_say(one.late)} late, in {one.actual}"
        elif one.kind == "not entered" and one.late:
            how = f"was not entered, {_say(one.late)} after its date {one.planned}"
        elif one.kind == "not entered":
            how = f"is not entered, which was planned for {one.planned}"
        elif one.kind == "not planned":
            how = f"was entered in {one.actual}, which was not planned"
        elif one.kind == "left":
            how = f"was left in {one.actual}"
        else:
            continue
        yield Reason("RE-PLAN" if one.late > LATE else "REVIEW", f"{panel.name(one.market)} {how}")


def _say(late: int) -> str:
    return f"{late} quarter{'' if late == 1 else 's'}"


def _weigh_calibration(found: Calibration) -> Iterable[Reason]:
    if found.chance >= UNUSUAL:
        return
    yield Reason(
        "RE-PLAN" if found.chance < RARE else "REVIEW",
        f"{found.outside} of {found.count} figures lie outside the band of nine futures of ten; as "
        f"many do in {found.chance:.1%} of the plan's own futures",
    )


def _weigh_aims(case: Case, panel: Panel, aims: Iterable[Aim], worlds: int) -> Iterable[Reason]:
    for aim in aims:
        target = case.targets[aim.number]
        market = "" if target.market in (None, "home") else panel.name(str(target.market))
        name = f"target {target.words or describe_target(target, market=market)}"
        if aim.outcome == "missed":
            yield Reason("REVIEW", f"{name} was missed")
        if aim.now is None:
            continue
        demanded = aim.probability
        if demanded is not None and aim.now < demanded - room(demanded, worlds):
            words = f"{name}: odds now {aim.now:.0%}, {demanded:.0%} are demanded"
            yield Reason("RE-PLAN", words)
        elif aim.chance is not None and (
            aim.now < HALVED * aim.chance and aim.now < aim.chance - POINTS
        ):
            yield Reason("REVIEW", f"{name}: odds now {aim.now:.0%}, {aim.chance:.0%} when planned")


def _weigh_ruin(case: Case, ruin: float | None, worlds: int) -> Iterable[Reason]:
    most = case.limits.ruin
    if ruin is not None and ruin > most + room(most, worlds):
        words = f"the chance of ruin is {ruin:.1%} now, {most:.1%} are accepted"
        yield Reason("RE-PLAN", words)
