"""E4 Knowledge: what experience elsewhere is worth in a market that the firm does not know.

Experience carries over to markets of the same neighbourhood, language, income class or kind of
institutions. Each market that the firm knows teaches a part phi of what there is to learn from
that likeness; two that teach the same overlap. Knowledge makes entry cheaper (E5), running costs
of distance lower (E9) and failure rarer (E8).

    K^r_i = 1 - exp(-w sum over other markets j in group r of X_j),   w = -ln(1 - phi)
    K^g_i = mean of K^r_i over the groups r of kind g to which market i belongs
    saving_i = sum_g kap_g K^g_i;    familiarity_i = saving_i / sum_g kap_g

Neutral value: all kap = 0.
Assumes: a market of two languages teaches both, and to know one of them is half of what there is
to know there; a firm's home teaches nothing here, since likeness to home is in the distance.
Source: Morales, Sheu and Zahler (2019): one earlier market alike in geography, language and income
cuts the entry cost by 69 to 90 %, geography alone by 25 to 38 %, language alone by 29 to 36 %.
Defever, Heid and Larch (2015) find little for language and income, hence the mass at zero.
Proof: tests/reference/test_extended_gravity.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import Uniform, WithZero, mechanism, parameter

KINDS = ("neighbourhood", "language", "income", "institutions")

_PHI = "derived so that one mature prior market brings the cut that Morales, Sheu and Zahler found"


class Likeness(NamedTuple):
    """Which markets are alike, axes (market, group), all kinds side by side.

    `teaches`: 1 where the market belongs to the group. `learns`: the same divided by the number of
    the market's groups of that kind. `kind`: number of the group's kind in `KINDS`, axis group.
    """

    teaches: Any
    learns: Any
    kind: Any


@mechanism("knowledge")
class Knowledge:
    """Parameters of E4."""

    phi: Array = parameter(
        "part of what a likeness can teach that one well-known market teaches",
        unit="share", default=0.95, neutral=0.0, bounds=(0.0, 0.999999), prior=Uniform(0.92, 0.98),
        tag="D", source=_PHI,
    )  # fmt: skip
    neighbourhood: Array = parameter(
        "cut of the entry cost by full knowledge of the neighbourhood",
        unit="share", default=0.315, neutral=0.0, bounds=(0.0, 1.0), prior=Uniform(0.25, 0.38),
        tag="O", source="Morales, Sheu and Zahler (2019)",
    )  # fmt: skip
    language: Array = parameter(
        "cut of the entry cost by full knowledge of the language",
        unit="share", default=0.195, neutral=0.0, bounds=(0.0, 1.0),
        prior=WithZero(0.4, Uniform(0.29, 0.36)), tag="O",
        source="Morales, Sheu and Zahler (2019): .325; none in Defever, Heid and Larch (2015)",
    )  # fmt: skip
    income: Array = parameter(
        "cut of the entry cost by full knowledge of markets of like income",
        unit="share", default=0.093, neutral=0.0, bounds=(0.0, 1.0),
        prior=WithZero(0.4, Uniform(0.13, 0.18)), tag="D",
        source="what Morales, Sheu and Zahler's joint figure leaves: .155; none in Defever et al.",
    )  # fmt: skip
    institutions: Array = parameter(
        "cut of the entry cost by full knowledge of like institutions",
        unit="share", default=0.025, neutral=0.0, bounds=(0.0, 1.0), prior=Uniform(0.0, 0.05),
        tag="J", source="Mitra and Golder (2002): near-market knowledge counts; size is judgement",
    )  # fmt: skip

    def weight(self) -> Array:
        """Exposure w = -ln(1 - phi) that one well-known market brings."""
        return -jnp.log1p(-self.phi)

    def by_group(self, likeness: Likeness) -> Array:
        """Cut kap of each group's kind, axis group."""
        return jnp.stack([getattr(self, kind) for kind in KINDS])[likeness.kind]

    def total(self) -> Array:
        """The largest cut: of a market about whose likes everything is known."""
        return self.neighbourhood + self.language + self.income + self.institutions


def knowledge(parameters: Knowledge, learned: Array, likeness: Likeness) -> tuple[Array, Array]:
    """What the firm knows of each market from the others.

    `learned` is the experience X of each market that may teach, axis market.

    Returns
    -------
    saving, familiarity : Array
        Cut of the entry cost, and the same as a share of the largest cut. Axis market.
    """
    weight, cuts = parameters.weight(), parameters.by_group(likeness)
    # exp(-w sum over others) = exp(-w sum over all) exp(w own): exponentials by group, not by pair.
    ignorant = jnp.exp(-weight * (learned @ likeness.teaches))
    left = (cuts * ignorant) @ likeness.learns.T * jnp.exp(weight * learned)
    # Rounding may leave a hair below zero where nobody teaches.
    saving = jnp.maximum(cuts @ likeness.learns.T - left, 0.0)
    total = parameters.total()
    return saving, saving / jnp.where(total > 0.0, total, 1.0)
