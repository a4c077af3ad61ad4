"""The text of docs/proof/brands.md."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from beachhead.evidence.brands import Fit
from beachhead.mechanisms.acceptance import Acceptance
from beachhead.mechanisms.share import Share
from beachhead.quantities import declared

METHODS = (
    "last value",
    "damped slope",
    "Bass",
    "E2 and E6",
    "E2 and E6, rivals go on",
    "E2 and E6, rivals known",
)
AHEAD = (1, 4, 8)
NOW = declared(Acceptance) | declared(Share)


def inputs(paths: Sequence[Path]) -> str:
    """Date and hashes of what was read."""
    hashes = [f"`{p.name}` {hashlib.sha256(p.read_bytes()).hexdigest()[:12]}" for p in paths]
    return (
        f"Written {date.today().isoformat()} from {', '.join(hashes)} (SHA-256, first 12 digits)."
    )


def rows(head: Sequence[str], body: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def between(fit: Fit, name: str, log: bool = True, digits: int = 3) -> str:
    """Mode and 90 % interval."""
    middle, sd = float(fit.theta[name]), float(fit.sd()[name])
    ends = np.array([middle, middle - 1.6449 * sd, middle + 1.6449 * sd])
    a, b, c = np.exp(ends) if log else ends
    return f"{a:.{digits}g} [{b:.{digits}g}, {c:.{digits}g}]"


def page(
    paths: Sequence[Path], whole: Mapping[str, Any], states: Any, pooled: Fit,
    started: Mapping[str, tuple[Fit, int]], scores: Mapping[str, Any],
) -> str:  # fmt: skip
    """All of it."""
    parts = [_head(paths), _errors(scores), _reading(scores), _fits(whole), _states(states, pooled),
             _launch(started), _growth(whole, states), _priors(whole, pooled, started, states)]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _head(paths: Sequence[Path]) -> str:
    return f"""# Brand share: a ceiling that moves, against a brand that rose and fell

`python studies/brands.py` writes this page. {inputs(paths)} The tables stay where they are.

The Bass curve with constant numbers only ever climbs to its ceiling. Xiaomi's share in China, in
India and in the world climbed, peaked and fell inside the record. Here the equations of the
product ([E2](../model/acceptance.md) and [E6](../model/share.md), the same functions) follow those
series: the share seen is turned into acceptance by the inverse of E6, moved on a quarter by E2
under the ceiling that the rivals leave, and turned back by E6. The noise of a quarter is of equal
size on the scale 2 arcsin sqrt(share). Parameters are those of highest posterior density under
wide priors, intervals are Laplace's.

Series: StatCounter's page views for the world (2012 Q2 to 2024 Q1) and China (2012 Q2 to 2019 Q3;
its last months look like a break in measurement), PhonePe's registered phones for India and 36
states (2018 Q1 to 2022 Q1: a stock, which lags sales and was classed by a later phone). None of
them is sales.

**Rivals.** Huawei, Oppo, Vivo (BBK), Realme and OnePlus are named; all others are the field, whose
attraction is taken not to change. B = n (1 + named/field), scaled so that its first value is n, the
effective number of rivals. The brand's own share plays no part in it. *They were named knowing who
rose*, which flatters every row of E2 and E6. A forecast holds B at its last value. "Rivals go on"
lets ln B go on as in the last four quarters, fading by .85 a quarter: added after a first look, so
count it as one try more. "Rivals known" is hindsight and shows what a perfect forecast of rivals
would be worth."""


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _errors(scores: Mapping[str, Any]) -> str:
    body = []
    for name, score in scores.items():
        for h in AHEAD:
            errors = [_mean(score.errors[method][h]) for method in METHODS]
            best = min(errors[:-1])
            cells = [f"**{e:.2f}**" if e == best else f"{e:.2f}" for e in errors[:-1]]
            covered = f"{100 * _mean(score.covered[h]):.0f} %"
            number = len(score.covered[h])
            body.append([name, h, number, *cells, f"*{errors[-1]:.2f}*", covered])
    head = ["series", "quarters ahead", "forecasts", *METHODS[:-1], "*rivals known (hindsight)*",
            "80 % fan of E2 and E6 held"]  # fmt: skip
    return f"""## Forecasts from rolling origins
