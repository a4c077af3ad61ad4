"""What records have taught: joint draws of the scores behind the parameters, and their file.

Every prior maps a standard normal score to a value, and a parameter of the markets has one score
that all markets have in common, one for each region and one for each market. What is learned is
learned of these: so a market that the records never saw still moves with the ones that they did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.quantities import Parameter

GROUP = "posterior"  # as ArviZ names it
AGAIN = "Calibrate again: beachhead calibrate CASE --history FILE."

type Verdict = Literal["PASS", "REVIEW", "FAIL"]
type Label = tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """One line of the check of a calibration.

    `key`: what was looked at; `market`: ISO3 code, empty where it is of all.
    """

    verdict: Verdict
    key: str
    market: str
    text: str


@dataclass(frozen=True, eq=False)
class Learned:
    """Draws from a posterior.

    Attributes
    ----------
    labels : tuple of tuple of str
        What each score is of: the parameter, for those of markets followed by `common`, `region`
        and its name, or `market` and its code.
    scores : array
        Standard normal under the prior; axes (chain, draw, label), single precision.
    priors : dict of str to str
        What was believed of the parameters when they were learned, as `say_prior` says it: a score
        means nothing beside another prior.
    regions : dict of str to str
        Region of every market with figures.
    home, category, case, since, until, version : str
        Whose records they were: home and category, name of the case, first and last quarter.
    seed, divergences : int
        Of the sampler.
    records : str
        SHA-256 of the records that were looked at.
    findings : tuple of Finding
        What the checks said.
    sure : bool
        Whether scores of which nothing was learned are at their middle.
    """

    labels: tuple[Label, ...]
    scores: NDArray[np.float32]
    priors: dict[str, str]
    regions: dict[str, str]
    home: str
    category: str
    case: str
    since: str
    until: str
    version: str
    seed: int
    divergences: int
    records: str
    findings: tuple[Finding, ...] = ()
    sure: bool = field(default=False)

    @cached_property
    def draws(self) -> dict[Label, NDArray[np.float64]]:
        """Scores by label, axis draw of all chains."""
        flat = self.scores.reshape(-1, len(self.labels)).astype(np.float64)
        return {label: flat[:, k] for k, label in enumerate(self.labels)}

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings."""
        found = {finding.verdict for finding in self.findings}
        order: tuple[Verdict, ...] = ("FAIL", "REVIEW")
        return next((verdict for verdict in order if verdict in found), "PASS")

    def middle(self) -> Learned:
        """Certain of the median of every score, and of 0 where nothing was learned."""
        median = np.median(self.scores, axis=(0, 1), keepdims=True)
        return replace(self, scores=median.astype(np.float32), sure=True)

    def holding(self, label: Label, score: float) -> Learned:
        """The same with one score at this value in every draw."""
        scores = self.scores.copy()
        scores[:, :, self.labels.index(label)] = score
        return replace(self, scores=scores)

    def check(self, case: Case, parameters: Mapping[str, Parameter], where: str) -> None:
        """Refuse to plan a case with what was learned for another.

        Raises
        ------
        InputError
            If home or category differ, the records go on after the case's date, or a parameter
            had another prior.
        """
        from beachhead.cases import quarters

        told = (self.home, self.category), (case.firm.home, case.product.category)
        problems = []
        if told[0] != told[1]:
            words = (" ".join(pair) for pair in told)
            what = "they are of {}, the case is of {}".format(*words)
            problems.append(Problem(what, where, AGAIN))
        if quarters.parse(self.until) >= quarters.first_from(case.as_of):
            what = f"they know records of {self.until}, which is after the case's date {case.as_of}"
            problems.append(Problem(what, where, AGAIN))
        for name, believed in self.priors.items():
            now = parameters.get(name)
            if now is None or (say_prior(now) != believed and str(now.prior) != "fixed"):
                what = f"{name} was learned about {believed}"
                what += "" if now is None else f", the case has {say_prior(now)}"
                problems.append(Problem(what, where, AGAIN))
        if problems:
            raise InputError(*problems)

    def write(self, path: Path) -> None:
        """Write a NetCDF file, the same bytes for the same content."""
        import xarray as xr

        from beachhead.files import write_atomic

        told = {
            "case": self.case, "home": self.home, "category": self.category, "since": self.since,
            "until": self.until, "version": self.version, "seed": self.seed,
            "divergences": self.divergences, "records": self.records,
            "priors": json.dumps(self.priors), "regions": json.dumps(self.regions),
            "findings": json.dumps([asdict(finding) for finding in self.findings]),
        }  # fmt: skip
        data = xr.Dataset(
            {"score": (("chain", "draw", "label"), self.scores)},
            coords={"label": ["|".join(label) for label in self.labels]},
            attrs=told,
        )
        write_atomic(path, lambda file: data.to_netcdf(file, group=GROUP, engine="h5netcdf"))


def say_prior(parameter: Parameter) -> str:
    """A prior in words, with its default."""
    return f"{parameter.default:.9g}, {parameter.prior}"


def read_learned(path: Path) -> Learned:
    """Read what `Learned.write` wrote.

    Raises
    ------
    InputError
        If there is no such file, or it is of something else.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, group=GROUP, engine="h5netcdf") as data:
            told = dict(data.attrs)
            return Learned(
                labels=tuple(tuple(str(label).split("|")) for label in data["label"].values),
                scores=np.asarray(data["score"].values, dtype=np.float32),
                priors=json.loads(told["priors"]),
                regions=json.loads(told["regions"]),
                seed=int(told["seed"]),
                divergences=int(told["divergences"]),
                findings=tuple(Finding(**one) for one in json.loads(told["findings"])),
                home=str(told["home"]),
                category=str(told["category"]),
                case=str(told["case"]),
                since=str(told["since"]),
                until=str(told["until"]),
                version=str(told["version"]),
                records=str(told["records"]),
            )
    except FileNotFoundError as error:
        raise InputError(Problem("no such file", str(path), AGAIN)) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(Problem(f"no beliefs: {error}", str(path), AGAIN)) from error
