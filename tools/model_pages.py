"""Write docs/model: a page for each mechanism, with a picture of what its function does.

A page is made of the mechanism's docstring, its parameters and the values that the function
itself returns, so that it cannot say anything else than the code. `make pages` runs it.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

# Pages are the same everywhere, whatever accelerator a machine has.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np
import vl_convert

from beachhead import mechanisms
from beachhead.mechanisms import (
    MECHANISMS,
    acceptance,
    bass,
    cashflow,
    category,
    entry,
    exit,
    experience,
    gates,
    home,
    knowledge,
    measures,
    reach,
    share,
    staffing,
    supply,
    value,
)
from beachhead.quantities import declared
from beachhead.reporting.explanation import EVIDENCE

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "model"
SOURCES = "src/beachhead/mechanisms"
DT = 0.25
YEARS = np.arange(41) * DT


class Picture(NamedTuple):
    """Lines over one axis, in the words of its reader; `title` says what is held fixed."""

    title: str
    x: str
    y: str
    along: Sequence[float] | np.ndarray
    lines: Mapping[str, Any]


def defaults(name: str, **changed: float) -> Any:
    """Parameters of a mechanism at their defaults, but for those given."""
    values = {p.name.partition(".")[2]: p.default for p in declared(MECHANISMS[name]).values()}
    return MECHANISMS[name](**{k: jnp.asarray(v) for k, v in (values | changed).items()})


def follow(start: float, step: Callable[[Any, int], Any]) -> list[float]:
    """What becomes of a start over the quarters of `YEARS`."""
    states = [jnp.asarray(start)]
    for quarter in range(len(YEARS) - 1):
        states.append(step(states[-1], quarter))
    return [float(state) for state in states]


def _draw_bass() -> Picture:
    def adopt(p: float, q: float) -> list[float]:
        rates = jnp.asarray(p), jnp.asarray(q)
        return follow(0.0, lambda share, _: bass.bass(share, *rates, DT))

    lines = {f"p {p}, q {q}": adopt(p, q) for p, q in ((0.03, 0.38), (0.03, 1.2), (0.1, 0.38))}
    return Picture("Share that has adopted", "years", "share", YEARS, lines)


def _draw_acceptance() -> Picture:
    given = defaults("acceptance")

    def grow(localised: float, distance: float, richer: float, heard: float) -> list[float]:
        place = (jnp.asarray(v) for v in (localised, distance, richer, 1.0))
        p = acceptance.innovation(given, *place)
        q = acceptance.word_of_mouth(given, jnp.asarray(0.5))
        return follow(
            0.0, lambda a, _: acceptance.acceptance(given, a, p, q, jnp.asarray(heard), DT)
        )

    lines = {
        "like home": grow(0, 0, 0, 0),
        "far away": grow(0, 2, 0, 0),
        "far away, localised": grow(1, 2, 0, 0),
        "customers three times as rich": grow(0, 0, float(np.log(3)), 0),
        "accepted all around": grow(0, 0, 0, 1),
    }
    return Picture("Acceptance after entry", "years since entry", "acceptance", YEARS, lines)


def _draw_category() -> Picture:
    def sell(**changed: float) -> list[float]:
        given = defaults("category", **changed)
        owners, sold = jnp.asarray(0.0), []
        for year in YEARS:
            income = jnp.asarray(8000.0)
            price = 250.0 * jnp.exp(-given.price_fall * year)
            able = category.potential(given, jnp.asarray(1.0), income, price)
            owners, units = category.category(given, owners, able, DT)
            sold.append(float(units) * 1000)
        return sold

    lines = {
        "as by default": sell(),
        "nobody buys again": sell(replacement_years=float("inf")),
        "price does not fall": sell(price_fall=0.0),
    }
    title = "Units of a new category, entry price 250, income 8,000 a head"
    return Picture(title, "years since launch", "units a quarter per 1,000 people", YEARS, lines)


def _draw_experience() -> Picture:
    given = defaults("experience")

    def learn(leaves: int) -> list[float]:
        stays = [jnp.asarray(float(year < leaves)) for year in YEARS]
        return follow(0.0, lambda x, t: experience.experience(given, x, stays[t], DT))

    lines = {f"leaves after {leaves} years": learn(leaves) for leaves in (2, 5, 10)}
    return Picture("Experience of a market", "years since entry", "experience", YEARS, lines)


def _draw_knowledge() -> Picture:
    kinds = len(knowledge.KINDS)
    known = np.arange(6)

    def save(shared: int) -> list[float]:
        """Markets 0 to 4 may be known; market 5 shares the first `shared` kinds with them."""
        groups = np.zeros((6, 2 * kinds))
        groups[:5, :kinds] = 1.0
        groups[5] = [
            *(float(k < shared) for k in range(kinds)),
            *(float(k >= shared) for k in range(kinds)),
        ]
        likeness = knowledge.Likeness(
            *map(jnp.asarray, (groups, groups, np.tile(np.arange(kinds), 2)))
        )
        return [
            float(
                knowledge.knowledge(
                    defaults("knowledge"), jnp.asarray(np.arange(6.0) < n) * 1.0, likeness
                )[0][5]
            )
            for n in known
        ]

    lines = {
        "neighbourhood": save(1),
        "and language": save(2),
        "and income": save(3),
        "and institutions": save(4),
    }
    title = "What markets known in full save, by what they share with the new one"
    return Picture(title, "markets known", "part of the entry cost saved", known, lines)


def _draw_entry() -> Picture:
    crowd = np.arange(0.0, 10.5, 0.5)

    def cost(distance: float, saving: float) -> Any:
        one, given = jnp.asarray(1.0), defaults("entry")
        place = (jnp.asarray(distance), jnp.asarray(0.0), jnp.asarray(saving))
        return entry.entry_cost(given, one, *place, jnp.asarray(crowd), jnp.asarray(4.0))

    lines = {
        "at no distance": cost(0, 0),
        "at distance 1": cost(1, 0),
        "at distance 1, half of it saved": cost(1, 0.5),
    }
    title = "Entry cost of a firm that digests four launches a year"
    return Picture(title, "other launches under way", "cost over its estimate", crowd, lines)


def _draw_reach() -> Picture:
    lines = {
        f"{now:g} today": reach.reach(
            defaults("reach"), jnp.asarray(now), jnp.asarray(0.8), jnp.asarray(YEARS)
        )
        for now in (0.1, 0.4, 0.8)
    }
    return Picture(
        "An online seller where full reach is 0.8",
        "years",
        "part of the sales within reach",
        YEARS,
        lines,
    )


def _draw_share() -> Picture:
    ratios, given = np.linspace(0.6, 1.6, 41), defaults("share")

    def win(richer: float, rivals: float) -> Any:
        place = (jnp.log(jnp.asarray(ratios)), jnp.asarray(richer), jnp.asarray(0.0))
        utility = share.utility(given, *place, jnp.asarray(rivals))
        attraction = share.attraction(given, utility, jnp.asarray(1.0))
        return share.share(jnp.asarray(1.0), attraction, jnp.asarray(rivals))

    lines = {
        "4 rivals, income as at home": win(0, 4),
        "4 rivals, three times as rich": win(float(np.log(3)), 4),
        "10 rivals, income as at home": win(0, 10),
    }
    title = "Share of sales within reach, accepted by all customers"
    return Picture(title, "price over that of the rivals", "share", ratios, lines)


def _draw_exit() -> Picture:
    given, first = defaults("exit"), jnp.log(jnp.asarray(-np.log(0.85) * DT))

    def last(familiarity: float, crowd: float, margin: float) -> list[float]:
        place = [jnp.asarray(v) for v in (0.0, familiarity, crowd, margin)]
        return follow(
            1.0,
            lambda s, t: (
                s
                * (1.0 - exit.hazard(exit.log_hazard(given, first, jnp.asarray(float(t)), *place)))
            ),
        )

    lines = {
        "nothing else acts": last(0, 0, 0),
        "known in full": last(1, 0, 0),
        "in haste": last(0, 1, 0),
        "margin of a third": last(0, 0, 1 / 3),
    }
    return Picture("Chance of still being there", "years since entry", "chance", YEARS, lines)


def _draw_cashflow() -> Picture:
    rates = np.linspace(0.6, 1.4, 33)

    def earn(fee: float, landed: float) -> Any:
        price, cost = jnp.asarray(100.0), jnp.asarray(60.0)
        return cashflow.margin(
            price, jnp.asarray(fee), jnp.asarray(rates), cost, jnp.asarray(landed)
        )

    lines = {
        "no fee, no duty": earn(0, 1),
        "fee 20 %": earn(0.2, 1),
        "fee 20 %, duty and freight 25 %": earn(0.2, 1.25),
    }
    title = "Contribution of a unit, price 100, cost 60"
    return Picture(title, "value of local money against today", "money", rates, lines)


def _draw_home() -> Picture:
    given = defaults("home")
    fresh = home.novelty(given, jnp.asarray(YEARS))
    lines = {
        f"{n} markets": [
            float(
                home.home_utility(given, home.attention(jnp.ones(n), jnp.ones(n), jnp.full(n, f)))
            )
            for f in fresh
        ]
        for n in (1, 5, 20)
    }
    title = "What attention to markets entered together costs at home"
    return Picture(title, "years since entry", "change of utility at home", YEARS, lines)


def _draw_measures() -> Picture:
    quarters = np.arange(20)
    begin, lead, lasts = (jnp.asarray([v]) for v in (4, 2, 8))

    def move(size: float) -> list[float]:
        factors = []
        for quarter in quarters:
            works = measures.active(jnp.asarray(int(quarter)), begin, lead, lasts)
            change = jnp.zeros((1, len(measures.GOOD))).at[0, 0].set(jnp.log(0.8))
            effect = jnp.asarray(1.0)
            pulled = measures.pull(works * size, effect, jnp.ones((1, 1)), change, jnp.zeros(1))
            factors.append(float(jnp.exp(pulled.entry[0])))
        return factors

    lines = {f"size {size:g}": move(size) for size in (0.5, 1.0, 2.0)}
    title = "A measure begun in quarter 4 that works after 2 quarters for 8"
    return Picture(title, "quarter", "factor on the cost of entry, claimed 0.8", quarters, lines)


def _draw_gates() -> Picture:
    sold = np.linspace(0.25, 2.0, 36)
    # What is seen, at evenly spaced chances of a standard normal.
    scores = jax.scipy.stats.norm.ppf((np.arange(400) + 0.5) / 400)

    def chance(noise: float) -> list[float]:
        seen = jnp.exp(noise * scores)
        return [float(gates.opens(jnp.asarray(s), seen, jnp.asarray(1.0)).mean()) for s in sold]

    lines = {f"noise {noise:g}": chance(noise) for noise in (0.0, 0.2, 0.5)}
    title = "A pilot is looked at once, with some error"
    return Picture(title, "units sold over the threshold", "chance that it opens", sold, lines)


def _draw_staffing() -> Picture:
    known, unfamiliar = np.linspace(0, 1, 21), defaults("staffing").unfamiliar
    lines = {
        f"{need:g} teams of the mode": staffing.staffing(
            unfamiliar, jnp.asarray(need), jnp.asarray(known)
        )
        for need in (0.5, 1.0, 2.0)
    }
    return Picture("People who prepare a market", "familiarity", "launch teams", known, lines)


def _draw_supply() -> Picture:
    shares = np.linspace(0, 1, 41)

    def deliver(spare: float, needed: float) -> list[float]:
        return [
            float(
                supply.fill(
                    supply.available(
                        jnp.asarray([[s, 1 - s]]), jnp.asarray([1.0, 0.0]), jnp.asarray([spare])
                    ),
                    jnp.asarray([needed]),
                    jnp.asarray(np.inf),
                    jnp.asarray(1.0),
                )
            )
            for s in shares
        ]

    lines = {
        "the other adds nothing": deliver(0, 1),
        "the other adds a half": deliver(0.5, 1),
        "only 0.6 of the output needs it": deliver(0, 0.6),
    }
    title = "While one of two sources of a component is down"
    return Picture(title, "its share of the component", "part that can be delivered", shares, lines)


def _draw_value() -> Picture:
    years = np.arange(0.0, 20.5, 0.5)
    discount = jnp.asarray(1.12**-DT)
    lines = {
        f"{leave:.0%} leave a year": value.annuity(
            discount, jnp.asarray(1 - (1 - leave) ** DT), jnp.asarray(years / DT)
        )
        for leave in (0.0, 0.06, 0.2)
    }
    title = "Worth of 1 a quarter at 12 % a year"
    return Picture(title, "years for which it counts", "worth at the start", years, lines)


PICTURES: dict[str, Callable[[], Picture]] = {
    name.removeprefix("_draw_"): draw
    for name, draw in list(globals().items())
    if name.startswith("_draw_")
}


def write_svg(picture: Picture) -> str:
    """The picture as SVG, its figures rounded so that every machine draws the same."""
    rows = [
        {"x": float(f"{x:.4g}"), "y": float(f"{float(y):.4g}"), "line": label}
        for label, ys in picture.lines.items()
        for x, y in zip(picture.along, ys, strict=True)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows), title=picture.title, width=420, height=240)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("x:Q", title=picture.x),
            y=alt.Y("y:Q", title=picture.y),
            color=alt.Color("line:N", sort=list(picture.lines), title=None),
        )
        .configure(background="white")
        .configure_legend(orient="bottom", columns=2, labelLimit=300)
    )
    return vl_convert.vegalite_to_svg(chart.to_dict()) + "\n"


def write_page(name: str) -> str:
    """The page of a mechanism: words and equation, picture, parameters, where it stands."""
    module = import_module(f"{mechanisms.__name__}.{name}")
    first, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
    title, _, words = first.partition(": ")
    lines = [
        f"# {title if words else name.capitalize()}",
        "",
        _begin(words or first),
        "",
        *_set(rest),
        "",
    ]
    lines += [f"![{title if words else name}]({name}.svg)", ""]
    own = declared(MECHANISMS[name]).values() if name in MECHANISMS else []
    if own:
        heads = "parameter what_it_is unit default spread bounds neutral evidence source"
        lines += [f"| {heads.replace(' ', ' | ').replace('_', ' ')} |", "|---" * 9 + "|"]
    for p in own:
        neutral = "none" if p.neutral is None else f"{p.neutral:g}"
        cells = (
            f"`{p.name}`",
            p.words,
            p.unit,
            f"{p.default:g}",
            str(p.prior),
            f"{p.bounds[0]:g} to {p.bounds[1]:g}",
            neutral,
            EVIDENCE[p.tag],
            p.source,
        )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    if name == "measures":
        lines += [
            "",
            "What a measure may change:",
            "",
            "| change | kind | bounds | what it changes |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{change}` | {lever.kind} | {lever.least:g} to {lever.most:g} | {lever.words} |"
            for change, lever in measures.LEVERS.items()
        ]
    lines += [
        "",
        f"Functions in [{name}.py](../../{SOURCES}/{name}.py): {', '.join(_functions(name))}.",
    ]
    lines += [
        "",
        f"`beachhead explain {name}` prints this with lines in the code. The page is made from the "
        "code by `make pages`: change it there.",
    ]
    return "\n".join(lines) + "\n"


def _set(doc: str) -> Iterator[str]:
    """Lines of a docstring: equations as blocks, and each proof as a link."""
    in_block = False
    for part in doc.strip("\n").split("\n"):
        is_equation = part.startswith("    ") or (in_block and not part)
        if is_equation != in_block:
            yield from ["```text"] if is_equation else ["```", ""]
            in_block = is_equation
        head, colon, rest = part.partition(":")
        if is_equation:
            yield from [part.removeprefix("    ")] if part else []
        elif colon and head in ("Neutral value", "Assumes", "Source", "Proof"):
            yield from ["", f"**{head}**: {_link(rest.strip())}"]
        else:
            yield _link(part)


def _begin(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _link(line: str) -> str:
    words = (word if not word.startswith("tests/") else _link_one(word) for word in line.split(" "))
    return " ".join(words)


def _link_one(word: str) -> str:
    path = word.rstrip(".,")
    return f"[{path.rpartition('/')[2]}](../../{path}){word[len(path) :]}"


def _functions(name: str) -> list[str]:
    tree = ast.parse((ROOT / SOURCES / f"{name}.py").read_text("utf-8"))
    return [f"`{node.name}`" for node in tree.body if isinstance(node, ast.FunctionDef)]


def list_mechanisms() -> list[str]:
    """Every file of equations, those without parameters of their own too."""
    return sorted(path.stem for path in (ROOT / SOURCES).glob("[!_]*.py"))


def make_pages() -> dict[str, str]:
    """Name and text of every file of the folder."""
    files = {}
    with jax.enable_x64(True):
        for name in list_mechanisms():
            files[f"{name}.md"] = write_page(name)
            files[f"{name}.svg"] = write_svg(PICTURES[name]())
    return files


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    pages = make_pages()
    for old in FOLDER.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, "utf-8")