Mean absolute error in points of share; the best honest one in bold. Origins: every quarter from the
13th (world), the 11th (China), the 7th (India); states from four origins. Bass: constant p, q and
ceiling, from the last value seen. Damped slope: mean change of four quarters, fading by .85.

{rows(head, body)}

![World](brands-world.svg)

![China](brands-china.svg)

![India](brands-india.svg)"""


def _reading(scores: Mapping[str, Any]) -> str:
    lines = []
    for name, score in scores.items():
        h = 8
        error = {method: _mean(score.errors[method][h]) for method in METHODS}
        ours = error["E2 and E6"]
        words = []
        for rival in METHODS[:3]:
            gap = ours - error[rival]
            verb = "ties with" if abs(gap) < 0.005 else "beat" if gap < 0 else "lose to"
            words.append(f"{verb} {rival} ({ours:.2f} against {error[rival]:.2f})")
        on, known = error["E2 and E6, rivals go on"], error["E2 and E6, rivals known"]
        lines.append(
            f"- **{name}**, eight quarters out: E2 and E6 with rivals held {', '.join(words)}; "
            f"{on:.2f} if rivals go on, {known:.2f} with rivals known."
        )
    return (
        "### Where it wins and where it loses\n"
        + "\n".join(lines)
        + """

**With rivals held, E2 and E6 lose to last value four and eight quarters out everywhere but in the
world, and there a constant Bass curve does no worse.** What they are right about is the rivals: had
one known those, China, India and its states would have been foreseen better eight quarters out than
by last value or slope, by little in India.

Letting rivals go on more than halves the error in India and takes a third off it in the states, better even than
knowing them: the rivals' real growth sped up while the stock of phones lagged, two errors that
cancel. It is one episode in one country, tried after a first look; in China it loses to last value,
in the world to slope and to Bass. It stands as a candidate to be tried on another brand, not as a
result. Until then a share years after its launch is foreseen by last value or a damped slope, and
the equations belong in a plan with rivals as drawn futures. The fans are too narrow wherever rivals grow: the rivals of
a fan stand still. In the world, where shares add up over markets entered at different dates, even
the rivals' real growth makes the forecast worse.

Origins overlap, so that neighbouring errors are nearly the same error: no difference here has more
than a handful of independent cases behind it."""
    )


def _fits(whole: Mapping[str, Any]) -> str:
    body = []
    for name, (market, moving, constant, gain) in whole.items():
        body.append([
            name, len(market.labels), between(moving, "p"), between(moving, "q"),
            between(moving, "utility", log=False), between(moving, "rivals"),
            f"{moving.log_likelihood:.1f}", f"{constant.log_likelihood:.1f}", f"{gain:.2f}",
        ])  # fmt: skip
    head = ["series", "quarters", "p", "q", "utility v", "eta", "log-likelihood",
            "the same of Bass", "of it by eta"]  # fmt: skip
    return f"""## Fits to the whole of each series
A quarter at a time; mode and 90 % interval. Bass has p, q and a ceiling, E2 and E6 have p, q, v and
eta; both have the noise.

{rows(head, body)}

The last column is what eta adds at the same other values: next to nothing. **One series does not
carry eta**: where rivals rise, E6 already lowers the share, and a ceiling on acceptance besides it
cannot be told apart. Its interval here is its prior. Only in India do moving rivals fit better than
a constant ceiling; in the world they fit a little worse."""


def _states(states: Any, pooled: Fit) -> str:
    q, utility = np.exp(pooled.theta["q"].ravel()), pooled.theta["utility"].ravel()
    fell = 100 * (states.own.max(axis=1) - states.own[:, -1])
    order = np.argsort(utility)
    ends = ", ".join(f"{states.markets[i]} {utility[i]:.2f}" for i in (*order[:3], *order[-3:]))
    return f"""## States of India, pooled
