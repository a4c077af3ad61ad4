"""Which market a user means by a code or a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from beachhead.errors import InputError, Problem, suggest


def fold(name: str) -> str:
    """Name without case, accents, punctuation and leading article, for comparison."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.replace("&", " and ").replace("'", "").replace("’", "").replace(".", "")
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    if words[:1] == ["the"]:
        words = words[1:]
    return " ".join("saint" if word == "st" else word for word in words)


def index_names(rows: Iterable[tuple[str, str, str, list[str]]]) -> dict[str, str]:
    """Folded code, name or spelling -> iso3, from rows of (iso3, iso2, name, spellings)."""
    index: dict[str, str] = {}
    for iso3, iso2, name, spellings in rows:
        for known in (iso3, iso2, name, *spellings):
            index.setdefault(fold(known), iso3)
    return index


def find_market(text: str, index: Mapping[str, str], names: Iterable[str]) -> str:
    """ISO3 code of the market that `text` names.

    Raises
    ------
    InputError
        If no market has this code or name; near names are suggested.
    """
    found = index.get(fold(text))
    if found is None:
        hint = suggest(text, names) or "Use the ISO 3166 code or the usual English name."
        raise InputError(Problem(f"no market {text!r}", "", hint))
    return found
