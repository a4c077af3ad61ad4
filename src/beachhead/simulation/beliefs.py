"""Beliefs about the parameters, and the worlds that are drawn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.cases.check import check_cuts
from beachhead.cases.presets import load_preset
from beachhead.errors import InputError
from beachhead.mechanisms import table
from beachhead.quantities import Parameter, Sure

if TYPE_CHECKING:
    from beachhead.data import Panel

# Share of the variance of a market's draw that all markets have in common, and that markets of a
# region have in common besides. Without them one market would teach nothing about another.
# Judgement.
COMMON, REGIONAL = 0.3, 0.2


@dataclass(frozen=True)
class Beliefs:
    """What is believed of every parameter of the model, before or after calibration.

    Attributes
    ----------
    parameters : dict of str to Parameter
        By full name, with the default, prior and evidence that hold for the case.
    overridden : tuple of str
        Names that the case itself sets; they are certain.
    """

    parameters: dict[str, Parameter]
    overridden: tuple[str, ...] = ()

    @classmethod
    def from_prior(cls, case: Case, panel: Panel | None = None) -> Beliefs:
        """The table's defaults, the category preset's, and the case's, the later over the earlier.

        `panel` is taken for symmetry with calibration; priors do not depend on it.

        Raises
        ------
        InputError
            If knowledge could save more than the whole entry cost.
        """
        beliefs = table()
        for name, belief in load_preset(case.product.category).parameters.items():
            prior = beliefs[name].prior
            if belief.sd is not None:
                prior = type(prior)(belief.sd)  # type: ignore[call-arg]
            beliefs[name] = replace(
                beliefs[name], default=belief.value, prior=prior, tag=belief.tag,
                source=belief.source,
            )  # fmt: skip
        if problems := list(check_cuts(case)):
            raise InputError(
                *(replace(p, where=f"case {case.name!r}, {p.where}") for p in problems)
            )
        for name, value in case.parameters.items():
            beliefs[name] = replace(
                beliefs[name], default=value, prior=Sure(), tag="J", source="the case"
            )
        return cls(beliefs, tuple(sorted(case.parameters)))

    def certain(self) -> Beliefs:
        """The same with every parameter at its default."""
        return replace(
            self, parameters={n: replace(p, prior=Sure()) for n, p in self.parameters.items()}
        )

    def draw(
        self, seed: int, worlds: int, markets: Sequence[str], regions: Sequence[str]
    ) -> dict[str, NDArray[np.float64]]:
        """Values in `worlds` worlds: axis world, or (world, market) for those of markets.

        `regions` are those of `markets`. A draw depends on seed, parameter, world and market
        alone: more worlds or other markets leave the rest as they are.
        """
        return {
            name: np.clip(
                parameter.prior.values(
                    parameter.default, _scores(seed, parameter, worlds, markets, regions)
                ),
                *parameter.bounds,
            )
            for name, parameter in self.parameters.items()
        }


def common_score(seed: int, name: str, worlds: int) -> NDArray[np.float64]:
    """What the draws of a parameter have in common over all markets, a score, axis world."""
    return stream(seed, name, "common").standard_normal(worlds)


def stream(seed: int, *labels: str) -> np.random.Generator:
    """Random numbers that belong to these labels alone, whatever else is drawn, in any order."""
    digest = hashlib.blake2b("|".join((str(seed), *labels)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def _scores(
    seed: int, parameter: Parameter, worlds: int, markets: Sequence[str], regions: Sequence[str]
) -> NDArray[np.float64]:
    """Standard normal scores, axis world or (world, market)."""

    def score(*labels: str) -> NDArray[np.float64]:
        return stream(seed, parameter.name, *labels).standard_normal(worlds)

    if parameter.level == "world":
        return score()
    own = np.stack([score("market", market) for market in markets], axis=1)
    if isinstance(parameter.prior, Sure):
        return own
    region = {name: score("region", name) for name in sorted(set(regions))}
    shared = np.stack([region[name] for name in regions], axis=1)
    return (
        np.sqrt(COMMON) * common_score(seed, parameter.name, worlds)[:, None]
        + np.sqrt(REGIONAL) * shared
        + np.sqrt(1.0 - COMMON - REGIONAL) * own
    )
