"""What real firms did and what was forecast, held against what happened."""

from beachhead.evidence.entries import History, Move, read_histories
from beachhead.evidence.forecasts import ORIGINS, Scores, mean_errors, score_forecasts
from beachhead.evidence.model import Model, fit, load, save
from beachhead.evidence.ranking import Outlook, rank
from beachhead.evidence.scoring import Score, score

__all__ = [
    "ORIGINS",
    "History",
    "Model",
    "Move",
    "Outlook",
    "Score",
    "Scores",
    "fit",
    "load",
    "mean_errors",
    "rank",
    "read_histories",
    "save",
    "score",
    "score_forecasts",
]
