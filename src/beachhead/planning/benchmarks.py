"""What is usual: plain figures beside which a case's implications are held.

Tags as for parameters: O opened, O2 second-hand, M memory of the literature, D derived,
J judgement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Benchmark:
    """A range in which a figure usually lies.

    Attributes
    ----------
    key : str
        Name of the figure.
    words : str
        What it is.
    low, high : float
        Ends of the range; what lies outside is for a second look.
    form : {'share', 'number', 'years'}
        How it is written.
    usual : str
        The range in words, as a sentence would end.
    look_at : str
        Keys of the case, and parameters, that move it most.
    tag : {'O', 'O2', 'M', 'D', 'J'}
    source : str
        Where the range comes from, or the reason for the judgement.
    category : str
        Of products, where it holds for one alone; it stands before one that holds for all.
    """

    key: str
    words: str
    low: float
    high: float
    form: Literal["share", "number", "years"]
    usual: str
    look_at: str
    tag: Literal["O", "O2", "M", "D", "J"]
    source: str
    category: str = ""


BENCHMARKS = (
    Benchmark(
        "today", "of the category where you sell today", 0.0, 0.6, "share",
        "even leaders seldom have over 60 %",
        "firm.units, product.category, category.replacement_years",
        "J", "leaders of national markets of durables hold a quarter to a half",
    ),
    Benchmark(
        "size",
        "units of the category a year for 100 people",
        0.0,
        math.inf,
        "number",
        "what is usual depends on the category, and none is known for this one",
        "product.category, product.launch, category.replacement_years",
        "J",
        "no range that holds for every product",
    ),
    Benchmark(
        "size", "units of the category a year for 100 people", 1.0, 60.0, "number",
        "of smartphones 1 to 60 are usual",
        "product.launch, category.budget_share, category.replacement_years",
        "O2", "IDC: 8 in India in 2016 (109 m), 34 in China in 2016 (467 m); up to 60 with "
        "replacement every 20 months by all",
        category="smartphone",
    ),
    Benchmark(
        "share 1", "of the category in year 1", 0.0, 0.05, "share",
        "newcomers seldom pass 5 %",
        "product.price, markets.inputs price_index, acceptance.p0",
        "D",
        "the fastest rise on record here: Xiaomi in India sold over 1 m phones in the second half "
        "of 2014 (the firm), of a market of 103 m in 2015 (IDC)",
    ),
    Benchmark(
        "share 3", "of the category in year 3", 0.0, 0.15, "share",
        "newcomers seldom pass 15 %",
        "product.price, markets.inputs price_index, acceptance.q",
        "O2", "Xiaomi in India: 6.6 % in 2016, 17.2 % in the second quarter of 2017 (IDC), two and "
        "three years after its entry",
    ),
    Benchmark(
        "share 5", "of the category in year 5", 0.0, 0.30, "share",
        "newcomers seldom pass 30 %",
        "product.price, markets.inputs price_index, acceptance.q",
        "O2", "Xiaomi in India: 28.9 % in 2018 (IDC), in its fifth year, and first in the market",
    ),
    Benchmark(
        "growth", "times as many units each year from year 3 to 5", 0.0, 2.5, "number",
        "growth by 2.5 a year is seldom passed",
        "acceptance.q, economics open",
        "O2", "Xiaomi in India: from 7.2 m phones in 2016 to 41 m in 2018 (IDC, Canalys), by 2.4 "
        "a year",
    ),
    Benchmark(
        "part", "of the firm's sales in year 5", 0.0, 0.5, "share",
        "one market abroad seldom makes half of a firm",
        "firm.revenue, firm.units, markets.candidates",
        "O2", "all markets abroad made 40 % of Xiaomi's revenue in 2018 and 44 % in 2019, five "
        "years after the first (its annual results)",
    ),
    Benchmark(
        "opening", "of a year's revenue for opening", 0.0001, 0.25, "share",
        "0.01 to 25 % is usual",
        "economics entry, firm.revenue, limits.capital",
        "J", "more would be a venture on which the firm depends, less is hardly an entry",
    ),
    Benchmark(
        "payback", "years until the money is back", 1.0, 8.0, "years",
        "1 to 8 years are usual",
        "product.unit_cost, markets.inputs tariff, economics entry and fixed",
        "J", "faster there would be rivals who do the same, and few boards wait longer",
    ),
)  # fmt: skip


def benchmarks_of(category: str) -> dict[str, Benchmark]:
    """The benchmarks for a category of products, by key; its own before those for all."""
    return {b.key: b for own in ("", category) for b in BENCHMARKS if b.category == own}
