"""What records taught, in a table of 100 columns, and what the checks say of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from beachhead.calibration.checks import SILENT, Unknown
from beachhead.reporting.words import GLUE
from beachhead.simulation.learned import Learned

WIDTH = 100


def describe_beliefs(
    learned: Learned, unknowns: Sequence[Unknown], names: Mapping[str, str]
) -> str:
    """Parameters of which the records say something, most first; then a verdict a line."""
    told = sorted((u for u in unknowns if u.overlap <= SILENT), key=lambda u: u.overlap)
    draws = learned.scores.shape[0] * learned.scores.shape[1]
    lines = textwrap.wrap(
        f"Records of {learned.since} to {learned.until}, {len(learned.regions)} markets, "
        f"{draws:,} draws. What they say: value in the middle and in nine cases of ten, as "
        "believed before and as learned; overlap of the two, 100 % where nothing was learned",
        WIDTH,
    )
    lines += ["", f"{'parameter':<27}{'market':<14}{'believed':>25}{'learned':>25}{'overlap':>9}"]
    for unknown in told:
        market = names.get(unknown.market, "") if unknown.market else ""
        lines.append(
            f"{unknown.name:<27}{market[:13]:<14}{_spread(unknown.prior):>25}"
            f"{_spread(unknown.posterior):>25}{unknown.overlap:>9.0%}"
        )
    lines.append("")
    for finding in learned.findings:
        begin = f"{finding.verdict:<8}"
        lines += textwrap.wrap(
            _name(finding.text, finding.market, names).replace(" %", f"{GLUE}%"), WIDTH,
            initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False,
        )  # fmt: skip
    lines += ["", f"To be planned with? {learned.verdict}"]
    return "\n".join(line.rstrip() for line in lines).replace(GLUE, " ")


def _spread(points: tuple[float, float, float]) -> str:
    low, middle, high = (
        f"{value:.2g}" if abs(value) < 100 else f"{value:,.0f}" for value in points
    )
    return f"{middle} ({low} to {high})"


def _name(text: str, market: str, names: Mapping[str, str]) -> str:
    """A sentence with the market's name where it has its code."""
    return text.replace(market, names.get(market, market), 1) if market else text
