"""The tables of the report: what stands in them, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xarray as xr

from beachhead.cases import Case
from beachhead.cases.presets import ModeEconomics, economics_of
from beachhead.data import Panel
from beachhead.planning import Plan
from beachhead.quantities import Parameter
from beachhead.reporting.explanation import EVIDENCE
from beachhead.reporting.sentences import measured, name_target, odds
from beachhead.reporting.summary import Summary, Year, weigh
from beachhead.reporting.words import count, number_of, percent
from beachhead.screening import METHODS, Ranking
from beachhead.simulation import Beliefs
from beachhead.simulation.facts import SERIES

TOP = 20


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    heads : tuple of str
        One a column; those of columns of numbers end in '#', which is not shown.
    rows : tuple of tuple of str
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def list_schedule(
    case: Case, summary: Summary, futures: xr.Dataset, why: Mapping[str, str]
) -> Table:
    """Who is entered when and how, what it brings and what opening costs."""
    values = futures["value"].mean("world")
    opening = -futures["ledger"].sel(line="opening").sum("quarter")
    rows = [
        (
            launch.name,
            launch.enter,
            launch.start,
            launch.mode.replace("_", " "),
            f"{launch.localisation:g}",
            count(float(values.sel(market=launch.iso3))),
            count(float(opening.sel(market=launch.iso3))),
            why.get(launch.iso3, ""),
        )
        for launch in summary.launches
    ]
    heads = ("market", "enter", "work begins", "mode", "localisation#", f"value, {case.currency}#",
             f"opening, {case.currency}#", "why here, why now")  # fmt: skip
    return Table(heads, tuple(rows))


def list_years(summary: Summary) -> Table:
    """Money, people and markets by calendar year."""
    rows = [
        (
            year.year
            if year.quarters == 4
            else f"{year.year} ({number_of(year.quarters, 'quarter')})",
            count(year.opening),
            count(year.running),
            count(year.revenue_home),
            count(year.revenue_abroad),
            count(year.cash_low),
            count(year.cash_middle),
            count(year.cash_high),
            f"{year.teams_used:.1f} of {year.teams_available:g}",
            f"{year.markets:.1f}",
        )
        for year in summary.years
    ]
    heads = ("year", "opening#", "running#", "sales at home#", "sales abroad#", "cash, 5 %#",
             "cash, median#", "cash, 95 %#", "teams#", "markets#")  # fmt: skip
    return Table(heads, tuple(rows))


def _name_year(year: Year) -> str:
    part = "" if year.quarters == 4 else f" ({number_of(year.quarters, 'quarter')})"
    return f"{year.year}{part}"


def list_strategies(case: Case, plan: Plan, ruin: float) -> Table:
    """The plan, with its chance of `ruin`, beside the named strategies, valued alike."""
    own = ("this plan", "", "", str(len(plan.schedule.entries)), count(plan.value.mean))
    rows = [(*own, count(weigh(case, plan.value)), percent(ruin), "yes")]
    rows += [
        (
            strategy.name,
            strategy.words,
            "" if strategy.pace is None else f"{strategy.pace:g}",
            str(strategy.entries),
            count(strategy.value_mean),
            count(strategy.objective),
            percent(strategy.ruin),
            "yes" if strategy.within_limits else "no",
        )
        for strategy in plan.named_strategies
    ]
    heads = (
        "strategy",
        "",
        "launches a year#",
        "markets#",
        "mean value#",
        "J#",
        "ruin#",
        "within limits",
    )
    return Table(heads, tuple(rows))


def list_measures(case: Case, plan: Plan) -> Table:
    """What the firm may do beside entering markets, with what it costs and is worth."""
    rows = [
        (
            use.name,
            use.words,
            case.quarter_label(use.begin) if use.taken else "not taken",
            f"{use.level:g}",
            count(use.cost),
            count(use.yearly),
            f"{count(use.worth)} ± {count(use.worth_error)}",
        )
        for use in plan.measures
    ]
    heads = ("measure", "", "from", "size#", f"cost, {case.currency}#", "a year#", "worth#")
    return Table(heads, tuple(rows))


def list_targets(case: Case, plan: Plan, names: Mapping[str, str]) -> Table:
    """What is to be reached, its chance with the plan and at home, and what the futures bring."""
    rows = []
    for use in plan.targets:
        target = case.targets[use.number]
        rows.append(
            (
                name_target(case, target, names),
                use.made,
                target.by,
                "" if use.probability is None else percent(use.probability),
                odds(use.chance, use.worlds),
                odds(use.at_home, use.worlds),
                *(measured(case, target, x) for x in (use.low, use.middle, use.high)),
                target.basis,
                target.source,
            )
        )
    heads = ("target", "made", "by", "demanded#", "chance#", "at home#", "5 %#", "median#", "95 %#",
             "basis", "source")  # fmt: skip
    return Table(heads, tuple(rows))


def list_gates(case: Case, plan: Plan) -> Table:
    """Pilots, who waits for them, and what each is worth."""
    rows = [
        (
            use.name,
            use.pilot,
            " ".join(use.waiting),
            case.quarter_label(use.decision) if use.taken else "not taken",
            count(use.threshold),
            percent(use.opens),
            f"{count(use.worth)} ± {count(use.worth_error)}",
        )
        for use in plan.gates
    ]
    heads = ("gate", "pilot", "waiting", "decided", "units#", "opens#", f"worth, {case.currency}#")
    return Table(heads, tuple(rows))


def list_exposures(case: Case, plan: Plan) -> Table:
    """Components by what their disruptions cost."""
    rows = [
        (
            part.component, count(part.lost), count(part.at_risk), count(part.revenue),
            count(part.revenue_at_risk), percent(part.stopped),
        )
        for part in plan.exposures
    ]  # fmt: skip
    heads = (
        "component", f"lost on average, {case.currency}#", "one world of twenty#",
        "sales lost on average#", "sales, one world of twenty#", "worlds#",
    )  # fmt: skip
    return Table(heads, tuple(rows))


def list_rules(case: Case, plan: Plan) -> Table:
    """Rules of markets that the plan keeps or that bar a market, with what keeping them costs."""
    rows = [
        (
            use.iso3,
            f"{use.name}: {use.words}" if use.words else use.name,
            use.source,
            "kept" if use.entered else "bars the market",
            f"{use.approval}" if use.approval else "",
            count(use.cost) if use.entered else "",
        )
        for use in plan.rules
    ]
    heads = ("market", "rule", "source", "", "quarters#", f"cost, {case.currency}#")
    return Table(heads, tuple(rows))


def list_limits(plan: Plan) -> Table:
    """Every limit with the room that the plan leaves in it."""
    rows = [
        (limit.words, "binds" if limit.binding else "", f"{count(limit.slack)} {limit.unit}")
        for limit in plan.limits
    ]
    return Table(("limit", "", "room left#"), tuple(rows))


def list_ranking(ranking: Ranking) -> Table:
    """The best twenty of the screening: how firm each rank is, each contribution, every hole."""
    keys = [criterion.key for criterion in ranking.criteria]
    others = [method for method in METHODS if method != ranking.method]
    rows = [
        (
            _whole(row["rank"]),
            row["name"],
            "" if row["score"] is None else f"{row['score']:.3f}",
            "" if row["rank"] is None else f"{row['rank_low']} to {row['rank_high']}",
            "" if row["first_ten"] is None else percent(row["first_ten"]),
            *(_whole(row[f"rank_{method}"]) for method in others),
            percent(row["coverage"]),
            *("no figure" if row[key] is None else f"{row[key]:.3f}" for key in keys),
            "; ".join(filter(None, [row["holes"], row["older"], row["own"]])),
        )
        for row in ranking.table.head(TOP).iter_rows(named=True)
    ]
    shown = (f"{key.replace('_', ' ')}#" for key in keys)
    heads = ("rank#", "market", "score#", "nine of ten#", "first ten#",
              *(f"by {METHODS[method]}#" for method in others), "coverage#", *shown,
              "holes, older and own figures")  # fmt: skip
    return Table(heads, tuple(rows))


def list_criteria(ranking: Ranking) -> Table:
    """What the screening asks, the weights declared and effective, and what each one moves."""
    weights = {row["criterion"]: row for row in ranking.weights.to_dicts()}
    without = {row["criterion"]: row for row in ranking.without.to_dicts()}
    rows = []
    for c in ranking.criteria:
        effective = weights[c.key]["effective"]
        left = without.get(c.key)
        rows.append(
            (
                c.key.replace("_", " "),
                c.words,
                percent(c.weight),
                "" if effective is None else percent(effective),
                f"{c.low:g}",
                f"{c.high:g}",
                c.unit,
                str(left["changed"]) if left else "",
                f"{left['market']}, by {left['moved']}" if left and left["moved"] else "",
            )
        )
    heads = ("criterion", "what it is", "weight#", "effective#", "worth 0 at#", "worth 1 at#",
             "unit", "new in first ten without it#", "most moved without it")  # fmt: skip
    return Table(heads, tuple(rows))


def list_overrides(ranking: Ranking) -> Table:
    """Scores set by hand, with those that the figures give and the reasons."""
    rows = [
        (
            row["name"],
            f"{row['score']:.3f}",
            "" if row[ranking.method] is None else f"{row[ranking.method]:.3f}",
            _whole(row["rank"]),
            _whole(row[f"rank_{ranking.method}"]),
            row["override"],
        )
        for row in ranking.table.filter(ranking.table["override"] != "").iter_rows(named=True)
    ]
    heads = ("market", "score#", "by the figures#", "rank#", "by the figures#", "reason")
    return Table(heads, tuple(rows))


def list_floors(ranking: Ranking) -> Table:
    """Markets short of a floor, and those that passed for want of a figure."""
    rows = [
        (row["name"], row["below"], row["unchecked"])
        for row in ranking.table.iter_rows(named=True)
        if row["below"] or row["unchecked"]
    ]
    return Table(("market", "no rank: short of", "passed for want of a figure"), tuple(rows))


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def _say_evidence(beliefs: Beliefs, parameter: Parameter) -> str:
    if parameter.name in beliefs.overridden:
        return "set by the case"
    if beliefs.learned is not None and parameter.name in beliefs.learned.priors:
        return f"{EVIDENCE[parameter.tag]}; moved by the firm's records"
    return EVIDENCE[parameter.tag]


def list_parameters(beliefs: Beliefs) -> Table:
    """Every parameter with its value, spread, evidence and source."""
    rows = [
        (
            name,
            parameter.words,
            f"{parameter.default:.4g}",
            parameter.unit,
            str(parameter.prior),
            _say_evidence(beliefs, parameter),
            parameter.source,
        )
        for name, parameter in beliefs.parameters.items()
    ]
    heads = (
        "parameter",
        "what it is",
        "value#",
        "unit",
        "spread over worlds",
        "evidence",
        "source",
    )
    return Table(heads, tuple(rows))


def list_briefly(beliefs: Beliefs) -> tuple[str, ...]:
    """Every parameter with its value and evidence, in a few words each."""
    return tuple(
        f"{name} {parameter.default:.4g}{'' if parameter.unit == '1' else f' {parameter.unit}'}: "
        f"{'set by the case' if name in beliefs.overridden else EVIDENCE[parameter.tag]}"
        for name, parameter in beliefs.parameters.items()
    )


def list_mode_economics(case: Case) -> Table:
    """What each mode costs and brings; shares of the firm's revenue in a market of home's size."""
    modes = economics_of(case).modes
    names = [mode for mode in modes if mode in case.modes.allowed]
    rows = []
    for key, field in ModeEconomics.model_fields.items():
        values = [f"{getattr(modes[mode], key):g}" for mode in names]
        changed = [mode for mode in names if f"{mode}.{key}" in case.economics]
        evidence = f"set by the case: {', '.join(changed)}" if changed else EVIDENCE["J"]
        rows.append((field.description or key, *values, evidence))
    heads = ("per mode", *(f"{name.replace('_', ' ')}#" for name in names), "evidence")
    return Table(heads, tuple(rows))


def list_inputs(case: Case, panel: Panel) -> Table:
    """What the case itself says of markets, and which figures of the panel that stands in for."""
    published = panel.published
    known = {series.key for series in published.series}
    rows = []
    for row in case.markets.inputs:
        series = panel.find_series(row.key)
        cells = (panel.name(row.market), series.words, f"{row.value:,.6g}", series.unit)
        instead = ""
        if row.key in known and (theirs := published.figure(row.market, row.key)).year:
            instead = f"{theirs.value:,.6g} of {theirs.year} ({theirs.source})"
        rows.append((*cells, row.date.isoformat(), row.basis, row.source, instead))
    heads = (
        "market",
        "figure",
        "value#",
        "unit",
        "of",
        "basis",
        "source or reason",
        "in place of",
    )
    return Table(heads, tuple(rows))


def compare_figures(case: Case, panel: Panel, markets: Sequence[str]) -> Table:
    """What `list_figures` says, a row a market: value and year, '*' where something stands in."""
    rows = []
    for iso3 in markets:
        cells = []
        for key in SERIES:
            figure = panel.figure(iso3, key, fallback=True)
            value = "no figure" if figure.value is None else count(figure.value)
            when = "*" if figure.year is None else f"{figure.year}"
            cells.append(value if figure.value is None else f"{value} ({when})")
        rows.append((panel.name(iso3), *cells))
    heads = [
        f"{series.words}, {series.unit}#" for series in (panel.find_series(key) for key in SERIES)
    ]
    return Table(("market", *heads), tuple(rows))


def tell_sources(panel: Panel) -> str:
    """Where most figures of each series come from; single ones may come from elsewhere."""
    told = [f"{series.words}: {series.source}" for series in map(panel.find_series, SERIES)]
    return f"Main sources: {'; '.join(told)}."


def list_figures(case: Case, panel: Panel, markets: Sequence[str]) -> Table:
    """The country figures that the model reads of some markets, each with its source and year."""
    rows = []
    for iso3 in markets:
        for key in SERIES:
            figure, series = panel.figure(iso3, key, fallback=True), panel.find_series(key)
            value = "no figure" if figure.value is None else f"{figure.value:,.6g}"
            year = "" if figure.year is None else str(figure.year)
            rows.append(
                (panel.name(iso3), series.words, value, series.unit, year, figure.source,
                 figure.note)
            )  # fmt: skip
    return Table(("market", "figure", "value#", "unit", "of", "source", "note"), tuple(rows))


def list_stand_ins(notes: Sequence[tuple[str, str, str]], names: Mapping[str, str]) -> Table:
    """Figures that are older than others or stood in for by something else."""
    rows = tuple((names.get(iso3, iso3), what, note) for iso3, what, note in notes)
    return Table(("market", "figure", "what stands there"), rows)
