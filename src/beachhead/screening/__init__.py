"""Which markets are worth a closer look: criteria on fixed anchors -> ranking."""

from beachhead.screening.criteria import CRITERIA, Criterion
from beachhead.screening.screen import FIRST, LEAST_COVERAGE, METHODS, Ranking, complete, screen
from beachhead.screening.settings import Settings, check_screening, read_settings, weigh

__all__ = [
    "CRITERIA",
    "FIRST",
    "LEAST_COVERAGE",
    "METHODS",
    "Criterion",
    "Ranking",
    "Settings",
    "check_screening",
    "complete",
    "read_settings",
    "screen",
    "weigh",
]
