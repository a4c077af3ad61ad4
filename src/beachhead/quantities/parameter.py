"""The declaration of a parameter, beside the equation that uses it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from beachhead.quantities.prior import Prior, Sure

Tag = Literal["O", "O2", "M", "D", "J"]
Level = Literal["world", "market"]


@dataclass(frozen=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name : str
        'mechanism.field', the name under which a case overrides it.
    words : str
        What it is, for a manager.
    unit : str
        Rates are per year.
    default : float
        Central value where neither preset nor case gives another.
    neutral : float or None
        Value at which its mechanism leaves the model as if it were not there; None where the
        parameter has no such value of its own.
    bounds : tuple of float
        Smallest and largest value that makes sense, both allowed.
    prior : Prior
        Spread over worlds.
    level : 'world' or 'market'
        One draw a world, or one a market with common, regional and own factors.
    tag : 'O', 'O2', 'M', 'D' or 'J'
        Evidence: opened, second-hand, from memory of the literature, derived, judgement.
    source : str
        Where value and prior come from.
    """

    name: str
    words: str
    unit: str
    default: float
    neutral: float | None
    bounds: tuple[float, float]
    prior: Prior
    level: Level
    tag: Tag
    source: str


def parameter(
    words: str,
    *,
    unit: str,
    default: float,
    neutral: float | None,
    bounds: tuple[float, float],
    tag: Tag,
    source: str,
    prior: Prior | None = None,
    level: Level = "world",
) -> Any:
    """Declare a field of a mechanism's parameters; see `Parameter` for the meaning of each."""
    declared_parameter = Parameter(
        "", words, unit, default, neutral, bounds, prior or Sure(), level, tag, source
    )
    return dataclasses.field(metadata={"parameter": declared_parameter})


def mechanism[T](name: str) -> Callable[[type[T]], type[T]]:
    """Class decorator: a frozen dataclass whose fields are the parameters of mechanism `name`."""

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True)(cls)
        made.__mechanism__ = name  # type: ignore[attr-defined]
        return made

    return declare


def declared(cls: type) -> dict[str, Parameter]:
    """Parameters that a mechanism's dataclass declares, by full name, in order of declaration."""
    prefix: str = cls.__mechanism__  # type: ignore[attr-defined]
    return {
        f"{prefix}.{field.name}": dataclasses.replace(
            field.metadata["parameter"], name=f"{prefix}.{field.name}"
        )
        for field in dataclasses.fields(cls)
    }
