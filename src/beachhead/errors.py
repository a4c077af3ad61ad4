"""The one kind of error that a user can cause and mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    what : str
        The fault, with the label and the value at fault.
    where : str
        File and key (or line) in which it stands.
    fix : str
        What the user can do about it; may be empty where `what` says it all.
    """

    what: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.fix}" if self.fix else head


class InputError(Exception):
    """Everything that is wrong with an input, all of it at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[Problem, ...]]:
        return InputError, self.problems  # so that it comes whole out of another process


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """At most three of the known names that may have been meant, the nearest first."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    return [by_folded[folded] for folded in near]


def suggest(name: str, known: Iterable[str]) -> str:
    """Sentence 'Did you mean ...?' for a name that is not known; empty if nothing is near."""
    near = nearest(name, known)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
