"""The firm's question as data: home, product, candidate markets, limits, horizon.

The classes mirror the tables of a case file. They hold what the file says and its defaults;
whether the parts fit one another and a panel is for `check_case` to say.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema

from beachhead.cases import quarters
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.data import Panel

# Beside the rules of JSON Schema, a number says its unit and a word the kind of thing it names
# (its format): whoever shows a case to its author, such as a workbook, reads them there.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Quarter = Annotated[
    str,
    StringConstraints(pattern=quarters.LABEL),
    Field(json_schema_extra={"format": "quarter"}),
]
Market = Annotated[Text, Field(json_schema_extra={"format": "market"})]
Region = Annotated[Text, Field(json_schema_extra={"format": "region"})]
Bloc = Annotated[Text, Field(json_schema_extra={"format": "bloc"})]
Place = Annotated[Text, Field(json_schema_extra={"format": "place"})]
Share = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "fraction"})]
Amount = Annotated[float, Field(ge=0)]
Replacement = Annotated[float, Field(json_schema_extra={"unit": "as in the preset"})]
Weight = Annotated[Amount, Field(json_schema_extra={"unit": "of any scale"})]
Year = Annotated[int, Field(ge=1800, le=2200, json_schema_extra={"unit": "year"})]
Growth = Annotated[float, Field(ge=-1, le=1, json_schema_extra={"unit": "log a year"})]
Spread = Annotated[float, Field(ge=0, le=0.5, json_schema_extra={"unit": "log a year"})]
Mode = Literal["online", "distributor", "joint_venture", "subsidiary"]
Category = Literal["smartphone", "subscription", "retail", "generic"]
CURRENCY = r"^[A-Z]{3}$"
COLUMN_KEY = r"^[a-z][a-z0-9_]*$"
Method = Literal["weighted_sum", "topsis", "promethee"]
InputKey = Literal["closed_share", "hhi", "price_index", "tariff", "owners_share"]


def _form(value: Any) -> str:
    """Which branch of a union is meant, so that only that one's faults are reported."""
    return "list" if isinstance(value, list | tuple) else "word"


Candidates = Annotated[
    Annotated[Literal["all"], Tag("word")] | Annotated[tuple[Market, ...], Tag("list")],
    Discriminator(_form),
]
Files = Annotated[
    Annotated[str, Tag("word")] | Annotated[tuple[Text, ...], Tag("list")],
    Discriminator(_form),
]


class _Table(BaseModel):
    """One table of the case file: nothing unknown in it, nothing changed after it is read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True
    )


class Served(_Table):
    """A market in which the firm sells already."""

    market: Market = Field(description="ISO3 code or name")
    units: Amount = Field(
        description="units sold there in the last year",
        json_schema_extra={"unit": "units a year"},
    )
    mode: Mode = Field(description="how the firm sells there")
    since: datetime.date = Field(description="first day of sales there")
    localisation: Share = Field(default=0.0, description="level of localisation there, 0 to 1")


class Rival(_Table):
    """A named rival in the home market."""

    name: Text = Field(description="the rival's name")
    share: Share = Field(description="its share of units at home in the last year, 0 to 1")
    growth: Growth = Field(default=0.0, description="yearly growth of its attraction to customers")
    spread: Spread = Field(default=0.0, description="how uncertain that growth is, one sd")


class Firm(_Table):
    """Who asks: the firm as it stands on the day of the case."""

    name: Text = Field(description="the firm's name")
    home: Market = Field(description="home market, ISO3 code or name")
    units: Amount = Field(
        description="units sold at home in the last year",
        json_schema_extra={"unit": "units a year"},
    )
    revenue: float = Field(
        gt=0,
        description="revenue of the last year in all markets, in the case's currency",
        json_schema_extra={"unit": "currency a year"},
    )
    entered_home: Year | None = Field(
        default=None, description="year in which the firm began to sell at home"
    )
    served: tuple[Served, ...] = Field(
        default=(), description="markets served already: market, units, mode, since, localisation"
    )
    rivals: tuple[Rival, ...] = Field(
        default=(), description="named rivals at home: name, share, growth, spread"
    )


class Product(_Table):
    """What is sold."""

    category: Category = Field(
        description="preset that supplies the default economics: smartphone, subscription, "
        "retail or generic"
    )
    price: float = Field(
        gt=0,
        description="average price of one unit to the customer, in the case's currency",
        json_schema_extra={"unit": "currency a unit"},
    )
    unit_cost: float = Field(
        gt=0,
        description="cost of one unit before freight and tariff, in the case's currency",
        json_schema_extra={"unit": "currency a unit"},
    )
    launch: Year | None = Field(
        default=None, description="year in which the category started; the preset has a default"
    )
    capacity: float | None = Field(
        default=None,
        gt=0,
        description="units that can be made a year; no limit if left out",
        json_schema_extra={"unit": "units a year"},
    )
    new_category: bool = Field(
        default=False, description="true if the category starts in each market with the entry"
    )


class Column(_Table):
    """A figure per market that only the firm has: an own column beside the panel's series."""

    key: Annotated[str, StringConstraints(pattern=COLUMN_KEY)] = Field(
        description="name of the column: lower-case letters, digits and underscores"
    )
    words: Text = Field(description="what it is, in a few words")
    unit: Text = Field(description="unit of its figures")


