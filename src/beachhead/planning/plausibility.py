"""Whether what a case implies is plausible: its largest candidates beside plain benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.benchmarks import Benchmark, benchmarks_of
from beachhead.simulation.alone import Newcomer, Present, enter_alone
from beachhead.simulation.beliefs import Beliefs

type Verdict = Literal["PASS", "REVIEW", "FAIL"]

# Where a figure of the case itself begins to look odd. Judgement: outside them firms are rare, and
# a slip of the pen is likelier.
FEW = 3  # candidates
REVENUE = (0.3, 10.0)  # revenue over price x units
CAPITAL = (0.001, 20.0)  # cash at the start over a year's revenue
MARKUP = 20.0  # price over unit cost
TARIFF = 1.0
PRICE_INDEX = (0.2, 5.0)
DOLLARS = (1e-6, 4.0)  # no currency is worth more than a Kuwaiti dinar, some 3.5 dollars
STALE = 3  # years between the newest figure and the date of the case


@dataclass(frozen=True)
class Finding:
    """One line of the answer.

    Attributes
    ----------
    verdict : {'PASS', 'REVIEW', 'FAIL'}
        In the usual range; for a second look; impossible by the model.
    key : str
        Of the benchmark, or of the case.
    market : str
        ISO3 code, or empty for all that were looked at or the case itself.
    text : str
        What was found beside what is usual, with the keys to look at.
    """

    verdict: Verdict
    key: str
    market: str
    text: str


@dataclass(frozen=True)
class Plausibility:
    """What a case implies, market by market, and what to think of it.

    Attributes
    ----------
    case, currency : str
        Name of the case, and the currency of its money.
    worlds : int
        Sampled futures over which figures are means.
    present : tuple of Present
        Home and served markets.
    newcomers : tuple of Newcomer
        The largest candidates, each entered alone.
    findings : tuple of Finding
        Beside benchmarks, then of the case itself.
    """

    case: str
    currency: str
    worlds: int
    present: tuple[Present, ...]
    newcomers: tuple[Newcomer, ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings'."""
        found = {finding.verdict for finding in self.findings}
        return "FAIL" if "FAIL" in found else "REVIEW" if "REVIEW" in found else "PASS"


def gauge(
    case: Case,
    panel: Panel,
    beliefs: Beliefs | None = None,
    *,
    most: int = 5,
    worlds: int = 128,
    seed: int = 1,
) -> Plausibility:
    """Simulate the largest candidates one by one and hold them against what is usual.

    Parameters
    ----------
    case, panel : Case, Panel
        The question, and country data as of its date.
    beliefs : Beliefs, optional
        By default the case's priors.
    most : int
        Number of candidates.
    worlds, seed : int
        Sampled futures.

    Raises
    ------
    InputError
        If the case names what does not exist.
    """
    case = case.resolve(panel)
    beliefs = beliefs or believe(case, panel)
    present, newcomers = enter_alone(case, panel, beliefs, most=most, worlds=worlds, seed=seed)
    known = benchmarks_of(case.product.category)
    findings = [
        *([] if case.product.new_category else _judge_present(present, known["today"])),
        *(
            finding
            for key, benchmark in known.items()
            if key != "today"
            for finding in _judge(benchmark, [(n, _measure(case, n, key)) for n in newcomers])
        ),
        *_judge_case(case, panel, newcomers),
    ]
    return Plausibility(case.name, case.currency, worlds, present, newcomers, tuple(findings))


def _measure(case: Case, newcomer: Newcomer, key: str) -> float | None:
    """The figure of a market that a benchmark is about."""
    first, third, fifth = newcomer.years
    match key:
        case "size":
            return max(year.per_100 for year in newcomer.years)
        case "share 1":
            return first.share
        case "share 3":
            return third.share
        case "share 5":
            return fifth.share
        case "growth":
            return (fifth.units / third.units) ** 0.5 if third.units > 0 else 0.0
        case "part":
            return fifth.part
        case "opening":
            return newcomer.opening / case.firm.revenue
        case "payback":
            return newcomer.payback
    raise ValueError(key)


def _judge(
    benchmark: Benchmark, figures: Iterable[tuple[Newcomer, float | None]]
) -> Iterator[Finding]:
    """One line for all markets in the usual range, and one for each outside it."""
    inside = []
    for newcomer, value in figures:
        if value is not None and benchmark.low <= value <= benchmark.high:
            inside.append(value)
            continue
        if value is None:
            text = f"the money is not back within {newcomer.within:.0f} years"
        else:
            text = f"{write(value, benchmark)} {benchmark.words}"
        text = f"{newcomer.name}: {text}; {benchmark.usual}: look at {benchmark.look_at}."
        yield Finding("REVIEW", benchmark.key, newcomer.iso3, text)
    if inside:
        ends = dict.fromkeys((write(min(inside), benchmark), write(max(inside), benchmark)))
        text = f"{' to '.join(ends)} {benchmark.words}; {benchmark.usual}."
        yield Finding("PASS", benchmark.key, "", text)


