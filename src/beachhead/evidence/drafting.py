"""Cases out of a firm's name and history: what is known of it in the first hour."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from beachhead.cases import Case
from beachhead.cases.case import Category
from beachhead.cases.presets import load_preset
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.entries import History

# Which preset a sector is like, by a word of its name.
SECTORS: tuple[tuple[str, Category], ...] = (
    ("smartphone", "smartphone"),
    ("streaming", "subscription"),
    ("payment", "subscription"),
    ("retail", "retail"),
    ("commerce", "retail"),
    ("restaurant", "retail"),
)
# Sizes of a firm of which only the history is known: judgement, alike for all firms.
CUSTOMERS = 0.02  # of the people at home
PRICES: dict[str, float] = {"smartphone": 250.0, "subscription": 30.0, "retail": 50.0}  # USD a unit
USUAL_PRICE = 50.0
COST = 0.8  # of the price
CAPITAL = 1.0  # of a year's revenue; what it has is not known, so that running out is no limit
TEAMS = 3
QUARTERS = 24  # a year more than what entries are looked at within
MATURING = 5.0  # years until a served market is like home for its size


@dataclass(frozen=True)
class Drafted:
    """A case, and what was made up for it: sentences for the reader."""

    case: Case
    guessed: tuple[str, ...]


def find_category(sector: str) -> Category:
    """Preset for a sector, by a word in its name; the generic one where none is there."""
    return next((found for word, found in SECTORS if word in sector.casefold()), "generic")


def strip(case: Case) -> Case:
    """A case with what a firm knows in the first hour, and presets for all else.

    Firm, home, served markets, product, candidates, date, horizon, teams and capital stay, and
    targets that are only told. Rivals, own figures of markets, modes, measures, components, rules
    of its own, gates, demanded targets, other limits, and changes of parameters, economics,
    screening and distance go.
    """
    content = case.model_dump(by_alias=True, exclude_unset=True)
    head = ("name", "title", "as_of", "quarters", "currency", "dollars")
    kept = {key: content[key] for key in head if key in content}
    firm = {key: value for key, value in content["firm"].items() if key != "rivals"}
    product = {key: content["product"][key] for key in ("category", "price", "unit_cost")}
    markets = {key: value for key, value in content.get("markets", {}).items()
               if key in ("candidates", "regions", "blocs", "exclude")}  # fmt: skip
    limits = {key: content["limits"][key] for key in ("teams", "capital")}
    told = [target for target in content.get("targets", ())
            if not target.get("probability") and target["metric"] != "home_rank"]  # fmt: skip
    return Case.model_validate(
        {**kept, "firm": firm, "product": product, "markets": markets, "limits": limits,
         "targets": told}
    )  # fmt: skip


def keep_sourced(case: Case) -> Case:
    """A case without the own figures of markets that are somebody's judgement, or hindsight."""
    inputs = tuple(row for row in case.markets.inputs if row.basis == "source")
    return case.model_copy(update={"markets": case.markets.model_copy(update={"inputs": inputs})})


def narrow(case: Case, panel: Panel, number: int) -> Case:
    """A case with so many of its candidates, the largest economies by people and income.

    A plan of fewer markets takes less time; nothing of what came later decides which they are.
    """
    size = {iso3: measure(panel, iso3) for iso3 in case.candidate_iso3(panel)}
    kept = tuple(sorted(sorted(size, key=lambda iso3: (-size[iso3], iso3))[:number]))
    markets = case.markets.model_copy(
        update={"candidates": kept, "regions": (), "blocs": (), "exclude": ()}
    )
    return case.model_copy(update={"markets": markets})


def draft(
    history: History, as_of: datetime.date, panel: Panel, category: Category | None = None
) -> Drafted:
    """A case of a firm of which only its history is known, from a preset.

    Only entries dated before `as_of` are looked at: of these the markets come that it serves.

    Parameters
    ----------
    history : History
    as_of : date
        The last day of a year, since most entries are dated by year alone.
    panel : Panel
        As of that day.
    category : str, optional
        By default what the sector is like.

    Raises
    ------
    InputError
        If `as_of` is no last day of a year, or nothing is known of the home market's size.
    """
    if (as_of.month, as_of.day) != (12, 31):
        what = f"{as_of} is not the last day of a year"
        raise InputError(Problem(what, "--as-of", f"Say {as_of.year}-12-31."))
    people = panel.figure(history.home, "population").value
    if people is None or not measure(panel, history.home):
        what = f"no population and income are known for {history.home}"
        raise InputError(Problem(what, history.firm, "Write a case of it, with these figures."))
    category = category or find_category(history.sector)
    preset = load_preset(category)
    price = PRICES.get(category, USUAL_PRICE)
    lasting = preset.parameters.get("category.replacement_years")
    yearly = 4.0 * (1.0 - math.exp(-0.25 / (lasting.value if lasting else 3.0)))
    units = round(CUSTOMERS * people * yearly)
    served = []
    for iso3, year in sorted(history.present(as_of.year + 1).items()):
        size = measure(panel, iso3) / measure(panel, history.home)
        if not size:
            continue
        age = 1.0 - math.exp(-(as_of.year + 0.5 - year + 0.5) / MATURING)
        since = datetime.date(year, 7, 1)
        served.append(
            {"market": iso3, "units": max(1, round(units * size * age)), "mode": "online",
             "since": since}
        )  # fmt: skip
    revenue = price * (units + sum(float(str(row["units"])) for row in served))
    case = Case.model_validate(
        {
            "name": f"{_name(history.firm)}-{as_of.year}",
            "title": f"{history.firm}, end of {as_of.year}, from its history and presets alone",
            "as_of": as_of,
            "quarters": QUARTERS,
            "firm": {"name": history.firm, "home": history.home, "units": units,
                     "revenue": revenue, "served": served},
            "product": {"category": category, "price": price, "unit_cost": COST * price},
            "limits": {"teams": TEAMS, "capital": CAPITAL * revenue, "ruin": 1.0},
        }
    )  # fmt: skip
    guessed = (
        f"The firm's size is not known: {CUSTOMERS:.0%} of the people of {history.home} are taken "
        f"to be customers, at USD {price:g} a unit, of which {COST:.0%} is its cost.",
        "Units in a served market are those at home by the size of its economy, less where it is "
        f"young; all are taken to be served {served[0]['mode'] if served else 'online'}.",
        f"{TEAMS} launch teams are taken alike for every firm; its cash is not known and sets no "
        "limit.",
        f"Its sector, {history.sector or 'not named'}, is taken to be like the preset {category}.",
    )
    return Drafted(case, guessed)


def measure(panel: Panel, iso3: str) -> float:
    """Size of an economy, people times income per head; 0 where one of them is not known."""
    if iso3 not in panel.codes:
        return 0.0
    people, income = (panel.figure(iso3, key).value for key in ("population", "gdp_pc_ppp_const"))
    return (people or 0.0) * (income or 0.0)


def _name(firm: str) -> str:
    kept = "".join(letter if letter.isalnum() else " " for letter in firm.casefold())
    return "-".join(kept.split())