class Input(_Table):
    """A figure of the firm's own about one market: one that the panel lacks, or a better one."""

    market: Market = Field(description="ISO code or name")
    key: Text = Field(
        description="what the figure is: closed_share, hhi, price_index, tariff or owners_share; "
        "a series of the panel; or a column of markets.columns",
        json_schema_extra={"format": "figure"},
    )
    value: float = Field(
        description="the figure, in the unit of its key",
        json_schema_extra={"unit": "that of the key"},
    )
    date: datetime.date = Field(description="the day for which the figure holds")
    basis: Literal["source", "judgement", "hindsight"] = Field(
        description="source (read there), judgement (the author's), or hindsight (not known then)"
    )
    source: Text = Field(description="where the figure was read, or the reason for the judgement")


class Entrant(_Table):
    """A rival that enters markets: one more beside those that are there."""

    name: Text = Field(description="the rival's name")
    markets: tuple[Text, ...] = Field(
        min_length=1, description='markets, regions and blocs that it enters; "all" or "home" too'
    )
    start: Quarter | None = Field(
        default=None, alias="from", description="quarter of its entry; quarter 0 if left out"
    )
    strength: float = Field(
        default=1.0,
        gt=0,
        description="its attraction at entry over that of a usual rival",
        json_schema_extra={"unit": "ratio"},
    )
    growth: Growth = Field(default=0.0, description="yearly growth of its attraction to customers")
    spread: Spread = Field(default=0.0, description="how uncertain that growth is, one sd")


class Markets(_Table):
    """Which markets may be entered, and what the case knows about them beyond the panel."""

    candidates: Candidates = Field(
        default="all",
        description='"all", or a list of ISO3 codes or names; regions and blocs add to a list '
        'and narrow "all"',
    )
    regions: tuple[Region, ...] = Field(
        default=(), description="regions or subregions of the panel whose markets are candidates"
    )
    blocs: tuple[Bloc, ...] = Field(
        default=(), description="blocs whose members on as_of are candidates"
    )
    exclude: tuple[Market, ...] = Field(
        default=(), description="markets that are no candidates whatever else is said"
    )
    columns: tuple[Column, ...] = Field(
        default=(), description="columns of the firm's own: key, words, unit"
    )
    table: Files = Field(
        default="",
        description="CSV file or workbook beside the case file, or a list of them; their figures "
        "are read into inputs",
    )
    inputs: tuple[Input, ...] = Field(
        default=(),
        description="figures of the firm's own per market: market, key, value, date, basis, source",
    )
    rivals: tuple[Entrant, ...] = Field(
        default=(),
        description="rivals that enter markets: name, markets, from, strength, growth, spread",
    )


class Modes(_Table):
    """Ways of entering that the firm would use."""

    allowed: tuple[Mode, ...] = Field(
        default=("online", "distributor", "joint_venture", "subsidiary"),
        min_length=1,
        description="modes of entry the firm would use",
    )
    localisation: tuple[Share, ...] = Field(
        default=(0.0, 0.5, 1.0),
        min_length=1,
        description="levels of localisation to choose from, 0 (as at home) to 1 (made for the "
        "market)",
    )


