"""Which markets, in what order, how fast and how: search, bound, strategies, reasons."""

from beachhead.planning.deadline import TIME_LIMIT, Deadline
from beachhead.planning.plan import Help, LimitUse, Plan, Strategy, TargetUse, Value
from beachhead.planning.planner import FRESH_SEED, Effort, plan
from beachhead.planning.search import Progress
from beachhead.planning.targets import describe_target

__all__ = [
    "FRESH_SEED",
    "TIME_LIMIT",
    "Deadline",
    "Effort",
    "Help",
    "LimitUse",
    "Plan",
    "Progress",
    "Strategy",
    "TargetUse",
    "Value",
    "describe_target",
    "plan",
]
