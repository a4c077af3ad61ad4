"""What an answer takes by the clock, and when it has to be there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

TIME_LIMIT, CTRL_C = "time limit", "Ctrl-C"  # what may end a search before its budget does


class OutOfTime(KeyboardInterrupt):
    """A time limit ends a search, as Ctrl-C would."""


@dataclass
class Deadline:
    """When an answer has to be there.

    Attributes
    ----------
    ends : float
        By the `clock`, in seconds.
    clock : callable
        Seconds since whenever.
    after : float
        Seconds that what follows the search is thought to take.
    passed : bool
        Whether anything was left undone for want of time.
    """

    ends: float
    clock: Callable[[], float] = time.perf_counter
    after: float = 0.0
    passed: bool = False
    _last: float | None = field(default=None, repr=False)

    @classmethod
    def within(cls, seconds: float, clock: Callable[[], float] = time.perf_counter) -> Deadline:
        """So many seconds from now."""
        return cls(clock() + seconds, clock)

    def allows(self, seconds: float) -> bool:
        """Whether there is time for so much more before what follows the search."""
        fits = self.clock() + seconds + self.after <= self.ends
        self.passed |= not fits
        return fits

    def step(self) -> None:
        """Between two steps of a search.

        Raises
        ------
        OutOfTime
            If a further one, as long as the last, would not be done in time.
        """
        now = self.clock()
        last = 0.0 if self._last is None else now - self._last
        self._last = now
        if not self.allows(last):
            raise OutOfTime


class Clock:
    """Wall seconds by stage, `laps`."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the seconds since the last note."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 3)
        self._last = now