class TeamStep(_Table):
    """The number of launch teams from a quarter on."""

    start: Quarter = Field(alias="from", description="quarter from which the number holds")
    teams: int = Field(
        ge=0, description="launch teams from then on", json_schema_extra={"unit": "teams"}
    )


class FixedEntry(_Table):
    """An entry that is decided already; a bare quarter in the file means any mode."""

    quarter: Quarter = Field(description="quarter of entry")
    mode: Mode | None = Field(default=None, description="mode of entry; any if left out")
    localisation: Share | None = Field(
        default=None, description="level of localisation; any if left out"
    )
    begun: bool = Field(
        default=False,
        description="true if its preparation has begun before the horizon, and is ready in time",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_quarter(cls, value: Any) -> Any:
        return {"quarter": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": quarters.LABEL}, handler(core_schema)]}


Teams = Annotated[
    Annotated[int, Field(ge=0, json_schema_extra={"unit": "teams"}), Tag("word")]
    | Annotated[tuple[TeamStep, ...], Field(min_length=1), Tag("list")],
    Discriminator(_form),
]


class Source(_Table):
    """A country from which a part of a component comes."""

    country: Market = Field(description="ISO3 code or name")
    share: Share = Field(description="part of the component that comes from there, 0 to 1")
    risk: Amount = Field(
        default=1.0,
        description="rate of disruptions there over that of an average source",
        json_schema_extra={"unit": "ratio"},
    )


class Component(_Table):
    """A part of the product that may be missing."""

    name: Text = Field(description="short name")
    share: Share = Field(description="part of the unit's cost, 0 to 1")
    sources: tuple[Source, ...] = Field(
        min_length=1, description="where it comes from today: country, share, risk"
    )
    needed: Share = Field(
        default=1.0, description="part of the output that cannot be made without it, 0 to 1"
    )
    spare: Amount = Field(
        default=0.0,
        description="what its sources can add to their usual output",
        json_schema_extra={"unit": "fraction"},
    )


class Sourcing(_Table):
    """Another way to come by a component, and what it costs."""

    component: Text = Field(description="name of the component")
    sources: tuple[Source, ...] = Field(
        min_length=1, description="where it then comes from: country, share, risk"
    )
    premium: float = Field(
        default=0.0,
        gt=-1,
        description="what it costs at first above its cost today",
        json_schema_extra={"unit": "fraction"},
    )
    progress: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="cost after twice the experience over that before",
        json_schema_extra={"unit": "ratio"},
    )
    mature: float = Field(
        default=1.0,
        gt=0,
        description="cost over today's below which it does not fall",
        json_schema_extra={"unit": "ratio"},
    )


class Measure(_Table):
    """Something the firm, or a public office, may do to make expansion easier or better."""

    name: Text = Field(description="short name")
    words: str = Field(default="", description="one line that says what it is")
    markets: tuple[Place, ...] = Field(
        default=("all",),
        description='markets, regions and blocs that it reaches; "all" or "home" among them',
    )
    changes: dict[
        Text, Annotated[float, Field(json_schema_extra={"unit": "factor or addition"})]
    ] = Field(default={}, description="what it changes = factor or addition, see below")
    sourcing: Sourcing | None = Field(
        default=None, description="another way to come by a component"
    )
    cost: Amount = Field(
        default=0.0,
        description="money paid once, when it begins, in the case's currency",
        json_schema_extra={"unit": "currency"},
    )
    yearly: Amount = Field(
        default=0.0,
        description="money from then on, in the case's currency",
        json_schema_extra={"unit": "currency a year"},
    )
    start: Quarter | None = Field(
        default=None, alias="from", description="first quarter in which it can begin"
    )
    lead: int = Field(
        default=0,
        ge=0,
        description="quarters from its beginning until it works",
        json_schema_extra={"unit": "quarters"},
    )
    lasts: int | None = Field(
        default=None,
        ge=1,
        description="quarters that it works; to the end if left out",
        json_schema_extra={"unit": "quarters"},
    )
    levels: tuple[Annotated[float, Field(gt=0, json_schema_extra={"unit": "of its size"})], ...] = (
        Field(
            default=(1.0,),
            min_length=1,
            description="sizes to choose from, of costs and changes alike",
        )
    )
    begin: Literal["free", "never"] | Quarter = Field(
        default="free",
        description='"free" for the plan to decide, "never", or the quarter in which it begins',
    )


class Rule(_Table):
    """A condition that a market puts on those who come from abroad."""

    name: Text = Field(description="short name; that of a bundled rule replaces it")
    market: Market = Field(description="ISO3 code or name")
    words: str = Field(default="", description="what it says, in a line")
    known: datetime.date = Field(description="day on which it was published")
    start: datetime.date | None = Field(
        default=None, alias="from", description="first day on which it holds; always if left out"
    )
    until: datetime.date | None = Field(
        default=None,
        description="first day on which it no longer holds; to the end if left out",
    )
    modes: tuple[Mode, ...] = Field(
        default=(), description="modes of entry that it concerns; all if left out"
    )
    forbidden: bool = Field(default=False, description="true if those modes may not be used at all")
    localisation: Share = Field(
        default=0.0, description="least localisation (or local content) that it asks for, 0 to 1"
    )
    approval: int = Field(
        default=0,
        ge=0,
        le=20,
        description="quarters that an approval adds to the preparation",
        json_schema_extra={"unit": "quarters"},
    )
    opening: float = Field(
        default=1.0,
        ge=1,
        description="cost of opening with it over that without",
        json_schema_extra={"unit": "ratio"},
    )
    unit_cost: Amount = Field(
        default=0.0,
        description="what keeping it adds to the cost of a unit",
        json_schema_extra={"unit": "fraction"},
    )
    source: Text = Field(description="where it was read, or the reason for the judgement")


class Target(_Table):
    """Something to be reached by a date: said by the firm or somebody else, or demanded."""

    metric: Literal[
        "units", "units_abroad", "revenue", "revenue_abroad", "share", "share_abroad", "markets",
        "home_rank",
    ] = Field(
        description="units, units_abroad, revenue, revenue_abroad, share (of all units sold in a "
        "market), share_abroad (of revenue), markets (abroad) or home_rank (place at home)"
    )  # fmt: skip
    market: Text | None = Field(
        default=None,
        description='the market meant, or "home"; the whole firm if left out',
        json_schema_extra={"format": "market"},
    )
    value: float = Field(
        gt=0,
        description="at least so much of the metric; of home_rank that place, or a better one",
        json_schema_extra={"unit": "units, currency, fraction, markets or place"},
    )
    period: Literal["year", "quarter"] = Field(
        default="year", description="what is added up: the year or the quarter that ends with by"
    )
    by: Quarter = Field(description="last quarter of the period")
    probability: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="demanded probability; only reported if left out",
        json_schema_extra={"unit": "fraction"},
    )
    so_far: Amount | None = Field(
        default=None,
        description="what quarters of the period before the horizon have brought, of units or "
        "revenue; needed where there are such",
        json_schema_extra={"unit": "units or currency"},
    )
    made: datetime.date | None = Field(
        default=None, description="day on which it was said; as_of if left out"
    )
    basis: Literal["source", "judgement", "hindsight"] = Field(
        default="source",
        description="source (read there), judgement (the author's), or hindsight (said after "
        "as_of)",
    )
    source: str = Field(default="", description="where it was said")
    words: str = Field(default="", description="how it was said")

    @property
    def spans(self) -> int:
        """Quarters of its period; a place and a number of markets hold in the last one alone."""
        at_once = self.metric in ("markets", "home_rank") or self.period == "quarter"
        return 1 if at_once else 4


