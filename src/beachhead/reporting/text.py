"""The answer on one screen: at most 58 lines of 100 columns, so that two are left for its place."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from itertools import chain, groupby

import xarray as xr

from beachhead.cases import Case, Schedule
from beachhead.data import Panel
from beachhead.planning import Plan, Strategy
from beachhead.planning.grounds import Why
from beachhead.reporting import sentences
from beachhead.reporting.summary import Launch, MarketYear, Summary, Year, summarise, weigh
from beachhead.reporting.words import GLUE, count, lay_out, money, number_of, percent

LINES, WIDTH = 58, 100
_FIRST_MARKETS = 5
_MEASURES, _GATES, _TARGETS = 4, 2, 2
_CUT = "more, see schedule.csv"
_SEE = "... and {} " + _CUT


def describe(
    case: Case, panel: Panel, plan: Plan, futures: xr.Dataset, why: Why | None = None
) -> str:
    """The plan in words and small tables, at most 58 lines of 100 columns.

    Parameters
    ----------
    case : Case
        The case as planned.
    panel : Panel
        For the names of markets.
    plan : Plan
        The answer.
    futures : xarray.Dataset
        What `simulate` returned for `plan.schedule`.
    why : Why, optional
        What `explain_plan` found; without it nothing is said of single entries.
    """
    case = case.resolve(panel)
    summary = summarise(case, plan.schedule, futures)
    first = _wrap(
        sentences.tell_headline(case, plan, summary),
        sentences.tell_value(case, plan),
        sentences.tell_risk(case, summary),
        sentences.tell_status(plan),
    )
    proof = _wrap(
        sentences.tell_funding(case, summary),
        sentences.tell_bound(case, plan),
        sentences.tell_limits(plan),
        sentences.tell_supply(case, plan),
        sentences.tell_rules(case, plan),
        sentences.tell_home(futures),
        sentences.tell_overridden(case),
    )
    reasons = _list_reasons(case, panel, why, summary.launches)
    # The whole schedule is worth more than the last reasons, which the report gives too.
    for lines in range(len(reasons), min(_FIRST_MARKETS, len(reasons) - 1), -1):
        rest = [
            _list_years(case.currency, summary.years),
            _list_measures(case, plan),
            _list_targets(case, plan, panel),
            _list_gates(case, plan),
            proof,
            _list_strategies(case, plan),
            _list_first_markets(case.currency, summary.launches),
            reasons[:lines],
            _list_duties(summary),
        ]
        text = _fit(first, summary.launches, rest)
        if _CUT not in text:
            break
    return text


def describe_futures(case: Case, panel: Panel, schedule: Schedule, futures: xr.Dataset) -> str:
    """What a given schedule would bring, at most 58 lines of 100 columns; see `describe`."""
    case = case.resolve(panel)
    summary = summarise(case, schedule, futures)
    entries = number_of(len(summary.launches), "entry", "entries")
    first = _wrap(
        f"{case.name}: {entries} as given, in {futures.sizes['world']:,} worlds.",
        f"Value {money(summary.mean, case.currency)} on average, {count(summary.low)} to "
        f"{count(summary.high)} in nine worlds of ten.",
        sentences.tell_risk(case, summary),
    )
    rest = [
        _list_years(case.currency, summary.years),
        _wrap(
            sentences.tell_funding(case, summary),
            sentences.tell_home(futures),
            sentences.tell_overridden(case),
        ),
        _list_first_markets(case.currency, summary.launches),
        _list_duties(summary),
    ]
    return _fit(first, summary.launches, rest)


def _fit(first: list[str], launches: Sequence[Launch], rest: list[list[str]]) -> str:
    """Lines of all sections; the schedule gets the room that the others leave.

    Each of the others is bounded, so that some lines are left. Blank lines come last.
    """
    room = LINES - len(first) - sum(map(len, rest))
    sections = [s for s in (first, _list_schedule(launches, room), *rest) if s]
    gaps = LINES - sum(map(len, sections))
    lines: list[str] = []
    for number, section in enumerate(sections):
        lines += [""] if 0 < number <= gaps else []
        lines += [line[:WIDTH].rstrip() for line in section]
    return "\n".join(lines).replace(GLUE, " ")


def _wrap(*said: str) -> list[str]:
    """Each sentence on at most two lines."""
    return [
        line
        for sentence in said
        for line in textwrap.wrap(
            sentence, WIDTH, subsequent_indent="  ", max_lines=2, placeholder=" ..."
        )
    ]


def _list_schedule(launches: Sequence[Launch], lines: int) -> list[str]:
    """Entries by year, with what is unusual about them, on at most `lines` lines."""
    if not launches:
        return []
    usual = Counter(launch.mode for launch in launches).most_common(1)[0][0]
    head = f"Schedule: {number_of(len(launches), 'entry', 'entries')}, mode {usual} unless said"
    for named in (True, False):  # names where there is room, codes where there is not
        years = [
            (year, _set_entries(list(group), usual, named))
            for year, group in groupby(launches, lambda launch: launch.enter[:4])
        ]
        laid = [_under(year, lay_out(parts, WIDTH, indent=" " * 8)) for year, parts in years]
        if 1 + sum(map(len, laid)) <= lines:
            return [head, *chain.from_iterable(laid)]
    running = [part for year, (first, *rest) in years for part in (f"{year} {first}", *rest)]
    running[-1] = running[-1].rstrip(";")
    return [head, *lay_out(running, WIDTH, indent="  ", lines=lines - 1, rest=_SEE)]


def _set_entries(launches: Sequence[Launch], usual: str, named: bool) -> list[str]:
    """Entries of a year one by one, each with the sign that parts it from the next."""
    parts: list[str] = []
    for quarter, group in groupby(launches, lambda launch: launch.enter):
        together = [_name_entry(launch, usual, named) for launch in group]
        together[0] = f"{quarter[4:]} {together[0]}"
        parts += [f"{text}," for text in together[:-1]] + [f"{together[-1]};"]
    return parts


def _under(year: str, lines: list[str]) -> list[str]:
    """Lines of a year with the year before them."""
    lines[-1] = lines[-1].removesuffix(";")
    return [f"  {year}{lines[0][6:]}", *lines[1:]]


def _name_entry(launch: Launch, usual: str, named: bool) -> str:
    unusual = [] if launch.mode == usual else [launch.mode.replace("_", " ")]
    if launch.localisation > 0:
        unusual.append(f"localised {launch.localisation:g}")
    words = f" ({', '.join(unusual)})" if unusual else ""
    return f"{launch.name if named else launch.iso3}{words}"


def _list_measures(case: Case, plan: Plan) -> list[str]:
    """Measures and their worth, the first of them where there are many."""
    said = sentences.tell_measures(case, plan)
    if not said:
        return []
    shown = said[:_MEASURES]
    rest = [f"  ... and {len(said) - _MEASURES} more, see the report"] if shown != said else []
    return ["Measures (value with less value without)", *(f"  {line}" for line in shown), *rest]


def _list_targets(case: Case, plan: Plan, panel: Panel) -> list[str]:
    """Targets and their chances, the first of them where there are many."""
    names = {t.market: panel.name(t.market) for t in case.targets if t.market not in (None, "home")}
    said = sentences.tell_targets(case, plan, names)
    rest = [f"... and {number_of(len(said) - _TARGETS, 'more target')}, see the report"]
    return [*_wrap(*said[:_TARGETS]), *(rest if len(said) > _TARGETS else [])]


def _list_gates(case: Case, plan: Plan) -> list[str]:
    """Gates and the worth of their pilots, the first of them where there are many."""
    said = sentences.tell_gates(case, plan)
    if not said:
        return []
    rest = [f"... and {len(said) - _GATES} more, see the report"] if said[_GATES:] else []
    return ["Pilots (value with less best value without)", *_wrap(*said[:_GATES]), *rest]


def _list_years(currency: str, years: Sequence[Year]) -> list[str]:
    heads = ("opening", "running", "sales home", "sales abroad", "abroad", "cash 5 %", "cash 50 %",
             "teams", "markets")  # fmt: skip
    rows = []
    for year in years:
        sales = year.revenue_home + year.revenue_abroad
        short = f" ({year.quarters}q)" if year.quarters < 4 else ""
        cells = (
            count(year.opening),
            count(year.running),
            count(year.revenue_home),
            count(year.revenue_abroad),
            percent(year.revenue_abroad / sales) if sales > 0 else "-",
            count(year.cash_low),
            count(year.cash_middle),
            f"{year.teams_used:.1f}/{year.teams_available:g}",
            f"{year.markets:.0f}",
        )
        rows.append((f"  {year.year}{short}", cells))
    widths = [max(8, len(name) + 1) for name in heads]
    return [
        f"{begin:<14}"
        + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for begin, cells in [(f"Money ({currency})", heads), *rows]
    ]


def _list_strategies(case: Case, plan: Plan) -> list[str]:
    own = weigh(case, plan.value)
    parts = [f"this plan {count(plan.value.mean)} (J {count(own)});"]
    parts += [f"{_tell_strategy(case, strategy)};" for strategy in plan.named_strategies]
    parts[-1] = parts[-1].replace(";", ".")
    head = f"Mean value ({case.currency}) beside strategies at their own best pace"
    return [head, *lay_out(parts, WIDTH, indent="  ", lines=4, rest="and {} more.")]


def _tell_strategy(case: Case, strategy: Strategy) -> str:
    details = [f"J {count(strategy.objective)}"]
    if strategy.entries:
        details.append(number_of(strategy.entries, "market"))
    if strategy.pace is not None:
        details.append(f"{strategy.pace:g} a year")
    if not strategy.within_limits:
        poor = strategy.ruin > case.limits.ruin
        details.append(f"too much ruin, {percent(strategy.ruin)}" if poor else "breaks limits")
    return f"{strategy.name} {count(strategy.value_mean)} ({', '.join(details)})"


def _list_first_markets(currency: str, launches: Sequence[Launch]) -> list[str]:
    if not launches:
        return []
    first = launches[:_FIRST_MARKETS]
    lines = [f"Units, share and cost ({currency}) of the first {len(first)} in years 1, 3 and 5"]
    for launch in first:
        cells = "".join(f"{_tell_market_year(year):<26}" for year in launch.years)
        cells = cells or "no full year within the horizon"
        lines.append(f"  {launch.name[:18]:<20}{cells}")
    return lines


def _tell_market_year(year: MarketYear) -> str:
    return f"{count(year.units)}, {percent(year.share)}, {count(year.cost)}"


def _list_reasons(
    case: Case, panel: Panel, why: Why | None, launches: Sequence[Launch]
) -> list[str]:
    enter = {launch.iso3: launch.enter for launch in launches}
    lines = []
    for answer in why.answers if why else ():
        names = {helper.iso3: panel.name(helper.iso3) for helper in answer.helped_by}
        name = panel.name(answer.worth.iso3)
        dated = f"{name} {enter[answer.worth.iso3]}"
        begins = [(begin, most) for most in (3, 2, 1, 0) for begin in (dated, name)]
        told = [
            f"  {begin}: {sentences.tell_reason(answer.worth, answer, names, helpers=most)}"
            for begin, most in [*begins, (answer.worth.iso3, 0)]
        ]
        lines.append(next((line for line in told if len(line) <= WIDTH), told[-1]))
    head = (
        f"Why here, why now ({case.currency}, mean value: what the entry adds; half a year sooner "
        "or later, another way)"
    )
    return [head, *lines] if lines else []


def _list_duties(summary: Summary) -> list[str]:
    """What to commit in the first four quarters, and when each later decision falls due."""
    duties = (
        ("Commit now (work begins in the first year):", [x.name for x in summary.now]),
        ("Can wait, to be decided:", [f"{x.name} by {x.start}" for x in summary.later]),
    )
    lines: list[str] = []
    for words, names in duties:
        if names:
            parts = [f"{words} {names[0]}", *names[1:]]
            parts = [f"{part}," for part in parts[:-1]] + [f"{parts[-1]}."]
            lines += lay_out(parts, WIDTH, lines=2, rest="... and {} more.")
    return lines
