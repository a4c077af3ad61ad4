"""From a case to a plan: strategies, search, bound, fresh worlds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case, Schedule, check_case
from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest
from beachhead.planning.answer import choose, compose
from beachhead.planning.bound import NODES, ROUNDS, Columns, relax, survey, take_alone
from beachhead.planning.conflicts import check_limits
from beachhead.planning.deadline import CTRL_C, TIME_LIMIT, Clock, Deadline
from beachhead.planning.decoupled import Paths, tabulate_alone
from beachhead.planning.feasible import place
from beachhead.planning.levels import Search, cure
from beachhead.planning.limits import keep_limits
from beachhead.planning.plan import Plan
from beachhead.planning.polish import Proposals, Tried, drop_idle_gates, prune, spare_cash
from beachhead.planning.search import EFFORT, Progress, search
from beachhead.planning.strategies import Named, find_best
from beachhead.planning.targets import room
from beachhead.planning.thresholds import settle
from beachhead.planning.valuation import Valuer
from beachhead.screening import screen
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.compiling import make_room
from beachhead.simulation.pack import Packed, pack
from beachhead.simulation.state import NEVER

SEARCH_WORLDS, FRESH_WORLDS = 128, 1_024
CHECK = 4  # times as many worlds on which the search goes on from what it has found
SURE = 16  # times as many where that breaks a limit on cash there, or a target
STEEP, AT_LEAST = 30.0, 400  # there: weight of what is missing to these limits; evaluations
SAFER = (0.25, 0.5, 0.75)  # parts of `room` by which what is kept besides has less ruin
FRESH_SEED, CHECK_SEED, SURE_SEED = 1_000_003, 2_000_003, 3_000_003  # keep the worlds apart
STARTS = 4  # schedules from which the search sets out
SPREAD = 0.02  # first temperature of the search, of what the markets worth entering bring

Integers = NDArray[np.int32]


@dataclass(frozen=True)
class Effort:
    """What an answer cost, for the run's record: wall seconds by stage, and evaluations.

    `ended_by`: as in `Plan`.
    """

    seconds: dict[str, float]
    evaluations: int
    ended_by: str | None = None


@jax.enable_x64(False)  # what a notebook has set changes no answer
def plan(
    case: Case,
    panel: Panel,
    beliefs: Beliefs | None = None,
    *,
    effort: str = "standard",
    seed: int = 1,
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    progress: Callable[[Progress], None] | None = None,
    record: Callable[[Effort], None] | None = None,
    also: Schedule | None = None,
    deadline: Deadline | None = None,
) -> Plan:
    """Plan an expansion: which markets, in what order, how fast and how.

    Parameters
    ----------
    case, panel : Case, Panel
        The question, and country data as of its date.
    beliefs : Beliefs, optional
        By default the case's priors.
    effort : 'quick', 'standard' or 'thorough'
        A budget of evaluations, so that the same seed gives the same answer.
    seed : int
        Of worlds and search.
    worlds, fresh_worlds : int
        Number of worlds to search on, and of others to value the answer on. The search goes on on
        `CHECK` times as many worlds as it began on, and on `SURE` times as many if need be.
    progress : callable, optional
        Called during the search.
    record : callable, optional
        Called once with what the answer cost.
    also : Schedule, optional
        One more to choose from, such as what is left of an older plan; without gates.
    deadline : Deadline, optional
        When the answer has to be there: the search ends, and the proof is left out, in time for
        what follows, which is done once before the search to see how long it takes.

    Returns
    -------
    Plan
        With status 'partial' if Ctrl-C or the deadline ended the search: the best found so far.

    Raises
    ------
    InputError
        If the case is at fault, or no schedule keeps its limits.
    """
    if effort not in EFFORT:
        raise InputError(Problem(f"no effort {effort!r}", "effort", suggest(effort, EFFORT)))
    faults = check_case(case, panel)
    if faults:
        raise InputError(*faults)
    make_room()
    clock = Clock()
    case = case.resolve(panel)
    packed = pack(case, panel)
    beliefs = beliefs or believe(case, panel)
    if faults := check_limits(case, packed, beliefs):
        raise InputError(*faults)
    ready = prepare(case, panel, packed, beliefs, worlds, seed, clock)
    packed, valuer, exact = ready.valuer.packed, ready.valuer, ready.exact
    never = np.full(packed.rows, NEVER, dtype=np.int32)
    starts, named, risk = ready.starts, ready.named, (case.risk.aversion, case.risk.tail)

    first = EFFORT[effort]

    def report(done: int, best: float, planned: int = first + first // 4) -> None:
        if progress is not None:
            progress(Progress(done, planned, best, ready.stay, ready.bound))
        if deadline is not None:
            deadline.step()

    def draw_fresh() -> Valuer:
        return Valuer.prepare(
            case, packed, beliefs, fresh_worlds, seed + FRESH_SEED, jnp.float64, told=True
        )

    def answer(
        fresh: Valuer,
        found: list[tuple[Integers, Integers]],
        bound: float,
        open_loop: float,
        ended_by: str | None,
    ) -> Plan:
        pool, best, strategies = choose(case, fresh, named, found)
        return compose(
            case, packed, exact, fresh, pool, best, strategies, bound,
            open_loop if case.gates else None, effort=effort, seed=seed, ended_by=ended_by,
        )  # fmt: skip

    if deadline is not None:
        began = deadline.clock()
        with jax.enable_x64(True), suppress(InputError):
            answer(draw_fresh(), starts[: 2 + len(SAFER)], ready.bound, ready.bound, None)
        deadline.after = deadline.clock() - began
        clock.lap("rehearsal")

    afar = _distinct(valuer, [*starts, *((n.enter, n.option) for n in named)])

    def look_for(closed: int | None = None) -> tuple[list[tuple[Integers, Integers]], int, bool]:
        """The best schedules, without the gate `closed` if there is one; evaluations; all of them.

        The search has thousands of tries at being lucky on its worlds. So it goes on from what it
        has found on a greater number of others. What that finds may break the limit on cash on
        still others: so the best of what it has tried with less ruin comes along. And where it
        breaks that limit, or a target, on still more, the search goes on once again on those,
        also from what is left where entries are dropped until cash lasts, and the strategies.
        """

        def improve(
            by: Valuer,
            begin: list[tuple[Integers, Integers]],
            budget: int,
            tell: Callable[[int, float], None],
        ) -> tuple[tuple[Integers, Integers], int, bool, Tried]:
            if closed is not None:
                shut = np.where(np.arange(never.size) == closed, never, enter), option
                by, begin = close_gate(by, closed), [*begin, shut]
            tried = Tried(by)
            *found, more, whole = search(
                tried, ready.proposals, begin, budget=budget, seed=seed, spread=ready.spread,
                report=tell,
            )  # fmt: skip
            return (found[0], found[1]), more, whole, tried

        last, spent, whole, _ = improve(valuer, starts, first, report)
        best, budget, planned, ample = [last], first, first, False
        # The bound holds where the first part was: so what that has reached is still told.
        reached = float(valuer.scores(*_stack(best)).fitness[0])

        def tell(done: int = 0, _: float = 0.0) -> None:
            report(spent + done, reached, planned)

        try:
            for times, apart in ((CHECK, CHECK_SEED), (SURE, SURE_SEED)):
                if not whole or ample:
                    break
                by = Valuer.prepare(
                    case, packed, beliefs, times * worlds, seed + apart, jnp.float32
                )
                if times == SURE and by.keeps_chances(*last):
                    break
                # A quarter of the evaluations, each on four times as many worlds.
                budget = budget // 4 if times == CHECK else max(budget // 4, AT_LEAST)
                planned += budget
                pays = prune(by, *last, tell), last[1]
                begin = [pays, *reversed(best), *starts[:2]]
                if times == SURE:
                    # Little of what is close to the last one may keep the limit: so from afar too.
                    best.append((spare_cash(by, *pays, tell), last[1]))
                    begin = [pays, *reversed(best), *afar]
                    by = replace(by, setting=by.setting._replace(steep=STEEP))
                last, more, whole, tried = improve(by, begin, budget, tell)
                best.append(last)
                spent += more
                most, error = case.limits.ruin, room(case.limits.ruin, times * worlds)
                best += tried.safer([max(most - part * error, 0.0) for part in SAFER])
                if times == CHECK:
                    # Where cash is ample, it is not asked about on still more worlds.
                    ruin = float(by.scores(*_stack([last])).ruin[0])
                    ample = by.setting.targets is None and ruin < most - error
        except KeyboardInterrupt:
            whole = False
        return _distinct(valuer, [(drop_idle_gates(valuer, e), o) for e, o in best]), spent, whole

    found, evaluations, whole = look_for()
    enter, option = found[0]
    # What a pilot is worth takes the best that can be done without it.
    dates = np.stack([dated[packed.rows - len(packed.gates) :] for dated, _ in found])
    for gate in np.flatnonzero((dates < case.quarters).any(axis=0)).tolist() if whole else ():
        others, spent, whole = look_for(packed.rows - len(packed.gates) + gate)
        found += others
        evaluations += spent
    if also is not None:
        found.append(packed.encode(also))
    clock.lap("search")

    tried = [*found, *starts]
    scored = valuer.scores(*_stack(tried))
    known = tried[int(np.argmax(scored.fitness))]
    # The last proof takes less than the first one.
    proofs = 2 if case.gates else 1
    whole = whole and (deadline is None or deadline.allows(proofs * clock.laps["bound"]))
    ended_by = None
    if not whole:
        ended_by = TIME_LIMIT if deadline is not None and deadline.passed else CTRL_C

    def prove(gates: bool) -> float:
        if not whole and not gates:
            return ready.bound  # who breaks the search off does not wait for a better one
        rounds, nodes = (ROUNDS, NODES) if whole else (0, 0)
        with jax.enable_x64(True):
            return relax(
                exact.setting, ready.columns, *known, *risk, gates=gates, rounds=rounds, nodes=nodes
            ).bound

    open_loop = prove(gates=False)
    bound = prove(gates=True) if case.gates else open_loop
    open_loop = min(open_loop, bound)  # what holds with gates holds without
    clock.lap("proof")

    try:
        with jax.enable_x64(True):
            fresh = draw_fresh()
            made = answer(fresh, found, bound, open_loop, ended_by)
    except InputError as error:
        if not whole:
            raise
        tried = [*found, *starts, *((n.enter, n.option) for n in named)]
        more = Search(ready.proposals, tried, ready.spread, seed, report)
        try:
            problems = cure(case, beliefs, valuer, fresh, more, error.problems)
        except KeyboardInterrupt:
            if deadline is None or not deadline.passed:
                raise
            problems = list(error.problems)
        raise InputError(*problems) from None
    clock.lap("fresh worlds")
    if record is not None:
        record(Effort(clock.laps, evaluations, ended_by))
    return made


@dataclass(frozen=True)
class Ready:
    """What the search sets out with.

    Attributes
    ----------
    valuer, exact : Valuer
        On the worlds of the search, in single and in double precision.
    stay : float
        J of entering nowhere.
    named : list of Named
        The named strategies.
    starts : list of (enter, option)
        The best of these, of what the relaxation behind the bound would do, and of the markets
        that would be best together if each were alone; and these with measures.
    proposals, spread
        As `search` takes them.
    columns : Columns
        As `relax` takes them.
    bound : float
        What is known of J of schedules fixed in advance before the search.
    """

    valuer: Valuer
    exact: Valuer
    stay: float
    named: list[Named]
    starts: list[tuple[Integers, Integers]]
    proposals: Proposals
    spread: float
    columns: Columns
    bound: float


def prepare(
    case: Case,
    panel: Panel,
    packed: Packed,
    beliefs: Beliefs,
    worlds: int,
    seed: int,
    clock: Clock | None = None,
) -> Ready:
    """Worlds, strategies and relaxation of a resolved case, for its search."""
    clock = clock or Clock()
    valuer = Valuer.prepare(case, packed, beliefs, worlds, seed, jnp.float32)
    nowhere = np.full((1, packed.rows), NEVER, dtype=np.int32)
    stay = float(valuer.scores(nowhere, np.zeros_like(nowhere)).objective[0])
    clock.lap("worlds")

    valuer, alone, paths, named = find_strategies(case, panel, valuer)
    packed = valuer.packed
    clock.lap("strategies")

    pool = [(n.enter, n.option) for n in named]
    scores = valuer.scores(*_stack(pool))
    known = pool[int(np.argmax(scores.fitness))]
    # In single precision, which takes half the time; the bound leaves room for the rounding.
    columns = survey(valuer.setting, *known)
    with jax.enable_x64(True):
        exact = Valuer.prepare(case, packed, beliefs, worlds, seed, jnp.float64)
        relaxed = relax(
            exact.setting, columns, *known, case.risk.aversion, case.risk.tail,
            rounds=0, nodes=0,
        )  # fmt: skip
    for enter, option in ((relaxed.enter, relaxed.option), take_alone(valuer.setting, alone)):
        enter, option = keep_limits(valuer.setting, enter, option)
        top = int(np.argmax(valuer.scores(enter, option).fitness))
        pool.append((enter[top], option[top]))
    order = np.argsort(-valuer.scores(*_stack(pool)).fitness, kind="stable").tolist()
    starts = _distinct(valuer, [pool[k] for k in order])[:STARTS]
    starts += _begin_measures(case, panel, valuer, alone, starts[0])
    if not (scores.excess <= 1e-6).any():
        placed = place(case, packed, valuer.setting.central, least=False)
        starts.insert(0, (placed.enter, placed.option))
    clock.lap("bound")
    return Ready(
        valuer, exact, stay, named, starts, look(packed, alone, paths), SPREAD * scale(alone),
        columns, relaxed.bound,
    )  # fmt: skip


def find_strategies(
    case: Case, panel: Panel, valuer: Valuer
) -> tuple[Valuer, NDArray[np.float64], Paths, list[Named]]:
    """Named strategies of a resolved case, on the worlds of the search.

    Returns
    -------
    (valuer, alone, paths, named)
        The valuer with the thresholds of gates settled, values and cash of markets alone as
        `tabulate_alone` gives them, and the strategies.
    """
    alone, paths = tabulate_alone(valuer.setting)
    packed = valuer.packed
    if case.gates:
        packed = settle(case, valuer, alone)
        problem = packed.cast(jnp.float32)
        valuer = replace(valuer, packed=packed, setting=valuer.setting._replace(problem=problem))
    named = find_best(valuer, _orders(case, panel, packed), alone, _enterable(packed))
    return valuer, alone, paths, named


def _orders(case: Case, panel: Panel, packed: Packed) -> dict[str, Integers]:
    """Markets that may be entered, in the order of each named strategy."""
    rows = _enterable(packed)
    facts = packed.facts
    ranking = screen(case, panel).table
    place = {iso3: k for k, iso3 in enumerate(ranking["iso3"])}
    score = np.array([place.get(packed.markets[row], len(place)) for row in rows])
    biggest = rows[np.argsort(-facts.potential[rows], kind="stable")]
    return {
        "waterfall": rows[np.argsort(facts.distance[rows], kind="stable")],
        "sprinkler": biggest,
        "biggest first": biggest,
        "best score first": rows[np.argsort(score, kind="stable")],
    }


def _enterable(packed: Packed) -> Integers:
    allowed = np.asarray(packed.problem.options.allowed).any(axis=1)
    return np.flatnonzero(allowed).astype(np.int32)


def scale(alone: NDArray[np.float64]) -> float:
    """Money that the markets worth entering bring alone, together."""
    best = np.where(np.isfinite(alone), alone, 0.0).max(axis=(0, 1))
    return max(float(np.maximum(best, 0.0).sum()), 1e-9)


def look(packed: Packed, alone: NDArray[np.float64], paths: Paths) -> Proposals:
    """Where to look, from values and cash of markets alone: the better, the more often.

    Weights go by rank, so that no unit of money matters; every allowed entry keeps a chance.
    """
    best = alone.max(axis=(0, 1))
    open_to = np.asarray(packed.problem.options.allowed).any(axis=1)
    rank = np.argsort(np.argsort(-np.where(np.isfinite(best), best, -1e300)))
    market = np.where(open_to, -2.0 * rank / max(1.0, 0.25 * open_to.sum()), -np.inf)
    order = np.argsort(np.argsort(-np.where(np.isfinite(alone), alone, -1e300), axis=1), axis=1)
    allowed = np.asarray(packed.problem.options.allowed).T[None]
    way = np.where(allowed, -1.0 * order, -np.inf)
    regions = {name: k for k, name in enumerate(dict.fromkeys(packed.regions))}
    # Measures and gates are few: each is proposed as often as the best market, all choices alike.
    others: list[Sequence[object]] = [*packed.measures, *packed.gates]
    count, width = len(others), packed.width
    steps = np.full((alone.shape[0], width, packed.rows), -np.inf)
    steps[:, : way.shape[1], : way.shape[2]] = way
    for row, sizes in enumerate(others):
        steps[:, : len(sizes), way.shape[2] + row] = 0.0
    return Proposals(
        jnp.asarray(np.concatenate([market, np.zeros(count)]), jnp.float32),
        jnp.asarray(steps, jnp.float32),
        jnp.asarray([regions[name] for name in packed.regions] + [len(regions)] * count),
        jnp.asarray(alone, jnp.float32),
        paths,
    )


def _stack(schedules: list[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    """Dates and options of schedules, axes (schedule, row)."""
    enter, option = (np.stack(part) for part in zip(*schedules, strict=True))
    return enter, option


def _distinct(
    valuer: Valuer, schedules: list[tuple[Integers, Integers]]
) -> list[tuple[Integers, Integers]]:
    """The same without those that are there twice."""
    keys = Tried(valuer).keys(*_stack(schedules))
    return list(dict(zip(keys, schedules, strict=True)).values())


def _begin_measures(
    case: Case,
    panel: Panel,
    valuer: Valuer,
    alone: NDArray[np.float64],
    best: tuple[Integers, Integers],
) -> list[tuple[Integers, Integers]]:
    """Starts with all measures begun as early as they can be, and with each of them.

    Either the `best` schedule without them, or the best of the strategies, made again beside them:
    what a measure is good for may take entries that are only worth making with it, such as those
    of a team that is hired, and a search that sees it alone, at its cost, would have to be lucky.
    """
    packed = valuer.packed
    first = np.asarray(valuer.setting.limits.first)
    rows = range(len(packed.markets), len(packed.markets) + len(packed.measures))
    free = [row for row in rows if best[0][row] == NEVER and first[row].min() < NEVER]
    if not free:
        return []

    def begin(measures: list[int], enter: Integers, option: Integers) -> tuple[Integers, Integers]:
        enter, option = enter.copy(), option.copy()
        for row in measures:
            option[row] = np.flatnonzero(first[row] < NEVER)[-1]
            enter[row] = first[row, option[row]]
        return enter, option

    orders, enterable = _orders(case, panel, packed), _enterable(packed)
    never = np.full(packed.rows, NEVER, dtype=np.int32)
    made = []
    for measures in ([free] if len(free) > 1 else []) + [[row] for row in free]:
        beside = begin(measures, never, np.zeros_like(never))
        again = find_best(valuer, orders, alone, enterable, beside)
        tried = [begin(measures, *best), *((n.enter, n.option) for n in again)]
        made.append(tried[int(np.argmax(valuer.scores(*_stack(tried)).fitness))])
    return made


def close_gate(valuer: Valuer, row: int) -> Valuer:
    """The same without the gate that stands at this place along axis row."""
    limits = valuer.setting.limits
    closed = limits._replace(first=jnp.asarray(limits.first).at[row].set(NEVER))
    return replace(valuer, setting=valuer.setting._replace(limits=closed))