class Gate(_Table):
    """A market tried first, whose sales decide whether others follow."""

    name: Text = Field(description="short name")
    pilot: Market = Field(description="ISO3 code or name of the market that is tried first")
    markets: tuple[Text, ...] = Field(
        min_length=1, description="markets, regions and blocs that wait for it"
    )
    wait: tuple[Annotated[int, Field(ge=0, json_schema_extra={"unit": "quarters"})], ...] = Field(
        default=(4, 8),
        min_length=1,
        description="quarters from the pilot's entry to the decision, to choose from",
    )
    quantiles: tuple[
        Annotated[float, Field(gt=0, lt=1, json_schema_extra={"unit": "fraction"})], ...
    ] = Field(
        default=(0.25, 0.5, 0.75),
        description="parts of the worlds that a threshold holds back, to choose from; see below",
    )
    units: tuple[Annotated[Amount, Field(json_schema_extra={"unit": "units"})], ...] = Field(
        default=(),
        description="units sold by then from which on the others follow, to choose from; in place "
        "of quantiles",
    )
    noise: Amount = Field(
        default=0.2,
        description="sd of the log of what is seen of the pilot's sales",
        json_schema_extra={"unit": "log units"},
    )
    use: Literal["free", "never"] = Field(
        default="free", description='"free" for the plan to decide, or "never"'
    )


