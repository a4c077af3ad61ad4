"""A replay in words and tables: for the terminal, and as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from beachhead.evidence.confront import PLANNED, TRUE, Fan, Odds
from beachhead.evidence.order import Chance, Order
from beachhead.evidence.replay import Met, Replay
from beachhead.reporting.sensitivity import WIDTH, set_out
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, count, number_of, percent

NONE = "–"


@dataclass(frozen=True)
class Section:
    """A part of a replay: heading, sentences before its tables, and these."""

    heading: str
    words: tuple[str, ...]
    tables: tuple[Table, ...] = ()


def describe_replay(found: Replay) -> str:
    """The replay in lines of at most 100 columns where its tables allow it."""
    lines = [tell_head(found), ""]
    for section in list_sections(found):
        lines += [section.heading, ""]
        for sentence in section.words:
            lines += textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")
        for table in section.tables:
            lines += ["", *set_out(table)]
        lines.append("")
    return "\n".join(line.rstrip() for line in lines).rstrip().replace(GLUE, " ")


def write_markdown(found: Replay, level: int = 1) -> str:
    """The replay as Markdown, its heading of this level."""
    lines = [f"{'#' * level} {tell_head(found)}", ""]
    for section in list_sections(found):
        lines += [f"{'#' * (level + 1)} {section.heading}", ""]
        for sentence in section.words:
            lines += [sentence, ""]
        for table in section.tables:
            lines += [*write_table(table), ""]
    return "\n".join(lines).rstrip().replace(GLUE, " ") + "\n"


def write_table(table: Table) -> list[str]:
    """A table as lines of Markdown."""
    heads = [head.rstrip("#") for head in table.heads]
    rule = ["---:" if head.endswith("#") else "---" for head in table.heads]
    rows = [heads, rule, *table.rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]


def tell_head(found: Replay) -> str:
    """What was replayed, in a line."""
    return f"{found.case}: {found.firm} as of {found.as_of}, held against what happened"


def list_sections(found: Replay) -> Iterable[Section]:
    """What was caught, missed, and how everything compares."""
    yield _tell_setting(found)
    yield _tell_markets(found)
    yield _tell_orders(found)
    yield _tell_pace(found)
    yield _tell_values(found)
    if found.confronted.fans or found.confronted.standings or found.unanswered:
        yield _tell_facts(found)
    if found.confronted.odds:
        yield _tell_odds(found)
    if found.without:
        yield _tell_without(found)


def _tell_setting(found: Replay) -> Section:
    words = (
        f"Planned at {found.effort}, seed {found.seed}, version {found.version}, from what was "
        f"published by {found.as_of}. The history tells of entries until {found.until}: "
        f"{found.entered} markets of {number_of(found.candidates, 'candidate')}, of which it is "
        f"known of {found.judged} whether they were entered ({found.coverage} coverage).",
        *found.notes,
    )
    return Section("What is compared", words)


def _tell_markets(found: Replay) -> Section:
    caught = [m for m in found.markets if m.true and m.planned]
    missed = [m for m in found.markets if m.true and not m.planned]
    wrong = [m for m in found.markets if not m.true and m.planned and m.judged]
    unknown = [m for m in found.markets if not m.true and m.planned and not m.judged]

    def tell(markets: list[Met]) -> str:
        return ", ".join(m.name for m in markets) or "none"

    rows = tuple((m.name, m.true or NONE, m.planned or NONE, _verdict(m)) for m in found.markets)
    words = (
        f"Caught: {number_of(len(caught), 'market')} entered in truth and by the plan "
        f"until {found.until}: {tell(caught)}.",
        f"Missed: {number_of(len(missed), 'market')} entered in truth and not by the plan: "
        f"{tell(missed)}.",
        f"Wrong: {number_of(len(wrong), 'market')} entered by the plan and, as far as is known, "
        f"not in truth by then: {tell(wrong)}.",
        f"Not known: {number_of(len(unknown), 'market')} entered by the plan, of which the history "
        f"does not say: {tell(unknown)}.",
    )
    return Section("Caught and missed", words,
                   (Table(("market", "true", "planned", "verdict"), rows),))  # fmt: skip


def _verdict(met: Met) -> str:
    if met.true and met.planned:
        return "caught"
    if met.true:
        return "MISSED"
    return "WRONG" if met.judged else "not known"


def _tell_orders(found: Replay) -> Section:
    words = (
        "Pairs: markets in both orders whose true order is known; of those that the order tells "
        "apart, the share in the right order, and Kendall's tau, in which ties count as neither. "
        "First n: of as many markets as were entered within the time, the share of those that "
        "the order puts first which were, among those judged; known: how many of the first n of "
        "all candidates are judged at all. AUC: chance that a market entered stands before one "
        "that was not; markets without a place are tied at the end. By date: of the judged "
        "markets that it enters within the time, those that were, and the share of the true "
        "ones that it so finds.",
    )
    tables = [
        Table(
            ("order", "placed#", "pairs#", "right#", "tau#"),
            (
                *(
                    (o.name, str(o.placed), str(o.pairs), _share(o.concordance), _two(o.tau))
                    for o in found.orders
                ),
                ("at random", "", "", "", _range(found.chance.tau)),
            ),
        )
    ]
    for k, window in enumerate(found.orders[0].within):
        counted = f"{window.entered} entered of {window.judged} judged"
        heads = (
            f"within {_time(window.quarters)}, {counted}",
            "first n#", "known#", "AUC#", "by date#", "found#",
        )  # fmt: skip
        rows = tuple(_window_row(order, k) for order in found.orders)
        tables.append(Table(heads, (*rows, _random_row(found.chance, k))))
    return Section("Order", words, tuple(tables))


def _window_row(order: Order, k: int) -> tuple[str, ...]:
    one = order.within[k]
    dated = bool(one.chosen)
    return (
        order.name,
        _share(one.precision),
        _share(one.known),
        _two(one.auc),
        f"{one.right} of {one.chosen}" if dated else NONE,
        _share(one.right / one.entered) if dated and one.entered else NONE,
    )


def _random_row(chance: Chance, k: int) -> tuple[str, ...]:
    return (
        "at random, nine in ten",
        _range(chance.precision[k]),
        "",
        _range(chance.auc[k]),
        "",
        "",
    )


def _tell_pace(found: Replay) -> Section:
    names = list(found.pace[0].strategies) if found.pace else []
    rows = tuple(
        (str(y.year), str(y.true), str(y.planned), *(str(y.strategies[n]) for n in names))
        for y in found.pace
    )
    sums = (
        "all", str(sum(y.true for y in found.pace)), str(sum(y.planned for y in found.pace)),
        *(str(sum(y.strategies[n] for y in found.pace)) for n in names),
    )  # fmt: skip
    heads = ("year", "true#", "plan#", *(f"{name}#" for name in names))
    words = (
        f"Entries by calendar year, until {found.until}. The true ones are those that the history "
        "dates, of candidates alone: the firm may have entered more.",
    )
    return Section("Pace", words, (Table(heads, (*rows, sums)),))


def _tell_values(found: Replay) -> Section:
    rows = tuple(
        (
            one.name,
            str(one.entries),
            count(one.objective),
            count(one.mean),
            f"{count(one.adds)} ±{count(one.adds_error)}",
            f"{count(one.behind)} ±{count(one.behind_error)}",
            percent(one.ruin),
            f"{one.teams:.1f} of {one.has:g}",
            "yes" if one.breaks else "no",
        )
        for one in found.confronted.priced
    )
    heads = (
        "schedule", "entries#", "J#", "mean#", "adds#", "behind the plan#", "ruin#", "teams#",
        "breaks limits#",
    )  # fmt: skip
    words = (
        f"All in the same futures, by the model: what it thinks of the true entries, not what they "
        f"brought. Money in {found.currency}; what a schedule adds to staying at home, and how far "
        "it is behind the plan, with 95 % intervals. The true and the announced entries are made "
        "in the way that is best alone by the model.",
    )
    return Section("Value on the same worlds", words, (Table(heads, rows),))


def _tell_facts(found: Replay) -> Section:
    fans = found.confronted.fans
    true = [fan for fan in fans if fan.under == TRUE]
    inside = sum(fan.inside for fan in true)
    words = [
        "What came, against the 5 %, 50 % and 95 % points of the futures with the true entries, "
        "which is the fair test of the model; beside them those with the plan. Percentile: share "
        "of futures below what came.",
        f"With the true entries {inside} of {len(true)} figures lie inside, where 90 % should; "
        f"{sum(f.outcome > f.high for f in true)} came higher than the 95 % point, "
        f"{sum(f.outcome < f.low for f in true)} lower than the 5 % point.",
    ]
    tables = []
    planned = {_key(fan): fan for fan in fans if fan.under == PLANNED}
    if true:
        heads = (
            "figure", "came#", "5 %#", "50 %#", "95 %#", "percentile#", "verdict#",
            "50 %, plan#", "percentile, plan#",
        )  # fmt: skip
        rows = tuple(_fan_row(fan, planned[_key(fan)]) for fan in true)
        tables.append(Table(heads, rows))
    if found.confronted.standings:
        chances = {(s.market, s.by, s.under): (s.rank, s.first) for s in found.confronted.standings}
        places = tuple(
            (market, by, str(rank), percent(first), percent(chances[market, by, PLANNED][1]))
            for (market, by, under), (rank, first) in chances.items()
            if under == TRUE
        )
        columns = ("market", "period to", "true place#", "chance to be first#", "with the plan#")
        tables.append(Table(columns, places))
        words.append(
            "Places abroad: the model knows rivals there only as so many alike, so that all it "
            "can tell is the chance to sell more than each of them."
        )
    if found.unanswered:
        words.append(
            f"Not answered by any future: {number_of(len(found.unanswered), 'verified fact')} of "
            f"the horizon, such as {'; '.join(found.unanswered[:4])}."
        )
    return Section("Figures", tuple(words), tuple(tables))


def _key(fan: Fan) -> tuple[str, str | None, str, str, float]:
    return fan.metric, fan.market, fan.by, fan.period, fan.outcome


def _fan_row(fan: Fan, planned: Fan) -> tuple[str, ...]:
    verdict = "inside" if fan.inside else "ABOVE" if fan.outcome > fan.high else "BELOW"
    place = {None: "", "home": " at home"}.get(fan.market, f" {fan.market}")
    when = fan.by[:4] if fan.period == "year" else fan.by
    return (
        f"{fan.metric.replace('_', ' ')}{place} {when}",
        *(_amount(fan, value) for value in (fan.outcome, fan.low, fan.middle, fan.high)),
        percent(fan.percentile),
        verdict,
        _amount(planned, planned.middle),
        percent(planned.percentile),
    )


def _amount(fan: Fan, value: float) -> str:
    return percent(value) if fan.metric.startswith("share") else count(value)


def _tell_odds(found: Replay) -> Section:
    rows = tuple(
        (
            one.words, one.said, one.by, percent(one.chance),
            percent(one.entered) if one.entered == one.entered else NONE, _outcome(one),
        )
        for one in found.confronted.odds
    )  # fmt: skip
    tables = [Table(("target", "said", "due", f"{PLANNED}#", f"{TRUE}#", "came#"), rows)]
    if found.confronted.marks:
        marks = tuple(
            (m.name, f"{m.brier:.3f}", f"{m.log:.3f}", m.words) for m in found.confronted.marks
        )
        tables.append(Table(("odds", "Brier#", "log#", "what they are"), marks))
    words = (
        f"Chances as seen on {found.as_of}, whenever the target was said. Lower scores are better.",
    )
    return Section("Targets", words, tuple(tables))


def _outcome(one: Odds) -> str:
    if not one.outcomes:
        return "not known"
    told = ", ".join(count(value) for value in one.outcomes)
    return f"{'disputed' if one.met is None else 'met' if one.met else 'NOT met'} ({told})"


def _tell_without(found: Replay) -> Section:
    base = found.orders[0]

    def row(name: str, order: Order, words: str) -> tuple[str, ...]:
        cells = [name, str(order.placed), _two(order.tau)]
        for one in order.within:
            cells += [_share(one.precision), _two(one.auc)]
        return (*cells, words)

    times = [_time(one.quarters) for one in base.within]
    columns = [f"{what}, {time}#" for time in times for what in ("first n", "AUC")]
    heads = ("without", "placed#", "tau#", *columns, "what it is")
    rows = (
        row("nothing", base, "the plan"),
        *(row(w.name, w.order, w.words) for w in found.without),
    )
    words = (
        "The case planned again with each mechanism at its neutral value. Where the figures "
        "improve without one, it took the plan away from what the firm did; that may be the "
        "model's fault or the firm's.",
    )
    return Section("Mechanisms switched off", words, (Table(heads, rows),))


def _time(quarters: int) -> str:
    return (
        f"{quarters // 4} years" if quarters % 4 == 0 and quarters > 4 else f"{quarters} quarters"
    )


def _share(value: float | None) -> str:
    return NONE if value is None else percent(value)


def _two(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _range(spread: tuple[float, float, float] | None) -> str:
    return NONE if spread is None else f"{spread[1]:.2f} ({spread[0]:.2f} to {spread[2]:.2f})"
