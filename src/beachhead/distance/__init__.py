"""How far apart markets are: one distance per file, and their composite on fixed scales."""

from beachhead.distance.administration import administration
from beachhead.distance.blocs import blocs
from beachhead.distance.composite import SCALES, WEIGHTS, choose_weights, composite
from beachhead.distance.culture import culture
from beachhead.distance.geography import geography
from beachhead.distance.income import income
from beachhead.distance.institutions import institutions
from beachhead.distance.language import language
from beachhead.distance.pair import Pair, Tie, describe_pair

__all__ = [
    "SCALES",
    "WEIGHTS",
    "Pair",
    "Tie",
    "administration",
    "blocs",
    "choose_weights",
    "composite",
    "culture",
    "describe_pair",
    "geography",
    "income",
    "institutions",
    "language",
]
