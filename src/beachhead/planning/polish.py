"""Improving a schedule by changes that are tried one by one, and in pairs where none helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.planning.decoupled import Paths
from beachhead.planning.foretelling import Foretold
from beachhead.planning.limits import NOBODY, Setting, keep_limits
from beachhead.planning.valuation import BATCH, Score, Valuer
from beachhead.simulation.state import NEVER

PROMISING, DATES = 8, 5  # markets that are added, and quarters between the dates tried
SPARE = 8  # times what it takes to add them at every date: with so much left, that is done
AT_ONCE = 4 * BATCH  # pairs of changes that are tried before it is looked whether one helped

POOL = 1024  # changes of a kind whose worth alone is looked at
LIKELY, EACH = 32, 2  # of these that are tried with the single changes, and those of one market
DEAR, WAYS, PAIRS = 64, 4, 512  # entries that cash may not allow, those of one market; with others

type Integers = NDArray[np.int32]
type Change = tuple[Integers, Integers, int]  # dates, options, leader


class Proposals(NamedTuple):
    """Where to look: log weights by which rows, and options at each quarter, are proposed.

    `row`: axis row, -inf for those without a choice. `way`: axes (quarter, option, row). `region`:
    number of each market's region, whose entries may be shifted together; the others are one.
    `worth`: of each market alone, money, axes (quarter, option, market), -inf where not allowed.
    `paths` of its cash, by which ruin is foretold; without them it is not.
    """

    row: Array
    way: Array
    region: Array
    worth: Array
    paths: Paths | None = None


class Tried:
    """Schedules that were valued: none is twice, however often changes and limits lead to it."""

    def __init__(self, valuer: Valuer) -> None:
        self.valuer = valuer
        self.fitness: dict[bytes, float] = {}
        self.ruin: dict[bytes, float] = {}

    def value(
        self, enter: Integers, option: Integers, most: int
    ) -> tuple[NDArray[np.float64], int, bool]:
        """Fitness of schedules, axes (schedule, row); how many had to be valued; whether all were.

        Those for which `most` evaluations do not last, any of the new ones, are at -inf.
        """
        keys = self.keys(enter, option)
        new = list({key: k for k, key in enumerate(keys) if key not in self.fitness}.values())
        whole = len(new) <= most
        if not whole:
            some = np.random.default_rng(len(self.fitness)).permutation(new)[:most]
            new = np.sort(some).tolist()
        if new:
            scored, made = self.valuer.scores(enter[new], option[new]), [keys[k] for k in new]
            self.fitness |= zip(made, scored.fitness.tolist(), strict=True)
            self.ruin |= zip(made, scored.ruin.tolist(), strict=True)
        return np.array([self.fitness.get(key, -np.inf) for key in keys]), len(new), whole

    def safer(self, ruin: list[float]) -> list[tuple[Integers, Integers]]:
        """The best of those with no more ruin than each of these, none twice."""
        kept = [[key for key, share in self.ruin.items() if share <= most] for most in ruin]
        best = dict.fromkeys(max(keys, key=self.fitness.__getitem__) for keys in kept if keys)
        both = [np.frombuffer(key, np.int32).reshape(2, -1).copy() for key in best]
        return [(enter, option) for enter, option in both]

    def keys(self, enter: Integers, option: Integers) -> list[bytes]:
        """What tells schedules apart: ways of what is never entered do not."""
        here = enter < NEVER
        return [
            np.stack([when, how]).tobytes()
            for when, how in zip(enter, np.where(here, option, 0), strict=True)
        ]


def polish(
    tried: Tried,
    proposals: Proposals,
    enter: Integers,
    option: Integers,
    spent: int,
    budget: int,
) -> Iterator[tuple[Integers, Integers, float, int]]:
    """Ever better schedules by changes that improve, with their fitness and evaluations spent.

    Single changes, and what is likely by the worth of markets alone, are tried by themselves; those
    that help are then made together, the best one of each row, as many as are best. Where none
    helps, more of the likely ones are tried and two changes at once: the rest of the budget goes to
    that, until one of these helps and single ones are tried again. `spent` and `budget` count
    evaluations; what was `tried` before costs none.
    """
    valuer = tried.valuer
    known, _, _ = tried.value(enter[None], option[None], 1)
    fitness = float(known[0])
    while spent < budget:
        told = None
        if proposals.paths is not None:
            told = Foretold(valuer.setting, proposals.paths, enter, option)
            spent += 1  # it is simulated once more
        changed = _likely(tried, proposals, told, enter, option, LIKELY)
        changed += _changes(valuer, proposals, enter, option, budget - spent)
        if not changed:
            break
        enters, options, scores, new, whole = _try(tried, changed, budget - spent)
        spent += new
        order = np.argsort(-scores, kind="stable")
        helpful = [k for k in order.tolist() if scores[k] > fitness]
        best = enters[order[0]], options[order[0]], scores[order[0]]
        # What helps alone need not help together: the first few of one row each, ever more of them.
        rows = list({changed[k][2]: k for k in reversed(helpful)}.values())
        rows = sorted(rows, key=lambda k: -scores[k])[:BATCH]
        merged = [(enter, option, NOBODY)]
        for k in rows:
            merged.append(_merge((enter, option), merged[-1], changed[k]))
        if len(rows) > 1:
            enters, options, scores, new, _ = _try(tried, merged[2:], len(rows))
            spent += new
            top = int(np.argmax(scores))
            if scores[top] > best[2]:
                best = enters[top], options[top], scores[top]
        if not helpful:
            pairs: list[Change] = []
            if whole:
                pairs = _beside(valuer, enter, changed, scores)
                pairs += _likely(tried, proposals, told, enter, option, 2 * AT_ONCE)
                pairs += _pairs(enter, option, changed, scores, 2 * budget)
            while pairs and best[2] <= fitness and spent < budget:
                some, pairs = pairs[:AT_ONCE], pairs[AT_ONCE:]
                enters, options, scores, new, _ = _try(tried, some, budget - spent)
                spent += new
                top = int(np.argmax(scores))
                best = enters[top], options[top], scores[top]
            if best[2] <= fitness:
                yield enter, option, fitness, spent
                break
        enter, option, fitness = best[0], best[1], float(best[2])
        yield enter, option, fitness, spent


def _likely(
    tried: Tried,
    proposals: Proposals,
    told: Foretold | None,
    enter: Integers,
    option: Integers,
    most: int,
) -> list[Change]:
    """New schedules near by that promise most by what markets are worth alone.

    Any entry at any date and in any way; one market in the place of another; two of those that are
    entered, each at the other's date; where cash would not last for an entry, that with a change of
    another one. What the limits make of them counts, so that what has to give way for an entry is
    taken off, and the ruin that is `told`; what else markets do to each other does not. That takes
    no evaluation.
    """
    worth = np.asarray(proposals.worth)
    quarters, _, markets = worth.shape
    places = np.arange(markets)

    def promise(enters: Integers, options: Integers) -> NDArray[np.floating]:
        """Worth alone of each market of schedules, 0 where it is not entered."""
        dates, ways = enters[..., :markets], options[..., :markets]
        there = (dates >= 0) & (dates < quarters)
        found = worth[np.where(there, dates, 0), np.where(there, ways, 0), places]
        return np.where(there & np.isfinite(found), found, 0.0)

    def best(gain: NDArray[np.floating]) -> list[list[int]]:
        order = np.argsort(-gain, axis=None, kind="stable")[:POOL]
        order = order[np.isfinite(gain.flat[order])]
        return np.stack(np.unravel_index(order, gain.shape), axis=1).tolist()

    own = promise(enter, option)
    rows = np.flatnonzero((enter[:markets] >= 0) & (enter[:markets] < quarters))
    singles = [
        (_with(enter, row, date), _with(option, row, way), row)
        for date, way, row in best(worth - own)
    ]
    changed = list(singles)
    instead = worth[enter[rows]] - own[rows, None, None]  # axes (entry, way, market)
    instead[:, :, rows] = -np.inf
    for k, way, new in best(instead):
        gone = _with(enter, int(rows[k]), NEVER)
        changed.append((_with(gone, new, int(enter[rows[k]])), _with(option, new, way), new))
    for row, other in combinations(rows.tolist(), 2):
        swapped = _with(_with(enter, row, int(enter[other])), other, int(enter[row]))
        changed.append((swapped, option, row))
    if told is not None:
        changed += _paid_for(told, promise, enter, option, singles)
    if not changed:
        return []
    enters, options = _keep(tried.valuer.setting, changed)
    keys = tried.keys(enters, options)
    untried = {key: k for k, key in enumerate(keys) if key not in tried.fitness}
    likely = np.array(list(untried.values()), dtype=int)
    enters, options = enters[likely], options[likely]
    hope = promise(enters, options).sum(axis=1)
    if told is not None:
        hope -= told.penalties(enters, options)
    order = likely[np.argsort(-hope, kind="stable")].tolist()
    return _thin([changed[k] for k in order], EACH)[:most]


def _paid_for(
    told: Foretold,
    promise: Callable[[Integers, Integers], NDArray[np.floating]],
    enter: Integers,
    option: Integers,
    singles: list[Change],
) -> list[Change]:
    """The best entries for which cash would not last, each with another one dropped or moved."""
    _, quarters, markets = told.change.shape
    rows = np.flatnonzero((enter[:markets] >= 0) & (enter[:markets] < quarters))
    some = [change for change in _thin(singles, WAYS) if enter[change[2]] >= quarters][:DEAR]
    if not some or not rows.size:
        return []
    when, how = (np.stack([change[part] for change in some]) for part in (0, 1))
    dear = np.flatnonzero(told.penalties(when, how) > 0.0)
    dates = [(row, date) for row in rows.tolist() for date in _elsewhere(enter[row], quarters)]
    pairs = [(k, row, date) for k in dear.tolist() for row, date in dates]
    if not pairs:
        return []
    which, row, date = np.array(pairs).T
    enters, options = when[which], how[which]
    enters[np.arange(which.size), row] = date
    hope = promise(enters, options).sum(axis=1) - told.penalties(enters, options)
    best = np.argsort(-hope, kind="stable")[:PAIRS].tolist()
    return [(enters[k], options[k], some[which[k]][2]) for k in best]


def _elsewhere(date: int, quarters: int) -> list[int]:
    """Never, and dates before and after `date` within the horizon."""
    moved = (date + shift for shift in (-8, -4, -2, 2, 4, 8))
    return [NEVER, *(when for when in moved if 0 <= when < quarters)]


def _thin(changes: list[Change], each: int) -> list[Change]:
    """The first `each` changes of every market that leads some."""
    of_row: Counter[int] = Counter()
    kept = []
    for change in changes:
        of_row[change[2]] += 1
        if of_row[change[2]] <= each:
            kept.append(change)
    return kept


def _beside(
    valuer: Valuer, enter: Integers, changed: list[Change], scores: NDArray[np.floating]
) -> list[Change]:
    """What was added to a schedule, at the dates beside the best of those that were tried."""
    quarters = valuer.setting.problem.teams.shape[0]
    added: dict[int, Change] = {}
    for k in np.argsort(-scores, kind="stable").tolist():
        row = changed[k][2]
        if row != NOBODY and enter[row] >= quarters:
            added.setdefault(row, changed[k])
    return [
        (_with(when, row, int(when[row]) + shift), how, row)
        for row, (when, how, _) in added.items()
        for shift in (-2, -1, 1, 2)
        if 0 <= when[row] + shift < quarters
    ]


def _merge(base: tuple[Integers, Integers], one: Change, other: Change) -> Change:
    """A change of `base`, and what another one changes of it; the leader, if both have the same."""
    when, how = (
        np.where(new != old, new, so_far)
        for old, so_far, new in zip(base, one[:2], other[:2], strict=True)
    )
    return when, how, one[2] if one[2] == other[2] else NOBODY


def _pairs(
    enter: Integers,
    option: Integers,
    changed: list[Change],
    scores: NDArray[np.floating],
    most: int,
) -> list[Change]:
    """Pairs of the single changes of a schedule, none of which helps alone; at most so many.

    An entry at another date and in another way; then all other pairs, those first of which the
    parts cost least.
    """
    base = enter, option
    here = np.array([np.concatenate(change[:2]) != np.concatenate(base) for change in changed])
    leader = np.array([change[2] for change in changed])
    one, two = np.triu_indices(len(changed), 1)
    apart = ~(here.astype(np.float32) @ here.T > 0)[one, two]
    one, two = one[apart], two[apart]
    order = np.argsort(-(scores[one] + scores[two]), kind="stable")
    one, two = one[order], two[order]
    same = (leader[one] == leader[two]) & (leader[one] != NOBODY)
    # Who is dropped is dropped in any way.
    stays = np.array([row == NOBODY or when[row] < NEVER for when, _, row in changed])
    again = same & stays[one] & stays[two]

    def made(chosen: NDArray[np.bool_]) -> list[Change]:
        both = zip(one[chosen][:most].tolist(), two[chosen][:most].tolist(), strict=True)
        return [_merge(base, changed[a], changed[b]) for a, b in both]

    return (made(again) + made(~same))[:most]


def _try(
    tried: Tried, changed: list[Change], most: int
) -> tuple[Integers, Integers, NDArray[np.float64], int, bool]:
    """Schedules with their leaders, made to keep the limits, and as `Tried.value` values them."""
    enters, options = _keep(tried.valuer.setting, changed)
    return enters, options, *tried.value(enters, options, most)


def _keep(setting: Setting, changed: list[Change]) -> tuple[Integers, Integers]:
    return keep_limits(
        setting,
        np.stack([e for e, _, _ in changed]),
        np.stack([o for _, o, _ in changed]),
        leaders=np.array([row for _, _, row in changed]),
    )


def _changes(
    valuer: Valuer, proposals: Proposals, enter: Integers, option: Integers, left: int
) -> list[Change]:
    """All single changes of a schedule.

    One entry is moved by up to four quarters, dropped, or made in another way; one of the markets
    that promise most is added, at a few dates, or at every one where `left` evaluations are plenty;
    a measure is begun, at any date; a gate is used, with a market entered behind it.
    """
    quarters = valuer.setting.problem.teams.shape[0]
    ways = np.asarray(valuer.setting.limits.first)
    markets, gates = len(valuer.packed.markets), enter.size - len(valuer.packed.gates)
    changed: list[Change] = []
    for row in np.flatnonzero((enter >= 0) & (enter < quarters)).tolist():
        for shift in (-4, -3, -2, -1, 1, 2, 3, 4) if row < gates else ():
            date = int(enter[row]) + shift
            if 0 <= date < quarters:
                changed.append((_with(enter, row, date), option, row))
        changed.append((_with(enter, row, NEVER), option, row))
        for way in np.flatnonzero(ways[row] < NEVER).tolist():
            if way != option[row]:
                changed.append((enter, _with(option, row, way), row))
    promise = np.where(enter[:markets] >= quarters, np.asarray(proposals.row)[:markets], -np.inf)
    step = 1 if SPARE * PROMISING * quarters <= left else DATES
    for row in np.argsort(-promise, kind="stable")[:PROMISING].tolist():
        for date in range(1, quarters, step) if np.isfinite(promise[row]) else ():
            way = int(np.asarray(proposals.way[date, :, row]).argmax())
            changed.append((_with(enter, row, date), _with(option, row, way), row))
    changed += [(when, how, NOBODY) for when, how in put_behind_gates(valuer, enter, option)]
    for row in range(markets, gates):
        for way in np.flatnonzero(ways[row] < NEVER).tolist():
            for date in range(0 if enter[row] >= quarters else quarters, quarters, 2):
                changed.append((_with(enter, row, date), _with(option, row, way), row))
    return changed


def put_behind_gates(
    valuer: Valuer, enter: Integers, option: Integers, *, every: bool = False
) -> list[tuple[Integers, Integers]]:
    """Schedules that differ by a gate and a market behind it, entered as soon as it may be.

    A gate that is used keeps its choice; of one that is not, the middle one is tried, or `every`
    one, also without a further market. Its pilot comes in as early as it can where it is missing.
    """
    packed, quarters = valuer.packed, valuer.setting.problem.teams.shape[0]
    first, problem = np.asarray(valuer.setting.limits.first), packed.problem
    changed: list[tuple[Integers, Integers]] = []
    for k in range(len(packed.gates)):
        assert problem.gates is not None
        row = enter.size - len(packed.gates) + k
        open_to = np.flatnonzero(first[row] < NEVER).tolist()
        pilots = np.flatnonzero(problem.gates.pilot[k]).tolist()
        if not open_to or not pilots:
            continue
        used, pilot = enter[row] < quarters, pilots[0]
        choices = open_to if every else open_to[len(open_to) // 2 :][:1]
        for choice in [int(option[row])] if used else choices:
            when, how = _with(enter, row, 0), _with(option, row, choice)
            began = int(problem.entered[pilot])
            if began == NEVER:
                if when[pilot] >= quarters:
                    how[pilot] = first[pilot].argmin()
                    when[pilot] = first[pilot].min()
                began = int(when[pilot])
            decision = max(began, 0) + packed.gates[k][choice][0]
            if not used:
                changed.append((when, how))
            for market in np.flatnonzero(problem.gates.waits[k]).tolist():
                for way in np.flatnonzero(first[market] < NEVER).tolist():
                    date = decision + int(problem.options.preparation[market, way])
                    if date < quarters and (enter[market], option[market]) != (date, way):
                        changed.append((_with(when, market, date), _with(how, market, way)))
    return changed


def drop_idle_gates(valuer: Valuer, enter: Integers) -> Integers:
    """Dates without the gates for which no market of the schedule waits."""
    gates = valuer.packed.problem.gates
    if gates is None:
        return enter
    markets, quarters = len(valuer.packed.markets), valuer.setting.problem.teams.shape[0]
    waiting = gates.waits @ (enter[:markets] < quarters) > 0.0
    kept = enter.copy()
    kept[-waiting.size :] = np.where(waiting, kept[-waiting.size :], NEVER)
    return kept


def prune(other: Valuer, enter: Integers, option: Integers, step: Callable[[], None]) -> Integers:
    """Entry quarters without the entries that do not pay on `other` worlds than chose them.

    On the search's own worlds a long schedule picks up entries that are lucky there. The one whose
    loss costs least goes first, for as long as leaving one out makes the schedule better. `step` is
    called before each is looked for.
    """
    while True:
        step()
        tried, scores = _leave_one_out(other, enter, option)
        top = int(np.argmax(scores.fitness))
        if top == 0:
            return enter
        enter = tried[top]


def spare_cash(
    other: Valuer, enter: Integers, option: Integers, step: Callable[[], None]
) -> Integers:
    """Entry quarters without as many entries as it takes to keep the accepted ruin on `other`.

    The one goes first that spares most ruin for the J that it brings, of those without which all
    other limits are kept as well as with it. `step` is called before each is looked for.
    """
    while True:
        step()
        tried, scores = _leave_one_out(other, enter, option)
        spared, lost = scores.ruin[0] - scores.ruin[1:], scores.objective[0] - scores.objective[1:]
        kept = (scores.excess <= scores.excess[0] + 1e-6) & (scores.short <= scores.short[0])
        if scores.ruin[0] <= other.setting.limits.ruin or not kept[1:].any():
            return enter
        # Where none of them alone spares ruin, the one that brings least goes.
        worth = np.where(spared > 0.0, spared / np.maximum(lost, 1e-9), -np.maximum(lost, 0.0))
        enter = tried[1 + int(np.argmax(np.where(kept[1:], worth, -np.inf)))]


def _leave_one_out(
    other: Valuer, enter: Integers, option: Integers
) -> tuple[NDArray[np.int32], Score]:
    """Dates of a schedule as it is and without each of its entries, axis schedule, and scores."""
    quarters = other.setting.problem.teams.shape[0]
    rows = np.flatnonzero((enter >= 0) & (enter < quarters)).tolist()
    tried = np.stack([enter, *(_with(enter, row, NEVER) for row in rows)])
    return tried, other.scores(tried, np.broadcast_to(option, tried.shape))


def _with(values: Integers, row: int, value: int) -> Integers:
    changed = values.copy()
    changed[row] = value
    return changed
