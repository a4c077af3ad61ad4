"""Writes cases/*.toml, the instances of the comparison: `python bench/planning/instances.py`.

Real countries, invented firms. Half the candidates are the most populous of the panel, the others
are drawn with a fixed seed. All figures of firms and limits are made up and round.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

from beachhead.data import Panel, load_panel
from beachhead.files import write_atomic

CASES = Path(__file__).with_name("cases")

# Shares of the entry cost that experience takes off, at most: none of it, or most of it. With
# `strong`, customers also hear of the brand from other countries.
TRANSFER = {
    "usual": {},
    "none": {
        "knowledge.neighbourhood": 0.0, "knowledge.language": 0.0, "knowledge.income": 0.0,
        "knowledge.institutions": 0.0, "acceptance.spillover": 0.0,
    },
    "strong": {
        "knowledge.neighbourhood": 0.4, "knowledge.language": 0.25, "knowledge.income": 0.2,
        "knowledge.institutions": 0.1, "acceptance.spillover": 0.02,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Instance:
    """What sets an instance apart; `extra` is further TOML, `limits` further keys of [limits].

    `units` a year at home at `price`; `capital` in years' revenue; `transfer` of `TRANSFER`; `like`
    names the instance whose candidates it shares.
    """

    name: str
    title: str
    home: str
    category: str
    as_of: str
    quarters: int
    markets: int
    units: float
    price: float
    unit_cost: float
    teams: int
    capital: float
    ruin: float = 0.05
    transfer: str = "usual"
    parameters: tuple[tuple[str, float], ...] = ()
    limits: str = ""
    extra: str = ""
    like: str = ""


INSTANCES = (
    Instance(
        "m006-phones", "Six markets in two years", "KOR", "smartphone", "2010-12-31", 8, 6,
        7e6, 250.0, 120.0, 3, 0.5,
    ),
    Instance(
        "m012-shops", "One team opens shops", "GBR", "retail", "2018-12-31", 16, 12,
        8e6, 30.0, 9.0, 1, 1.0, 0.05, "strong",
    ),
    Instance(
        "m020-streams", "A service with people and money to spare", "SWE", "subscription",
        "2016-12-31", 24, 20, 6e6, 30.0, 12.0, 30, 5.0, 0.5, "none",
    ),
    Instance(
        "m024-gates", "Two pilots before two regions", "IND", "smartphone", "2016-06-30", 20, 24,
        1.5e7, 160.0, 118.0, 4, 0.6,
        extra="""
[[gates]]
name = "Brazil first"
pilot = "BRA"
markets = ["South America", "Central America"]
wait = [2, 4]
quantiles = [0.25, 0.5]

[[gates]]
name = "Indonesia first"
pilot = "IDN"
markets = ["South-eastern Asia"]
wait = [2, 4]
quantiles = [0.25, 0.5]
""",
    ),
    Instance(
        "m030-measures", "Hiring, an office and research", "DEU", "generic", "2018-12-31", 28, 30,
        2e6, 80.0, 30.0, 2, 0.8,
        extra="""
[[measures]]
name = "hiring"
changes = { teams = 2 }
cost = 2e6
yearly = 1e6
lead = 1
levels = [0.5, 1.0]

[[measures]]
name = "office in Asia"
markets = ["South-eastern Asia", "Southern Asia", "Eastern Asia"]
changes = { "entry.cost_factor" = 0.7, distance = 0.7 }
cost = 2e6
yearly = 5e5
lead = 2

