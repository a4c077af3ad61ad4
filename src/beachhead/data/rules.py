"""Rules of markets that bear on an entry: what they ask, since when, and when that was published.

They stand in `rules.csv`. A rule that changes has a row for each version, all of one name: of those
that were published by a date, the last one holds. What a rule asks and when is a fact with a
source; how many quarters an approval takes and what compliance costs is judgement.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

MODES = ("online", "distributor", "joint_venture", "subsidiary")


@dataclass(frozen=True)
class Rule:
    """A condition that a market puts on those who come from abroad.

    Attributes
    ----------
    name, market : str
        Short name; ISO3 code.
    categories : tuple of str
        Categories of products that it is about; all if empty.
    known : date
        Day on which it was published.
    start, until : date or None
        First day on which it holds, and first day on which it no longer does; None if open.
    modes : tuple of str
        Modes of entry that it concerns.
    forbidden : bool
        Whether those modes may not be used at all.
    localisation : float
        Least localisation that it asks for, 0 to 1.
    approval : int
        Quarters of approval beside the mode's preparation.
    opening : float
        Entry cost with it over that without.
    unit_cost : float
        What keeping it adds to the unit cost, a share.
    words, source : str
        What it says, and where that was read.
    evidence, judged : str
        Tags of what it asks, and of quarters and costs.
    """

    name: str
    market: str
    categories: tuple[str, ...]
    known: date
    start: date | None
    until: date | None
    modes: tuple[str, ...]
    forbidden: bool
    localisation: float
    approval: int
    opening: float
    unit_cost: float
    words: str
    source: str
    evidence: str
    judged: str

    @property
    def asks(self) -> bool:
        """Whether it changes anything for anybody."""
        easy = (False, 0.0, 0, 1.0, 0.0)
        return easy != (
            self.forbidden, self.localisation, self.approval, self.opening, self.unit_cost,
        )  # fmt: skip

    def covers(self, category: str) -> bool:
        """Whether it is about products of this category."""
        return not self.categories or category in self.categories


@cache
def read_rules() -> tuple[Rule, ...]:
    """All versions of all rules that come with the package, whenever they were published."""
    text = files("beachhead.data").joinpath("rules.csv").read_text("utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


def load_rules(as_of: date) -> tuple[Rule, ...]:
    """The rules as they were known on a day: of each the last version published by then."""
    newest: dict[str, Rule] = {}
    for rule in sorted(read_rules(), key=lambda rule: rule.known):
        if rule.known <= as_of:
            newest[rule.name] = rule
    return tuple(newest[name] for name in sorted(newest))


def _read(row: dict[str, str]) -> Rule:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return Rule(
        name=row["name"],
        market=row["market"],
        categories=tuple(row["categories"].split(";")) if row["categories"] else (),
        known=date.fromisoformat(row["known"]),
        start=day(row["from"]),
        until=day(row["until"]),
        modes=tuple(row["modes"].split(";")) if row["modes"] else MODES,
        forbidden=row["forbidden"] == "yes",
        localisation=float(row["localisation"] or 0.0),
        approval=int(row["approval"] or 0),
        opening=float(row["opening"] or 1.0),
        unit_cost=float(row["unit_cost"] or 0.0),
        words=row["words"],
        source=row["source"],
        evidence=row["evidence"],
        judged=row["judged"],
    )
