"""Why a market is in a plan or not: the plan beside changes of it, on the same worlds.

Of every entry: what the plan loses without it, half a year sooner or later, or in the next best
way; whose experience it uses and whose it feeds, what it takes from home and from the launches of
others. Of a market that is not entered: what its best entry would change, and what keeps it out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from pydantic import TypeAdapter

from beachhead.cases import Case
from beachhead.cases.rules import rules_of
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.planning.limits import excess, keep_limits
from beachhead.planning.plan import Help, Plan
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.reasons import FIRST, SHIFT, find_helpers
from beachhead.planning.study import Schedule, Stage, mix
from beachhead.planning.valuation import PART, Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import pack
from beachhead.simulation.people import use_of_teams
from beachhead.simulation.rollout import Worlds, over_worlds, take_worlds
from beachhead.simulation.state import NEVER, Quarter
from beachhead.simulation.state import Problem as Arrays

Floats = NDArray[np.float64]

EXACT = 1e-9  # relative: the same plan on the same worlds is worth the same
LENT = 3  # markets that are named as those that an entry helps


@dataclass(frozen=True)
class Moved:
    """Another entry that gives way to a change: quarter before and after, None where not made."""

    iso3: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Trial:
    """The plan with one change.

    `kind`: 'without' the market, 'sooner', 'later', 'otherwise' (in the next best way) or 'added';
    `enter`, `mode` and `localisation` of the market then. `gains`: mean over fresh worlds of the
    value with the change less the plan's, with half its 95 % interval `error`; `objective`: the
    same of J on the worlds of the search. `moved`: others that give way. `breaks`: limits that the
    change would break.
    """

    kind: str
    enter: str | None
    mode: str
    localisation: float
    gains: float
    error: float
    objective: float
    moved: tuple[Moved, ...]
    breaks: tuple[str, ...]


@dataclass(frozen=True)
class Worth:
    """What a market brings itself and to others, mean over fresh worlds, discounted money.

    `role`: 'home', 'served' or 'entered'. `own`: value of the market. Of an entry: `adds`, what
    the plan loses without it, with half its 95 % interval `error`. The rest of `adds` is what it
    does elsewhere: `home`, what it changes there (attention); `lends`, what its experience takes
    off the entry costs of others, `lent_to` whom most; `haste`, what its launch adds to them;
    `rest`, what is left: spillover, exits, supply, and those that would not be entered without it.
    """

    iso3: str
    role: str
    own: float
    adds: float | None = None
    error: float | None = None
    home: float = 0.0
    lends: float = 0.0
    lent_to: tuple[Help, ...] = ()
    haste: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True)
class Bar:
    """What keeps a market out of the plan.

    `kind`: 'case' (`name`: the key that says so), 'rule' (its name), 'horizon' (no way of entering
    is ready within it), 'alone' (it loses money by itself), 'beside' (it brings less than it costs
    the others, whatever the limits), 'limit' (its name: without it J would gain), 'passed over'
    (the search did not find that it pays, or the check worlds said otherwise), 'pays' (if the case
    let it in). `gains`: J that the best entry would bring, where one can be made.
    """

    kind: str
    name: str = ""
    gains: float | None = None


@dataclass(frozen=True)
class Answer:
    """Why one market is entered as it is, or not.

    `enter`, `mode`, `localisation` where it is entered. `saved`: what experience took off its
    entry cost, `helped_by` whose. `waits`: gates that it waits for. `pilots`: gates whose pilot it
    is, and `behind` the entries that wait for them. `after`, `before`: entries that limits.after
    puts before and behind it. `demanded`: key of the limit that demands it.
    """

    worth: Worth
    enter: str | None = None
    mode: str = ""
    localisation: float = 0.0
    saved: float = 0.0
    helped_by: tuple[Help, ...] = ()
    waits: tuple[str, ...] = ()
    pilots: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    demanded: str = ""
    trials: tuple[Trial, ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Why:
    """Why a plan is as it is; the content of `why.json`.

    `mean`: of the plan's value on the fresh worlds, which is the sum of `own` over `worths`.
    `worths`: home, served markets, entries by date. `answers`: of the first ten entries.
    `status`: 'partial' where Ctrl-C ended it.
    """

    case: str
    status: str
    worlds: int
    search_worlds: int
    mean: float
    worths: tuple[Worth, ...]
    answers: tuple[Answer, ...]

    def to_json(self) -> str:
        """Text of `why.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Why:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Why)


def explain_plan(
    case: Case, panel: Panel, plan: Plan, *, progress: Callable[[Stage], None] | None = None
) -> Why:
    """What every market brings itself and to others, and why the first ten entries.

    With status 'partial' if Ctrl-C ended it.

    Raises
    ------
    InputError
        If the plan is no longer worth what it was said to be: it is of another version.
    """
    worths: list[Worth] = []
    answers: list[Answer] = []
    status = "complete"
    with jax.enable_x64(True):
        inquiry = Inquiry(case, panel, plan)
        steps = len(inquiry.entries) + min(FIRST, len(inquiry.entries))
        worths += [inquiry.weigh(row) for row in inquiry.present]

        def step(words: str) -> None:
            if progress is not None:
                progress(Stage(words, len(worths) - len(inquiry.present) + len(answers), steps))

        try:
            for row in inquiry.entries:
                step("without each entry")
                worths.append(inquiry.weigh(row))
            for row, worth in zip(inquiry.entries[:FIRST], worths[len(inquiry.present) :],
                                  strict=False):  # fmt: skip
                step("other dates and ways")
                answers.append(inquiry.answer(row, worth))
        except KeyboardInterrupt:
            status = "partial"
    return Why(
        case=case.name,
        status=status,
        worlds=inquiry.base.values.size,
        search_worlds=SEARCH_WORLDS,
        mean=float(inquiry.base.values.mean()),
        worths=tuple(worths),
        answers=tuple(answers),
    )


def explain_market(case: Case, panel: Panel, plan: Plan, iso3: str) -> Answer:
    """Why one market is entered as it is, or not; one that the case keeps out, as if it did not.

    Raises
    ------
    InputError
        As `explain_plan`.
    """
    case = case.resolve(panel)
    known = {case.firm.home, *(served.market for served in case.firm.served)}
    key = "" if iso3 in known | set(case.candidate_iso3(panel)) else _name_key(case, iso3)
    with jax.enable_x64(True):
        # One more candidate makes a little difference to all in its neighbourhood.
        let_in = _let_in(case, iso3) if key else case
        inquiry = Inquiry(let_in, panel, plan, also=(iso3,), exact=not key)
        if iso3 not in inquiry.packed.markets:
            return Answer(Worth(iso3, "", 0.0), bars=(Bar("case", "population"),))
        row = inquiry.packed.markets.index(iso3)
        answer = inquiry.answer(row, inquiry.weigh(row))
    if not key:
        return answer
    bars = [replace(b, kind="pays") if b.kind == "passed over" else b for b in answer.bars]
    return replace(answer, bars=(Bar("case", key), *bars))


def _name_key(case: Case, iso3: str) -> str:
    """Key of the case that keeps a market from being a candidate."""
    kept_out = {"limits.never": case.limits.never, "markets.exclude": case.markets.exclude}
    return next((key for key, names in kept_out.items() if iso3 in names), "markets.candidates")


def _let_in(case: Case, iso3: str) -> Case:
    """The case with one more candidate."""
    limits, markets = case.limits, case.markets
    everywhere = markets.candidates == "all" and not (markets.regions or markets.blocs)
    named = () if markets.candidates == "all" else markets.candidates
    pool = {
        "candidates": "all" if everywhere else (*named, iso3),
        "exclude": tuple(name for name in markets.exclude if name != iso3),
    }
    never = tuple(name for name in limits.never if name != iso3)
    return case.model_copy(
        update={
            "limits": limits.model_copy(update={"never": never}),
            "markets": markets.model_copy(update=pool),
        }
    )


@dataclass(frozen=True)
class _Brought:
    """What a schedule brings on fresh worlds, discounted.

    `values` axis world; mean value, entry cost had nobody taught anything, and what experience
    takes off it, axis market.
    """

    values: Floats
    own: Floats
    opening: Floats
    saved: Floats


class Inquiry:
    """A plan beside changes of it; needs `jax.enable_x64()` around every use.

    Attributes
    ----------
    schedule : Schedule
        The plan.
    present, entries : list of int
        Rows of home and served markets, and of the entries by date.
    base : _Brought
        The plan on fresh worlds.
    """

    def __init__(
        self,
        case: Case,
        panel: Panel,
        plan: Plan,
        *,
        also: Collection[str] = (),
        exact: bool = True,
        worlds: int = SEARCH_WORLDS,
        fresh_worlds: int = FRESH_WORLDS,
    ) -> None:
        self.case, self.plan = case.resolve(panel), plan
        beliefs = Beliefs.from_prior(case, panel)
        self.packed = pack(self.case, panel).following(plan.schedule)
        self.schedule = self.packed.encode(plan.schedule)
        self.waits = plan.schedule.waits(self.case, panel)
        given = self.case, self.packed, beliefs
        self.exact = Valuer.prepare(*given, worlds, plan.seed, jnp.float64)
        self.fresh = Valuer.prepare(*given, fresh_worlds, plan.seed + FRESH_SEED, jnp.float64)
        dates = self.schedule[0][: len(self.packed.markets)]
        self.present = np.flatnonzero(self.packed.problem.entered < 0).tolist()
        order = np.argsort(dates, kind="stable")
        self.entries = [row for row in order.tolist() if dates[row] < self.case.quarters]
        asked = [k for k, iso3 in enumerate(self.packed.markets) if iso3 in also]
        self.rows = np.array(sorted({*self.present, *self.entries, *asked}))
        self.base = self.bring(self.schedule)
        self.scores = self.exact.judge(*self.schedule).score
        mean = plan.value.mean
        apart = abs(float(self.base.values.mean()) - mean) / max(abs(mean), 1e-9)
        if exact and apart > EXACT:
            what = f"the plan's value is {apart:.1e} off what version {plan.version} said it is"
            raise InputError(Problem(what, f"plan of {case.name!r}", "Plan the case again."))

    def bring(self, schedule: Schedule) -> _Brought:
        """What a schedule that enters no other markets than the plan brings."""
        markets, setting = len(self.packed.markets), self.fresh.setting
        enter, option = (
            jnp.concatenate([jnp.asarray(part[self.rows]), jnp.asarray(part[markets:])])
            for part in schedule
        )
        count, parts = setting.worlds.shocks.fate.shape[0], []
        for begin in range(0, count, PART):
            there = take_worlds(setting.worlds, begin, begin + PART)
            parts.append(
                [np.asarray(a) for a in _follow(setting.problem, there, self.rows, enter, option)]
            )
        value, opening, saved = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))

        def spread(mean: Floats) -> Floats:
            wide = np.zeros(markets)
            wide[self.rows] = mean
            return wide

        return _Brought(
            value.sum(axis=1), *(spread(a.mean(axis=0)) for a in (value, opening, saved))
        )

    def weigh(self, row: int) -> Worth:
        """What a market brings itself and, where it is entered, to others."""
        iso3, base = self.packed.markets[row], self.base
        role = "home" if row == 0 else "served" if row in self.present else "entered"
        if role != "entered" or row not in self.entries:
            return Worth(iso3, role if row in self.present else "", float(base.own[row]))
        without = self.bring(self._leave(row))
        loss = base.values - without.values
        own, (adds, error) = float(base.own[row]), spread_of(loss)
        behind = {self.packed.markets.index(name) for name in self._list_behind(iso3)}
        others = [other for other in self.entries if other != row and other not in behind]
        home = float(base.own[0] - without.own[0])
        lent = {other: float(base.saved[other] - without.saved[other]) for other in others}
        lends = sum(lent.values())
        haste = float((base.opening[others] - without.opening[others]).sum())
        most = sorted((k for k in others if lent[k] > 0.05 * lends > 0), key=lambda k: -lent[k])
        return Worth(
            iso3=iso3,
            role=role,
            own=own,
            adds=adds,
            error=error,
            home=home,
            lends=lends,
            lent_to=tuple(Help(self.packed.markets[k], lent[k]) for k in most[:LENT]),
            haste=haste,
            rest=adds - own - home - lends + haste,
        )

    def answer(self, row: int, worth: Worth) -> Answer:
        """Why a market is entered as it is, or not; `worth` as `weigh` gives it."""
        if row in self.present:
            return Answer(worth)
        if row not in self.entries:
            return self._explain_absence(row, worth)
        (enter, option), iso3 = self.schedule, self.packed.markets[row]
        saved, limits = float(self.base.saved[row]), self.case.limits
        mode, localisation = self.packed.options[int(option[row])]
        inside = {self.packed.markets[k] for k in self.entries}
        demands: dict[str, Collection[str]] = {
            "limits.fixed": limits.fixed,
            "limits.by": limits.by,
            "limits.must": limits.must,
        }
        gates = {gate.gate: self.case.gates[gate.gate] for gate in self.plan.schedule.gates}
        return Answer(
            worth=worth,
            enter=self._label(int(enter[row])),
            mode=mode,
            localisation=localisation,
            saved=saved,
            helped_by=find_helpers(self.packed, self.exact.setting, enter, option, row, saved),
            waits=tuple(gates[k].name for k in self.waits.get(iso3, ())),
            pilots=tuple(gate.name for gate in gates.values() if gate.pilot == iso3),
            behind=self._list_behind(iso3),
            after=tuple(a for b, a in limits.after if b == iso3 and a in inside),
            before=tuple(b for b, a in limits.after if a == iso3 and b in inside),
            demanded=next((key for key, names in demands.items() if iso3 in names), ""),
            trials=tuple(self._try(row)),
        )

    def _label(self, quarter: int) -> str | None:
        return self.case.quarter_label(quarter) if quarter < self.case.quarters else None

    def _leave(self, row: int) -> Schedule:
        never = np.full_like(self.schedule[0], NEVER), self.schedule[1]
        return mix(self.schedule, never, row)

    def _list_behind(self, iso3: str) -> tuple[str, ...]:
        """Entries that wait for a gate whose pilot a market is."""
        return tuple(
            other
            for other, numbers in self.waits.items()
            if any(self.case.gates[k].pilot == iso3 for k in numbers)
            and self.packed.markets.index(other) in self.entries
        )

    def _put(self, row: int, tried: Sequence[tuple[int, int]]) -> list[Schedule]:
        """The plan with a market at each of some (date, option); the others give way to it."""
        enter = np.tile(self.schedule[0], (len(tried), 1))
        option = np.tile(self.schedule[1], (len(tried), 1))
        enter[:, row], option[:, row] = np.array(tried, np.int32).reshape(-1, 2).T
        leaders = np.full(len(tried), row)
        return list(
            zip(*keep_limits(self.exact.setting, enter, option, leaders=leaders), strict=True)
        )

    def _try(self, row: int) -> Iterable[Trial]:
        """The market left out, half a year sooner and later, and in the next best way."""
        (enter, option), quarters = self.schedule, self.case.quarters
        date, way = int(enter[row]), int(option[row])
        others = [k for k in self._ways(row) if k != way]
        dates = [max(0, date - SHIFT), min(quarters - 1, date + SHIFT)]
        made = self._put(row, [*((when, way) for when in dates), *((date, k) for k in others)])
        chosen = [("without", self._leave(row))]
        for kind, schedule, sign in zip(("sooner", "later"), made, (-1, 1), strict=False):
            went = int(schedule[0][row]) - date
            if went * sign > 0 and schedule[0][row] < quarters and schedule[1][row] == way:
                chosen.append((kind, schedule))
        if best := self._best(row, made[2:], others):
            chosen.append(("otherwise", best))
        return [self._compare(kind, row, schedule) for kind, schedule in chosen]

    def _ways(self, row: int) -> list[int]:
        """Options in which a market may be entered at some date."""
        limits = self.exact.setting.limits
        ways = np.asarray(limits.first)[row] <= np.asarray(limits.last)[row]
        return np.flatnonzero(ways[: len(self.packed.options)]).tolist()

    def _best(self, row: int, made: Sequence[Schedule], ways: Sequence[int]) -> Schedule | None:
        """The best schedule of those that do enter the market in the way that they should."""
        kept = [
            schedule
            for schedule, way in zip(made, ways, strict=True)
            if schedule[0][row] < self.case.quarters and schedule[1][row] == way
        ]
        if not kept:
            return None
        scores = self.exact.scores(*(np.stack(part) for part in zip(*kept, strict=True)))
        return kept[int(np.argmax(scores.fitness))]

    def _compare(self, kind: str, row: int, schedule: Schedule) -> Trial:
        """A schedule beside the plan."""
        gains, error = spread_of(self.bring(schedule).values - self.base.values)
        score = self.exact.judge(*schedule).score
        mode, localisation = self.packed.options[int(schedule[1][row])]
        breaks = [*self._name_broken(schedule)]
        if score.ruin > max(float(self.exact.setting.limits.ruin), self.scores.ruin):
            breaks.append("ruin")
        if score.short > self.scores.short + 1e-9:
            breaks.append("targets")
        return Trial(
            kind=kind,
            enter=self._label(int(schedule[0][row])),
            mode=mode,
            localisation=localisation,
            gains=gains,
            error=error,
            objective=float(score.objective - self.scores.objective),
            moved=tuple(
                Moved(
                    self.packed.markets[k],
                    *(self._label(int(part[0][k])) for part in (self.schedule, schedule)),
                )
                for k in self.entries
                if k != row and schedule[0][k] != self.schedule[0][k]
            ),
            breaks=tuple(breaks),
        )

    def _name_broken(self, schedule: Schedule) -> Iterable[str]:
        """Limits other than cash that a schedule breaks."""
        setting = self.exact.setting
        enter, option = map(jnp.asarray, schedule)
        _, used = use_of_teams(setting.problem, setting.central, enter, option)
        limits = setting.limits
        none = limits._replace(
            first=jnp.zeros_like(limits.first), last=jnp.full_like(limits.last, NEVER),
            required=jnp.zeros_like(limits.required), apart=jnp.zeros_like(limits.apart),
            later=jnp.zeros_like(limits.later), earlier=jnp.zeros_like(limits.earlier),
            most=jnp.asarray(NEVER), teams=jnp.full_like(limits.teams, jnp.inf),
        )  # fmt: skip
        alone = {
            "dates": ("first", "last"), "demands": ("required",), "not_together": ("apart",),
            "after": ("later", "earlier"), "max_markets": ("most",), "teams": ("teams",),
            "gates": (),
        }  # fmt: skip
        for name, fields in alone.items():
            one = none._replace(**{field: getattr(limits, field) for field in fields})
            if float(excess(setting.problem, one, used, enter, option)) > 1e-6:
                yield name

    def _explain_absence(self, row: int, worth: Worth) -> Answer:
        """What the best entry of a market that is not entered would change, and what bars it."""
        iso3, first = self.packed.markets[row], np.asarray(self.exact.setting.limits.first)
        tried = [
            (date, way)
            for way in self._ways(row)
            for date in range(int(first[row, way]), self.case.quarters, SHIFT)
        ]
        if not tried:
            barred = [b.rule.name for b in rules_of(self.case) if b.rule.market == iso3]
            shut = first[row].min() >= NEVER
            bars = tuple(Bar("rule", name) for name in barred)
            apart = Bar("case", "limits.not_together") if shut else Bar("horizon")
            return Answer(worth, bars=bars or (apart,))
        best = self._best(row, self._put(row, tried), [way for _, way in tried])
        trials = () if best is None else (self._compare("added", row, best),)
        bars = self._name_bars(row, tried, trials)
        return Answer(worth, trials=trials, bars=bars)

    def _name_bars(
        self, row: int, tried: list[tuple[int, int]], trials: tuple[Trial, ...]
    ) -> tuple[Bar, ...]:
        """What keeps a market out that could be entered at each of `tried`, (date, option)."""
        if any(trial.objective > 0 and not trial.breaks for trial in trials):
            return (Bar("passed over", gains=trials[0].objective),)
        never = np.full_like(self.schedule[0], NEVER), np.zeros_like(self.schedule[1])
        dates, ways = (np.array(part, np.int32) for part in zip(*tried, strict=True))
        best = []
        for enter, option in (never, self.schedule):
            some, how = (np.tile(part, (len(tried), 1)) for part in (enter, option))
            some[:, row], how[:, row] = dates, ways
            worth = np.asarray(self.exact.scores(some, how).objective)
            stay = float(self.exact.scores(enter[None], option[None]).objective[0])
            top = int(np.argmax(worth))
            best.append((float(worth[top]) - stay, (some[top], how[top])))
        (alone, _), (beside, schedule) = best
        if alone <= 0.0:
            return (Bar("alone", gains=alone),)
        if beside <= 0.0:
            return (Bar("beside", gains=beside),)
        broken = self._compare("added", row, schedule).breaks
        return tuple(Bar("limit", name, beside) for name in broken) or (
            Bar("passed over", gains=beside),
        )


def spread_of(gain: Floats) -> tuple[float, float]:
    """Mean over worlds, and half its 95 % interval."""
    return float(gain.mean()), float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size))


def _open(quarter: Quarter) -> tuple[Array, Array]:
    """Record of entry costs as they would be without experience, and of what it takes off."""
    paid, saving = -quarter.ledger.opening, quarter.tied.saving
    return paid / (1.0 - saving), paid * saving / (1.0 - saving)


@jax.jit
def _follow(
    problem: Arrays, worlds: Worlds, rows: Array, enter: Array, option: Array
) -> tuple[Array, Array, Array]:
    """Of the markets `rows` alone: value, entry cost without experience, what experience takes
    off, discounted; axes (world, market).
    """
    narrowed, there = narrow(problem, worlds, rows)
    outcome = over_worlds(narrowed, there, enter, option, record=_open)
    factor = (problem.discount ** jnp.arange(problem.teams.shape[0]))[None, :, None]
    opening, saved = ((factor * part).sum(axis=1) for part in outcome.record)
    return outcome.value, opening, saved
