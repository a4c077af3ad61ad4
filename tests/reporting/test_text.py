"""The printed plan fits a screen, says everything, and counts what it leaves out."""

import dataclasses
import re

import numpy as np
import pytest

from beachhead.cases import Target
from beachhead.planning import TargetUse
from beachhead.planning.grounds import Trial
from beachhead.reporting.bars import draw_strategies
from beachhead.reporting.sentences import tell_answer
from beachhead.reporting.summary import summarise
from beachhead.reporting.tables import list_strategies
from beachhead.reporting.text import LINES, WIDTH, describe, describe_futures
from beachhead.reporting.words import GLUE


@pytest.mark.parametrize("status", ["complete", "partial"])
@pytest.mark.parametrize(
    ("quarters", "entries"), [(4, 0), (4, 1), (24, 8), (40, 17), (40, 45), (40, 80), (40, 215)]
)
def test_plan_fits_the_screen(make, quarters: int, entries: int, status: str) -> None:
    answer = make(quarters, entries, status)
    text = describe(answer.case, answer.panel, answer.plan, answer.futures, answer.why)
    lines = text.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert ("PARTIAL" in text) == (status == "partial")
    assert lines[0].startswith("made: ")


def test_plan_with_long_words_fits_too(make) -> None:
    answer = make(40, 120)
    plan = answer.plan
    long = "words " * 60
    plan = dataclasses.replace(
        plan,
        bound_kind=long,
        limits=tuple(dataclasses.replace(limit, words=long) for limit in plan.limits * 9),
        named_strategies=tuple(
            dataclasses.replace(s, name=f"{s.name} {long}"[:70]) for s in plan.named_strategies * 4
        ),
    )
    lines = describe(answer.case, answer.panel, plan, answer.futures, answer.why).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("entries", [8, 30, 120, 215])
def test_schedule_names_every_market_or_counts_it(make, entries: int) -> None:
    answer = make(40, entries)
    text = describe(answer.case, answer.panel, answer.plan, answer.futures, answer.why)
    schedule = text[text.index("Schedule:") : text.index("Money (")]
    left_out = re.search(r"\.\.\. and (\d+) more, see schedule\.csv", schedule)
    body = re.sub(r"\([^)]*\)|\.\.\. and.*", "", schedule.split("\n", 1)[1])
    shown = [part for part in re.split(r"[,;\n]", body) if re.search(r"[A-Za-z]{2}", part)]
    assert len(shown) + (int(left_out[1]) if left_out else 0) == entries


def test_plan_says_what_was_asked(answer) -> None:
    text = describe(answer.case, answer.panel, answer.plan, answer.futures, answer.why)
    first, text = text.splitlines()[0], " ".join(text.split())
    assert "adds EUR 7.00 m (±210 k) to staying at home" in first
    for part in (
        "CVaR (worst 10 %)", "Chance of ruin", "accepted 5 %", "lies after the horizon",
        "Q1 Aruba (subsidiary)", "localised 0.5", "Peak funding", "break-even in",
        "any other at most 36.0 m", "a gap of 100 %", "Limits that bind: launch teams",
        "waterfall 28.0 m (J 27.0 m, 12 markets, 4 a year)", "years 1, 3 and 5",
        "adds 1.10 m ±200 k; no sooner, later -41.0 k",
        "learned in Aruba", "Commit now",
    ):  # fmt: skip
        assert part in text, part


def test_without_grounds_no_entry_is_explained(answer) -> None:
    text = describe(answer.case, answer.panel, answer.plan, answer.futures)
    assert "Why here" not in text and "Commit now" in text


def test_a_change_that_gains_and_breaks_a_limit_is_barred(answer) -> None:
    first = answer.why.answers[0]

    def tell(helped_by: tuple, *gains: float) -> str:
        trials = tuple(
            Trial(kind, None, "online", 0.0, gain, 1e4, gain, (), ("ruin",))
            for kind, gain in zip(("sooner", "later", "otherwise"), gains, strict=True)
        )
        one = dataclasses.replace(first, trials=trials, helped_by=helped_by)
        why = dataclasses.replace(answer.why, answers=(one,))
        text = describe(answer.case, answer.panel, answer.plan, answer.futures, why)
        return next(line for line in text.splitlines() if "; sooner" in line)

    line = tell((), 5e4, -5e4, 6e4)
    assert line.endswith("; sooner +50.0 k barred, later -50.0 k, otherwise +60.0 k barred")
    # Where there is no room for its name, its code stands for it.
    line = tell((), 123e12, 123e12, 123e12)
    assert line.count("barred") == 3 and len(line) <= WIDTH


