"""What came out, for people: the printed answer, the report, the run folder."""

from beachhead.reporting.explanation import explain_name, list_parameters
from beachhead.reporting.html import write_report
from beachhead.reporting.run import (
    REPORT,
    Run,
    claim_folder,
    read_run,
    write_run,
    write_simulation,
)
from beachhead.reporting.text import describe, describe_futures

__all__ = [
    "REPORT",
    "Run",
    "claim_folder",
    "describe",
    "describe_futures",
    "explain_name",
    "list_parameters",
    "read_run",
    "write_report",
    "write_run",
    "write_simulation",
]
