"""Commands about what real firms did next."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from beachhead.cli.options import CaseName, Changes, Json

if TYPE_CHECKING:
    from beachhead.evidence import Outlook, Score

WIDTH = 100

app = typer.Typer(help="What real firms entered next: learn it, score it, rank a case by it.")

Entries = Annotated[
    Path,
    typer.Option(metavar="FILE", help="Table of entries: firm, home_iso3, iso3, year, event."),
]
Firms = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Table of firms: coverage, last year to score."),
]
ModelFile = Annotated[
    Path | None, typer.Option(metavar="MODEL", help="A model that `precedents fit` wrote.")
]


@app.command("fit")
def fit(
    entries: Entries,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL", help="File to write.")],
    firms: Firms = None,
    before: Annotated[
        int | None, typer.Option(metavar="YEAR", help="See nothing of this year and later.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")] = 1,
) -> None:
    """Learn from real firms which market is entered next, and how many a year."""
    from beachhead.data import load_panel
    from beachhead.evidence import fit, read_histories, save

    panel = load_panel()
    histories = read_histories(entries, panel, firms)
    model = fit(histories, panel, before=before, seed=seed)
    save(model, out)
    made = model.made
    print(f"Wrote {out}: {made['waves']} waves of {len(made['firms'])} firms, "
          f"{made['entries']} entries.")  # fmt: skip
    check = made["check"]
    print(f"Sampler: largest R-hat {check['r_hat']:.3f}, fewest effective draws "
          f"{check['n_eff']:.0f}, {check['divergences']:.0f} divergences.")  # fmt: skip


@app.command("score")
def score(
    entries: Entries,
    firms: Firms = None,
    model: ModelFile = None,
    since: Annotated[
        int | None, typer.Option(metavar="YEAR", help="Score only waves of YEAR and later.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score how well what firms entered next is foretold, beside simple orders.

    Without a model, each firm is foretold from all others (some minutes).
    """
    from beachhead.data import load_panel
    from beachhead.evidence import load, read_histories, score

    panel = load_panel()
    histories = read_histories(entries, panel, firms)
    fitted = None if model is None else load(model)
    show = _show if sys.stderr.isatty() else None
    found = score(histories, panel, fitted, since=since, progress=show)
    if as_json:
        print(json.dumps(_finite(asdict(found)), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_score_lines(found)))


