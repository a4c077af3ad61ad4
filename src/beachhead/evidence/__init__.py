"""What real firms did, and what was planned or forecast, held against what happened.

`forecasts` loads NumPyro, and stands by itself.
"""

from beachhead.evidence.drafting import Drafted, draft, keep_sourced, narrow, strip
from beachhead.evidence.entries import History, Move, read_histories
from beachhead.evidence.facts import Fact, read_facts
from beachhead.evidence.model import Model, fit, load, save
from beachhead.evidence.ranking import Outlook, rank
from beachhead.evidence.scoring import Score, score
from beachhead.evidence.truth import choose

__all__ = [
    "Drafted",
    "Fact",
    "History",
    "Model",
    "Move",
    "Outlook",
    "Score",
    "choose",
    "draft",
    "fit",
    "keep_sourced",
    "load",
    "narrow",
    "rank",
    "read_facts",
    "read_histories",
    "save",
    "score",
    "strip",
]
