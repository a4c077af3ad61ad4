"""Which markets are worth a closer look: criteria on fixed anchors -> ranking."""

from beachhead.screening.criteria import CRITERIA, Criterion
from beachhead.screening.screen import LEAST_COVERAGE, Ranking, check_weights, screen, weigh

__all__ = [
    "CRITERIA",
    "LEAST_COVERAGE",
    "Criterion",
    "Ranking",
    "check_weights",
    "screen",
    "weigh",
]