def test_what_the_case_sets_itself_is_said(answer) -> None:
    own = {"parameters": {"entry.haste": 0.4}, "economics": {"rivals": 5.0}}
    case = answer.case.model_copy(update=own)
    said = "Set by the case in place of the preset: entry.haste 0.4, rivals 5."
    for text in (
        describe(case, answer.panel, answer.plan, answer.futures),
        describe_futures(case, answer.panel, answer.plan.schedule, answer.futures),
    ):
        assert said in " ".join(text.split())
    plain = describe(answer.case, answer.panel, answer.plan, answer.futures, answer.why)
    assert "Set by the case" not in plain


def test_what_breaks_the_limits_is_said(make) -> None:
    """Worth more than the plan, but no choice: the reader has to see why it is not the plan."""
    answer = make(24, 8)
    case, panel, futures = answer.case, answer.panel, answer.futures
    first, second, *rest = answer.plan.named_strategies
    poor = dataclasses.replace(first, objective=1e12, ruin=0.31, within_limits=False)
    late = dataclasses.replace(second, objective=1e11, ruin=0.0, within_limits=False)
    plan = dataclasses.replace(answer.plan, named_strategies=(poor, late, *rest))
    text = " ".join(describe(case, panel, plan, futures).split())
    assert "12 markets, 4 a year, too much ruin, 31 %);" in text
    assert "20 markets, breaks limits);" in text
    summary = summarise(case, plan.schedule, futures)
    assert "strategies within the limits, biggest first, brings" in tell_answer(
        case, plan, summary
    )[3]  # fmt: skip
    rows = list_strategies(case, plan, 0.04).rows
    assert [(row[-2].replace(GLUE, " "), row[-1]) for row in rows[:3]] == [
        ("4 %", "yes"), ("31 %", "no"), ("0 %", "no"),
    ]  # fmt: skip
    bars = draw_strategies(case, plan)["layer"][0]["data"]["values"]
    assert [(bar["name"], bar["kind"]) for bar in bars[:4]] == [
        ("this plan", "plan"), ("waterfall (breaks limits)", "not allowed"),
        ("sprinkler (breaks limits)", "not allowed"), ("biggest first", "strategy"),
    ]  # fmt: skip
    # Nothing is entered: either nothing adds to that, or what would is not allowed.
    empty = make(4, 0)
    for strategies, said in (
        (plan.named_strategies, "stay at home; what was found to add to it breaks the limits."),
        (tuple(rest), "stay at home; no schedule was found that adds to it."),
    ):
        lone = dataclasses.replace(empty.plan, named_strategies=strategies)
        text = describe(empty.case, empty.panel, lone, empty.futures)
        assert text.splitlines()[0] == f"made: {said}"


def test_missing_bound_is_said(answer) -> None:
    plan = dataclasses.replace(answer.plan, bound=None, gap=None, bound_kind="none")
    assert "no bound is known" in describe(
        answer.case, answer.panel, plan, answer.futures, answer.why
    )


def test_decisions_that_can_wait_have_a_date(make) -> None:
    answer = make(40, 30)
    text = describe(answer.case, answer.panel, answer.plan, answer.futures, answer.why)
    assert re.search(r"Can wait, to be decided: [\w ]+ by 20\d\dQ[1-4],", text)


def test_given_schedule_is_described_in_the_same_room(make) -> None:
    answer = make(40, 120)
    schedule = answer.plan.schedule
    text = describe_futures(answer.case, answer.panel, schedule, answer.futures)
    assert len(text.splitlines()) <= LINES
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "120 entries as given, in 40 worlds" in text


def test_the_place_at_home_is_told_and_what_is_asked_of_it(make) -> None:
    answer = make(40, 120)
    worlds, quarters = answer.futures.sizes["world"], answer.futures.sizes["quarter"]
    ranks = np.where(np.arange(worlds)[:, None] < worlds // 4, 1, 3) * np.ones((1, quarters))
    futures = answer.futures.assign(
        home_rank=(("world", "quarter"), ranks),
        standing=(("quarter", "rival"), np.tile([0.2, 0.3], (quarters, 1))),
    ).assign_coords(rival=["Acme", "Globex"])
    target = Target(metric="home_rank", value=1, by="2018Q2", probability=0.5)
    case = answer.case.model_copy(update={"targets": (target,)})
    use = TargetUse(0, "home_rank", 1.0, "2018Q2", "", 0.5, True, 0.52, 0.1, 1000, 1.0, 1.0, 3.0)
    plan = dataclasses.replace(answer.plan, targets=(use,))
    lines = describe(case, answer.panel, plan, futures).splitlines()
    text = re.sub(r"\s+", " ", " ".join(lines))
    assert len(lines) <= LINES and max(map(len, lines)) <= WIDTH
    assert (
        "first at home in 2018Q2. Chance 52 % with this plan, 10 % at home; nine futures of" in text
    )
    assert "place 1 to place 3" in text
    assert "3 of 3 in" in text and "first in 25 %" in text and "Globex, with 30 %" in text
