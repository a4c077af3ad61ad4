"""Which market a user means by a code or a name."""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from beachhead.errors import InputError, Problem

PLACES = Path(__file__).parent / "places.csv"
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʹ`´′"))


def fold(name: str) -> str:
    """Name without case, accents, punctuation and article before or behind, for comparison."""
    plain = name.casefold().translate(_APOSTROPHES).replace("ı", "i").replace(".", "")
    plain = unicodedata.normalize("NFKD", plain.replace("&", " and "))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    if words[:1] == ["the"]:
        words = words[1:]
    if words[-1:] == ["the"]:
        words = words[:-1]
    return " ".join("saint" if word == "st" else word for word in words)


class Names:
    """Which market is meant by a code, a name or a common spelling.

    Parameters
    ----------
    rows : iterable of (str, str, str, list of str)
        iso3, iso2, name and further spellings of each market.
    """

    def __init__(self, rows: Iterable[tuple[str, str, str, Sequence[str]]]) -> None:
        self._codes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for iso3, iso2, name, spellings in rows:
            self._names[iso3] = name
            for known in filter(None, map(fold, (iso3, iso2, name, *spellings))):
                self._codes.setdefault(known, iso3)

    def get(self, text: str) -> str | None:
        """ISO3 code of the market that `text` names; None if no market has this code or name."""
        return self._codes.get(fold(text))

    def find(self, text: str) -> str:
        """ISO3 code of the market that `text` names.

        Raises
        ------
        InputError
            If no market has this code or name; near names are suggested.
        """
        if found := self.get(text):
            return found
        folded = fold(text)
        spellings = [known for known in self._codes if len(known) > 3]
        near = difflib.get_close_matches(folded[:60], spellings, n=3, cutoff=0.7)
        names = dict.fromkeys(self._names[self._codes[known]] for known in near)
        hint = f"Did you mean {' or '.join(map(repr, names))}?" if names else ""
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        hint = hint or "Use the ISO 3166 code or the usual English name."
        raise InputError(Problem(f"no market {shown!r}", "", hint))


@cache
def read_names() -> Names:
    """Names of all markets that the package knows."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        return Names(
            (row["iso3"], row["iso2"], row["name"], row["spellings"].split("|"))
            for row in csv.DictReader(file)
        )
