"""Why a plan is as it is, and how it changed from another, in print and in the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from beachhead.errors import InputError
from beachhead.planning.against import Against, Change
from beachhead.planning.grounds import Answer, Bar, Moved, Rejected, Trial, Why, Worth
from beachhead.planning.plan import Help
from beachhead.reporting.against import describe_against
from beachhead.reporting.html import write_report
from beachhead.reporting.run import read_against, read_why
from beachhead.reporting.why import (
    ADDS,
    KEYS,
    LIMITS,
    describe_market,
    describe_plan,
    list_rejected,
    tell_nearest,
)


def explain(answer) -> Why:
    """What might be said of the made-up plan."""
    first, second, third = (entry.iso3 for entry in answer.plan.schedule.entries[:3])
    mean = answer.plan.value.mean
    worths = (
        Worth("AUT", "home", mean - 3e6),
        Worth("DEU", "served", 1e6),
        Worth(
            first, "entered", 2e6, 1.5e6, 2e5, -6e5, 3e5, (Help(second, 3e5),), -1e5, 4e4, -1.4e5
        ),
    )
    trials = (
        Trial("without", None, "online", 0.0, -1.5e6, 2e5, -1.2e6, (), tuple(LIMITS)),
        Trial("later", "2025Q4", "online", 0.0, -4e5, 3e5, -2e5,
              (Moved(second, "2025Q1", "2025Q3"), Moved(third, "2025Q2", None)), ()),
    )  # fmt: skip
    why = Answer(
        worths[2], "2025Q1", "joint_venture", 0.5, 4e4, (Help(second, 4e4),), ("a gate",),
        ("another",), (second,), (third,), (second,), "limits.must", trials,
    )  # fmt: skip
    return Why("made", "complete", 1024, 128, mean, worths, (why,))


def test_it_is_told_in_a_hundred_columns(answer) -> None:
    names = answer.panel.names
    why = explain(answer)
    text = describe_plan(answer.case, answer.plan, why, names)
    assert max(map(len, text.splitlines())) <= 100
    for words in ("Austria, home", "Germany, served", "1.50 m ±200 k", "+300 k", "they differ by"):
        assert words in " ".join(text.split()), words
    text = describe_market(answer.case, why.answers[0], names, 1024, 128)
    assert max(map(len, text.splitlines())) <= 100
    joined = " ".join(text.split())
    for words in (
        "entered in 2025Q1, joint venture, localised 0.5", "itself and adds 1.50 m (±200 k)",
        "left out, it takes them along", "limits.must demands it", "waits for the gate a gate",
        "by what it teaches (Afghanistan 300 k)", "is worth 40.0 k to it: Afghanistan",
        "2025Q1 to 2025Q3", "2025Q2 to never", "Breaks limits:", "launch teams are short",
    ):  # fmt: skip
        assert words in joined, words


@pytest.mark.parametrize("kind", ["rule", "horizon", "alone", "beside", "limit", "pays",
                                  "passed over", *KEYS])  # fmt: skip
def test_every_bar_has_words(answer, kind: str) -> None:
    bar = Bar("case", kind) if kind in KEYS else Bar(kind, "teams", -2e6)
    names = {"FRA": "France"}
    said = describe_market(answer.case, Answer(Worth("FRA", "", 0.0), bars=(bar,)), names, 9, 9)
    assert said.startswith("France is not entered.\n") and len(said.splitlines()[1]) > 20


def test_report_has_sections_of_their_own(answer, tmp_path: Path) -> None:
    path, why = tmp_path / "report.html", explain(answer)
    given = answer.case, answer.ranking, answer.plan, answer.futures
    first, second = why.answers[0].worth.iso3, answer.plan.schedule.entries[1].iso3
    changes = (
        Change(first, "2025Q2", "2025Q1", "online", 0.0, 4e5, 1e5),
        Change(second, None, "2026Q1", "online", 0.5, 2e5, 1e5),
        Change("FRA", "2025Q4", None, "subsidiary", 1.0, -1e5, 3e5),
    )
    against = Against("runs/old", "2025Q1", (first,), (), 4e6, ("a <b>note</b>",), 1e5, 2e5, 0.0,
                      0.25, changes)  # fmt: skip
    write_report(path, *given, why=replace(why, status="partial"), against=against)
    page = path.read_text("utf-8").replace("\u00a0", " ")
    for words in ("Why these and not others", "PARTIAL", "Against the old plan", "A &lt;b&gt;note",
                  ADDS, "by what it teaches (Afghanistan 300 k)"):  # fmt: skip
        assert words in page, words
    text = describe_against(answer.case, answer.panel, against)
    assert max(map(len, text.splitlines())) <= 100
    joined = " ".join(text.split())
    for words in (
        "in preparation none", "+100 k (±200 k)", "that is within chance", "with the old one 25 %",
        "from 2025Q2 to 2025Q1", "now entered, in 2026Q1", "no longer entered (was 2025Q4",
    ):  # fmt: skip
        assert words in joined, words
    (tmp_path / "why.json").write_text(why.to_json())
    (tmp_path / "against.json").write_text(against.to_json())
    assert (read_why(tmp_path), read_against(tmp_path)) == (why, against)
    (tmp_path / "why.json").write_text("{}")
    with pytest.raises(InputError, match="'beachhead why' write it again"):
        read_why(tmp_path)


def test_markets_left_alone_say_what_would_have_to_change(answer) -> None:
    added = Trial("added", "2026Q1", "online", 0.5, 1.2e6, 2e5, 1e6, (), ())
    bars = {
        "BRA": (Rejected(Answer(Worth("BRA", "", 0.0), bars=(Bar("beside", gains=-1e6),)),
                         cost=0.31, size=1.216), ("cost 69 % less", "1.2 times as many")),
        "CHL": (Rejected(Answer(Worth("CHL", "", 0.0), bars=(Bar("alone", gains=-1e6),))),
                ("free of entry cost", "eight times")),
        "PER": (Rejected(Answer(Worth("PER", "", 0.0), bars=(Bar("limit", "teams", 2e6),
                                                            Bar("limit", "ruin", 2e6)))),
                ("more launch teams", "more cash")),
        "COL": (Rejected(Answer(Worth("COL", "", 0.0), trials=(added,),
                                bars=(Bar("passed over", gains=1e6),))),
                ("nothing", "+1.20 m ±200 k", "more than chance")),
        "CRI": (Rejected(Answer(Worth("CRI", "", 0.0), trials=(replace(added, breaks=("ruin",)),),
                                bars=(Bar("passed over", gains=1e6),))),
                ("a longer search, or another seed",)),
        "ECU": (Rejected(Answer(Worth("ECU", "", 0.0), bars=(Bar("rule", "a ban"),))),
                ("the rule that closes it",)),
    }  # fmt: skip
    names = answer.panel.names
    why = replace(explain(answer), rejected=tuple(one for one, _ in bars.values()))
    table = list_rejected(why, names)
    assert [row[0] for row in table.rows] == [names[iso3] for iso3 in bars]
    for row, (_, words) in zip(table.rows, bars.values(), strict=True):
        for part in words:
            assert part in row[2].replace("\u00a0", " "), row
    text = describe_plan(answer.case, answer.plan, why, names)
    assert "Left alone, nearest first" in text
    assert max(map(len, text.splitlines())) <= 100
    assert Why.from_json(why.to_json()) == why
    assert set(tell_nearest(why)) == set(bars) and tell_nearest(None) == {}
