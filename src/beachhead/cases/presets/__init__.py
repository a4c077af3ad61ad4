"""Default economics of product categories: what nobody knows in the first hour."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from beachhead.cases.case import Case
from beachhead.errors import InputError, Problem, suggest


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModeEconomics(_Frozen):
    """What a way of entering costs and brings, by default. All judgement.

    Money is a share of the firm's yearly revenue in a market of home's size.
    """

    entry: float = Field(ge=0, description="cost of opening the market")
    fixed: float = Field(ge=0, description="running cost a year")
    spend: float = Field(ge=0, description="advertising a year")
    fee: float = Field(ge=0, le=1, description="channel's or partner's share of the price")
    open: float = Field(ge=0, le=1, description="part of open channels' sales within reach")
    closed: float = Field(ge=0, le=1, description="part of closed channels' sales within reach")
    intensity: float = Field(gt=0, description="factor on the brand's own-account acceptance")
    load: float = Field(ge=0, description="attention of managers, in launches")
    teams: float = Field(ge=0, description="launch teams during preparation")
    preparation: int = Field(ge=0, le=20, description="quarters of preparation")
    exit: float = Field(gt=0, lt=1, description="chance of leaving within the first year")
    salvage: float = Field(ge=0, le=1, description="part of the opening cost got back at an exit")


class Economics(_Frozen):
    """Features of the category's markets, by default. All judgement."""

    rivals: float = Field(ge=0, description="effective number of rivals (1 / HHI)")
    advertising: float = Field(gt=0, description="an average rival's advertising over its sales")
    entry_price: float = Field(
        gt=0, description="entry price of the category over the firm's price"
    )
    closed: float = Field(ge=0, le=1, description="share of sales through closed channels")
    tariff_share: float = Field(ge=0, description="part of the average tariff that is levied")
    freight: float = Field(ge=0, description="freight over unit cost at 10,000 km")
    price_index: float = Field(gt=0, description="usual price in a market over the firm's")
    home_fixed: float = Field(ge=0, description="fixed costs at home over revenue a year")
    home_spend: float = Field(ge=0, description="advertising at home over revenue a year")
    home_fee: float = Field(ge=0, le=1, description="channel's share of the price at home")
    home_open: float = Field(ge=0, le=1, description="part of open sales within reach at home")
    home_closed: float = Field(ge=0, le=1, description="part of closed sales within reach at home")
    online_floor: float = Field(
        ge=0, le=1, description="part of open sales that online reaches where readiness is nil"
    )


class Belief(_Frozen):
    """A central value that replaces a parameter's default, with its evidence.

    `sd`: spread of its normal or log-normal prior, where the category is known to have its own.
    """

    value: float
    sd: float | None = Field(default=None, gt=0)
    tag: Literal["O", "O2", "M", "D", "J"]
    source: str


class Preset(_Frozen):
    """Default economics of one product category."""

    words: str
    launch: float = Field(description="year in which the category began")
    economics: Economics
    modes: dict[str, ModeEconomics]
    parameters: dict[str, Belief]


def economics_of(case: Case) -> Preset:
    """The preset of the case's category with the case's own economics in place of its defaults.

    Raises
    ------
    InputError
        If `[economics]` names what the preset does not have, or gives it an impossible value.
    """
    preset = load_preset(case.product.category)
    content = preset.model_dump()
    known = [*content["economics"]]
    known += [f"{mode}.{field}" for mode, fields in content["modes"].items() for field in fields]
    problems = []
    for key, value in case.economics.items():
        where = f"case {case.name!r}, economics.{key}"
        if key not in known:
            problems.append(Problem(f"no such default {key!r}", where, suggest(key, known)))
            continue
        mode, _, field = key.rpartition(".")
        target = content["modes"][mode] if mode else content["economics"]
        target[field] = int(value) if field == "preparation" and value == int(value) else value
    try:
        changed = Preset.model_validate(content)
    except ValidationError as error:
        problems += [
            Problem(
                f"{fault['msg']}, not {fault['input']!r}",
                f"case {case.name!r}, economics.{'.'.join(str(p) for p in fault['loc'][1:])}",
            )
            for fault in error.errors()
        ]
    if problems:
        raise InputError(*problems)
    return changed


@cache
def load_preset(category: str) -> Preset:
    """Preset of a product category that `[product] category` may name."""
    text = (files(__name__) / f"{category}.toml").read_text(encoding="utf-8")
    return Preset.model_validate(tomllib.loads(text))
