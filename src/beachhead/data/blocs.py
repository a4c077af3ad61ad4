"""When economies joined and left trade blocs.

The sources state years. Where the day is a matter of public record it stands here; where it does
not, a membership counts from the last day of its first year and to the first day of its last, so
that a past date never sees a member too many.
"""

from __future__ import annotations

from datetime import date

# (bloc, year) or (bloc, year, iso3) -> month and day of accession or entry into force.
_JOINED: dict[tuple[str, int] | tuple[str, int, str], tuple[int, int]] = {
    ("EU", 1958): (1, 1),
    ("EU", 1973): (1, 1),
    ("EU", 1981): (1, 1),
    ("EU", 1986): (1, 1),
    ("EU", 1995): (1, 1),
    ("EU", 2004): (5, 1),
    ("EU", 2007): (1, 1),
    ("EU", 2013): (7, 1),
    ("EAEU", 2015): (1, 1),
    ("EAEU", 2015, "ARM"): (1, 2),
    ("EAEU", 2015, "KGZ"): (8, 12),
    ("USMCA", 1994): (1, 1),
    ("RCEP", 2022): (1, 1),
    ("RCEP", 2022, "KOR"): (2, 1),
    ("RCEP", 2022, "MYS"): (3, 18),
    ("RCEP", 2023, "IDN"): (1, 2),
    ("RCEP", 2023, "PHL"): (6, 2),
    ("CPTPP", 2018): (12, 30),
    ("CPTPP", 2019): (1, 14),
    ("CPTPP", 2021): (9, 19),
    ("CPTPP", 2022): (11, 29),
    ("CPTPP", 2023, "CHL"): (2, 21),
    ("CPTPP", 2023, "BRN"): (7, 12),
    ("CPTPP", 2024): (12, 15),
    ("ASEAN", 2025): (10, 26),
}
_LEFT: dict[tuple[str, int], tuple[int, int]] = {("EU", 2020): (2, 1)}


def parse_memberships(iso3: str, text: str) -> list[tuple[str, str, date, date | None]]:
    """Memberships from text such as 'EU:1973-2020|CPTPP:2024-'.

    Returns
    -------
    list of (bloc, iso3, start, end)
        A member from `start` on and until the day before `end`.

    Raises
    ------
    ValueError
        If a part is not BLOC:year-[year].
    """
    rows: list[tuple[str, str, date, date | None]] = []
    for part in filter(None, text.split("|")):
        bloc, _, years = part.partition(":")
        first, dash, last = years.partition("-")
        if not bloc or not dash:
            raise ValueError(part)
        start_year = int(first)
        joined = _JOINED.get((bloc, start_year, iso3)) or _JOINED.get((bloc, start_year))
        end = None
        if last:
            end = date(int(last), *_LEFT.get((bloc, int(last)), (1, 1)))
        rows.append((bloc, iso3, date(start_year, *(joined or (12, 31))), end))
    return rows