# The two markets of a pair in `after`.
Later = Annotated[Market, Field(title="later")]
Earlier = Annotated[Market, Field(title="earlier")]


class Limits(_Table):
    """What the plan must keep to."""

    teams: Teams = Field(
        description='launch teams: a number, or steps [{from = "2013Q2", teams = 2}, ...]'
    )
    capital: Amount = Field(
        description="cash at the start, in the case's currency",
        json_schema_extra={"unit": "currency"},
    )
    cash_floor: Amount = Field(
        default=0.0,
        description="cash that should remain at any time, in the case's currency",
        json_schema_extra={"unit": "currency"},
    )
    ruin: Share = Field(
        default=0.05, description="accepted probability that cash falls below the floor"
    )
    must: tuple[Market, ...] = Field(default=(), description="markets to enter at some time")
    never: tuple[Market, ...] = Field(default=(), description="markets not to enter")
    fixed: dict[Market, FixedEntry] = Field(
        default={},
        description='market = "quarter" of an entry decided already, or {quarter = ..., '
        "mode = ...}",
    )
    by: dict[Market, Quarter] = Field(
        default={}, description='market = "quarter" not later than which it is entered'
    )
    after: tuple[tuple[Later, Earlier], ...] = Field(
        default=(),
        description="pairs [later, earlier]: the first only in a later quarter than the second",
    )
    not_together: tuple[Annotated[tuple[Market, ...], Field(min_length=2)], ...] = Field(
        default=(), description="sets of markets of which at most one is entered"
    )
    max_markets: int | None = Field(
        default=None,
        ge=0,
        description="most markets that are newly entered; no limit if left out",
        json_schema_extra={"unit": "markets"},
    )
    launches_per_year: int | None = Field(
        default=None,
        ge=0,
        description="most markets that are newly entered in any four consecutive quarters; no "
        "limit if left out",
        json_schema_extra={"unit": "markets"},
    )
    exit_loss: float | None = Field(
        default=None,
        gt=0,
        description="running loss of a market, in costs of opening it, at which it is left; never "
        "for that reason if left out",
        json_schema_extra={"unit": "costs of opening"},
    )
    waived: tuple[Text, ...] = Field(
        default=(),
        description='names of bundled rules that do not bind the firm; "all" for every one',
    )


class Risk(_Table):
    """How the firm weighs money, risk and time."""

    aversion: Share = Field(
        default=0.3, description="weight of the bad tail in the objective; 0 looks at the mean only"
    )
    tail: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="the bad tail: the worst part of the worlds, 0 to 1",
        json_schema_extra={"unit": "fraction"},
    )
    discount: float = Field(
        default=0.12,
        ge=0,
        le=1,
        description="discount rate a year, in real terms, as a fraction",
        json_schema_extra={"unit": "fraction a year"},
    )
    terminal_years: int = Field(
        default=5,
        ge=0,
        le=50,
        description="years of flow counted after the horizon",
        json_schema_extra={"unit": "years"},
    )


class OwnCriterion(_Table):
    """A criterion of the user's own, or other anchors for a bundled one of the same key."""

    key: Annotated[str, StringConstraints(pattern=COLUMN_KEY)] = Field(
        description="name in weights and floors; that of a bundled criterion changes it"
    )
    column: str | None = Field(
        default=None, description="series of the panel, or own column, with its figures"
    )
    low: float | None = Field(
        default=None,
        description="figure worth 0; above high where less is better",
        json_schema_extra={"unit": "of the criterion"},
    )
    high: float | None = Field(
        default=None,
        description="figure worth 1",
        json_schema_extra={"unit": "of the criterion"},
    )
    transform: Literal["linear", "log"] | None = Field(
        default=None, description="scale between the two: linear or log; linear if left out"
    )
    weight: Weight | None = Field(
        default=None, description="share in the score, beside the default weights of the others"
    )
    words: Text | None = Field(default=None, description="the question in a few words")
    unit: Text | None = Field(default=None, description="unit of the figures")


