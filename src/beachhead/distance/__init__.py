"""How far apart markets are: one distance per file, and their composite on fixed scales."""

from beachhead.distance.administration import administration
from beachhead.distance.composite import SCALES, WEIGHTS, composite
from beachhead.distance.geography import geography
from beachhead.distance.income import income
from beachhead.distance.institutions import institutions
from beachhead.distance.language import language

__all__ = [
    "SCALES",
    "WEIGHTS",
    "administration",
    "composite",
    "geography",
    "income",
    "institutions",
    "language",
]
