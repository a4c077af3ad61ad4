"""The command that shows how far apart two markets are."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import Json
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.data import Panel
    from beachhead.distance import Pair, Tie

WIDTH = 100


def distance(
    market: Annotated[str, typer.Argument(help="Name or ISO code of a market.")],
    other: Annotated[str, typer.Argument(help="Name or ISO code of another one.")],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Only what was published by then, as YYYY-MM-DD."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="CASE", help="As this case sees it: its day, its columns of culture, weights."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how far apart two markets are: culture, administration, geography, economy."""
    from beachhead.data import load_panel
    from beachhead.distance import describe_pair

    if case is None:
        panel = load_panel(as_of=as_of)
        pair = describe_pair(panel, market, other)
    else:
        from beachhead.cli.cases import load_checked

        if as_of is not None:
            fix = "Leave one of them out."
            raise InputError(Problem("the case has a day of its own", "--as-of", fix))
        loaded, panel = load_checked(case)
        asked = loaded.distance
        pair = describe_pair(panel, market, other, cultural=asked.culture, weights=asked.weights)
    if as_json:
        print(json.dumps(asdict(pair), indent=2, ensure_ascii=False, default=str))
        return
    print("\n".join(_lines(panel, pair)))


def _lines(panel: Panel, pair: Pair) -> Iterator[str]:
    title = f"{panel.name(pair.one)} ({pair.one}) and {panel.name(pair.other)} ({pair.other})"
    if pair.distance is None or pair.farther_than is None:
        yield f"{title}: nothing is known of the distance."
    else:
        farther = f"farther than {pair.farther_than:.0%} of all pairs of markets"
        yield f"{title}: distance {pair.distance:.2f}, {farther}."
    yield from textwrap.wrap(panel.note, WIDTH)
    yield ""
    yield f"{'':<29}{'distance':>9}{'farther than':>14}   facts"
    term = ""
    for tie in pair.ties:
        head = "" if tie.term == term else tie.term
        term = tie.term
        yield from _tell(head, tie)
    yield ""
    text = (
        "Distances in standard deviations over all pairs of markets; the whole is their weighted "
        "mean over what is known; farther than: the share of all pairs that are nearer. Sources: "
    )
    sources = dict.fromkeys(
        source for tie in pair.ties for source in tie.source.split("; ") if source
    )
    yield from textwrap.wrap(f"{text}{'; '.join(sources)}.", WIDTH)


def _tell(head: str, tie: Tie) -> Iterator[str]:
    if tie.scaled is None or tie.farther_than is None:
        figures = f"{'not known':>9}{'':>14}"
    else:
        figures = f"{tie.scaled:>9.2f}{tie.farther_than:>14.0%}"
    first, *rest = [
        line for fact in tie.facts for line in textwrap.wrap(fact, 45, subsequent_indent="  ")
    ]
    yield f"{head:<15}{tie.component:<14}{figures}   {first}"
    for line in rest:
        yield f"{'':<55}{line}"