class Override(_Table):
    """A score that somebody sets by hand, and why."""

    market: Market = Field(description="ISO3 code or name")
    score: Share = Field(description="the score in place of the computed one, 0 to 1")
    reason: Text = Field(description="why; it stands in the report")


class Screening(_Table):
    """How the candidates are ranked before planning."""

    method: Method = Field(
        default="weighted_sum",
        description="which score ranks: weighted_sum, topsis or promethee; the others stand "
        "beside it",
    )
    weights: dict[Text, Weight] = Field(
        default={}, description="criterion = weight; empty means the default criteria and weights"
    )
    floors: dict[Text, Annotated[float, Field(json_schema_extra={"unit": "of the criterion"})]] = (
        Field(
            default={},
            description="criterion = figure in its own unit, short of which a market has no rank; "
            "where less is better, the most that it may be",
        )
    )
    criteria: tuple[OwnCriterion, ...] = Field(
        default=(),
        description="own criteria, or other anchors for a bundled one: key, column, low, high, "
        "transform, weight, words, unit",
    )
    overrides: tuple[Override, ...] = Field(
        default=(), description="scores set by hand: market, score, reason"
    )


class Distance(_Table):
    """What counts as far from home."""

    culture: tuple[Text, ...] = Field(
        default=(),
        description="own columns, or series of the panel, in which markets differ in culture; "
        "empty leaves culture out",
    )
    weights: dict[Text, Weight] = Field(
        default={},
        description="component = weight; one that is not named is left out; empty means all alike",
    )


