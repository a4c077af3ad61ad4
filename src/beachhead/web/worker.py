"""The process behind what-ifs: one plan, packed and compiled, that answers a line with a line.

    python -m beachhead.web.worker RUN

The first line that it writes says that it is ready, and what the plan itself is worth. Then each
line read is a JSON list of entries, and each line written what they would be worth, or the problems
with them. It ends when nothing more can come.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from beachhead.errors import InputError, Problem


def answer(folder: Path) -> None:
    """Answer until the input ends."""
    # Whatever a library prints must not come between the answers.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(content: dict[str, Any]) -> None:
        out.write(json.dumps(content) + "\n")
        out.flush()

    from pydantic import TypeAdapter, ValidationError

    from beachhead.cases import Entry
    from beachhead.planning.whatif import WhatIf
    from beachhead.reporting.run import read_run

    try:
        run = read_run(folder)
        desk = WhatIf(run.case, run.panel, run.plan, run.beliefs)
    except InputError as error:
        say({"problems": [asdict(problem) for problem in error.problems]})
        return
    say({"ready": asdict(desk.base)})
    form = TypeAdapter(tuple[Entry, ...])
    for line in sys.stdin:
        try:
            say({"found": asdict(desk.weigh(form.validate_json(line)))})
        except InputError as error:
            say({"problems": [asdict(problem) for problem in error.problems]})
        except ValidationError as error:
            say({"problems": [asdict(Problem(str(error.errors()[0]["msg"]), "entries"))]})


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
