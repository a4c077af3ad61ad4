"""Plans a firm's expansion into foreign markets: which, in what order, how fast and how.

    import beachhead as bh

    case = bh.Case.load("xiaomi-2013")
    panel = bh.load_panel(as_of=case.as_of)
    ranking = bh.screen(case, panel)
    plan = bh.plan(case, panel, effort="standard", seed=1)
    beliefs = bh.believe(case, panel)
    futures = bh.simulate(case, panel, beliefs, plan.schedule, worlds=1000, seed=2)
    why = bh.explain_plan(case, panel, plan)
    bh.write_report("report.html", case, ranking, plan, futures, why=why)

A room of the package is imported when one of its names is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from beachhead._version import __version__

if TYPE_CHECKING:
    from beachhead.calibration import believe
    from beachhead.cases import Case, Schedule
    from beachhead.data import load_panel
    from beachhead.errors import InputError
    from beachhead.planning import plan
    from beachhead.planning.why import explain_plan
    from beachhead.reporting.html import write_report
    from beachhead.reporting.run import read_run, write_run
    from beachhead.reporting.text import describe
    from beachhead.screening import screen
    from beachhead.simulation import Beliefs, simulate

# Where each name lives. Whoever only screens never waits for the libraries of the search.
_ROOMS = {
    "Beliefs": "simulation",
    "Case": "cases",
    "InputError": "errors",
    "Schedule": "cases",
    "believe": "calibration",
    "describe": "reporting.text",
    "explain_plan": "planning.why",
    "load_panel": "data",
    "plan": "planning",
    "read_run": "reporting.run",
    "screen": "screening",
    "simulate": "simulation",
    "write_report": "reporting.html",
    "write_run": "reporting.run",
}

__all__ = [
    "Beliefs",
    "Case",
    "InputError",
    "Schedule",
    "__version__",
    "believe",
    "describe",
    "explain_plan",
    "load_panel",
    "plan",
    "read_run",
    "screen",
    "simulate",
    "write_report",
    "write_run",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"beachhead.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
