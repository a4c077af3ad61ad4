"""Why a market is in a plan or not, and what every market brings; see `inquiry`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.grounds import Answer, Bar, Rejected, Why, Worth
from beachhead.planning.inquiry import Inquiry
from beachhead.planning.plan import Plan
from beachhead.planning.planner import SEARCH_WORLDS
from beachhead.planning.study import FIRST, Stage
from beachhead.simulation.beliefs import Beliefs

NEAR = 5  # markets left alone that are looked at


def explain_plan(
    case: Case,
    panel: Panel,
    plan: Plan,
    beliefs: Beliefs | None = None,
    *,
    progress: Callable[[Stage], None] | None = None,
) -> Why:
    """What every market brings itself and to others, why the first ten entries, and why not others.

    `beliefs`: as the plan was made with; by default the case's priors. With status 'partial' if
    Ctrl-C ended it.

    Raises
    ------
    InputError
        If the plan is no longer worth what it was said to be: it is of another version.
    """
    worths: list[Worth] = []
    answers: list[Answer] = []
    rejected: list[Rejected] = []
    status = "complete"
    with jax.enable_x64(True):
        inquiry = Inquiry(case, panel, plan, beliefs, near=NEAR)
        steps = len(inquiry.entries) + min(FIRST, len(inquiry.entries)) + len(inquiry.near)
        worths += [inquiry.weigh(row) for row in inquiry.present]

        def step(words: str) -> None:
            if progress is not None:
                done = len(worths) - len(inquiry.present) + len(answers) + len(rejected)
                progress(Stage(words, done, steps))

        try:
            for row in inquiry.entries:
                step("without each entry")
                worths.append(inquiry.weigh(row))
            for row, worth in zip(inquiry.entries[:FIRST], worths[len(inquiry.present) :],
                                  strict=False):  # fmt: skip
                step("other dates and ways")
                answers.append(inquiry.answer(row, worth))
            for row in inquiry.near:
                step("markets left alone")
                rejected.append(inquiry.reject(row))
        except KeyboardInterrupt:
            status = "partial"
    return Why(
        case=case.name,
        status=status,
        worlds=inquiry.base.values.size,
        search_worlds=SEARCH_WORLDS,
        mean=float(inquiry.base.values.mean()),
        worths=tuple(worths),
        answers=tuple(answers),
        rejected=tuple(rejected),
    )


def explain_market(
    case: Case, panel: Panel, plan: Plan, iso3: str, beliefs: Beliefs | None = None
) -> Answer:
    """Why one market is entered as it is, or not; one that the case keeps out, as if it did not.

    Raises
    ------
    InputError
        As `explain_plan`.
    """
    case = case.resolve(panel)
    known = {case.firm.home, *(served.market for served in case.firm.served)}
    key = "" if iso3 in known | set(case.candidate_iso3(panel)) else _name_key(case, iso3)
    with jax.enable_x64(True):
        # One more candidate makes a little difference to all in its neighbourhood.
        let_in = _let_in(case, iso3) if key else case
        inquiry = Inquiry(let_in, panel, plan, beliefs, also=(iso3,), exact=not key)
        if iso3 not in inquiry.packed.markets:
            return Answer(Worth(iso3, "", 0.0), bars=(Bar("case", "population"),))
        row = inquiry.packed.markets.index(iso3)
        answer = inquiry.answer(row, inquiry.weigh(row))
    if not key:
        return answer
    bars = [replace(b, kind="pays") if b.kind == "passed over" else b for b in answer.bars]
    return replace(answer, bars=(Bar("case", key), *bars))


def _name_key(case: Case, iso3: str) -> str:
    """Key of the case that keeps a market from being a candidate."""
    kept_out = {"limits.never": case.limits.never, "markets.exclude": case.markets.exclude}
    return next((key for key, names in kept_out.items() if iso3 in names), "markets.candidates")


def _let_in(case: Case, iso3: str) -> Case:
    """The case with one more candidate."""
    limits, markets = case.limits, case.markets
    everywhere = markets.candidates == "all" and not (markets.regions or markets.blocs)
    named = () if markets.candidates == "all" else markets.candidates
    pool = {
        "candidates": "all" if everywhere else (*named, iso3),
        "exclude": tuple(name for name in markets.exclude if name != iso3),
    }
    never = tuple(name for name in limits.never if name != iso3)
    return case.model_copy(
        update={
            "limits": limits.model_copy(update={"never": never}),
            "markets": markets.model_copy(update=pool),
        }
    )
