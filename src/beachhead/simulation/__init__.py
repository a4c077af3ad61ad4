"""The kernel and its doors: worlds from beliefs, a schedule through them, labelled futures."""

from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.futures import Futures, simulate, trace

__all__ = ["Beliefs", "Futures", "simulate", "trace"]