class Case(_Table):
    """A firm's question: which markets to enter, in what order, how fast, how, in what limits.

    Money is in `currency`, in real terms of the year of `as_of`; time runs in quarters 0 to
    `quarters` - 1, and quarter 0 is the first that begins on or after `as_of`.
    """

    name: str = Field(
        default="", description="short name; the file's name without its ending if left out"
    )
    title: str = Field(default="", description="one line for the heading of a report")
    as_of: datetime.date = Field(
        ge=datetime.date(1800, 1, 1),
        le=datetime.date(2200, 12, 31),
        description="day of the question; data published after it are not seen",
    )
    quarters: int = Field(
        default=40,
        ge=4,
        le=40,
        description="horizon in quarters, 4 to 40 (one to ten years)",
        json_schema_extra={"unit": "quarters"},
    )
    currency: Annotated[str, StringConstraints(pattern=CURRENCY)] = Field(
        default="USD",
        description="currency of all money in the case, three capital letters",
        json_schema_extra={"format": "currency"},
    )
    dollars: float | None = Field(
        default=None,
        gt=0,
        description="US dollars for one unit of the currency on as_of; needed "
        "where the currency is not USD, since country figures are in dollars",
        json_schema_extra={"unit": "USD for one unit of the currency"},
    )
    notes: tuple[Text, ...] = Field(default=(), description="remarks for the reader of the report")
    firm: Firm
    product: Product
    markets: Markets = Markets()
    modes: Modes = Modes()
    components: tuple[Component, ...] = Field(
        default=(), description="parts of the product that may be missing"
    )
    measures: tuple[Measure, ...] = Field(
        default=(), description="what the firm may do beside entering markets"
    )
    rules: tuple[Rule, ...] = Field(
        default=(), description="rules of markets beside the bundled ones, or in their place"
    )
    gates: tuple[Gate, ...] = Field(
        default=(), description="pilots that decide whether other markets follow"
    )
    limits: Limits
    targets: tuple[Target, ...] = Field(
        default=(), description="what is to be reached by a date: demanded, or told its chance"
    )
    risk: Risk = Risk()
    screening: Screening = Screening()
    distance: Distance = Distance()
    parameters: dict[Text, Replacement] = Field(
        default={}, description='"mechanism.parameter" = value in place of the preset\'s'
    )
    economics: dict[Text, Replacement] = Field(
        default={},
        description='"rivals" or "online.entry" (mode.field) = value in place of the preset\'s '
        "default economics",
    )

    @classmethod
    def load(cls, case: str | Path) -> Case:
        """Read a case from a file, or a bundled one by its name.

        Parameters
        ----------
        case : str or Path
            Name of a bundled case (see `bundled_cases`), or the path of a TOML file or of a
            workbook (.xlsx) such as `write_workbook` writes.

        Raises
        ------
        InputError
            With everything that is wrong: no such file or name, broken TOML or a damaged
            workbook, unknown or missing keys, values out of range, and the same for the table
            beside the case.
        """
        from beachhead.cases.reading import read_case

        return read_case(case)

    @classmethod
    def loads(cls, text: str, where: str | Path = "") -> Case:
        """Read a case from the text of a case file.

        Parameters
        ----------
        text : str
            TOML.
        where : str or Path
            The file the text came from: named in errors, and `markets.table` lies beside it.

        Raises
        ------
        InputError
            As `load`.
        """
        from beachhead.cases.reading import parse_case

        return parse_case(text, where)

    def to_toml(self) -> str:
        """The case as a file with every key written out; `Case.loads` gives an equal case back.

        Rows of `markets.table` stand in it as `markets.inputs`, so that the file is complete.
        """
        from beachhead.cases.writing import write_toml

        return write_toml(self)

    def quarter_label(self, t: int) -> str:
        """Label of quarter `t` of the horizon, such as 2014Q3."""
        return quarters.label(quarters.first_from(self.as_of) + t)

    def quarter_index(self, label: str) -> int:
        """Quarter of the horizon with this label; below 0 or at least `quarters` if outside.

        Raises
        ------
        InputError
            If `label` is no quarter.
        """
        try:
            return quarters.parse(label) - quarters.first_from(self.as_of)
        except ValueError as error:
            raise InputError(Problem(str(error), f"case {self.name!r}")) from error

    def teams_by_quarter(self) -> tuple[int, ...]:
        """Launch teams in each quarter of the horizon."""
        teams = self.limits.teams
        if isinstance(teams, int):
            return (teams,) * self.quarters
        steps = [(self.quarter_index(step.start), step.teams) for step in teams]
        return tuple(
            next((number for start, number in reversed(steps) if start <= t), 0)
            for t in range(self.quarters)
        )

    def resolve(self, panel: Panel) -> Case:
        """The same case with ISO3 codes in place of market names.

        Raises
        ------
        InputError
            With every name that the panel does not know.
        """
        from beachhead.cases.naming import resolve_names

        case, problems = resolve_names(self, panel)
        if problems:
            raise InputError(*problems)
        return case

    def covered(self, measure: Measure | Entrant, panel: Panel) -> tuple[str, ...]:
        """ISO3 codes of the markets that a measure or a rival reaches, sorted.

        Raises
        ------
        InputError
            With every name that is no market, region or bloc.
        """
        from beachhead.cases.naming import find_covered

        reached, problems = find_covered(self, measure, panel)
        if problems:
            raise InputError(*problems)
        return tuple(sorted(reached))

    def waiting(self, gate: Gate, panel: Panel) -> tuple[str, ...]:
        """ISO3 codes of the candidates that wait for a gate of a resolved case, sorted.

        Its pilot and markets that the limits demand are not among them.

        Raises
        ------
        InputError
            With every name that is no market, region or bloc.
        """
        from beachhead.cases.naming import find_covered

        reached, problems = find_covered(self, gate, panel, "gates")
        if problems:
            raise InputError(*problems)
        demanded = {*self.limits.must, *self.limits.fixed, *self.limits.by}
        reached &= set(self.candidate_iso3(panel))
        return tuple(sorted(reached - demanded - {gate.pilot}))

    def candidate_iso3(self, panel: Panel) -> tuple[str, ...]:
        """ISO3 codes of the markets that may be entered, sorted.

        Without the home market, markets served already, and those that `markets.exclude` and
        `limits.never` name.

        Raises
        ------
        InputError
            With every market, region or bloc that the panel does not know.
        """
        from beachhead.cases.naming import find_pool

        case = self.resolve(panel)
        pool, problems = find_pool(case, panel)
        if problems:
            raise InputError(*problems)
        served = {market.market for market in case.firm.served}
        return tuple(sorted(pool - served - {case.firm.home} - set(case.limits.never)))