36 states and territories; p and eta common, q and v of each state from a common normal.
Xiaomi fell from its peak in {int((fell > 0).sum())} of them, by {np.median(fell):.1f} points in the
median. Mean q {np.exp(float(pooled.theta["q_mean"])):.2f} a year (states {q.min():.2f} to
{q.max():.2f}), spread of log q {pooled.spread[0]:.2f}; mean v {float(pooled.theta["utility_mean"]):.2f},
spread {pooled.spread[1]:.2f} (lowest and highest: {ends}). eta {between(pooled, "rivals")}:
36 states together leave little to a ceiling on acceptance beside E6. They share their rivals, so
that they are fewer cases than they look. These begin four years after the launch: they say how fast a share follows its rivals, not how fast
a newcomer is accepted."""


def _launch(started: Mapping[str, tuple[Fit, int]]) -> str:
    body = [
        [name, number, between(fit, "p"), between(fit, "q"), between(fit, "utility", log=False)]
        for name, (fit, number) in started.items()
    ]
    head = ["series", "points", "p", "q", "utility v"]
    return f"""## The launch alone
From entry, when nobody accepts the brand, over the first three and a half years (India: four and a
half, five figures of several analysts' houses), rivals as at first. Errors about a path run
together, so these intervals are too narrow.

{rows(head, body)}

The world is a sum of entries at different dates: its p is too low and its q no market's."""


def growth(rivals: np.ndarray) -> np.ndarray:
    """Mean yearly growth of the log attraction over each series; axis market."""
    return 4.0 * np.log(rivals[:, -1] / rivals[:, 0]) / (rivals.shape[1] - 1)


def _growth(whole: Mapping[str, Any], states: Any) -> str:
    body = [[name, f"{growth(m.rivals)[0]:.3f}"] for name, (m, *_) in whole.items()]
    each = growth(states.rivals)
    body.append(["states, mean", f"{each.mean():.3f}"])
    body.append(["states, standard deviation", f"{each.std(ddof=1):.3f}"])
    return f"""## How fast rivals grow
Yearly growth of B, rivals named as above; the product had Normal(0, .03) for `share.rivals_growth`.

{rows(["series", "growth a year"], body)}

These are Xiaomi's markets seen after the fact and rivals picked because they grew: an upper end,
not a mean."""


def _priors(whole: Mapping[str, Any], pooled: Fit, started: Mapping[str, Any], states: Any) -> str:
    def now(name: str) -> str:
        return f"{NOW[name].default:g}, {NOW[name].prior}"

    china, india = started["China"][0], started["India, units (analysts)"][0]
    later = ", ".join(
        f"{name} {between(fit, 'q', digits=2)}" for name, (_, fit, *_) in whole.items()
    )
    each = growth(states.rivals)
    body = [
        ["`acceptance.p0`", now("acceptance.p0"),
         f"China {between(china, 'p', digits=2)} (at home); India {between(india, 'p', digits=2)} (after distance and mode)",
         "median stays; log sd .5 to .7, done: India lay two standard deviations below"],
        ["`acceptance.q`", now("acceptance.q"),
         f"launch: China {between(china, 'q', digits=2)}, India {between(india, 'q', digits=2)}; life: {later}; "
         f"states {np.exp(float(pooled.theta['q_mean'])):.2f}",
         "median stays: launches and page views lie on both sides of 1.2; stocks lag; its spread is that of other brands"],
        ["`acceptance.talk`", now("acceptance.talk"), "one brand, few markets: nothing", "stays"],
        ["`acceptance.rivals` (eta)", now("acceptance.rivals"), f"states {between(pooled, 'rivals', digits=2)}; elsewhere its prior",
         "median .3 to .1, done, still J: the only data that speak find less than .1, of a stock and with rivals named afterwards"],
        ["`share.quality`", now("share.quality"), f"spread of v over states of one country {pooled.spread[1]:.2f}",
         "within a country; brands differ by more, see there"],
        ["`share.rivals_growth`", now("share.rivals_growth"),
         f"{', '.join(f'{name} {growth(m.rivals)[0]:.2f}' for name, (m, *_) in whole.items())}; states {each.mean():.2f}, sd {each.std(ddof=1):.2f}",
         "sd .03 to .05, done; phones have their own: .09 a year happened in India"],
    ]  # fmt: skip
    return f"""## What it says of the priors
The priors were changed since; what they are now, and which of them rest on other brands, is in
[fortunes.md](fortunes.md).

{rows(["parameter", "now", "fitted, 90 %", "proposed"], body)}

## What it does not show
One brand, three measurements of which none is sales, rivals named with hindsight, final figures
rather than those of the day. PhonePe is a stock: its q is that of a stock that follows sales, lower
than that of the buyers. World and China are page views. Nothing here tests a brand before its
launch, which is the question of an entrant."""
