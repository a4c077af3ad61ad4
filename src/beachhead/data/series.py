"""What the panel holds: one declaration per series of figures.

The licence decides whether a series may be carried, the lag when a figure could first be seen.
Both stand here and nowhere else; `docs/data.md` shows this table and a test keeps it so.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from beachhead.errors import InputError, Problem, suggest

OPEN_LICENCES = frozenset({"CC BY 4.0", "CC BY 3.0 IGO", "public domain / CC0"})


@dataclass(frozen=True)
class Series:
    """One yearly figure per economy.

    Attributes
    ----------
    key : str
        Name in the panel.
    words : str
        What it is, in a few words.
    unit : str
        Unit of the values.
    source : str
        Publisher and code of the main source; a single figure may carry another one.
    licence : str
        Licence under which the publisher releases it.
    lag : int
        Months from the end of a year until the figure of that year counts as published.
    lag_reason : str
        How the publisher releases it.
    better : {'higher', 'lower', ''}
        Which way is good for a firm that enters; empty where neither is.
    caution : str
        What to know before comparing years or markets.
    total : bool
        Whether it grows with the size of the economy, so that no other market's figure can
        stand in for it.
    codes : tuple of str
        World Bank codes by which it is refreshed: today's, then those that it had before. None
        where the World Bank does not have it, or it is computed.
    database : {'WDI', 'WGI'}
        World Development Indicators or Worldwide Governance Indicators, to which `codes` belong.
    growth_of : str
        Series of which it is the growth a year, in %; refreshed with that one.
    """

    key: str
    words: str
    unit: str
    source: str
    licence: str
    lag: int
    lag_reason: str
    better: Literal["higher", "lower", ""] = ""
    caution: str = ""
    total: bool = False
    codes: tuple[str, ...] = ()
    database: Literal["WDI", "WGI"] = "WDI"
    growth_of: str = ""


_WDI_JULY = "the first full release of World Development Indicators is in July"
_ITU = "ITU collects through the year; World Development Indicators follow by December"
_WGI = "released in September, in 2024 as late as November"


def _wdi(
    key: str,
    words: str,
    unit: str,
    code: str,
    lag: int,
    reason: str,
    better: Literal["higher", "lower", ""] = "",
    caution: str = "",
    total: bool = False,
) -> Series:
    source = f"World Bank, World Development Indicators {code}"
    return Series(
        key, words, unit, source, "CC BY 4.0", lag, reason, better, caution, total, (code,)
    )  # fmt: skip


def _wgi(key: str, words: str, code: str) -> Series:
    source = "World Bank, Worldwide Governance Indicators, 2024 revision"
    unit = "standard deviations, about -2.5 to 2.5"
    codes = (f"GOV_WGI_{code}", code)  # the short ones were archived in 2025
    return Series(
        key, words, unit, source, "CC BY 4.0", 11, _WGI, "higher", codes=codes, database="WGI"
    )


SERIES: tuple[Series, ...] = (
    Series(
        "population", "people", "persons",
        "UN DESA, World Population Prospects 2024, by way of Gapminder", "CC BY 4.0",
        7, "World Population Prospects appear in June or July", "higher",
        "2024 and 2025 are projections and say so in their source; for 19 small territories "
        "derived from World Bank urban population and urban share",
        total=True, codes=("SP.POP.TOTL",),
    ),
    _wdi("gdp_pc_ppp_const", "income per head (GDP)", "international $ of 2021 a year",
         "NY.GDP.PCAP.PP.KD", 7, _WDI_JULY, "higher",
         "gaps (Taiwan, Venezuela, Cuba and others) filled by Gapminder on the same base, said in "
         "the source; its latest years may be projections"),
    _wdi("gdp_current_usd", "GDP at current prices", "US$ a year", "NY.GDP.MKTP.CD", 7, _WDI_JULY,
         total=True),
    _wdi("gdp_const2015_usd", "GDP at constant prices", "US$ of 2015 a year", "NY.GDP.MKTP.KD",
         7, _WDI_JULY, total=True),
    Series("real_gdp_growth_pct", "growth of real GDP", "% a year",
           "World Bank, World Development Indicators NY.GDP.MKTP.KD, derived", "CC BY 4.0",
           7, _WDI_JULY, "higher", growth_of="gdp_const2015_usd"),
    _wdi("inflation_cpi_pct", "consumer price inflation", "% a year", "FP.CPI.TOTL.ZG",
         7, _WDI_JULY, "lower"),
    _wdi("inflation_gdp_deflator_pct", "inflation, GDP deflator", "% a year",
         "NY.GDP.DEFL.KD.ZG", 7, _WDI_JULY, "lower"),
    _wdi("exports_pct_gdp", "exports of goods and services", "% of GDP", "NE.EXP.GNFS.ZS",
         9, "trade accounts of many economies are complete in the September update"),
    _wdi("imports_pct_gdp", "imports of goods and services", "% of GDP", "NE.IMP.GNFS.ZS",
         9, "trade accounts of many economies are complete in the September update"),
    _wdi("fdi_inflow_pct_gdp", "inflow of direct investment", "% of GDP", "BX.KLT.DINV.WD.GD.ZS",
         10, "balance of payments statistics of the IMF are updated in October", "higher"),
    _wdi("tariff_applied_mean_pct", "applied tariff, simple mean of all products", "%",
         "TM.TAX.MRCH.SM.AR.ZS", 18, "UNCTAD TRAINS is computed in the year after next", "lower",
         "2006, 2008 and 2010 to 2019 only"),
    _wdi("internet_users_pct", "people who use the internet", "% of population",
         "IT.NET.USER.ZS", 12, _ITU, "higher"),
    _wdi("mobile_subs_per100", "mobile subscriptions", "per 100 people", "IT.CEL.SETS.P2",
         12, _ITU, "higher"),
    _wdi("fixed_broadband_per100", "fixed broadband subscriptions", "per 100 people",
         "IT.NET.BBND.P2", 12, _ITU, "higher"),
    _wdi("secure_servers_per_million", "secure internet servers", "per million people",
         "IT.NET.SECR.P6", 12, "Netcraft's December survey enters in the course of the next year",
         "higher", "even years from 2010; jumps in 2016-17, when certificates became free, and is "
         "far too high where servers are hosted for others: take logs, compare within a year"),
    _wdi("logistics_performance_index", "logistics performance, overall", "index, 1 to 5",
         "LP.LPI.OVRL.XQ", 4, "most editions appear within their year, that of 2022 in April 2023",
         "higher", "2007, 2010, 2012, 2014, 2016, 2018, 2022 only"),
    _wdi("ease_of_doing_business_score", "ease of doing business", "score, 0 to 100",
         "IC.BUS.DFRN.XQ", 0, "the report appeared in October of the year", "higher",
         "2015 to 2019; ended after irregularities in the data of China, Saudi Arabia, the United "
         "Arab Emirates and Azerbaijan"),
    _wdi("urban_pop_pct", "people in towns", "% of population", "SP.URB.TOTL.IN.ZS", 7, _WDI_JULY),
    Series("hdi", "human development", "index, 0 to 1", "UNDP, Human Development Reports",
           "CC BY 3.0 IGO", 21,
           "reports appear 3 to 17 months after the year; that of 2020 after 21", "higher"),
    _wgi("wgi_control_corruption", "control of corruption", "CC.EST"),
    _wgi("wgi_gov_effectiveness", "effectiveness of government", "GE.EST"),
    _wgi("wgi_political_stability", "political stability, absence of violence", "PV.EST"),
    _wgi("wgi_regulatory_quality", "quality of regulation", "RQ.EST"),
    _wgi("wgi_rule_of_law", "rule of law", "RL.EST"),
    _wgi("wgi_voice_accountability", "voice and accountability", "VA.EST"),
)  # fmt: skip

BY_KEY: dict[str, Series] = {series.key: series for series in SERIES}

LEFT_OUT: dict[str, str] = {
    "literacy_adult_pct": "UNESCO's share-alike licence (CC BY-SA 3.0 IGO) would bind the panel",
}


# What a figure in a unit can be: bounds that no true figure passes, but a figure in another unit
# often does. A unit that is not named here has none.
BOUNDS: dict[str, tuple[float, float]] = {
    "persons": (1.0, 1e10),
    "international $ of 2021 a year": (1.0, 1e7),
    "US$ a year": (1.0, 1e16),
    "US$ of 2015 a year": (1.0, 1e16),
    "% a year": (-100.0, float("inf")),
    "%": (0.0, 1000.0),
    "% of population": (0.0, 100.0),
    "per 100 people": (0.0, 1000.0),
    "per million people": (0.0, float("inf")),
    "index, 1 to 5": (1.0, 5.0),
    "score, 0 to 100": (0.0, 100.0),
    "index, 0 to 1": (0.0, 1.0),
    "standard deviations, about -2.5 to 2.5": (-5.0, 5.0),
}


def find_series(key: str, known: Mapping[str, Series] = BY_KEY) -> Series:
    """Declaration of the series `key` among those known.

    Raises
    ------
    InputError
        If there is no such series; near names are suggested.
    """
    if key not in known:
        hint = suggest(key, known) or "docs/data.md lists the series"
        raise InputError(Problem(f"no series {key!r} in the panel", "", hint))
    return known[key]


def explain_range(series: Series, value: float) -> str:
    """Why a figure cannot be one of this series: a sentence, empty where it can."""
    low, high = BOUNDS.get(series.unit, (-math.inf, math.inf))
    if low <= value <= high:
        return ""
    reach = f"from {low:g} to {high:g}" if high < math.inf else f"at least {low:g}"
    return f"It is in {series.unit}: {reach}."


def published(series: Series, year: int) -> date:
    """Day from which the figure of `year` counts as published: end of year plus the lag."""
    years, months = divmod(series.lag, 12)
    if months == 0:
        return date(year + years, 12, 31)
    return date(year + years + 1, months, calendar.monthrange(year + years + 1, months)[1])


def newest_year(series: Series, as_of: date) -> int:
    """Newest year whose figure counts as published on `as_of`."""
    year = as_of.year
    while published(series, year) > as_of:
        year -= 1
    return year
