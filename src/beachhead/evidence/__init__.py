"""What real firms did, and what was planned or forecast, held against what happened.

`forecasts` loads NumPyro, and stands by itself.
"""

from beachhead.evidence.entries import History, Move, read_histories
from beachhead.evidence.model import Model, fit, load, save
from beachhead.evidence.ranking import Outlook, rank
from beachhead.evidence.scoring import Score, score

__all__ = [
    "History",
    "Model",
    "Move",
    "Outlook",
    "Score",
    "fit",
    "load",
    "rank",
    "read_histories",
    "save",
    "score",
]
