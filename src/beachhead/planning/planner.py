"""From a case to a plan: strategies, search, bound, fresh worlds, reasons."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.cases import Case, Schedule, check_case
from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest
from beachhead.planning.bound import (
    KIND,
    NODES,
    ROUNDS,
    WAIT_AND_SEE,
    Columns,
    relax,
    survey,
)
from beachhead.planning.conflicts import check_limits
from beachhead.planning.decoupled import tabulate
from beachhead.planning.feasible import place
from beachhead.planning.levels import Search, cure
from beachhead.planning.limits import keep_limits
from beachhead.planning.plan import Plan, Strategy, Value
from beachhead.planning.reasons import (
    Found,
    expose,
    meet_rules,
    use_limits,
    weigh_gates,
    weigh_measures,
    weigh_targets,
)
from beachhead.planning.search import (
    EFFORT,
    Progress,
    Proposals,
    drop_idle_gates,
    prune,
    search,
)
from beachhead.planning.strategies import WORDS, Named, find_best
from beachhead.planning.targets import chances, describe_target, room
from beachhead.planning.thresholds import settle
from beachhead.planning.ties import couplings_of
from beachhead.planning.valuation import Valuer
from beachhead.screening import screen
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.compiling import make_room
from beachhead.simulation.pack import Packed, pack
from beachhead.simulation.state import NEVER

SEARCH_WORLDS, FRESH_WORLDS = 128, 1_024
CHECK_WORLDS = 128  # on which every entry has to pay, beside those that chose it
FRESH_SEED, CHECK_SEED = 1_000_003, 2_000_003  # keep the sets of worlds apart
STARTS = 3  # of the named strategies, the best, from which the search sets out
SPREAD = 0.02  # first temperature of the search, of what the markets worth entering bring
WIDE = 64  # markets, beyond which the bound begins in single precision
TABLE_STRIDE = 4  # quarters between the entry dates that the search's table looks at

Integers = NDArray[np.int32]


@dataclass(frozen=True)
class Effort:
    """What an answer cost, for the run's record: wall seconds by stage, and evaluations."""

    seconds: dict[str, float]
    evaluations: int


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
        Number of worlds to search on, and of others to value the answer on.
    progress : callable, optional
        Called during the search.
    record : callable, optional
        Called once with what the answer cost.
    also : Schedule, optional
        One more to choose from, such as what is left of an older plan; without gates.

    Returns
    -------
    Plan
        With status 'partial' if Ctrl-C ended the search: the best found so far.

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
    beliefs = beliefs or Beliefs.from_prior(case, panel)
    if faults := check_limits(case, packed, beliefs):
        raise InputError(*faults)
    ready = prepare(case, panel, packed, beliefs, worlds, seed, clock)
    packed, valuer, exact = ready.valuer.packed, ready.valuer, ready.exact
    never = np.full(packed.rows, NEVER, dtype=np.int32)
    starts, named, risk = ready.starts, ready.named, (case.risk.aversion, case.risk.tail)

    def report(done: int, best: float) -> None:
        if progress is not None:
            progress(Progress(done, EFFORT[effort], best, ready.stay, ready.bound))

    check = Valuer.prepare(case, packed, beliefs, CHECK_WORLDS, seed + CHECK_SEED, jnp.float32)

    def look_for(closed: int | None = None) -> tuple[Integers, Integers, int, bool]:
        """The best schedule, without the gate `closed` if there is one."""
        by = valuer if closed is None else close_gate(valuer, closed)
        begin = starts
        if closed is not None:
            begin = [*starts, (np.where(np.arange(never.size) == closed, never, enter), option)]
        dated, chosen, spent, whole = search(
            by, ready.proposals, begin,
            budget=EFFORT[effort], seed=seed, spread=ready.spread, report=report,
        )  # fmt: skip
        return drop_idle_gates(by, prune(check, dated, chosen)), chosen, spent, whole

    enter, option, evaluations, whole = look_for()
    found = [(enter, option)]
    # What a pilot is worth takes the best that can be done without it.
    gates = np.flatnonzero(enter[packed.rows - len(packed.gates) :] < case.quarters)
    for gate in gates.tolist() if whole else ():
        *other, spent, whole = look_for(packed.rows - len(packed.gates) + gate)
        found.append((other[0], other[1]))
        evaluations += spent
    if also is not None:
        found.append(packed.encode(also))
    clock.lap("search")

    tried = [*found, *starts]
    scored = valuer.scores(*(np.stack(part) for part in zip(*tried, strict=True)))
    known = tried[int(np.argmax(scored.fitness))]
    # Who breaks the search off does not wait for a proof either.
    rounds, nodes = (ROUNDS, NODES) if whole else (0, 0)

    def prove(gates: bool) -> float:
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
            fresh = Valuer.prepare(
                case, packed, beliefs, fresh_worlds, seed + FRESH_SEED, jnp.float64, told=True
            )
            pool, best, strategies = _choose(case, fresh, named, found)
            answer = _answer(
                case, packed, exact, fresh, pool, best, strategies, bound,
                open_loop if case.gates else None, effort=effort, seed=seed, whole=whole,
            )  # fmt: skip
    except InputError as error:
        if not whole:
            raise
        tried = [*found, *starts, *((n.enter, n.option) for n in named)]
        more = Search(ready.proposals, tried, ready.spread, seed, report)
        raise InputError(*cure(case, beliefs, valuer, fresh, more, error.problems)) from None
    clock.lap("fresh worlds")
    if record is not None:
        record(Effort(clock.laps, evaluations))
    return answer


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
        The best of these, and what the relaxation behind the bound would do.
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

    valuer, alone, dates, named = find_strategies(case, panel, valuer)
    packed = valuer.packed
    clock.lap("strategies")

    known = np.stack([n.enter for n in named]), np.stack([n.option for n in named])
    scores = valuer.scores(*known)
    best = np.argsort(-scores.fitness, kind="stable")
    starts = [(known[0][k], known[1][k]) for k in best[:STARTS]]
    # What is wide is looked at in single precision first, which takes half the time.
    wide = len(packed.markets) > WIDE
    with jax.enable_x64(True):
        exact = Valuer.prepare(case, packed, beliefs, worlds, seed, jnp.float64)
        columns = None if wide else survey(exact.setting, *starts[0])
    columns = survey(valuer.setting, *starts[0]) if columns is None else columns
    with jax.enable_x64(True):
        relaxed = relax(
            exact.setting, columns, *starts[0], case.risk.aversion, case.risk.tail,
            rounds=0, nodes=0,
        )  # fmt: skip
    made = keep_limits(valuer.setting, relaxed.enter, relaxed.option)
    top = int(np.argmax(valuer.scores(*made).fitness))
    starts.insert(1, (made[0][top], made[1][top]))
    starts += _begin_measures(valuer, *starts[0])
    if not (scores.excess <= 1e-6).any():
        placed = place(case, packed, valuer.setting.central, least=False)
        starts.insert(0, (placed.enter, placed.option))
    clock.lap("bound")
    return Ready(
        valuer, exact, stay, named, starts, look(packed, alone, dates), SPREAD * scale(alone),
        columns, relaxed.bound,
    )  # fmt: skip


