"""What firms in the place of a case's firm entered next, beside the order of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.atlas import see
from beachhead.evidence.choice import predict, update
from beachhead.evidence.covariates import TERMS, covariates
from beachhead.evidence.entries import History, Move
from beachhead.evidence.model import Model
from beachhead.evidence.rhythm import expect_next
from beachhead.evidence.waves import Wave, find_waves

TELLING = 0.15  # a term that moves the log odds less is not named


@dataclass(frozen=True)
class Reason:
    """What a term does to a market.

    Attributes
    ----------
    term, words : str
        The first with these words; `market` for what a market has beside its covariates.
    effect : float
        On the log odds of being next, against the mean of the candidates.
    """

    term: str
    words: str
    effect: float


@dataclass(frozen=True)
class Placed:
    """A candidate.

    Attributes
    ----------
    iso3, name : str
    rank : int
        By probability, from 1.
    probability : float
        Of being the next market entered; sums to one over the candidates.
    other_rank : int or None
        Place in the other order; None where it is not in it.
    reasons : tuple of Reason
        Terms that tell, the strongest first.
    """

    iso3: str
    name: str
    rank: int
    probability: float
    other_rank: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Outlook:
    """What firms like this one did next from where it stands.

    Attributes
    ----------
    firm, home : str
    as_of : date
    served : tuple of str
    markets : tuple of Placed
        By rank.
    unknown : tuple of str
        Candidates without the figures that are needed.
    expected : float or None
        Markets entered in a year by such a firm; None where the model does not say.
    """

    firm: str
    home: str
    as_of: date
    served: tuple[str, ...]
    markets: tuple[Placed, ...]
    unknown: tuple[str, ...]
    expected: float | None


def rank(case: Case, panel: Panel, model: Model, other: Sequence[str] = ()) -> Outlook:
    """Candidates of a case by how likely firms in its place were to enter them next.

    Parameters
    ----------
    case : Case
        Home, markets served with the years since when, candidates, day.
    panel : Panel
        Figures visible on that day.
    model : Model
    other : sequence of str
        Another order of candidates, first to last, to set beside it.

    Raises
    ------
    InputError
        If there is no candidate of which the needed figures are known, or the case's names are
        not.
    """
    case = case.resolve(panel)
    moves = tuple(
        Move(market.market, market.since.year, market.since.month, "entry")
        for market in sorted(case.firm.served, key=lambda market: (market.since, market.market))
    )
    history = History(case.firm.name, case.product.category, case.firm.home, moves)
    candidates = case.candidate_iso3(panel)
    wave = _stand(history, panel, case.as_of.year + 1, candidates)
    known = [wave.atlas.codes[k] for k in wave.risk]
    if not known:
        fix = "Widen markets.candidates, or take a later as_of."
        raise InputError(Problem("no candidate has the figures that are needed", "markets", fix))
    firm = update(model.population, find_waves([history], panel))
    p = predict(model.population, firm, wave)
    order = np.argsort(-p, kind="stable")
    beta = firm.weight @ firm.beta
    pull = model.population.pulls(wave)[0]
    x = np.column_stack([covariates(wave) * beta, pull])
    effects = x - x.mean(axis=0)
    place = {iso3: at for at, iso3 in enumerate(other, start=1)}
    return Outlook(
        case.firm.name, case.firm.home, case.as_of,
        tuple(move.iso3 for move in moves),
        tuple(
            Placed(known[k], panel.name(known[k]), at, float(p[k]), place.get(known[k]),
                   _reasons(effects[k]))
            for at, k in enumerate(order, start=1)
        ),
        tuple(iso3 for iso3 in candidates if iso3 not in known),
        _expect(model, history, case.as_of.year + 1),
    )  # fmt: skip


def _stand(history: History, panel: Panel, year: int, candidates: Sequence[str]) -> Wave:
    """Where the firm stands, with all that the panel shows."""
    atlas = see(panel)
    row = {iso3: k for k, iso3 in enumerate(atlas.codes)}
    present = history.present(year)
    risk = np.array([row[iso3] for iso3 in candidates if atlas.known[row[iso3]]], dtype=np.int64)
    return Wave(
        history.firm, year, row[history.home], atlas,
        np.array([row[iso3] for iso3 in present], dtype=np.int64),
        np.array(list(present.values()), dtype=np.int64),
        len(present), risk, np.zeros(len(risk), dtype=bool), False,
    )  # fmt: skip


def _reasons(effects: np.ndarray) -> tuple[Reason, ...]:
    """Effects by what they are about, a figure and its square as one."""
    summed: dict[str, tuple[str, float]] = {}
    pairs = [(term.key, term.words) for term in TERMS] + [("market", "its own pull")]
    for (key, words), effect in zip(pairs, effects, strict=True):
        first, total = summed.get(words, (key, 0.0))
        summed[words] = first, total + float(effect)
    found = [
        Reason(key, words, effect)
        for words, (key, effect) in summed.items()
        if abs(effect) >= TELLING
    ]
    return tuple(sorted(found, key=lambda reason: -abs(reason.effect)))


def _expect(model: Model, history: History, year: int) -> float | None:
    """Markets that such a firm enters in `year`, its own years so far taken into account."""
    return None if model.rhythm is None else expect_next(model.rhythm, history, year)
