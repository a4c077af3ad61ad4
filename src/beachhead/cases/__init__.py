"""The firm's question as a file: cases, their limits, and schedules of entries.

`Case.load` reads a bundled case or a file; `check_case` says whether its parts fit one another
and a panel, and `check_draft` all that is wrong with a file. The format is one TOML file, or a
workbook of the same keys (`write_workbook`), both described in `docs/case.md`.
"""

from beachhead.cases.case import (
    Case,
    Column,
    Component,
    Gate,
    Input,
    Limits,
    Measure,
    Mode,
    Rule,
    Source,
    Target,
)
from beachhead.cases.check import check_case, check_draft
from beachhead.cases.drafts import Draft
from beachhead.cases.inputs import overlay
from beachhead.cases.reading import bundled_cases, new_case, read_draft
from beachhead.cases.schedule import Begun, Entry, Gated, Schedule
from beachhead.cases.workbook import write_workbook

__all__ = [
    "Begun",
    "Case",
    "Column",
    "Component",
    "Draft",
    "Entry",
    "Gate",
    "Gated",
    "Input",
    "Limits",
    "Measure",
    "Mode",
    "Rule",
    "Schedule",
    "Source",
    "Target",
    "bundled_cases",
    "check_case",
    "check_draft",
    "new_case",
    "overlay",
    "read_draft",
    "write_workbook",
]
