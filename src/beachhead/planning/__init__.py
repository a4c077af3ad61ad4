"""Which markets, in what order, how fast and how: search, bound, strategies, reasons."""

from beachhead.planning.goals import describe_goal
from beachhead.planning.plan import Chance, Help, LimitUse, Plan, Reason, Strategy, Value
from beachhead.planning.planner import FRESH_SEED, Effort, plan
from beachhead.planning.search import Progress

__all__ = [
    "FRESH_SEED",
    "Chance",
    "Effort",
    "Help",
    "LimitUse",
    "Plan",
    "Progress",
    "Reason",
    "Strategy",
    "Value",
    "describe_goal",
    "plan",
]