def find_strategies(
    case: Case, panel: Panel, valuer: Valuer
) -> tuple[Valuer, NDArray[np.float64], Integers, list[Named]]:
    """Named strategies of a resolved case, on the worlds of the search.

    Returns
    -------
    (valuer, alone, dates, named)
        The valuer with the thresholds of gates settled, values of markets alone and their entry
        dates as `tabulate_alone` gives them, and the strategies.
    """
    alone, dates = tabulate_alone(valuer)
    packed = valuer.packed
    if case.gates:
        packed = settle(case, valuer, alone)
        problem = packed.cast(jnp.float32)
        valuer = replace(valuer, packed=packed, setting=valuer.setting._replace(problem=problem))
    named = find_best(valuer, _orders(case, panel, packed), alone, _enterable(packed))
    return valuer, alone, dates, named


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


def tabulate_alone(valuer: Valuer) -> tuple[NDArray[np.float64], Integers]:
    """Value of every market alone, axes (date, option, market), and the entry dates looked at."""
    none = jnp.zeros(valuer.packed.rows, jnp.int32)
    given = couplings_of(valuer.setting, jnp.full_like(none, NEVER), none)
    quarters = valuer.setting.problem.teams.shape[0]
    dates = np.arange(0, quarters, min(TABLE_STRIDE, max(1, quarters // 8)), dtype=np.int32)
    return tabulate(valuer.setting, given, dates), dates


def scale(alone: NDArray[np.float64]) -> float:
    """Money that the markets worth entering bring alone, together."""
    best = np.where(np.isfinite(alone), alone, 0.0).max(axis=(0, 1))
    return max(float(np.maximum(best, 0.0).sum()), 1e-9)


def look(packed: Packed, alone: NDArray[np.float64], dates: Integers) -> Proposals:
    """Where to look, from values of markets alone: the better, the more often.

    Weights go by rank, so that no unit of money matters; every allowed entry keeps a chance.
    """
    quarters = alone.shape[0]
    nearest = dates[np.abs(np.arange(quarters)[:, None] - dates[None, :]).argmin(axis=1)]
    values = alone[nearest]
    # Options that need more preparation than the nearest date leaves are made good by `repair`.
    best = values.max(axis=(0, 1))
    open_to = np.asarray(packed.problem.options.allowed).any(axis=1)
    rank = np.argsort(np.argsort(-np.where(np.isfinite(best), best, -1e300)))
    market = np.where(open_to, -2.0 * rank / max(1.0, 0.25 * open_to.sum()), -np.inf)
    order = np.argsort(np.argsort(-np.where(np.isfinite(values), values, -1e300), axis=1), axis=1)
    allowed = np.asarray(packed.problem.options.allowed).T[None]
    way = np.where(allowed, -1.0 * order, -np.inf)
    regions = {name: k for k, name in enumerate(dict.fromkeys(packed.regions))}
    # Measures and gates are few: each is proposed as often as the best market, all choices alike.
    others: list[Sequence[object]] = [*packed.measures, *packed.gates]
    count, width = len(others), packed.width
    steps = np.full((quarters, width, packed.rows), -np.inf)
    steps[:, : way.shape[1], : way.shape[2]] = way
    for row, sizes in enumerate(others):
        steps[:, : len(sizes), way.shape[2] + row] = 0.0
    return Proposals(
        jnp.asarray(np.concatenate([market, np.zeros(count)]), jnp.float32),
        jnp.asarray(steps, jnp.float32),
        jnp.asarray([regions[name] for name in packed.regions] + [len(regions)] * count),
    )


def _begin_measures(
    valuer: Valuer, enter: Integers, option: Integers
) -> list[tuple[Integers, Integers]]:
    """The same schedule with all measures begun as early as they can be, and with each of them.

    What a measure is good for may take entries that are only worth making with it, such as those
    of a team that is hired: a search that sees it alone, at its cost, would have to be lucky.
    """
    packed = valuer.packed
    first = np.asarray(valuer.setting.limits.first)
    rows = range(len(packed.markets), len(packed.markets) + len(packed.measures))
    free = [row for row in rows if enter[row] == NEVER and first[row].min() < NEVER]
    made = []
    for begun in ([free] if len(free) > 1 else []) + [[row] for row in free]:
        when, how = enter.copy(), option.copy()
        for row in begun:
            how[row] = np.flatnonzero(first[row] < NEVER)[-1]
            when[row] = first[row, how[row]]
        made.append((when, how))
    return made


def close_gate(valuer: Valuer, row: int) -> Valuer:
    """The same without the gate that stands at this place along axis row."""
    limits = valuer.setting.limits
    closed = limits._replace(first=jnp.asarray(limits.first).at[row].set(NEVER))
    return replace(valuer, setting=valuer.setting._replace(limits=closed))


def _choose(
    case: Case, fresh: Valuer, named: list[Named], found: list[tuple[Integers, Integers]]
) -> tuple[list[Found], Found, tuple[Strategy, ...]]:
    """What the searches found and the strategies, as far as they keep the limits on fresh worlds.

    Then the best of them, and the values of all strategies.

    Raises
    ------
    InputError
        If none keeps them.
    """
    tried = [*found, *((n.enter, n.option) for n in named)]
    judged = [fresh.judge(enter, option) for enter, option in tried]
    scores = [account.score for account in judged]
    objective = np.array([s.objective for s in scores])
    limits = fresh.setting.limits
    # On fresh worlds a risk that just met the limit may just miss it: two standard errors.
    ruin, worlds = float(limits.ruin), judged[0].values.size
    most = ruin + room(ruin, worlds)
    keeps = np.array([s.excess <= 1e-6 and s.ruin <= most for s in scores])
    if keeps.any():
        keeps &= _meet_targets(case, [account.reached for account in judged], keeps)
    else:
        least = min((float(s.ruin) for s in scores if s.excess <= 1e-6), default=1.0)
        raise InputError(
            Problem(
                f"no schedule was found that keeps cash above {case.limits.cash_floor:,.0f} in "
                f"{1 - ruin:.0%} of futures: at best it falls below in {least:.0%}",
                f"case {case.name!r}, limits.capital",
                "Give more capital, accept more ruin, or demand less.",
            )
        )
    best = int(np.argmax(np.where(keeps, objective, -np.inf)))
    markets, quarters = len(fresh.packed.markets), limits.teams.shape[0]
    strategies = [
        Strategy(
            n.name, WORDS[n.name], n.pace, int((n.enter[:markets] < quarters).sum()),
            float(objective[k]), float(judged[k].values.mean()),
        )
        for k, n in enumerate(named, start=len(found))
    ]  # fmt: skip
    strategies.sort(key=lambda s: (-s.objective, s.name))
    pool = {k: Found(*tried[k], judged[k]) for k in np.flatnonzero(keeps).tolist()}
    return list(pool.values()), pool[best], tuple(strategies)


def _meet_targets(case: Case, reached: list[NDArray[np.float64]], keeps: NDArray[np.bool_]) -> Any:
    """Which schedules meet the demanded targets, of those that keep the other limits.

    Raises
    ------
    InputError
        If none of them meets them all.
    """
    if not case.targets:
        return keeps
    found = np.stack([np.asarray(chances(jnp.asarray(one))) for one in reached])
    asked = np.array([target.probability or 0.0 for target in case.targets])
    least = asked - [room(p, reached[0].shape[0]) for p in asked]
    meets = keeps & (found >= least).all(axis=1)
    if not meets.any():
        best = np.where(keeps[:, None], found, 0.0).max(axis=0)
        raise InputError(
            *(
                Problem(
                    f"no schedule was found with {describe_target(target)} in "
                    f"{target.probability:.0%} of futures"
                    + (" beside the other targets" if chance >= floor else "")
                    + f": at best it is {chance:.0%}",
                    f"targets[{k}]",
                    "Demand less or later, or give more capital, teams or measures that help.",
                )
                for k, (target, chance, floor) in enumerate(
                    zip(case.targets, best, least, strict=True)
                )
                if target.probability is not None and (chance < floor or (best >= least).all())
            )
        )
    return meets


def _answer(
    case: Case,
    packed: Packed,
    exact: Valuer,
    fresh: Valuer,
    pool: list[Found],
    best: Found,
    strategies: tuple[Strategy, ...],
    bound: float,
    open_loop: float | None,
    *,
    effort: str,
    seed: int,
    whole: bool,
) -> Plan:
    enter, option, account = best.enter, best.option, best.account
    never = np.full_like(enter, NEVER)
    worth, stay = (float(exact.judge(e, option).score.objective) for e in (enter, never))
    at_home = fresh.judge(never, option)
    adds = worth - stay
    tiny = 1e-9 * max(abs(worth), 1.0)
    gap = None if adds <= tiny else (bound - worth) / adds
    return Plan(
        case=case.name,
        version=__version__,
        seed=seed,
        effort=effort,
        status="complete" if whole else "partial",
        objective=worth,
        stay_home=stay,
        bound=bound,
        gap=gap,
        bound_kind=(WAIT_AND_SEE if case.gates else KIND)
        + ("; targets not demanded" if exact.setting.targets is not None else ""),
        value=_spread(account.values, at_home.values, case.risk.tail),
        schedule=packed.decode(enter, option),
        named_strategies=strategies,
        limits=use_limits(case, packed, exact.setting, account, enter, option),
        measures=weigh_measures(case, packed, exact, fresh, enter, option),
        exposures=expose(case, fresh, enter, option),
        rules=meet_rules(case, packed, fresh, enter, option),
        targets=weigh_targets(case, account, at_home),
        gates=weigh_gates(case, packed, exact, fresh, pool, best),
        open_loop=open_loop,
    )


def _spread(values: NDArray[np.float64], at_home: NDArray[np.float64], tail: float) -> Value:
    from beachhead.mechanisms.value import cvar

    gain = values - at_home
    p05, p50, p95 = np.quantile(values, [0.05, 0.5, 0.95])
    return Value(
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        p05=float(p05),
        p50=float(p50),
        p95=float(p95),
        cvar=float(cvar(jnp.asarray(values), tail)),
        adds=float(gain.mean()),
        adds_error=float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size)),
    )


class Clock:
    """Wall seconds by stage, `laps`."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the seconds since the last note."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 3)
        self._last = now