[[measures]]
name = "research"
markets = ["all", "home"]
changes = { "share.quality" = 0.2 }
cost = 4e6
yearly = 2e6
lead = 4
""",
    ),
    Instance(
        "m040-alone", "No market teaches another", "KOR", "smartphone", "2013-03-31", 40, 40,
        2e7, 260.0, 190.0, 3, 0.5, 0.05, "none",
    ),
    Instance(
        "m040-taught", "The same, and every market teaches", "KOR", "smartphone", "2013-03-31",
        40, 40, 2e7, 260.0, 190.0, 3, 0.5, 0.05, "strong", like="m040-alone",
    ),
    Instance(
        "m060-haste", "Launches crowd one another", "USA", "subscription", "2014-12-31", 40, 60,
        3e7, 30.0, 12.0, 2, 1.0, 0.05, "strong",
        (("entry.haste", 1.5), ("home.dilution", 0.1)),
    ),
    Instance(
        "m060-poor", "Little money and little risk", "VNM", "smartphone", "2018-12-31", 32, 60,
        4e6, 180.0, 130.0, 6, 0.04, 0.02,
    ),
    Instance(
        "m080-limits", "Limits that tie markets", "FRA", "generic", "2016-12-31", 36, 80,
        3e6, 60.0, 22.0, 3, 1.0,
        limits="""must = ["VNM"]
by = { USA = "2020Q4" }
after = [["CHN", "JPN"], ["IND", "IDN"], ["BRA", "MEX"]]
not_together = [["DEU", "ITA"], ["RUS", "UKR"]]
max_markets = 20
""",
    ),
    Instance(
        "m100-rich", "People and money to spare", "JPN", "subscription", "2014-12-31", 40, 100,
        2e7, 40.0, 16.0, 40, 5.0, 0.5,
    ),
    Instance(
        "m150-taught", "Four teams, and every market teaches", "CHN", "smartphone", "2013-03-31",
        40, 150, 3e7, 220.0, 165.0, 4, 0.5, 0.05, "strong",
    ),
    Instance(
        "m216-phones", "The world, a large maker of phones", "KOR", "smartphone", "2016-06-30",
        40, 216, 3e7, 300.0, 220.0, 10, 0.6,
    ),
    Instance(
        "m216-streams", "The world in six years, for a service", "USA", "subscription",
        "2018-12-31", 24, 216, 5e7, 30.0, 13.0, 8, 1.0, 0.05, "strong",
    ),
)  # fmt: skip


def choose(instance: Instance, panel: Panel) -> list[str]:
    """ISO3 codes of the candidates in the order of the alphabet."""
    others = [code for code in panel.codes if code != instance.home]
    size = {code: panel.figure(code, "population").value or 0.0 for code in others}
    largest = sorted(others, key=lambda code: (-size[code], code))
    most = largest[: instance.markets - instance.markets // 2]
    rest = [code for code in sorted(others) if code not in most]
    chance = random.Random(instance.like or instance.name)
    return sorted(most + chance.sample(rest, instance.markets // 2))


def write(instance: Instance) -> str:
    """The case of an instance as TOML."""
    panel = load_panel(as_of=instance.as_of)
    candidates = choose(instance, panel)
    rows = [candidates[k : k + 14] for k in range(0, len(candidates), 14)]
    codes = "\n".join("    " + " ".join(f'"{code}",' for code in row) for row in rows)
    revenue = instance.units * instance.price
    parameters = {**TRANSFER[instance.transfer], **dict(instance.parameters)}
    believed = "".join(f'"{name}" = {value}\n' for name, value in parameters.items())
    return f"""\
# Written by bench/planning/instances.py. The firm does not exist.

name = "{instance.name}"
title = "{instance.title}"
as_of = {instance.as_of}
quarters = {instance.quarters}
currency = "USD"

[firm]
name = "Firm"
home = "{instance.home}"
units = {instance.units:g}
revenue = {revenue:g}

[product]
category = "{instance.category}"
price = {instance.price}
unit_cost = {instance.unit_cost}

[markets]
candidates = [
{codes}
]

[limits]
teams = {instance.teams}
capital = {instance.capital * revenue:g}
ruin = {instance.ruin}
{instance.limits}{instance.extra}
[parameters]
{believed}"""


def main() -> None:
    for instance in INSTANCES:
        write_atomic(CASES / f"{instance.name}.toml", write(instance))


if __name__ == "__main__":
    os.environ["BEACHHEAD_PANEL"] = "shipped"  # not what the person who runs this has refreshed
    main()
