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
from beachhead.simulation.correlation import (
    COMMON,
    draw_score,
    market_scores,
    own_scores,
    stream,
)
from beachhead.simulation.learned import Learned
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
    learned : Learned or None
        What records have taught of their scores; None before calibration.
    """

    parameters: dict[str, Parameter]
    overridden: tuple[str, ...] = ()
    outlook: Outlook | None = None
    learned: Learned | None = None

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
        """The same with every parameter at its default, or at the median of what was learned.

        And the middle of the outlook.
        """
        known = {} if self.learned is None else self.learned.priors
        parameters = {
            name: parameter if name in known else replace(parameter, prior=Sure())
            for name, parameter in self.parameters.items()
        }
        return replace(
            self,
            parameters=parameters,
            outlook=None if self.outlook is None else self.outlook.certain(),
            learned=None if self.learned is None else self.learned.middle(),
        )

    def at(self, name: str, score: float) -> tuple[Beliefs, float]:
        """The same, certain of one parameter at a standard normal score of it, and its value there.

        One with a value in each market: where what all markets have in common is at that score,
        and nothing else that was not learned. All of them at the end of their own prior at once is
        what no world brings. Of one that was learned it is the posterior's point that is meant.
        """
        from scipy.special import ndtr

        parameter = self.parameters[name]
        part, label = (1.0, (name,)) if parameter.level == "world" else (
            np.sqrt(COMMON), (name, "common")
        )  # fmt: skip
        learned = self.learned
        known = learned is not None and label in learned.draws
        if learned is not None and known:
            score = float(np.quantile(learned.draws[label], ndtr(score)))
        value = parameter.prior.values(parameter.default, np.array([part * score]))[0]
        value = float(np.clip(value, *parameter.bounds))
        if learned is not None and known:
            return replace(self, learned=learned.middle().holding(label, score)), value
        sure = replace(parameter, default=value, prior=Sure())
        return replace(self, parameters={**self.parameters, name: sure}), value

    def score(self, seed: int, worlds: int, *labels: str) -> NDArray[np.float64]:
        """Standard normal score of a parameter, or of a part of it, axis world.

        `labels` as those of `Learned`. A world takes all that was learned from one draw of the
        posterior, so that what is known together stays together.
        """
        if self.learned is not None and labels[0] in self.learned.priors:
            if (draws := self.learned.draws.get(labels)) is not None:
                return draws[stream(seed, "learned").integers(draws.size, size=worlds)]
            if self.learned.sure:
                return np.zeros(worlds)
        return draw_score(seed, worlds, *labels)

    def draw(
        self, seed: int, worlds: int, markets: Sequence[str], regions: Sequence[str]
    ) -> dict[str, NDArray[np.float64]]:
        """Values in `worlds` worlds: axis world, or (world, market) for those of markets.

        `regions` are those of `markets`. A draw depends on seed, parameter, world and market
        alone: more worlds or other markets leave the rest as they are.
        """
        places = markets, regions
        return {name: self.draw_one(name, seed, worlds, *places) for name in self.parameters}

    def draw_one(
        self, name: str, seed: int, worlds: int, markets: Sequence[str], regions: Sequence[str]
    ) -> NDArray[np.float64]:
        """What `draw` gives for one parameter."""
        parameter = self.parameters[name]
        scores = self._scores(seed, parameter, worlds, markets, regions)
        return np.clip(parameter.prior.values(parameter.default, scores), *parameter.bounds)

    def _scores(
        self,
        seed: int,
        parameter: Parameter,
        worlds: int,
        markets: Sequence[str],
        regions: Sequence[str],
    ) -> NDArray[np.float64]:
        """Standard normal scores, axis world or (world, market)."""
        name = parameter.name
        if parameter.level == "world":
            return self.score(seed, worlds, name)
        if isinstance(parameter.prior, Sure):
            return own_scores(seed, name, worlds, markets)
        return market_scores(seed, name, worlds, markets, regions, self.score)
