"""Schedules of one case on the same futures, and these futures against what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case, Entry, Schedule, Target
from beachhead.evidence.facts import Outcome, ask
from beachhead.evidence.order import Span
from beachhead.evidence.truth import Truth
from beachhead.planning.limits import keep_limits
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.pool import compare
from beachhead.planning.targets import chances, describe_target
from beachhead.planning.valuation import Account, Valuer
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import Packed
from beachhead.simulation.people import use_of_teams

Floats = NDArray[np.float64]

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
PLANNED, TRUE = "plan", "true entries"


@dataclass(frozen=True)
class Priced:
    """A schedule on the futures that valued the plan, money of the case.

    `objective`: J; `mean` of the value; `adds`: mean over staying at home with half its 95 %
    interval; `behind`: mean of the plan's value less this one's, likewise. `ruin`: share of worlds
    in which cash falls below the floor. `teams`: most launch teams at work in a quarter, `has`:
    that there are then. `breaks`: whether it oversteps a limit other than that of cash.
    """

    name: str
    words: str
    entries: int
    objective: float
    mean: float
    adds: float
    adds_error: float
    behind: float
    behind_error: float
    ruin: float
    teams: float
    has: float
    breaks: bool


@dataclass(frozen=True)
class Fan:
    """What futures say of a figure that is known by now.

    `low`, `middle`, `high`: its 5 %, 50 % and 95 % points over futures with the schedule `under`;
    `percentile`: share of them below the outcome.
    """

    metric: str
    market: str | None
    by: str
    period: str
    outcome: float
    source: str
    under: str
    low: float
    middle: float
    high: float
    percentile: float

    @property
    def inside(self) -> bool:
        """Whether the outcome lies between the 5 % and the 95 % point."""
        return self.low <= self.outcome <= self.high


@dataclass(frozen=True)
class Standing:
    """The firm's place in a market abroad, by its share of units.

    The model knows the rivals there only as so many alike (`rivals`). `first`: share of futures
    with the schedule `under` in which the firm sells more than each of them.
    """

    market: str
    by: str
    rank: int
    rivals: float
    under: str
    first: float


@dataclass(frozen=True)
class Odds:
    """A dated target, its chance as seen on the date of the case, and what became of it.

    `chance`: with the plan; `entered`: with the true entries. `met`: None where no outcome is
    known, or sources disagree. `outcomes`: what was reached, by each source.
    """

    words: str
    by: str
    said: str
    chance: float
    entered: float
    met: bool | None
    outcomes: tuple[float, ...]


@dataclass(frozen=True)
class Marks:
    """Mean scores of odds on the same targets: Brier (0 best, 0.25 at even odds), and log (nats).

    Of a target that is sure to come or to fail by all futures, the log score takes half a future
    more. `words` say what the odds are.
    """

    name: str
    words: str
    brier: float
    log: float


@dataclass(frozen=True)
class Confronted:
    """What `confront` gives."""

    priced: tuple[Priced, ...]
    fans: tuple[Fan, ...]
    standings: tuple[Standing, ...]
    odds: tuple[Odds, ...]
    marks: tuple[Marks, ...]


def enter_truly(
    truth: Truth, packed: Packed, alone: Floats, entered: Mapping[str, Span] | None = None
) -> tuple[Schedule, tuple[str, ...]]:
    """Schedule of the true entries within the horizon, and markets that it has to leave out.

    Each in the middle of the time in which it was made, in the way that is best alone by the model,
    since how it was made is only known in words; no sooner than its preparation allows. A market is
    left out where the case allows no way of entering it.

    `alone`: value of each market alone, axes (date, option, market).
    """
    quarters = packed.problem.teams.shape[0]
    best = np.where(np.isfinite(alone), alone, -np.inf).max(axis=0)
    soonest = packed.soonest
    entries, left = [], []
    for iso3, span in (truth.entered if entered is None else entered).items():
        if span.middle >= min(quarters, truth.until):
            continue
        row = packed.markets.index(iso3) if iso3 in packed.markets else -1
        if row < 0 or not np.isfinite(best[:, row]).any():
            left.append(iso3)
            continue
        option = int(best[:, row].argmax())
        mode, localisation = packed.options[option]
        quarter = max(span.middle, int(soonest[row, option]))
        if quarter < quarters:
            entries.append(
                Entry.model_validate(
                    {"iso3": iso3, "quarter": quarter, "mode": mode, "localisation": localisation}
                )
            )
    return Schedule(entries=tuple(entries)), tuple(left)


def fit(valuer: Valuer, schedule: Schedule) -> Schedule:
    """The schedule with the entries later, or left out, that its limits do not allow."""
    enter, option = valuer.packed.encode(schedule)
    made = keep_limits(
        valuer.setting, enter[None], option[None], enter[: len(valuer.packed.markets)].astype(float)
    )
    return valuer.packed.decode(made[0][0], made[1][0])


def confront(
    case: Case,
    packed: Packed,
    beliefs: Beliefs,
    schedules: Mapping[tuple[str, str], Schedule],
    outcomes: Sequence[Outcome],
    promises: Sequence[Target],
    seed: int,
) -> Confronted:
    """Value schedules on the fresh worlds of a plan, and hold these worlds against what happened.

    Parameters
    ----------
    case : Case
        Resolved.
    packed : Packed
    beliefs : Beliefs
    schedules : mapping
        (name, words) -> schedule; among them those named `PLANNED` and `TRUE`.
    outcomes : sequence of Outcome
        Figures that are known by now.
    promises : sequence of Target
        Targets beside the case's own.
    seed : int
        Of the plan.
    """
    asked = [(outcome, ask(outcome, case)) for outcome in outcomes]
    places = [o for o in outcomes if o.rank is not None and _answers_place(o, case)]
    told = [*case.targets, *promises]
    looked = case.model_copy(
        update={
            "targets": (
                *told,
                *(target for _, target in asked if target is not None),
                *(_share_there(outcome) for outcome in places),
            )
        }
    )
    with jax.enable_x64(True):
        valuer = Valuer.prepare(
            looked, packed, beliefs, FRESH_WORLDS, seed + FRESH_SEED, jnp.float64, told=True
        )
        at_home = valuer.judge(*packed.encode(Schedule()))
        accounts = {key: valuer.judge(*packed.encode(one)) for key, one in schedules.items()}
        priced = _price(valuer, schedules, accounts, at_home)
    by_name = {name: account for (name, _), account in accounts.items()}
    under = [(name, by_name[name]) for name in (TRUE, PLANNED) if name in by_name]
    fans, standings = [], []
    column = len(told)
    for outcome, target in asked:
        if target is None:
            continue
        fans += [_fan(outcome, name, account.measured[:, column]) for name, account in under]
        column += 1
    for outcome in places:
        rivals = float(packed.facts.rivals[packed.markets.index(outcome.market or "")])
        for name, account in under:
            share = account.measured[:, column]
            first = float((share * rivals > 1.0 - share).mean())
            standings.append(
                Standing(outcome.market or "", outcome.by, outcome.rank or 0, rivals, name, first)
            )
        column += 1
    odds = _odds(case, told, by_name, outcomes)
    return Confronted(priced, tuple(fans), tuple(standings), odds, score(odds))


def _answers_place(outcome: Outcome, case: Case) -> bool:
    year_begins = case.quarter_index(outcome.by) - (3 if outcome.period == "year" else 0)
    return outcome.market not in (None, "home") and year_begins >= 0


def _share_there(outcome: Outcome) -> Target:
    return Target(
        metric="share", market=outcome.market, value=1.0, period=outcome.period, by=outcome.by
    )


def _price(
    valuer: Valuer,
    schedules: Mapping[tuple[str, str], Schedule],
    accounts: Mapping[tuple[str, str], Account],
    at_home: Account,
) -> tuple[Priced, ...]:
    plan = next((a.values for (name, _), a in accounts.items() if name == PLANNED), at_home.values)
    problem, there = valuer.setting.problem, np.asarray(valuer.setting.problem.teams)
    found = []
    for (name, words), account in accounts.items():
        schedule = schedules[name, words]
        chosen = map(jnp.asarray, valuer.packed.encode(schedule))
        used = np.asarray(use_of_teams(problem, valuer.setting.central, *chosen)[1])
        busiest = int(used.argmax())
        adds, adds_error = compare(account.values, at_home.values)
        behind, behind_error = compare(plan, account.values)
        found.append(
            Priced(
                name, words, len(schedule.entries), account.score.objective,
                float(account.values.mean()), adds, adds_error, behind, behind_error,
                account.score.ruin, float(used[busiest]), float(there[busiest]),
                bool(account.score.excess > 1e-6),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.objective))


def _fan(outcome: Outcome, under: str, measured: Floats) -> Fan:
    low, middle, high = np.quantile(measured, [LOW, MIDDLE, HIGH])
    return Fan(
        outcome.metric, outcome.market, outcome.by, outcome.period, outcome.value, outcome.source,
        under, float(low), float(middle), float(high), float((measured < outcome.value).mean()),
    )  # fmt: skip


def _odds(
    case: Case,
    told: Sequence[Target],
    accounts: Mapping[str, Account],
    outcomes: Sequence[Outcome],
) -> tuple[Odds, ...]:
    found = []
    shares = {name: np.asarray(chances(jnp.asarray(a.reached))) for name, a in accounts.items()}
    for k, target in enumerate(told):
        reached = _reached(target, outcomes)
        verdicts = {_meets(target, value) for value in reached}
        made = target.made.isoformat() if target.made else ""
        found.append(
            Odds(
                words=target.words or describe_target(target),
                by=target.by,
                said=made or ("later" if target.basis == "hindsight" else case.as_of.isoformat()),
                chance=float(shares[PLANNED][k]),
                entered=float(shares[TRUE][k]) if TRUE in shares else math.nan,
                met=verdicts.pop() if len(verdicts) == 1 else None,
                outcomes=tuple(reached),
            )
        )
    return tuple(found)


def _reached(target: Target, outcomes: Sequence[Outcome]) -> list[float]:
    """What a target measures, by every source that tells it.

    A place is told by the year in which it falls due.
    """
    if target.metric == "home_rank":
        return [
            float(o.rank)
            for o in outcomes
            if o.rank is not None and o.market == "home" and o.by[:4] == target.by[:4]
        ]
    return [
        o.value
        for o in outcomes
        if (o.metric, o.market, o.by, o.period)
        == (target.metric, target.market, target.by, _period(target))
    ]


def _period(target: Target) -> str:
    return "quarter" if target.metric == "markets" else target.period


def _meets(target: Target, value: float) -> bool:
    return value <= target.value if target.metric == "home_rank" else value >= target.value


def score(odds: Sequence[Odds]) -> tuple[Marks, ...]:
    """Scores of the odds with a known outcome, beside two that know nothing of the firm.

    Even odds give one half to all. The base rate gives each target the share of the *other* ones
    that was met, one of each kind added; it is a rival in hindsight, which nobody had on the day.
    """
    scored = [(one, float(one.met)) for one in odds if one.met is not None]
    if not scored:
        return ()
    met = sum(outcome for _, outcome in scored)
    base = [(met - outcome + 1.0) / (len(scored) - 1 + 2.0) for _, outcome in scored]
    sets = [
        (PLANNED, "chance with the plan", [one.chance for one, _ in scored]),
        (TRUE, "chance with the true entries", [one.entered for one, _ in scored]),
        ("even odds", "one half for every target", [0.5] * len(scored)),
        ("base rate", "share of the other targets met, one of each kind added", base),
    ]
    came = np.array([outcome for _, outcome in scored])
    marks = []
    for name, words, given in sets:
        chance = np.array(given)
        if not np.isfinite(chance).all():
            continue
        least = 0.5 / FRESH_WORLDS
        told = np.clip(np.where(came > 0, chance, 1.0 - chance), least, 1.0)
        brier, log = float(((chance - came) ** 2).mean()), float(-np.log(told).mean())
        marks.append(Marks(name, words, brier, log))
    return tuple(marks)
