"""Whether the parts of a case fit one another and the panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from beachhead.cases.case import Case
from beachhead.cases.drafts import Draft, Known, Place
from beachhead.cases.inputs import INPUTS, TAKEN, find_faults, identify
from beachhead.cases.naming import find_covered, find_pool, resolve_names
from beachhead.cases.order import POOL, SOURCES, check_order
from beachhead.cases.presets import economics_of, load_preset
from beachhead.cases.rules import check_barred, check_rules
from beachhead.errors import InputError, Problem, nearest, suggest

if TYPE_CHECKING:
    from beachhead.data import Panel


# Currencies of the last decades that no market uses any more.
_FORMER = {
    *("ATS", "BEF", "DEM", "ESP", "FIM", "FRF", "GRD", "IEP", "ITL", "LUF", "NLG", "PTE"),
    *("BGN", "CYP", "EEK", "HRK", "LTL", "LVL", "MTL", "SIT", "SKK"),
    *("ANG", "AZM", "BYR", "GHC", "MRO", "MZM", "ROL", "SDD", "SLL", "STD", "TRL", "VEF"),
    *("ZMK", "ZWL"),
}

# Revenue over price x units. Channels, taxes and discounts take off less than nine tenths of the
# price; other products and services seldom bring hundreds of times as much, and a firm for which
# they do asks about another business. What lies outside is a matter of thousands, or of cents.
# Judgement.
LEAST_REVENUE, MOST_REVENUE = 1 / 30, 500.0

PEOPLE_APART = 20.0  # factor between a case's population and the panel's. Judgement


def check_draft(
    draft: Draft, panel: Panel, *also: Callable[[Case, Panel], Iterable[Problem]]
) -> list[Problem]:
    """Everything that is wrong with a case, in its form and in its meaning.

    Parameters
    ----------
    draft : Draft
        What `read_draft` made of a file.
    panel : Panel
        Figures as of `draft.as_of`.
    also : callables
        Checks of rooms further up: (case, panel) -> problems whose `where` is a key.

    Returns
    -------
    list of Problem
        Empty where the case is in order. What is only a consequence of a fault is left out.
    """
    meaning = check_case(draft.case, panel, known=draft.known, place=draft.place)
    further = [p for check in also for p in check(draft.case, panel) if draft.known(p.where)]
    # Two checks may say the same of a name that nobody knows.
    return list(dict.fromkeys([*draft.problems, *meaning, *_put(further, draft.place)]))


def check_case(
    case: Case, panel: Panel, *, known: Known | None = None, place: Place | None = None
) -> list[Problem]:
    """Everything in a case that contradicts itself or that the panel does not know.

    Parameters
    ----------
    case : Case
        The case as read.
    panel : Panel
        The panel on which it is to be planned.
    known : Known, optional
        Which keys hold what the author wrote; all by default. What depends on others is not told.
    place : callable, optional
        From a key to the words that say where it stands; by default the case's name and the key.

    Returns
    -------
    list of Problem
        Empty where the case is in order.
    """
    known = known or Known()
    resolved, names = resolve_names(case, panel)
    pool, unknown = find_pool(resolved, panel)
    problems = [p for p in (*names, *unknown) if known(p.where)]
    known = known.without(*(p.where for p in problems))
    problems += _check_money(resolved, panel, known)
    problems += _check_dates(resolved, panel, known)
    problems += _check_firm(resolved, known)
    problems += _check_columns(resolved)
    problems += _check_inputs(resolved, panel, known)
    problems += _check_population(resolved, panel, known)
    problems += _check_parameters(resolved)
    problems += _check_measures(resolved, panel, known)
    problems += _check_components(resolved, known)
    problems += check_rules(resolved, known)
    problems += _check_targets(resolved, panel, pool, known)
    problems += _check_rivals(resolved, panel, known)
    problems += _check_gates(resolved, pool, panel, known)
    problems += _check_teams(resolved, known)
    problems += _check_choices(resolved)
    problems += _check_candidates(resolved, pool, known)
    try:
        modes = economics_of(resolved).modes
    except InputError as error:
        prefix = f"case {case.name!r}, "
        wrong = [replace(p, where=p.where.removeprefix(prefix)) for p in error.problems]
        wrong = [p for p in wrong if known(p.where)]
        problems += wrong
        known = known.without(*(p.where for p in wrong))
        modes = load_preset(case.product.category).modes
    problems += check_order(resolved, pool, modes, known)
    problems += check_barred(resolved, modes, known)
    return _put(problems, place or (lambda key: f"case {case.name!r}, {key}"))


def _put(problems: Iterable[Problem], place: Place) -> list[Problem]:
    return [replace(problem, where=place(problem.where)) for problem in problems]


def _check_money(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    firm, product, limits = case.firm, case.product, case.limits
    today = {code for codes in panel.markets["currency_today"] for code in (codes or "").split(",")}
    if known("currency") and case.currency not in today | _FORMER:
        near = " or ".join(nearest(case.currency, sorted(today)))
        fix = f"Did you mean {near}?" if near else "Give its ISO 4217 code."
        yield Problem(f"no currency {case.currency!r}", "currency", fix)
    elif known("currency", "dollars") and case.currency != "USD" and case.dollars is None:
        yield Problem(
            "'dollars' is missing",
            "dollars",
            f"Country figures are in US dollars: say how many one {case.currency} was worth.",
        )
    elif known("currency", "dollars") and case.currency == "USD" and case.dollars not in (None, 1):
        yield Problem(f"dollars is {case.dollars:g}, but currency is USD", "dollars", "Leave one.")
    if known("product.price", "product.unit_cost") and product.price < product.unit_cost:
        yield Problem(
            f"price {product.price:g} is below unit_cost {product.unit_cost:g}",
            "product.price",
            "Every sale would lose money: check both figures and their currency.",
        )
    if known("limits.capital", "limits.cash_floor") and limits.capital < limits.cash_floor:
        yield Problem(
            f"cash_floor {limits.cash_floor:g} is above capital {limits.capital:g}",
            "limits.cash_floor",
            "The firm would break the floor before it starts: lower the one or raise the other.",
        )
    if known("firm.revenue", "firm.units", "firm.served", "product.price"):
        sales = product.price * (firm.units + sum(market.units for market in firm.served))
        times = firm.revenue / sales if sales > 0 else 1.0
        if not LEAST_REVENUE <= times <= MOST_REVENUE:
            yield Problem(
                f"revenue {firm.revenue:g} is {times:.2g} times price x units at home and in the "
                f"markets served, {sales:.3g}",
                "firm.revenue",
                "Give all three in single units and in the currency itself, not in thousands, "
                "millions or cents; of a firm with many businesses only the one that sells this.",
            )


def _check_dates(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    if not known("as_of"):
        return
    if panel.as_of is None or panel.as_of > case.as_of:
        yield Problem(
            f"the panel shows data published until {panel.as_of or 'today'}, after as_of "
            f"{case.as_of}",
            "as_of",
            "Load the panel as of the case's date.",
        )
    for key, year in (
        ("firm.entered_home", case.firm.entered_home),
        ("product.launch", None if case.product.new_category else case.product.launch),
    ):
        if year is not None and year > case.as_of.year and known("product.new_category"):
            yield Problem(
                f"{year} is after as_of {case.as_of}", key, "Give the year as known then."
            )


def _check_firm(case: Case, known: Known) -> Iterator[Problem]:
    firm = case.firm
    seen: set[str] = set()
    for i, served in enumerate(firm.served):
        key = f"firm.served[{i}].market"
        if served.market == firm.home:
            yield Problem(f"{served.market} is the home market", key, "Leave it out.")
        if served.market in seen:
            yield Problem(f"{served.market} stands there twice", key, "Leave one of them.")
        seen.add(served.market)
        if known("as_of") and served.since > case.as_of:
            yield Problem(
                f"{served.market} is served since {served.since}, after as_of {case.as_of}",
                f"firm.served[{i}].since",
                "A market entered later is a candidate; limits.fixed can name its quarter.",
            )
    total = sum(rival.share for rival in firm.rivals)
    if total > 1 + 1e-9:
        yield Problem(
            f"the shares of the rivals add up to {total:.2f}",
            "firm.rivals",
            "Shares are of all units sold at home: together at most 1.",
        )
    names = [rival.name for rival in firm.rivals]
    for i, name in enumerate(names):
        if name in names[:i]:
            what = f"a second rival {name!r} at home"
            yield Problem(what, f"firm.rivals[{i}].name", "Leave one.")


def _check_rivals(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    """Rivals that enter markets: where and when."""
    at_home = {rival.name for rival in case.firm.rivals}
    home = {case.firm.home}
    for i, rival in enumerate(case.markets.rivals):
        key = f"markets.rivals[{i}]"
        entered, unknown = find_covered(case, rival, panel, key)
        yield from (p for p in unknown if known("as_of"))
        if rival.name in at_home and entered & home and known("firm.home", "firm.rivals"):
            yield Problem(
                f"{rival.name} enters {case.firm.home}, where it is already",
                f"{key}.markets",
                "Leave home out; growth in firm.rivals says how it fares there.",
            )
        if rival.start is not None and known("as_of", "quarters"):
            quarter = case.quarter_index(rival.start)
            if not 0 <= quarter < case.quarters:
                yield Problem(
                    f"{rival.start} is outside the horizon", f"{key}.from",
                    f"It runs {case.quarter_label(0)} to {case.quarter_label(case.quarters - 1)}; "
                    "who is there today counts in hhi of markets.inputs.",
                )  # fmt: skip


def _check_columns(case: Case) -> Iterator[Problem]:
    from beachhead.data.series import BY_KEY

    seen: set[str] = set()
    for i, column in enumerate(case.markets.columns):
        where = f"markets.columns[{i}].key"
        if column.key in BY_KEY or column.key in INPUTS:
            fix = "Leave the column out: figures of that key can be given without it."
            yield Problem(f"{column.key} is known already", where, fix)
        elif column.key in TAKEN:
            fix = "Choose another: a table has a column of that name with another meaning."
            yield Problem(f"a column cannot have the key {column.key}", where, fix)
        elif column.key in seen:
            yield Problem(f"{column.key} stands there twice", where, "Leave one of them.")
        seen.add(column.key)


def _check_inputs(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    columns = {column.key for column in case.markets.columns}
    if not known("markets.columns"):  # one at fault may be the one that is meant
        columns |= {row.key for row in case.markets.inputs}
    as_of = case.as_of if known("as_of") else None
    seen: set[tuple[str, ...]] = set()
    for i, row in enumerate(case.markets.inputs):
        key = f"markets.inputs[{i}]"
        if identify(row) in seen:
            yield Problem(f"a second {row.key} for {row.market}", key, "Leave one of them.")
        seen.add(identify(row))
        for field, problem in find_faults(row, columns, as_of):
            yield replace(problem, where=f"{key}.{field}")
        if row.key == "population" and row.value > 0 and known(f"{key}.market"):
            people = panel.published.figure(row.market, "population").value or row.value
            if not 1 / PEOPLE_APART <= row.value / people <= PEOPLE_APART:
                yield Problem(
                    f"population of {row.market} is {row.value:g}",
                    f"{key}.value",
                    f"The panel knows of {people:,.0f} people: give single persons, not thousands.",
                )


def _check_population(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    """Markets that cannot be left out, but of which nobody knows how many people they have."""
    if not known("as_of", "markets.inputs"):
        return
    if panel.figures.filter(panel.figures["series"] == "population").is_empty():
        yield Problem(
            f"no population was published by {case.as_of}",
            "as_of",
            "The country figures begin later: take a later date.",
        )
        return
    given = {row.market for row in case.markets.inputs if row.key == "population"}
    limits = case.limits
    needed = {**dict.fromkeys(limits.must, "limits.must")}
    needed |= {iso3: f"limits.by.{iso3}" for iso3 in limits.by}
    needed |= {iso3: f"limits.fixed.{iso3}" for iso3 in limits.fixed}
    needed |= {m.market: f"firm.served[{i}].market" for i, m in enumerate(case.firm.served)}
    needed[case.firm.home] = "firm.home"
    for iso3, key in needed.items():
        if iso3 not in panel.codes or iso3 in given:
            continue
        if panel.figure(iso3, "population").value is None:
            yield Problem(
                f"no population is known for {iso3} as of {case.as_of}",
                key,
                "Give it in markets.inputs with the key 'population', or take the market out.",
            )


def _check_parameters(case: Case) -> Iterator[Problem]:
    if not case.parameters:
        return
    from beachhead.mechanisms import table

    known = table()
    within = True
    for name, value in case.parameters.items():
        key = f"parameters.{name}"
        if name not in known:
            fix = suggest(name, known)
            yield Problem(f"no parameter {name!r}", key, fix or "'beachhead explain' lists them.")
            continue
        low, high = known[name].bounds
        if not low <= value <= high:
            within = False
            yield Problem(f"{name} is {value:g}", key, f"It should be from {low:g} to {high:g}.")
    if within:
        yield from check_cuts(case)


def check_cuts(case: Case) -> Iterator[Problem]:
    """Knowledge cannot save more than the whole entry cost.

    The case's cuts count, and the largest that the priors allow for the others.
    """
    import numpy as np

    from beachhead.mechanisms import table
    from beachhead.mechanisms.knowledge import KINDS

    known = table()
    extreme = np.array([8.0])
    cuts = {
        name: case.parameters.get(
            name, float(known[name].prior.values(known[name].default, extreme)[0])
        )
        for name in (f"knowledge.{kind}" for kind in KINDS)
    }
    if sum(cuts.values()) >= 1.0:
        yield Problem(
            "the cuts of the entry cost by knowledge add up to "
            f"{sum(cuts.values()):.2f}: experience would save more than the whole cost",
            "parameters",
            f"Keep the sum of {', '.join(cuts)} under 1 (largest values of their priors: "
            + ", ".join(f"{value:.2f}" for value in cuts.values())
            + ").",
        )


def _check_measures(case: Case, panel: Panel, known: Known) -> Iterator[Problem]:
    if not case.measures:
        return
    from beachhead.mechanisms.measures import LEVERS

    seen: set[str] = set()
    for i, measure in enumerate(case.measures):
        key = f"measures[{i}]"
        if measure.name in seen:
            yield Problem(f"a second measure {measure.name!r}", f"{key}.name", "Name it otherwise.")
        seen.add(measure.name)
        yield from find_covered(case, measure, panel, key)[1]
        if not measure.changes and measure.sourcing is None:
            yield Problem(
                f"{measure.name!r} changes nothing", key, "Give it changes or another sourcing."
            )
        for name, value in measure.changes.items():
            where = f"{key}.changes.{name}"
            if name not in LEVERS:
                fix = suggest(name, LEVERS) or f"Known are {', '.join(LEVERS)}."
                yield Problem(f"a measure cannot change {name!r}", where, fix)
                continue
            lever = LEVERS[name]
            if not lever.least <= value <= lever.most:
                fix = f"Give {'a factor' if lever.kind == 'factor' else 'an addition'}"
                fix += f" from {lever.least:g} to {lever.most:g}."
                yield Problem(f"{name} is {value:g}", where, fix)
            if name == "teams" and value != int(value):
                yield Problem(f"teams is {value:g}", where, "People come whole.")
        if len(set(measure.levels)) < len(measure.levels):
            yield Problem("the same level twice", f"{key}.levels", "Leave one of them.")
        for field, label in (("from", measure.start), ("begin", measure.begin)):
            if label is None or label in ("free", "never"):
                continue
            if not known("as_of", "quarters"):
                continue
            quarter = case.quarter_index(label)
            outside = quarter >= case.quarters or (field == "begin" and quarter < 0)
            if outside:
                yield Problem(
                    f"{label} is outside the horizon", f"{key}.{field}",
                    f"It runs {case.quarter_label(0)} to {case.quarter_label(case.quarters - 1)}.",
                )  # fmt: skip
        soonest = case.quarter_index(measure.start) if measure.start else 0
        dated = known("as_of") and measure.begin not in ("free", "never")
        if dated and case.quarter_index(measure.begin) < soonest:
            yield Problem(
                f"it begins in {measure.begin}, before {measure.start}", f"{key}.begin",
                "Begin it later, or let it be possible sooner.",
            )  # fmt: skip


def _check_components(case: Case, known: Known) -> Iterator[Problem]:
    names = [component.name for component in case.components]
    if (total := sum(component.share for component in case.components)) > 1 + 1e-9:
        fix = "They are shares of one unit's cost: together at most 1."
        yield Problem(f"the shares of the components add up to {total:.2f}", "components", fix)
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(f"a second component {name!r}", f"components[{i}].name", "Leave one.")
    risks: dict[tuple[str, str], float] = {}
    ways = [(f"components[{i}]", c.name, c.sources) for i, c in enumerate(case.components)]
    for i, measure in enumerate(case.measures):
        if (way := measure.sourcing) is None:
            continue
        key = f"measures[{i}].sourcing"
        ways.append((key, way.component, way.sources))
        if way.component not in names and known("components"):
            fix = suggest(way.component, names) or "[[components]] names them."
            yield Problem(f"no component {way.component!r}", f"{key}.component", fix)
    for key, name, sources in ways:
        if abs((total := sum(source.share for source in sources)) - 1.0) > 1e-6:
            yield Problem(
                f"the shares of the sources of {name} add up to {total:g}", f"{key}.sources",
                "Together they are 1.",
            )  # fmt: skip
        for j, source in enumerate(sources):
            other = risks.setdefault((name, source.country), source.risk)
            if other != source.risk:
                yield Problem(
                    f"the risk of {source.country} for {name} is {source.risk:g} here and "
                    f"{other:g} elsewhere", f"{key}.sources[{j}].risk", "Give one for both.",
                )  # fmt: skip


def _check_targets(case: Case, panel: Panel, pool: set[str], known: Known) -> Iterator[Problem]:
    rivals = len(case.firm.rivals) + sum(
        case.firm.home in find_covered(case, rival, panel)[0] for rival in case.markets.rivals
    )
    left = len(pool - {case.firm.home} - set(case.limits.never))
    most = len(case.firm.served) + (case.limits.max_markets or 0)
    most = left if case.limits.max_markets is None else most
    for i, target in enumerate(case.targets):
        key, metric = f"targets[{i}]", target.metric
        if target in case.targets[:i]:
            yield Problem("a target stands there twice", key, "Leave one of them.")
        if metric == "share" and target.market is None:
            yield Problem("a share of which market?", f"{key}.market", 'Name it, or "home".')
        if metric not in ("units", "revenue", "share") and target.market is not None:
            fix = "Leave the market out."
            yield Problem(f"{metric} is of the whole firm", f"{key}.market", fix)
        if metric in ("share", "share_abroad") and target.value > 1:
            fix = "Give a fraction from 0 to 1."
            yield Problem(f"a share of {target.value:g}", f"{key}.value", fix)
        if metric == "home_rank" and known("firm.rivals"):
            if not case.firm.rivals:
                fix = "Name them in firm.rivals, with their shares."
                what = "a target for the place at home, but no rivals are named there"
                yield Problem(what, f"{key}.metric", fix)
            elif target.value != int(target.value) or target.value > rivals:
                fix = f"Give a place from 1 to {rivals}: there are {rivals} rivals."
                yield Problem(f"home_rank is {target.value:g}", f"{key}.value", fix)
        # What was only said may be out of reach: its chance tells.
        limited = target.probability and known("limits.max_markets", *POOL)
        if metric == "markets" and limited and target.value > most:
            what = f"{target.value:g} markets are demanded, but at most {most} can be served"
            yield Problem(what, f"{key}.value", "Ask for fewer, or let more be entered.")
        if not known("as_of", "quarters"):
            continue
        if target.made and target.made > case.as_of and target.basis != "hindsight":
            yield Problem(
                f"made on {target.made}, after as_of {case.as_of}", f"{key}.made",
                'Leave it out, or mark its basis as "hindsight".',
            )  # fmt: skip
        last = case.quarter_index(target.by)
        if not 0 <= last < case.quarters:
            yield Problem(
                f"{target.by} is outside the horizon", f"{key}.by",
                f"It runs {case.quarter_label(0)} to {case.quarter_label(case.quarters - 1)}.",
            )  # fmt: skip
            continue
        before, adds_up = last < target.spans - 1, metric.startswith(("units", "revenue"))
        if before and not adds_up:
            fix = "Take a later period, or the quarter alone."
            yield Problem(
                f"{metric} of the year to {target.by}, which begins before the horizon",
                f"{key}.by", fix,
            )  # fmt: skip
        if before and adds_up and target.so_far is None:
            yield Problem(
                f"the year to {target.by} begins before {case.quarter_label(0)}",
                f"{key}.so_far", "Say what the quarters before that have brought.",
            )  # fmt: skip
        if target.so_far is not None and not (before and adds_up):
            fix = "Leave it out: every quarter of the period is simulated."
            yield Problem("nothing of the period lies before", f"{key}.so_far", fix)


def _check_gates(case: Case, pool: set[str], panel: Panel, known: Known) -> Iterator[Problem]:
    names = [gate.name for gate in case.gates]
    served = {market.market for market in case.firm.served}
    demanded = {
        iso3: key
        for key, codes in (("must", case.limits.must), ("by", case.limits.by),
                           ("fixed", case.limits.fixed))
        for iso3 in codes
    }  # fmt: skip
    ready = known("as_of", *SOURCES)
    enterable = pool - served - {case.firm.home} - set(case.limits.never)
    for i, gate in enumerate(case.gates):
        key = f"gates[{i}]"
        if gate.name in names[:i]:
            yield Problem(f"a second gate {gate.name!r}", f"{key}.name", "Name it otherwise.")
        reached, unknown = find_covered(case, gate, panel, key)
        yield from unknown
        if ready and known(f"{key}.pilot") and gate.pilot not in enterable | served:
            yield Problem(
                f"{gate.pilot} is neither a candidate nor served", f"{key}.pilot",
                "Try a market that may be entered, or one where you sell already.",
            )  # fmt: skip
        named = {panel.find(name) for name in gate.markets if name in panel.codes}
        if gate.pilot in named:
            yield Problem(f"{gate.pilot} waits for itself", f"{key}.markets", "Leave it out.")
        for iso3 in sorted(named & set(demanded)):
            yield Problem(
                f"{iso3} cannot wait: limits.{demanded[iso3]} demands it", f"{key}.markets",
                "Leave it out here or there.",
            )  # fmt: skip
        waiting = (reached & enterable) - set(demanded) - {gate.pilot}
        if ready and not unknown and not waiting:
            fix = "Name candidates that may be entered or not."
            yield Problem(f"nothing waits for {gate.name!r}", f"{key}.markets", fix)
        if not gate.quantiles and not gate.units:
            fix = "Give quantiles or units."
            yield Problem(f"{gate.name!r} has no threshold", f"{key}.quantiles", fix)
        for field in ("wait", "quantiles", "units"):
            if len(set(choices := getattr(gate, field))) < len(choices):
                yield Problem(
                    f"the same choice twice in {list(choices)}", f"{key}.{field}", "Leave one."
                )
        if known("quarters") and max(gate.wait) >= case.quarters:
            yield Problem(
                f"a wait of {max(gate.wait)} quarters ends after the horizon", f"{key}.wait",
                f"The horizon has {case.quarters}.",
            )  # fmt: skip


def _check_teams(case: Case, known: Known) -> Iterator[Problem]:
    teams = case.limits.teams
    if isinstance(teams, int) or not known("limits.teams"):
        return
    starts = [case.quarter_index(step.start) for step in teams]
    if starts[0] > 0 and known("as_of"):
        yield Problem(
            f"teams are given from {teams[0].start} on, but the horizon begins in "
            f"{case.quarter_label(0)}",
            "limits.teams[0].from",
            "Begin with the teams of the first quarter, 0 if there are none.",
        )
    for i, (before, start) in enumerate(pairwise(starts), start=1):
        if start <= before:
            yield Problem(
                f"{teams[i].start} does not come after {teams[i - 1].start}",
                f"limits.teams[{i}].from",
                "Put the steps in order of time, each quarter once.",
            )


def _check_choices(case: Case) -> Iterator[Problem]:
    for key, choices in (
        ("modes.allowed", case.modes.allowed),
        ("modes.localisation", case.modes.localisation),
    ):
        if len(set(choices)) < len(choices):
            yield Problem(f"the same choice twice in {list(choices)}", key, "Leave one of them.")


def _check_candidates(case: Case, pool: set[str], known: Known) -> Iterator[Problem]:
    served = {market.market for market in case.firm.served}
    if case.markets.candidates != "all":
        for iso3 in case.markets.candidates:
            reason = "the home market" if iso3 == case.firm.home else "served already"
            if iso3 == case.firm.home or iso3 in served:
                yield Problem(
                    f"{iso3} cannot be a candidate: it is {reason}",
                    "markets.candidates",
                    "Leave it out; it is part of the plan anyway.",
                )
    left = pool - served - {case.firm.home} - set(case.limits.never)
    if not left and known("as_of", *SOURCES):
        yield Problem(
            "no market is left to enter",
            "markets.candidates",
            "Name more markets, regions or blocs, or shorten markets.exclude and limits.never.",
        )
