"""A small set of source tables, with invented figures, and the panel built from it."""

from __future__ import annotations

import csv
import gzip
import math
from itertools import combinations
from pathlib import Path

import pytest

from beachhead.data import build
from beachhead.data.sphere import great_circle_km

FIXTURE = Path(__file__).parent / "fixture"
WORLD = ("iso3", "year", "indicator", "value", "source", "licence")
PAIRS = (
    "iso3_o", "iso3_d", "dist_km", "dist_pop_weighted_km", "contiguous",
    "common_ethno_language", "colonial_tie", "common_colonizer", "dist_source",
)  # fmt: skip


def write_table(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def world_rows() -> list[tuple[object, ...]]:
    """Invented yearly figures of the fixture's markets; Taiwan and Samoa have gaps."""
    rows: list[tuple[object, ...]] = []
    markets = ["CHN", "FRA", "GBR", "HRV", "IND", "NAM", "TWN", "VEN", "WSM"]
    for k, iso3 in enumerate(markets, start=1):
        for year in range(2005, 2026):
            people = 1e6 * k * math.exp(0.01 * k * (year - 2005))
            rows.append((iso3, year, "population", people, "UN WPP 2024 (invented)", "CC BY 4.0"))
            if year > 2023:
                continue
            income = 1500.0 * k**1.5 * math.exp(0.02 * (year - 2005))
            rows.append((iso3, year, "gdp_pc_ppp_const", income, "invented", "CC BY 4.0"))
            if iso3 == "TWN" and year != 2009:
                continue
            online = min(99.0, 5.0 * k + year - 2005)
            rows.append((iso3, year, "internet_users_pct", online, "invented", "CC BY 4.0"))
            if iso3 not in ("TWN", "WSM"):
                rows.append((iso3, year, "wgi_rule_of_law", k / 5 - 1, "invented", "CC BY 4.0"))
    rows.append(("FRA", 2011, "literacy_adult_pct", 99.0, "invented", "CC BY-SA 3.0 IGO"))
    rows.append(("FRA", 2004, "population", 1.0, "invented", "CC BY 4.0"))
    rows.append(("NAM", 2010, "hdi", "", "invented", "CC BY 3.0 IGO"))
    return rows


def pair_rows() -> list[tuple[object, ...]]:
    """Both ways; Samoa stands at a wrong longitude, and Croatia is not in the pair source."""
    with (FIXTURE / "markets.csv").open(encoding="utf-8", newline="") as file:
        places = {
            row["iso3"]: (float(row["cap_lat"]), float(row["cap_lon"]))
            for row in csv.DictReader(file)
        }
    shown = dict(places, WSM=(places["WSM"][0], -places["WSM"][1] + 30))
    rows: list[tuple[object, ...]] = []
    for a, b in combinations(sorted(places), 2):
        measured = "HRV" not in (a, b)
        km = round(great_circle_km(*(shown if measured else places)[a], *shown[b]))
        colonial = (a, b) == ("GBR", "IND")
        facts = (0, colonial * 1, (a, b) == ("IND", "NAM")) if measured else ("", "", "")
        kind = "cepii" if measured else "computed"
        for o, d in ((a, b), (b, a)):
            flags = tuple("" if fact == "" else int(fact) for fact in facts)
            rows.append((o, d, km, km + 9 if measured else "", 0, *flags, kind))
    return rows


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "markets.csv").write_bytes((FIXTURE / "markets.csv").read_bytes())
    write_table(folder / "world.csv.gz", WORLD, world_rows())
    write_table(folder / "pairs.csv.gz", PAIRS, pair_rows())
    return folder


@pytest.fixture
def folder(source: Path, tmp_path: Path) -> Path:
    """A panel built from the fixture."""
    return build(source, tmp_path / "panel")