def _judge_present(present: Iterable[Present], benchmark: Benchmark) -> Iterator[Finding]:
    for market in present:
        share = market.units / market.category if market.category > 0 else 0.0
        text = f"{market.name}: {write(share, benchmark)} {benchmark.words}"
        if share > 1.0:
            text += ", more than there is: the model cannot begin from where you stand; look at "
            yield Finding("FAIL", "today", market.iso3, f"{text}{benchmark.look_at}.")
        elif share > benchmark.high:
            text += f"; {benchmark.usual}: look at {benchmark.look_at}."
            yield Finding("REVIEW", "today", market.iso3, text)
        else:
            yield Finding("PASS", "today", market.iso3, f"{text}; {benchmark.usual}.")


def write(value: float, benchmark: Benchmark) -> str:
    """A figure in the form of its benchmark."""
    if benchmark.form == "share":
        percent = 100.0 * value
        return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"
    return f"{value:.1f}"


def _judge_case(case: Case, panel: Panel, newcomers: tuple[Newcomer, ...]) -> Iterator[Finding]:
    """What is odd in the case itself; one line that all is well if nothing is."""
    odd = [*_odd_money(case), *_odd_inputs(case, panel), *_odd_question(case, panel, newcomers)]
    for key, text in odd:
        yield Finding("REVIEW", key, "", text)
    if not odd:
        text = "money, dates, horizon and number of candidates of the case are of a usual size."
        yield Finding("PASS", "case", "", text)


def _odd_money(case: Case) -> Iterator[tuple[str, str]]:
    firm, product, limits = case.firm, case.product, case.limits
    sales = product.price * (firm.units + sum(market.units for market in firm.served))
    times = firm.revenue / sales if sales > 0 else 1.0
    if not REVENUE[0] <= times <= REVENUE[1]:
        yield (
            "firm.revenue",
            f"revenue is {times:.2g} times price x units; channels, taxes and other products "
            f"seldom explain more than {REVENUE[0]:g} to {REVENUE[1]:g}: look at firm.revenue, "
            "firm.units and product.price.",
        )
    part = limits.capital / firm.revenue
    if not CAPITAL[0] <= part <= CAPITAL[1]:
        yield (
            "limits.capital",
            f"capital is {part:.2g} of a year's revenue; {CAPITAL[0]:g} to {CAPITAL[1]:g} is "
            "usual: look at the units of limits.capital and firm.revenue.",
        )
    if product.price > MARKUP * product.unit_cost and product.category != "subscription":
        yield (
            "product.unit_cost",
            f"price is {product.price / product.unit_cost:.3g} times unit_cost; over {MARKUP:g} is "
            "rare: look at the units of product.price and product.unit_cost.",
        )
    if case.dollars is not None and not DOLLARS[0] <= case.dollars <= DOLLARS[1]:
        yield (
            "dollars",
            f"one {case.currency} is worth {case.dollars:g} dollars; no currency is worth "
            f"{'more than ' if case.dollars > 1 else 'less than '}"
            f"{DOLLARS[case.dollars > 1]:g}: look at dollars, which may be the wrong way round.",
        )


def _odd_inputs(case: Case, panel: Panel) -> Iterator[tuple[str, str]]:
    for row in case.markets.inputs:
        if row.key == "tariff" and row.value > TARIFF:
            usual = f"over {TARIFF:.0%} is rare, and 5 % is written 0.05"
        elif row.key == "price_index" and not PRICE_INDEX[0] <= row.value <= PRICE_INDEX[1]:
            usual = f"{PRICE_INDEX[0]:g} to {PRICE_INDEX[1]:g} is usual"
        else:
            continue
        yield (
            "markets.inputs",
            f"{panel.name(row.market)}: {row.key} is {row.value:g}; {usual}: look at its row of "
            "markets.inputs.",
        )


def _odd_question(
    case: Case, panel: Panel, newcomers: tuple[Newcomer, ...]
) -> Iterator[tuple[str, str]]:
    candidates = len(case.candidate_iso3(panel))
    if candidates < FEW:
        yield (
            "markets.candidates",
            f"only {candidates} may be entered; there is little to choose: look at [markets].",
        )
    teams = case.limits.teams
    late = () if isinstance(teams, int) else [
        step.start for step in teams if case.quarter_index(step.start) >= case.quarters
    ]  # fmt: skip
    if late:
        yield "limits.teams", f"teams from {late[0]} on come after the horizon: look at quarters."
    if case.product.new_category and case.product.launch is not None:
        yield (
            "product.launch",
            f"the category began in {case.product.launch}, but new_category says that it starts "
            "with the entry: leave one of the two.",
        )
    newest = panel.figures["year"].max()
    if isinstance(newest, int) and case.as_of.year - newest > STALE:
        yield "as_of", f"the newest country figures are of {newest}: look at as_of."
    ends = [case.quarter_index(n.enter) + 4 * n.payback for n in newcomers if n.payback is not None]
    if ends and min(ends) > case.quarters:
        yield (
            "quarters",
            f"no market brings its money back within {case.quarters} quarters, the first after "
            f"{min(ends):.0f}: look at quarters.",
        )
    poor = [n for n in newcomers if n.ruin > case.limits.ruin]
    for newcomer in poor:
        yield (
            "limits.capital",
            f"{newcomer.name}: cash falls below the floor in {newcomer.ruin:.0%} of futures, "
            f"whatever the way of entering; {case.limits.ruin:.0%} is accepted: look at "
            "limits.capital and limits.cash_floor.",
        )
