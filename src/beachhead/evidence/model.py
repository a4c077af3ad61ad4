"""A fitted model of what firms enter next, and its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from beachhead._version import __version__
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.choice import Population, learn
from beachhead.evidence.covariates import TERMS
from beachhead.evidence.entries import History, digest
from beachhead.evidence.rhythm import Rhythm, count_years, fit_rhythm, to_data
from beachhead.evidence.waves import find_waves
from beachhead.files import read_bytes, write_atomic

FORMAT = "beachhead precedents 1"
CHAINS, WARMUP, DRAWS = 4, 500, 500


@dataclass(frozen=True, eq=False)
class Model:
    """What firms enter next, as learned from precedents.

    Attributes
    ----------
    population : Population
    rhythm : Rhythm or None
        None where no firm's list is full.
    made : dict
        `version`, `firms` (their names: whoever is scored by the model should not be among
        them), `waves`, `entries`, `inputs` (SHA-256 of histories and panel), `before` (the year
        from which on nothing was seen, or None) and `check` (of the sampler).
    """

    population: Population
    rhythm: Rhythm | None
    made: dict[str, Any]


def fit(
    histories: Sequence[History], panel: Panel, *, before: int | None = None, seed: int = 1
) -> Model:
    """Learn from the waves of several firms what is entered next, and how many markets a year.

    Parameters
    ----------
    histories : sequence of History
    panel : Panel
    before : int, optional
        Waves of this year and later are not seen.
    seed : int
        Of the sampler.

    Raises
    ------
    InputError
        If no wave is left to learn from.
    """
    waves = [w for w in find_waves(histories, panel) if before is None or w.year < before]
    if not waves:
        fix = "Give entries into markets that the panel knows."
        raise InputError(Problem("no wave of entries to learn from", "", fix))
    population, check = learn(waves, warmup=WARMUP, draws=DRAWS, chains=CHAINS, seed=seed)
    years = [firm.until(before) for firm in count_years(histories)]
    years = [firm for firm in years if len(firm.year)]
    made = {
        "version": __version__,
        "firms": list(dict.fromkeys(wave.firm for wave in waves)),
        "waves": len(waves),
        "entries": sum(wave.size for wave in waves),
        "inputs": {"histories": digest(histories), "panel": panel.digest},
        "before": before,
        "check": check,
    }
    return Model(population, fit_rhythm(years) if years else None, made)


def save(model: Model, path: Path) -> None:
    """Write a model as JSON; figures at five significant digits.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    population = model.population
    content = {
        "format": FORMAT,
        **model.made,
        "terms": [asdict(term) | {"measure": None} for term in TERMS],
        "mu": _short(population.mu),
        "tau": _short(population.tau),
        "sigma": float(f"{population.sigma:.5g}"),
        "markets": {
            iso3: [float(f"{pull:.3g}"), float(f"{doubt:.3g}")]
            for iso3, pull, doubt in zip(
                population.markets, population.pull, population.doubt, strict=True
            )
        },
        "rhythm": None if model.rhythm is None else to_data(model.rhythm),
    }
    for term in content["terms"]:
        del term["measure"]
    content["hash"] = _hash(content)
    write_atomic(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def load(path: Path | None = None) -> Model:
    """Read a model; the one that comes with the program without a path.

    Raises
    ------
    InputError
        If it is no model, was changed, or has other terms than this version.
    """
    source = files("beachhead.evidence") / "precedents.json" if path is None else path
    where = str(source)
    text = source.read_bytes() if path is None else read_bytes(path)
    fix = "Write it again: beachhead precedents fit."
    try:
        content = json.loads(text)
        known = content["format"] == FORMAT
        stored = content.pop("hash")
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(Problem("not a model of precedents", where, fix)) from error
    if not known:
        raise InputError(Problem(f"its format is {content['format']!r}", where, fix))
    if stored != _hash(content):
        raise InputError(Problem("the model was changed after it was written", where, fix))
    if [(term["key"], term["center"], term["scale"]) for term in content["terms"]] != [
        (term.key, term.center, term.scale) for term in TERMS
    ]:
        raise InputError(Problem("the model has other terms than this version", where, fix))
    markets = content["markets"]
    pulls = np.array(list(markets.values()), dtype=float)
    population = Population(
        np.array(content["mu"]), np.array(content["tau"]), tuple(markets),
        pulls[:, 0], pulls[:, 1], content["sigma"],
    )  # fmt: skip
    rhythm = None if content["rhythm"] is None else Rhythm(**content["rhythm"])
    made = {key: content[key] for key in
            ("version", "firms", "waves", "entries", "inputs", "before", "check")}  # fmt: skip
    return Model(population, rhythm, made)


def _short(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.4g}") for value in row] for row in values]


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
