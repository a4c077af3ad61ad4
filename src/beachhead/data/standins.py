"""What may stand in for a figure that is missing, and how to say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

FEWEST_PEERS = 3


class Kin(NamedTuple):
    """What makes markets similar for a stand-in."""

    subregion: str
    region: str
    income_class: str | None


def stand_in(
    iso3: str, known: Mapping[str, float], kin: Mapping[str, Kin]
) -> tuple[float, str] | None:
    """Median of similar markets: subregion and income class, region and class, region, world.

    Parameters
    ----------
    iso3 : str
        The market without a figure.
    known : mapping
        Newest visible figure of every market that has one.
    kin : mapping
        Kinship of every market.

    Returns
    -------
    (value, words) or None
        The median of the first group with at least three figures, and what it is.
    """
    me = kin[iso3]
    income = f" with {me.income_class} income"
    groups: list[tuple[str, Callable[[Kin], bool]]] = [
        (f"of region {me.region}", lambda other: other.region == me.region),
        ("of the world", lambda other: True),
    ]
    if me.income_class is not None:
        alike = me.income_class
        groups = [
            (
                f"of {me.subregion}{income}",
                lambda other: other.subregion == me.subregion and other.income_class == alike,
            ),
            (
                f"of region {me.region}{income}",
                lambda other: other.region == me.region and other.income_class == alike,
            ),
            *groups,
        ]
    for words, belongs in groups:
        values = [value for other, value in known.items() if other != iso3 and belongs(kin[other])]
        if len(values) >= FEWEST_PEERS:
            return median(values), f"median of {len(values)} markets {words}"
    return None
