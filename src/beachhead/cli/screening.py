"""The command that ranks the candidates of a case, and how its answer is printed."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from beachhead.cli.options import CaseName, Changes, Json

if TYPE_CHECKING:
    from beachhead.screening import Criterion, Ranking

WIDTH = 100
MOST = 9  # criteria for which the width has room: those with the largest weights
SHORT = {"weighted_sum": "sum", "topsis": "top", "promethee": "pro"}


def screen(
    case: CaseName,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many to show; 25 if left out, all in JSON.")
    ] = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Rank the candidates by criteria, say how firm each rank is, and show every hole."""
    from beachhead.cli.cases import load_checked
    from beachhead.screening import screen

    ranking = screen(*load_checked(case, changes or ()))
    if as_json:
        print(json.dumps(_to_data(ranking, top), indent=2, ensure_ascii=False))
        return
    print("\n".join(_lines(ranking, top or 25)))


def _to_data(ranking: Ranking, top: int | None) -> dict[str, Any]:
    table = ranking.table if top is None else ranking.table.head(top)
    names = ("key", "words", "unit", "low", "high", "transform", "weight")
    return {
        "home": ranking.home,
        "as_of": None if ranking.as_of is None else ranking.as_of.isoformat(),
        "method": ranking.method,
        "criteria": [
            {name: getattr(criterion, name) for name in names} for criterion in ranking.criteria
        ],
        "weights": ranking.weights.to_dicts(),
        "agreement": ranking.agreement.to_dicts(),
        "without": ranking.without.to_dicts(),
        "markets": table.to_dicts(),
    }


def _lines(ranking: Ranking, top: int) -> Iterator[str]:
    shown = ranking.table.head(top).to_dicts()
    yield from _table(ranking, shown)
    yield from _reading(ranking)
    yield ""
    yield from _criteria(ranking)
    yield ""
    yield from _agreement(ranking)
    rows = ranking.table.to_dicts()
    yield from _block(
        "Set by hand (*):",
        [f"{row['name']} {row['score']:.3f}{_instead(ranking, row)}: {row['override']}"
         for row in rows if row["override"]],
        top,
    )  # fmt: skip
    yield from _block(
        "Short of a floor, without a rank:",
        [f"{row['name']}: {row['below']}" for row in rows if row["below"]],
        top,
    )
    yield from _block(
        "Passed a floor for want of a figure:",
        [f"{row['name']}: {row['unchecked']}" for row in rows if row["unchecked"]],
        top,
    )
    yield from _block(
        "Holes:", [f"{row['name']}: {row['holes']}" for row in shown if row["holes"]], top
    )


def _by_weight(ranking: Ranking) -> list[Criterion]:
    return sorted(ranking.criteria, key=lambda criterion: -criterion.weight)


def _table(ranking: Ranking, shown: list[dict[str, Any]]) -> Iterator[str]:
    others = [method for method in SHORT if method != ranking.method]
    heaviest = _by_weight(ranking)[:MOST]
    keys = [criterion.key for criterion in ranking.criteria if criterion in heaviest]
    heads = [key.split("_", 1) if "_" in key else (key[:4], key[4:]) for key in keys]
    yield (
        f"{'':33}{'ranks':>8}{'first':>6}"
        + f"{'by':>4}" * 2
        + "".join(f"{first[:4]:>5}" for first, _ in heads)
    )
    yield (
        f"{'rank':>4}  {'market':<15}{'score':>6}{'cover':>6}{'of 90%':>8}{'ten':>6}"
        + "".join(f"{SHORT[method]:>4}" for method in others)
        + "".join(f"{second[:4]:>5}" for _, second in heads)
    )
    for row in shown:
        ranked = row["rank"] is not None
        interval = f"{row['rank_low']}-{row['rank_high']}" if ranked else "-"
        name = f"{row['name'][:13]}*" if row["override"] else row["name"][:14]
        yield (
            f"{row['rank'] if ranked else '-':>4}  {name:<15}"
            f"{'-' if row['score'] is None else format(row['score'], '.3f'):>6}"
            f"{row['coverage']:>6.0%}{interval:>8}"
            f"{format(row['first_ten'], '.0%') if ranked else '-':>6}"
            + "".join(f"{row[f'rank_{m}'] if ranked else '-':>4}" for m in others)
            + "".join(f"{_part(row[key]):>5}" for key in keys)
        )


def _part(value: float | None) -> str:
    """A contribution in four signs: .116, or - for no figure."""
    return "-" if value is None else f"{value:.3f}".removeprefix("0")[:4]


def _reading(ranking: Ranking) -> list[str]:
    from beachhead.screening import METHODS

    hidden = [criterion.key for criterion in _by_weight(ranking)[MOST:]]
    text = (
        f"{ranking.table.height} candidates by {METHODS[ranking.method]}. Ranks of 90%: where nine "
        "of ten random weightings of the criteria put the market; first ten: share of them that "
        "put it there. By top, pro, sum: its rank by TOPSIS, PROMETHEE (relative to these "
        "candidates), weighted sum. Then each criterion's contribution to the weighted sum, weight "
        "x worth; '-' is no figure."
    )
    if hidden:
        text += f" Only --json has room for {', '.join(hidden)}."
    return textwrap.wrap(text, WIDTH)


def _criteria(ranking: Ranking) -> Iterator[str]:
    without = {row["criterion"]: row for row in ranking.without.to_dicts()}
    yield f"{'':<42}without it:"
    yield f"{'':<22}{'weight':>7}{'effective':>10}{'tau':>10}{'new in first ten':>18}   most moved"
    for row in ranking.weights.to_dicts():
        effective = "-" if row["effective"] is None else f"{row['effective']:.0%}"
        line = f"{row['criterion'][:22]:<22}{row['declared']:>7.0%}"
        line += f"{'0%' if effective == '-0%' else effective:>10}"
        if found := without.get(row["criterion"]):
            tau = "-" if found["tau"] is None else f"{found['tau']:.2f}"
            moved = f"{found['market'][:18]}, by {found['moved']}" if found["moved"] else "nobody"
            line += f"{tau:>10}{found['changed']:>18}   {moved}"
        yield line
    over = ranking.weights["over"][0]
    yield from textwrap.wrap(
        f"Effective: share of the variance of the weighted sum, over the {over} ranked candidates "
        "without holes; below 0 works against the others. tau: rank correlation with the order "
        "above.",
        WIDTH,
    )


def _agreement(ranking: Ranking) -> list[str]:
    from beachhead.screening import METHODS

    told = [
        f"{METHODS[row['one']]} and {METHODS[row['other']]} share {row['shared']} of the first "
        f"{row['first']} (tau {'-' if row['tau'] is None else format(row['tau'], '.2f')})"
        for row in ranking.agreement.to_dicts()
    ]
    return textwrap.wrap(f"Agreement: {'; '.join(told)}.", WIDTH)


def _instead(ranking: Ranking, row: dict[str, Any]) -> str:
    from beachhead.screening import METHODS

    found = row[ranking.method]
    return "" if found is None else f", {METHODS[ranking.method]} {found:.3f}"


def _block(head: str, texts: list[str], most: int) -> Iterator[str]:
    if not texts:
        return
    yield ""
    yield head
    for text in texts[:most]:
        yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    if len(texts) > most:
        yield f"  and {len(texts) - most} more: --top {len(texts)} or --json shows them"
