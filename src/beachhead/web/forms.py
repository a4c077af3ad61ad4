"""What the JSON interface takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from beachhead.cases import quarters
from beachhead.cases.case import Mode
from beachhead.web.folder import NAME

MOST_TEXT = 2 * 2**20  # signs of a case
MOST_ENTRIES = 300
PATTERN = NAME.replace(r"\Z", "$")

Name = Annotated[str, Path(pattern=PATTERN, description="letters, digits, - and _")]
Named = Annotated[str, Field(pattern=PATTERN)]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Quarter = Annotated[str, Field(pattern=quarters.LABEL)]
Iso3 = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Text = Annotated[str, Field(max_length=MOST_TEXT)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Change(_Form):
    """A lever and its new value; null takes it out of the text."""

    key: Line
    value: Any = None


class Demand(_Form):
    """A market that must or must never be entered, or is free."""

    market: Line
    how: Literal["must", "never", "free"]


class Draft(_Form):
    """A text of a case, and what to change in it before it is read."""

    text: Text
    changes: list[Change] = Field(default=[], max_length=50)
    demand: Demand | None = None


class NewCase(_Form):
    """A new case by its name: a draft, or a copy of the bundled case `source`."""

    name: Named
    source: Named | None = None


class Save(_Form):
    """A text in place of the one with the version `was`."""

    text: Text
    was: Line


class PlanJob(_Form):
    """A plan of a case; with `old` and `as_of` it goes on from the plan of that run."""

    case: Named | None = None
    old: Named | None = None
    as_of: Quarter | None = None
    effort: Literal["quick", "standard", "thorough"] = "standard"
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    by: Line = ""


class TrackJob(_Form):
    """A look at a run: its plan against the actuals that were entered."""

    run: Named
    as_of: Quarter | None = None
    by: Line = ""


class Move(_Form):
    """An entry: quarter of the horizon, from 0."""

    iso3: Iso3
    quarter: int = Field(ge=0, le=200)
    mode: Mode
    localisation: float = Field(ge=0, le=1)


class Moves(_Form):
    """All entries of a changed plan."""

    entries: list[Move] = Field(max_length=MOST_ENTRIES)


class Settled(_Form):
    """What is decided about a plan: entries as they shall be made, and markets to stay out of."""

    entries: list[Move] = Field(max_length=MOST_ENTRIES)
    never: list[Iso3] = Field(default=[], max_length=MOST_ENTRIES)


class ActualRow(_Form):
    """A figure of what happened, as in a table of actuals; all as written there."""

    market: Line = ""
    quarter: Line
    metric: Line
    value: Line = ""
    mode: Line = ""
    localisation: Line = ""
    source: Line = ""


class Actuals(_Form):
    """All that is known to have happened."""

    rows: list[ActualRow] = Field(max_length=5_000)
