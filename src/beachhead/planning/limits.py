"""The limits of a case as arrays (E11): what a schedule must keep to, and how to make it do so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.errors import InputError, Problem
from beachhead.mechanisms import Parameters
from beachhead.mechanisms.gates import decided
from beachhead.planning.targets import Targets
from beachhead.simulation.pack import Packed
from beachhead.simulation.people import teams_there, use_of_teams
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import NEVER, Values, split
from beachhead.simulation.state import Problem as Arrays

NOBODY = -1  # as leader: no market chooses before the others
TOGETHER = 16  # schedules repaired in a call; more take as much longer, and each size is compiled
YEAR = 4  # quarters in which no more than `launches` may begin to sell


class Limits(NamedTuple):
    """Limits along axis row (markets, measures, gates) unless said otherwise.

    `first`: earliest date of each option, axes (row, option); NEVER where the option
    may not be taken. `last`: latest date. `required`: 1 where the row is demanded.
    `apart`: sets of which one at most is entered, axes (set, row). `later`, `earlier`: rows of
    the pairs of which the first may be entered only in a quarter after the second. `most`: number
    of markets that may be entered, `launches`: within any four quarters. `teams`: axis quarter.
    `floor`, `ruin`: of cash.
    """

    first: Values
    last: Values
    required: Values
    apart: Values
    later: Values
    earlier: Values
    most: Values
    launches: Values
    teams: Values
    floor: Values
    ruin: Values


class Setting(NamedTuple):
    """Everything that a valuation needs, as arrays of one precision; `targets` None without any.

    `steep`: weight of what is missing to the accepted ruin and to demanded chances in the penalty.
    """

    problem: Arrays
    worlds: Worlds
    limits: Limits
    central: Parameters
    aversion: Array
    targets: Targets | None = None
    steep: float = 10.0


def read_limits(case: Case, packed: Packed) -> Limits:
    """Limits of a resolved case along the axes of its packed problem, NumPy arrays.

    Raises
    ------
    InputError
        If a demanded market is not among the candidates.
    """
    limits, problem = case.limits, packed.problem
    quarters = problem.teams.shape[0]
    first = packed.soonest
    last = np.full(len(packed.markets), quarters - 1, dtype=np.int32)
    required = np.zeros(len(packed.markets))
    rows = {iso3: row for row, iso3 in enumerate(packed.markets)}
    problems = [
        Problem(
            f"{iso3} is demanded but is not a candidate",
            f"case {case.name!r}, limits.{key}",
            "Add it to markets.candidates or take the demand out.",
        )
        for key, names in (("must", limits.must), ("fixed", limits.fixed), ("by", limits.by))
        for iso3 in names
        if iso3 not in rows
    ]
    if problems:
        raise InputError(*problems)
    for iso3 in (*limits.must, *limits.by, *limits.fixed):
        required[rows[iso3]] = 1.0
    for iso3, label in limits.by.items():
        last[rows[iso3]] = min(last[rows[iso3]], case.quarter_index(label))
    for iso3, entry in limits.fixed.items():
        row, quarter = rows[iso3], case.quarter_index(entry.quarter)
        ready = np.where(entry.begun & (first[row] < NEVER), 0, first[row])
        fits = (ready <= quarter) & np.array(
            [
                entry.mode in (None, mode) and entry.localisation in (None, level)
                for mode, level in packed.options
            ]
        )
        first[row] = np.where(fits, quarter, NEVER)
        last[row] = quarter
    # Where the firm already is, nobody has to wait.
    pairs = [
        (later, earlier)
        for later, earlier in limits.after
        if later in rows and earlier in rows and problem.entered[rows[earlier]] == NEVER
    ]
    apart = []
    for names in limits.not_together:
        inside = [rows[iso3] for iso3 in names if iso3 in rows]
        if any(problem.entered[row] < 0 for row in inside):
            # The firm is in one of them already: the others are closed to it.
            first[[row for row in inside if problem.entered[row] == NEVER]] = NEVER
        else:
            apart.append([float(row in inside) for row in range(len(packed.markets))])
    begun_first, begun_last, begun_required = _read_measures(case, packed)
    gate_first = _read_gates(case, packed)
    missing = packed.width - first.shape[1]
    wide = np.pad(first, ((0, 0), (0, missing)), constant_values=NEVER)
    gates = np.zeros(len(packed.gates))
    blank = np.zeros((len(apart), packed.rows - len(packed.markets)))
    either = _read_either(case, packed)
    return Limits(
        first=np.concatenate([wide, begun_first, gate_first]),
        last=np.concatenate([last, begun_last, gates.astype(np.int32)]),
        required=np.concatenate([required, begun_required, gates]),
        apart=np.vstack(
            [np.hstack([np.array(apart).reshape(len(apart), len(packed.markets)), blank]), either]
        ),
        later=np.array([rows[a] for a, _ in pairs], dtype=np.int32),
        earlier=np.array([rows[b] for _, b in pairs], dtype=np.int32),
        most=np.asarray(NEVER if limits.max_markets is None else limits.max_markets),
        launches=np.asarray(
            NEVER if limits.launches_per_year is None else limits.launches_per_year
        ),
        teams=problem.teams,
        floor=np.asarray(limits.cash_floor),
        ruin=np.asarray(limits.ruin),
    )


def _read_measures(
    case: Case, packed: Packed
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """First (measure, option), last and required of the measures of a case."""
    first = np.full((len(packed.measures), packed.width), NEVER, dtype=np.int32)
    last = np.full(len(packed.measures), case.quarters - 1, dtype=np.int32)
    required = np.zeros(len(packed.measures))
    for row, measure in enumerate(case.measures):
        if measure.begin == "never":
            continue
        soonest = 0 if measure.start is None else max(0, case.quarter_index(measure.start))
        if measure.begin != "free":
            soonest = last[row] = case.quarter_index(measure.begin)
            required[row] = 1.0
        first[row, : len(measure.levels)] = soonest
    return first, last, required


def _read_gates(case: Case, packed: Packed) -> NDArray[np.int32]:
    """First date, 0, of each choice of the gates of a case, axes (gate, option)."""
    first = np.full((len(packed.gates), packed.width), NEVER, dtype=np.int32)
    for row, gate in enumerate(case.gates):
        if gate.use != "never":
            first[row, : len(packed.gates[row])] = 0
    return first


def _read_either(case: Case, packed: Packed) -> NDArray[np.float64]:
    """Measures that source the same component, of which one at most is begun, axes (set, row)."""
    sets = []
    for component in case.components:
        rows = [
            len(packed.markets) + number
            for number, measure in enumerate(case.measures)
            if measure.sourcing and measure.sourcing.component == component.name
        ]
        if len(rows) > 1:
            sets.append([float(row in rows) for row in range(packed.rows)])
    return np.array(sets).reshape(len(sets), packed.rows)


def excess(problem: Arrays, limits: Limits, used: Array, enter: Array, option: Array) -> Array:
    """How far a schedule oversteps the limits other than cash, a number; 0 where it keeps them.

    `used`: teams at work, axis quarter; `enter`, `option`: axis row.
    """
    quarters, markets = limits.teams.shape[0], problem.people.shape[0]
    entered = enter < quarters
    first = jnp.take_along_axis(limits.first, option[:, None], axis=1)[:, 0]
    early = entered & ((enter < first) | (enter > limits.last))
    missing = (limits.required > 0) & ~entered
    crowded = jnp.maximum(limits.apart @ entered.astype(limits.apart.dtype) - 1.0, 0.0)
    waits = entered[limits.later] & (enter[limits.earlier] >= enter[limits.later])
    too_many = jnp.maximum(entered[:markets].sum() - limits.most, 0)
    dates = jnp.where(entered[:markets] & (enter[:markets] >= 0), enter[:markets], quarters)
    launched = jnp.zeros(quarters, int).at[dates].add(1, mode="drop")
    too_fast = jnp.maximum(count_launches(launched) - limits.launches, 0).sum()
    there = teams_there(problem, limits.teams, enter, option)
    over = jnp.maximum(used - there - 1e-6, 0.0)
    if problem.gates is not None:
        soonest = first_after_gates(problem, enter, option)
        over = jnp.append(over, (entered[:markets] & (enter[:markets] < soonest)).sum())
    crowded = crowded.sum() + too_many + too_fast
    return over.sum() + early.sum() + missing.sum() + crowded + waits.sum()


def count_launches(launched: Array) -> Array:
    """Entries in the four quarters that begin with each, axis quarter, from those in each one."""
    total = jnp.concatenate([jnp.zeros(1, launched.dtype), jnp.cumsum(launched)])
    clock = jnp.arange(launched.size)
    return total[jnp.minimum(clock + YEAR, launched.size)] - total[clock]


def most_launches(dates: Iterable[int], quarters: int) -> int:
    """Most entries in any four quarters; `dates` outside the horizon are none."""
    launched = np.bincount([t for t in dates if 0 <= t < quarters], minlength=quarters)
    return int(np.convolve(launched, np.ones(YEAR, int)).max())


def first_after_gates(problem: Arrays, enter: Array, option: Array) -> Array:
    """Earliest date of each market for which the gates that it waits for leave time, axis market.

    Its preparation begins when they have been decided; 0 where it waits for none, past every
    horizon where a pilot is not entered.
    """
    gates = problem.gates
    assert gates is not None
    dates, _, used = split(problem, enter)
    ways, _, choice = split(problem, option)
    served = problem.entered < 0
    dates = jnp.where(served, problem.entered, dates)
    wait = gates.wait[jnp.arange(choice.size), choice]
    decision = decided(dates, gates.pilot, wait, NEVER)
    holds = (used < NEVER)[:, None] & (gates.waits > 0.0)
    ready = decision[:, None] + problem.options.preparation[jnp.arange(ways.size), ways]
    return jnp.where(holds, ready, 0).max(axis=0)


def repair(
    problem: Arrays,
    limits: Limits,
    central: Parameters,
    enter: Array,
    option: Array,
    rank: Array,
    leader: Array,
) -> tuple[Array, Array]:
    """The nearest schedule that keeps the limits other than cash, as far as one is found.

    Entries are moved later or dropped, options that may not be taken are replaced; demanded
    markets are never dropped. Where teams are short the market `leader` (a row) chooses first, then
    the earlier before the later, and of one date those of low `rank` (axis market). Measures are
    moved into their time; hired teams are there to be used. Markets that wait for a gate follow its
    decision, and a gate whose pilot is dropped is dropped. `excess` tells whether it succeeded.
    """
    markets = problem.people.shape[0]
    quarters = limits.teams.shape[0]
    rows = jnp.arange(enter.shape[0])
    required = limits.required > 0
    if problem.gates is not None:
        enter = _drop_gates(problem, enter)
    option = jnp.where(limits.first[rows, option] <= limits.last, option, limits.first.argmin(1))
    enter = jnp.where((enter >= quarters) & required, limits.last, enter)
    enter = jnp.where(enter < quarters, jnp.maximum(enter, limits.first[rows, option]), NEVER)
    late = enter > limits.last
    enter = jnp.where(late, jnp.where(required, limits.last, NEVER), enter)
    still_early = enter < limits.first[rows, option]
    option = jnp.where(still_early, limits.first.argmin(axis=1), option)

    def part(enter: Array, members: Array) -> tuple[Array, None]:
        # The demanded one stays, else the first to be entered, else the first in order.
        date = jnp.where(
            members > 0, enter - required * 2 * NEVER + rows / (2.0 * rows.size), NEVER
        )
        others = (members > 0) & (rows != date.argmin())
        return jnp.where(others & ~required, NEVER, enter), None

    enter, _ = jax.lax.scan(part, enter, limits.apart)

    def wait(enter: Array, pair: tuple[Array, Array]) -> tuple[Array, None]:
        later, earlier = pair
        first = limits.first[earlier].min()
        # A market pulls in the one that it waits for.
        room = jnp.clip(enter[later] - 1, first, limits.last[earlier])
        pull = (enter[later] < quarters) & (enter[earlier] >= quarters)
        enter = enter.at[earlier].set(jnp.where(pull, room, enter[earlier]).astype(enter.dtype))
        after = jnp.maximum(enter[later], enter[earlier] + 1)
        after = jnp.where(enter[later] >= quarters, NEVER, after)
        ok = after <= limits.last[later]
        moved = jnp.where(ok, after, jnp.where(required[later], limits.last[later], NEVER))
        return enter.at[later].set(moved.astype(enter.dtype)), None

    pairs = (limits.later, limits.earlier)
    for _ in range(2 if limits.later.shape[0] else 0):
        enter, _ = jax.lax.scan(wait, enter, pairs)
    if problem.gates is not None:
        # Chains of gates are few: what waits for a market that waits is moved in a later pass.
        for _ in range(min(2, problem.gates.noise.size)):
            enter = _follow_gates(problem, limits, enter, option)
    wanted = required[:markets]
    place = jnp.argsort(jnp.lexsort((rank, enter[:markets] - wanted * 2 * NEVER)))
    kept = jnp.where((place >= limits.most) & ~wanted, NEVER, enter[:markets])
    need, _ = use_of_teams(problem, central, kept, option)
    there = teams_there(problem, limits.teams, enter, option)
    fitted = _fit_teams(
        problem, limits, kept, option[:markets], need, rank, leader, there,
        lambda dates: first_after_gates(problem, enter.at[:markets].set(dates), option),
    )  # fmt: skip
    enter = enter.at[:markets].set(fitted.astype(enter.dtype))
    if limits.later.shape[0]:
        enter, _ = jax.lax.scan(wait, enter, pairs)
    return enter.astype(jnp.int32), option.astype(jnp.int32)


def _drop_gates(problem: Arrays, enter: Array) -> Array:
    """Dates with those of gates at 0 where they are used and their pilots are entered."""
    gates = problem.gates
    assert gates is not None
    dates, begun, used = split(problem, enter)
    there = (problem.entered < 0) | (dates < problem.teams.shape[0])
    tried = (gates.pilot @ there.astype(gates.pilot.dtype)) > 0.0
    used = jnp.where((used < NEVER) & tried, 0, NEVER)
    return jnp.concatenate([dates, begun, used.astype(enter.dtype)])


def _follow_gates(problem: Arrays, limits: Limits, enter: Array, option: Array) -> Array:
    """Dates with markets that wait moved to when they may be ready, or dropped if that is late."""
    markets = problem.people.shape[0]
    dates = enter[:markets]
    after = jnp.maximum(dates, first_after_gates(problem, enter, option))
    demanded = limits.required[:markets] > 0
    late = after > limits.last[:markets]
    moved = jnp.where((dates >= NEVER) | (late & ~demanded), NEVER, after)
    return enter.at[:markets].set(moved.astype(enter.dtype))


def keep_limits(
    setting: Setting,
    enter: NDArray[np.int32],
    option: NDArray[np.int32],
    rank: NDArray[np.float64] | None = None,
    leaders: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """`repair` of many schedules, axes (schedule, market): one `rank` for all, a leader each.

    Of one date the larger market comes first where no `rank` is given.
    """
    count = enter.shape[0]
    given = setting.problem, setting.limits, setting.central
    order = -setting.problem.clout if rank is None else jnp.asarray(rank)
    first = np.full(count, NOBODY) if leaders is None else leaders
    parts = []
    for part in (np.arange(-(-count // TOGETHER) * TOGETHER) % count).reshape(-1, TOGETHER):
        made = _repair_many(*given, enter[part], option[part], order, first[part])
        parts.append([np.array(half) for half in made])
    when, how = (np.concatenate(half)[:count] for half in zip(*parts, strict=True))
    return when, how


# Of many schedules, axis schedule of `enter`, `option` and `leader`.
_repair_many = jax.jit(jax.vmap(repair, in_axes=(None, None, None, 0, 0, None, 0)))


def _fit_teams(
    problem: Arrays,
    limits: Limits,
    enter: Array,
    option: Array,
    need: Array,
    rank: Array,
    leader: Array | int,
    there: Array,
    after_gates: Callable[[Array], Array],
) -> Array:
    """Entries in their order, each at the first quarter that has room for it (axis market).

    Room is that of launch teams, and of launches a year.

    `after_gates`: from dates to the earliest ones that the gates allow, axis market.
    """
    quarters = limits.teams.shape[0]
    clock = jnp.arange(quarters)
    required = limits.required[: enter.size] > 0
    served = problem.entered < 0
    # Demanded markets choose first, then the leader, the earlier before the later, and by rank.
    date = jnp.where(served, NEVER, enter) - required * 3 * NEVER
    leads = (jnp.arange(date.size) == leader) & (enter < quarters)
    if problem.gates is not None:
        # Who waits for a pilot cannot be placed before it.
        leads &= after_gates(enter.astype(jnp.int32)) <= 0
    date = jnp.where(leads, date - NEVER, date)
    order = jnp.lexsort((rank, date))
    entries = ((enter < quarters) & ~served).sum()

    def place(state: Any) -> Any:
        index, free, launched, enter = state
        row = order[index]
        preparation = problem.options.preparation[row, option[row]]
        # Quarters before each in which no team is free, and of these the ones of preparation.
        tight = jnp.concatenate([jnp.zeros(1, int), jnp.cumsum(free + 1e-6 < need[row])])
        blocked = tight[clock] - tight[jnp.maximum(clock - preparation, 0)]
        soonest = limits.first[row, option[row]]
        wanted = jnp.maximum(enter[row], soonest)
        if problem.gates is not None:
            wanted = jnp.maximum(wanted, after_gates(enter)[row])
        # One more in a quarter would be one more in each year that it is part of.
        full = jnp.cumsum(count_launches(launched) >= limits.launches)
        crowded = full - jnp.where(clock < YEAR, 0, full[jnp.maximum(clock - YEAR, 0)])
        spare = (blocked == 0) & (crowded == 0) & (clock >= soonest) & (clock <= limits.last[row])
        fits = spare & (clock >= wanted)
        # A demanded one that finds no room later is entered sooner, as late as there is room.
        sooner = jnp.where(spare.any(), quarters - 1 - spare[::-1].argmax(), enter[row])
        chosen = jnp.where(fits.any(), fits.argmax(), jnp.where(required[row], sooner, NEVER))
        working = (clock >= chosen - preparation) & (clock < chosen)
        moved = enter.at[row].set(chosen.astype(enter.dtype))
        launched = launched + (clock == chosen)
        return index + 1, free - working * need[row], launched, moved

    state = (jnp.zeros((), jnp.int32), there, jnp.zeros(quarters, jnp.int32), enter)
    return jax.lax.while_loop(lambda s: s[0] < entries, place, state)[3]
