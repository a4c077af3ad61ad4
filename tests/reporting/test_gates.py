"""Gates in plan.json, in words and in the report's table."""

import dataclasses
import json

import pytest

from beachhead.cases import Gate, Gated
from beachhead.planning.plan import GateUse, Plan
from beachhead.reporting import sentences, tables


@pytest.fixture
def gated(answer):
    """The case and plan of `answer` with the later of its entries behind the first one."""
    first, *others = answer.plan.schedule.entries
    waiting = tuple(sorted(entry.iso3 for entry in others))
    gate = Gate(name="one first", pilot=first.iso3, markets=waiting or (first.iso3,))
    use = GateUse(
        number=0, name="one first", pilot=first.iso3, waiting=waiting, taken=True, wait=2,
        decision=first.quarter + 2, threshold=1500.0, opens=0.4, worth=2e6, worth_error=3e5,
        objective=1e6,
    )  # fmt: skip
    schedule = answer.plan.schedule.model_copy(
        update={"gates": (Gated(gate=0, wait=2, threshold=1500.0),)}
    )
    plan = dataclasses.replace(answer.plan, gates=(use,), schedule=schedule, open_loop=1.0)
    return answer.case.model_copy(update={"gates": (gate,)}), plan


def test_plan_reads_back_equal_and_says_who_waits(gated):
    case, plan = gated
    labels = [case.quarter_label(t) for t in range(case.quarters)]
    names = {entry.iso3: entry.iso3 for entry in plan.schedule.entries}
    text = plan.to_json(names, labels)
    assert Plan.from_json(text, labels) == plan
    behind = {e["iso3"]: e.get("gate") for e in json.loads(text)["schedule"]}
    (use,) = plan.gates
    assert behind == {iso3: "one first" if iso3 in use.waiting else None for iso3 in names}


def test_words_say_who_waits_for_what_and_what_it_is_worth(gated):
    case, plan = gated
    said = sentences.tell_gates(case, plan)[0].replace("\u00a0", " ")
    (use,) = plan.gates
    when = case.quarter_label(use.decision)
    assert f"only if {use.pilot} has sold 1.50 k by {when}, as in 40 % of futures" in said
    assert "the pilot adds" in said
    refused = dataclasses.replace(use, taken=False, worth=-2e6)
    (said,) = sentences.tell_gates(case, dataclasses.replace(plan, gates=(refused,)))
    assert said.startswith("Not one first: at best,")
    assert "it would lose" in said


def test_the_table_has_a_row_for_each(gated):
    case, plan = gated
    (row,) = tables.list_gates(case, plan).rows
    assert row[:2] == ("one first", plan.gates[0].pilot)
    assert row[3:6] == (case.quarter_label(plan.gates[0].decision), "1.50\u00a0k", "40\u00a0%")
