"""How results show themselves in a notebook, once `%load_ext beachhead` has said so.

Results hold data and nothing else: what they look like is known here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from beachhead.reporting.frames import tabulate
from beachhead.reporting.words import count, percent

if TYPE_CHECKING:
    import polars as pl

    from beachhead.cases import Case
    from beachhead.planning import Plan
    from beachhead.reporting.run import Run
    from beachhead.screening import Ranking


def register(shell: Any) -> None:
    """Tell a shell of IPython how to show results; their rooms are not imported for that."""
    formatter = shell.display_formatter.formatters["text/html"]
    for (room, name), show in _SHOWN.items():
        formatter.for_type_by_name(f"beachhead.{room}", name, show)


def show_case(case: Case) -> str:
    """A case as a heading and what it asks."""
    candidates = case.markets.candidates
    asked = candidates if isinstance(candidates, str) else f"{len(candidates)} markets"
    said = [
        f"{case.firm.name}, home {case.firm.home}, as of {case.as_of}: {asked} as candidates, "
        f"{case.quarters} quarters, money in {case.currency}.",
        f"Product: {case.product.category} at {case.product.price:,.6g}, unit cost "
        f"{case.product.unit_cost:,.6g}. Capital {count(case.limits.capital)}, ways of entering: "
        f"{', '.join(case.modes.allowed)}.",
    ]
    return _heading(case.title or case.name, said)


def show_ranking(ranking: Ranking) -> str:
    """A ranking as a sentence and its best twenty."""
    from beachhead.reporting.sentences import tell_ranking
    from beachhead.reporting.tables import TOP

    columns = ["rank", "iso3", "name", "score", "rank_low", "rank_high", "first_ten", "holes"]
    shown = ranking.table.select(columns).head(TOP)
    return _heading("Ranking", [tell_ranking(ranking)]) + _table(shown)


def show_plan(plan: Plan) -> str:
    """A plan as what it is worth, and its entries; quarters count from 0, the first of the case."""
    value = plan.value
    bound = "" if plan.bound is None else f", any other schedule at most {count(plan.bound)}"
    gap = "" if plan.gap is None else f" (gap {percent(plan.gap)})"
    said = [
        f"Mean value {count(value.mean)}, nine worlds of ten {count(value.p05)} to "
        f"{count(value.p95)}; it adds {count(value.adds)} (±{count(value.adds_error)}) to staying "
        "at home.",
        f"J {count(plan.objective)}, at home {count(plan.stay_home)}{bound}{gap}.",
    ]
    head = f"Plan of {plan.case} (effort {plan.effort}, seed {plan.seed}, {plan.status})"
    return _heading(head, said) + _table(tabulate(plan))


def show_run(run: Run) -> str:
    """A run as its answer, the map, and who is entered when."""
    from beachhead.reporting.charts import draw_map
    from beachhead.reporting.frames import list_launches
    from beachhead.reporting.pictures import render
    from beachhead.reporting.sentences import tell_answer, tell_duties
    from beachhead.reporting.summary import summarise

    summary = summarise(run.case, run.plan.schedule, run.futures)
    said = [*tell_answer(run.case, run.plan, summary), *tell_duties(summary)]
    candidates = set(run.case.candidate_iso3(run.panel))
    world = draw_map(run.case, run.panel, summary, {}, candidates)
    table = list_launches(summary, run.futures, {})
    picture = render(world, "svg").decode()
    return _heading(run.case.title or run.case.name, said) + picture + _table(table)


def show_table(result: Any) -> str:
    """A result as its table."""
    return _heading(type(result).__name__, []) + _table(tabulate(result))


def _heading(title: str, sentences: Sequence[str]) -> str:
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f"<h4>{escape(title)}</h4>{said}"


def _table(frame: pl.DataFrame) -> str:
    return str(frame._repr_html_())


# By module and name of the class, so that nothing is imported until there is something to show.
_SHOWN: dict[tuple[str, str], Callable[[Any], str]] = {
    ("cases.case", "Case"): show_case,
    ("cases.schedule", "Schedule"): show_table,
    ("screening.screen", "Ranking"): show_ranking,
    ("planning.plan", "Plan"): show_plan,
    ("planning.grounds", "Why"): show_table,
    ("planning.sensitivity", "Sensitivity"): show_table,
    ("planning.prices", "Prices"): show_table,
    ("reporting.run", "Run"): show_run,
}