@app.command("rank")
def rank(
    case: CaseName,
    model: ModelFile = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Run folder whose plan to set beside it."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Rank a case's candidates by what firms in its place entered next."""
    from beachhead.cli.cases import load_checked
    from beachhead.evidence import load, rank

    loaded, panel = load_checked(case, changes or ())
    if run is None:
        from beachhead.screening import screen

        table = screen(loaded, panel).table
        order, words = table.drop_nulls("rank")["iso3"].to_list(), "screening"
    else:
        from beachhead.reporting.run import read_run

        planned = read_run(run).plan.schedule.entries
        order = [entry.iso3 for entry in sorted(planned, key=lambda entry: entry.quarter)]
        words = "plan"
    found = rank(loaded, panel, load(model), order)
    if as_json:
        print(json.dumps({"beside": words, **asdict(found)}, indent=2, ensure_ascii=False,
                         default=str))  # fmt: skip
    else:
        print("\n".join(_rank_lines(found, words, top)))


def _show(firm: str, done: int, total: int) -> None:
    print(f"{done} of {total}: {firm} foretold", file=sys.stderr)


def _finite(value: Any) -> Any:
    """JSON has no word for what is not a number."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


_SHOWN = (
    ("auc", "AUC", 3), ("precision_at_wave", "precision", 3), ("mrr", "MRR", 3),
    ("top_20", "top 20", 3), ("log_likelihood", "log-lik.", 3),
)  # fmt: skip


def _score_lines(found: Score) -> Iterator[str]:
    yield f"{found.waves} waves with {found.entries} entries are scored."
    if found.seen:
        text = f"No forecast: the model had learned from {', '.join(found.seen)}."
        yield from textwrap.wrap(text, WIDTH)
    for kind, words in (("full", "Firms whose list is full"), ("listed", "Firms of which only the "
                        "listed markets are candidates")):  # fmt: skip
        if kind in found.by_coverage and len(found.by_coverage) > 1:
            part = found.by_coverage[kind]
            yield from ("", f"{words}:")
            yield from _table(part["model"], part["baselines"])
    if math.isfinite(found.model["auc"]):
        yield from ("", "All firms with at least five scored entries:")
        yield from _table(found.model, found.baselines)
        yield from _differences(found.baselines)
    else:
        yield "No firm has five scored entries: there are no means."
    yield from ("", "Chance to be in a wave of that size, against what was entered:")
    yield f"{'chance':<20}{'markets':>10}{'foretold':>10}{'entered':>10}"
    for row in found.reliability:
        span = f"{row['low']:g} to {row['high']:g}"
        yield (f"{span:<20}{row['markets']:>10,}{row['foretold']:>10.1f}"
               f"{row['entered']:>10}")  # fmt: skip
    yield from _when(found.when["now_or_later"], found.when["markets_a_year"])


def _when(chances: dict[str, float], pace: dict[str, dict[str, float]]) -> Iterator[str]:
    if math.isfinite(chances["model"]):
        yield from ("", "Now or later, among the markets finally entered (AUC):")
        named = (f"{name.replace('_', ' ')} {_number(value, 3)}" for name, value in chances.items())
        yield from textwrap.wrap(f"{', '.join(named)}.", WIDTH)
    if "model" in pace:
        yield from ("", "Markets a year:")
    for name, values in pace.items():
        if name != "counted":
            yield (f"{name.replace('_', ' '):<20}log-likelihood {values['log_likelihood']:>7.3f}, "
                   f"mean absolute error {values['mean_absolute_error']:.2f} markets")  # fmt: skip


def _differences(baselines: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("", "Model less baseline, with 95 % intervals:")
    yield f"{'':<28}{'AUC':>24}{'MRR':>24}{'log-likelihood':>24}"
    for name, values in baselines.items():
        cells = [_interval(values["difference"][key]) for key in ("auc", "mrr", "log_likelihood")]
        yield f"{name.replace('_', ' '):<28}" + "".join(f"{cell:>24}" for cell in cells)


def _table(model: dict[str, float], baselines: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"{'':<28}" + "".join(f"{words:>11}" for _, words, _ in _SHOWN)
    for name, values in {"model": model, **baselines}.items():
        cells = (_number(values[key], digits) for key, _, digits in _SHOWN)
        yield f"{name.replace('_', ' '):<28}" + "".join(f"{cell:>11}" for cell in cells)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "none"


def _interval(values: Sequence[float]) -> str:
    mean, low, high = values
    if not math.isfinite(mean):
        return "none"
    return f"{mean:+.3f} ({low:+.3f}, {high:+.3f})"


def _rank_lines(found: Outlook, words: str, top: int) -> Iterator[str]:
    served = f"{len(found.served)} markets" if found.served else "no market"
    text = (
        f"What firms entered next from where {found.firm} stands on {found.as_of}: home "
        f"{found.home}, {served} served."
    )
    yield from textwrap.wrap(text, WIDTH)
    if found.expected is not None:
        yield f"Such a firm entered {found.expected:.1f} markets a year."
    yield ""
    yield f"{'':>4} {'':<24}{'chance':>8}{words:>11}   why"
    for placed in found.markets[:top]:
        other = "-" if placed.other_rank is None else f"{placed.other_rank}"
        why = "; ".join(f"{reason.words} {reason.effect:+.1f}" for reason in placed.reasons[:3])
        first, *rest = textwrap.wrap(why or "nothing stands out", WIDTH - 51)
        head = f"{placed.rank:>4} {placed.name[:23]:<24}{placed.probability:>8.1%}{other:>11}"
        yield f"{head}   {first}"
        for line in rest:
            yield f"{'':<51}{line}"
    apart = sorted(
        (placed for placed in found.markets if placed.other_rank is not None),
        key=lambda placed: -abs(math.log(placed.rank / (placed.other_rank or 1))),
    )[:5]
    if apart:
        yield from ("", f"Farthest from the order of the {words}:")
        for placed in apart:
            reasons = "; ".join(f"{reason.words} {reason.effect:+.1f}"
                                for reason in placed.reasons[:4])  # fmt: skip
            text = f"{placed.name}: {placed.rank} here, {placed.other_rank} there ({reasons})."
            yield from textwrap.wrap(text, WIDTH, subsequent_indent="  ")
    if found.unknown:
        text = f"Without the figures that are needed: {', '.join(found.unknown)}."
        yield from ("", *textwrap.wrap(text, WIDTH))
    yield ""
    text = (
        "Chance: of being the next market entered, among the candidates. Why: effects on its log "
        "odds, against the mean of the candidates; own pull: what the market has beside the other "
        "terms. Precedents are firms that became known: they "
        "say what was done, not what paid."
    )
    yield from textwrap.wrap(text, WIDTH)
