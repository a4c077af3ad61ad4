"""Priors, written as quantile functions.

A prior maps a standard normal score to a value of the parameter. Worlds draw correlated scores
(a common factor, one per region, one per market) and every prior turns them into values: so any
shape of prior can share the one correlation structure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, override

import numpy as np
from numpy.typing import NDArray


class Prior(Protocol):
    """A belief about one parameter."""

    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value of the parameter at standard normal `score` (any shape), given its `default`."""
        ...


def _probability(score: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(score), dtype=np.float64)


@dataclass(frozen=True)
class Sure(Prior):
    """No spread: the default in every world."""

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full_like(score, default)

    def __str__(self) -> str:
        return "fixed"


@dataclass(frozen=True)
class Normal(Prior):
    """Normal about the default with standard deviation `sd`."""

    sd: float

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        return default + self.sd * score

    def __str__(self) -> str:
        return f"Normal(default, sd {self.sd:g})"


@dataclass(frozen=True)
class LogNormal(Prior):
    """Log-normal with the default as its median and `sd` the standard deviation of the log."""

    sd: float

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        return default * np.exp(self.sd * score)

    def __str__(self) -> str:
        return f"LogNormal(median default, log sd {self.sd:g})"


@dataclass(frozen=True)
class HalfNormal(Prior):
    """Half-normal scaled so that its median is the default (its mode is zero)."""

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.special import ndtri

        return default * np.asarray(ndtri(0.5 + 0.5 * _probability(score))) / 0.6744897501960817

    def __str__(self) -> str:
        return "HalfNormal(median default)"


@dataclass(frozen=True)
class Uniform(Prior):
    """Uniform between `low` and `high`, whatever the default."""

    low: float
    high: float

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.low + (self.high - self.low) * _probability(score)

    def __str__(self) -> str:
        return f"Uniform({self.low:g}, {self.high:g})"


@dataclass(frozen=True)
class Beta(Prior):
    """Beta with the default as its mean and `weight` observations' worth of certainty."""

    weight: float

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.special import betaincinv

        if not 0.0 < default < 1.0:
            return np.full_like(score, default)
        a, b = default * self.weight, (1.0 - default) * self.weight
        return np.asarray(betaincinv(a, b, _probability(score)), dtype=np.float64)

    def __str__(self) -> str:
        return f"Beta(mean default, weight {self.weight:g})"


@dataclass(frozen=True)
class WithZero(Prior):
    """Zero with probability `zero`, else `other`: for effects that some studies do not find."""

    zero: float
    other: Prior

    @override
    def values(self, default: float, score: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.special import ndtri

        probability = _probability(score)
        rest = np.clip((probability - self.zero) / (1.0 - self.zero), 1e-12, 1.0 - 1e-12)
        values = self.other.values(default, np.asarray(ndtri(rest), dtype=np.float64))
        return np.where(probability < self.zero, 0.0, values)

    def __str__(self) -> str:
        return f"0 with probability {self.zero:g}, else {self.other}"
