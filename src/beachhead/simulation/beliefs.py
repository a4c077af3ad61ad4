"""Beliefs about the parameters, and the worlds that are drawn from them."""

from __future__ import annotations

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
from beachhead.simulation.correlation import market_scores, own_scores, stream
from beachhead.simulation.outlook import Outlook

if TYPE_CHECKING:
    from beachhead.data import Panel


@dataclass(frozen=True)
class Beliefs:
    """What is believed of every parameter of the model, before or after calibration.

    Attributes
    ----------
    parameters : dict of str to Parameter
        By full name, with the default, prior and evidence that hold for the case.
    overridden : tuple of str
        Names that the case itself sets; they are certain.
    outlook : Outlook, optional
        How many people will be online. Without it every market's gap closes at the usual pace.
    """

    parameters: dict[str, Parameter]
    overridden: tuple[str, ...] = ()
    outlook: Outlook | None = None

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
        """The same with every parameter at its default, and the middle of the outlook."""
        return replace(
            self,
            parameters={n: replace(p, prior=Sure()) for n, p in self.parameters.items()},
            outlook=None if self.outlook is None else self.outlook.certain(),
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


def _scores(
    seed: int, parameter: Parameter, worlds: int, markets: Sequence[str], regions: Sequence[str]
) -> NDArray[np.float64]:
    """Standard normal scores, axis world or (world, market)."""
    if parameter.level == "world":
        return stream(seed, parameter.name).standard_normal(worlds)
    if isinstance(parameter.prior, Sure):
        return own_scores(seed, parameter.name, worlds, markets)
    return market_scores(seed, parameter.name, worlds, markets, regions)
