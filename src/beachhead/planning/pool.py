"""Schedules of one case, wherever they were found, on common worlds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from beachhead.cases import Case, Schedule
from beachhead.data import Panel
from beachhead.planning.limits import most_launches
from beachhead.planning.many import Made
from beachhead.planning.targets import chances, room
from beachhead.planning.valuation import Account, Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import Packed, pack

Floats = NDArray[np.float64]
Rows = tuple[dict[str, str], ...]  # a schedule as the rows of its CSV file


@dataclass(frozen=True)
class Answer:
    """What all answers that take many plans say; `status`: 'partial' where Ctrl-C ended it."""

    case: str
    version: str
    seed: int
    effort: str
    status: str

    def to_json(self) -> str:
        """Text for other programs: the same bytes for the same answer."""
        return TypeAdapter(type(self)).dump_json(self, indent=2).decode() + "\n"


@dataclass(frozen=True)
class Pool:
    """Schedules of a resolved case, each once, the first of them staying at home.

    `found`: name of the plan that each was found as.
    """

    case: Case
    panel: Panel
    packed: Packed
    schedules: tuple[Schedule, ...]
    found: tuple[str, ...]

    @classmethod
    def gather(cls, case: Case, panel: Panel, found: Iterable[tuple[str, Made | None]]) -> Pool:
        """Put the plans that were made, by name, into one pool."""
        case = case.resolve(panel)
        named = {Schedule(): "home"}
        for name, made in found:
            if made is not None and made.plan is not None:
                named.setdefault(made.plan.schedule, name)
        # Thresholds of gates are those that any of them uses.
        choices: list[set[tuple[int, float]]] = [set() for _ in case.gates]
        for schedule in named:
            for used in schedule.gates:
                choices[used.gate].add((used.wait, used.threshold))
        packed = pack(case, panel).choosing([sorted(row) or [(0, 0.0)] for row in choices])
        return cls(case, panel, packed, tuple(named), tuple(named.values()))

    @property
    def busiest(self) -> NDArray[np.int64]:
        """Most entries in any four quarters, axis schedule."""
        return np.array(
            [
                most_launches((entry.quarter for entry in schedule.entries), self.case.quarters)
                for schedule in self.schedules
            ]
        )

    def holding(self, named: Mapping[Schedule, str]) -> Pool:
        """The same with these schedules, by name, staying at home before them."""
        named = {Schedule(): "home"} | {s: n for s, n in named.items() if s != Schedule()}
        return replace(self, schedules=tuple(named), found=tuple(named.values()))

    def prepare(self, beliefs: Beliefs, worlds: int, seed: int) -> Valuer:
        """On worlds of these beliefs, in double precision, which must be in force."""
        return Valuer.prepare(self.case, self.packed, beliefs, worlds, seed, jnp.float64, told=True)

    def value(
        self,
        beliefs: Beliefs,
        worlds: int,
        seed: int,
        also: Callable[[Valuer, NDArray[np.int32], NDArray[np.int32]], None] | None = None,
    ) -> list[Account]:
        """Account of each schedule on worlds of these beliefs, in double precision.

        `also` is called with the valuer and the date and option of each schedule, axis row.
        """
        accounts = []
        with jax.enable_x64(True):
            valuer = self.prepare(beliefs, worlds, seed)
            for schedule in self.schedules:
                enter, option = self.packed.encode(schedule)
                accounts.append(valuer.judge(enter, option))
                if also is not None:
                    also(valuer, enter, option)
        return accounts

    def keeps(self, accounts: Sequence[Account], capital: float | None = None) -> NDArray[np.bool_]:
        """Which schedules keep the limits of the case, by their accounts on fresh worlds.

        With as much room as the planner leaves there. `capital`: in place of the case's.
        """
        accepted, worlds = self.case.limits.ruin, accounts[0].values.size
        keeps = self.ruin(accounts, capital) <= accepted + room(accepted, worlds)
        keeps &= np.array([a.score.excess <= 1e-6 for a in accounts])
        if self.case.targets:
            asked = [target.probability or 0.0 for target in self.case.targets]
            least = np.array([p - room(p, worlds) for p in asked])
            met = np.stack([np.asarray(chances(jnp.asarray(a.reached))) for a in accounts])
            keeps &= (met >= least).all(axis=1)
        return keeps

    def ruin(self, accounts: Sequence[Account], capital: float | None = None) -> Floats:
        """Share of worlds in which cash falls below the floor, axis schedule."""
        limits = self.case.limits
        more = 0.0 if capital is None else capital - limits.capital
        return np.array([(a.low + more < limits.cash_floor).mean() for a in accounts])

    def list_rows(self, number: int) -> Rows:
        """A schedule as the rows of its CSV file."""
        text = self.schedules[number].to_csv(self.case, self.panel)
        return tuple(csv.DictReader(io.StringIO(text)))


def compare(values: Floats, others: Floats) -> tuple[float, float]:
    """Mean difference of values in the same worlds, and half its 95 % interval."""
    gain = values - others
    return float(gain.mean()), float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size))
