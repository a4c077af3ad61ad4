"""What the kernel reads and carries: a problem, a state, the ledger.

Axes: N markets (home among them), O options (mode x localisation), T quarters. Nothing here has a
world axis; `rollout` adds it. All of it is arrays: labels stay behind in `pack`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jax import Array

from beachhead.mechanisms.knowledge import Likeness
from beachhead.mechanisms.measures import Levers

NEVER = 1_000  # entry quarter of a market that is not entered: past every horizon
STEP = 0.25  # years in a quarter

type Values = Any  # an array: of NumPy as packed, of JAX once cast to a precision


class Options(NamedTuple):
    """Ways of entering.

    `estimate`, `fixed`, `spend` (money, the last two a year), `reach` now, `reach_full` where
    everybody is ready for online sales, `allowed`, and `preparation` (quarters, approvals among
    them) have axes (market, option); the rest have axis option.
    """

    estimate: Values
    fixed: Values
    spend: Values
    reach: Values
    reach_full: Values
    allowed: Values
    fee: Values
    localisation: Values
    intensity: Values
    load: Values
    teams: Values
    preparation: Values
    alpha: Values
    salvage: Values


class Measures(NamedTuple):
    """What the firm may do beside entering markets, axis measure.

    `covers`: 1 where it reaches a market, axes (measure, market). `change`: of each lever but
    teams, as in `mechanisms.measures.Levers`, axes (measure, lever). `teams`: people it brings.
    `lead`, `lasts`: quarters until it works and while it does. `once`, `yearly`: money. `size`: of
    each level, axes (measure, option).
    """

    covers: Values
    change: Values
    teams: Values
    lead: Values
    lasts: Values
    once: Values
    yearly: Values
    size: Values


class Supply(NamedTuple):
    """What the product is made of, and from where.

    A *way* is a set of sources for a component: today's, or that of a measure. `shares`: of each
    source, axes (way, source). `of`: 1 for the way's component, axes (way, component). `measure`:
    number of the measure that brings it, -1 for today's; `premium`, `progress`, `mature` of its
    cost; axis way. `spare`, `needed`, `weight` (share of the unit cost): axis component. `risk`:
    rate of disruption over the usual one, axis source. `capacity`: units a quarter.
    """

    shares: Values
    of: Values
    measure: Values
    premium: Values
    progress: Values
    mature: Values
    spare: Values
    needed: Values
    weight: Values
    risk: Values
    capacity: Values


class Rules(NamedTuple):
    """What the rules of markets ask of an entry.

    `opens`: first quarter in which an entry breaks none, axes (market, option). `opening`: entry
    cost with them over that without, axes (quarter of entry, market, option). `unit`: what keeping
    them adds to the unit cost, a share, axes (quarter, market, option).
    """

    opens: Values
    opening: Values
    unit: Values


class Named(NamedTuple):
    """Rivals that have a name, axis rival.

    `weight`: attraction, where and when there, in those of a usual rival; axes (rival, market).
    `today`: 1 where it is there on the first day, as part of the market's `rivals`; `enters`: else
    its quarter. `growth`, `spread` of its attraction (1/year). `usual`: share of home's units that
    the attraction of a usual rival stands for today, a number; 0 where none is named at home.
    """

    weight: Values
    today: Values
    enters: Values
    growth: Values
    spread: Values
    usual: Values


class Gates(NamedTuple):
    """Pilots that decide whether others follow, axis gate.

    `pilot`: 1 for the market that is looked at, `waits`: 1 for those that wait, axes (gate,
    market). `wait` (quarters from the pilot's entry to the decision) and `threshold` (units sold
    by then from which on it opens): of each choice, axes (gate, option). `noise`: sd of the log of
    what is seen of the pilot's units, axis gate.
    """

    pilot: Values
    waits: Values
    wait: Values
    threshold: Values
    noise: Values


class Problem(NamedTuple):
    """A case as arrays.

    Axis market: `people`, `people_growth` (1/year), `income` (a head and year), `income_growth`
    (1/year), `richer` (log income over home's), `distance` (units from home), `connected` (share
    online), `landed` (1 + tariff + freight), `rivals` (effective number), `price_ratio`
    (ln P/Pbar), `usual_spend` (an average rival's advertising a year), `clout` (weight of a market
    in the spillover), `audience` (clout of the other markets of its neighbourhood), `home` (1 for
    home), `entered` (quarter in which a served market was entered, negative; NEVER for the
    others), `option` (of a served market), `units` (sold a year today), `owners_share` (of the
    potential, today; nan: from the category's clock).
    `likeness`: groups of markets in which experience carries over; `near`: 1 where a market belongs
    to a neighbourhood, axes (market, group). `teams`: axis quarter.
    `category_age`: years since the category began; None for a new category, whose clock starts
    with our entry (a structure, not a value, so that a mature category is simulated once for all
    schedules).
    Scalars: `price`, `cost` (of a unit), `entry_price` (of the category, today), `discount` (a
    quarter's factor b), `terminal` (quarters of the annuity), `agreed_loss` (in entry costs, of
    exit criteria; None without them), `capital` (cash at the start).
    `measures`, `supply`, `rules`, `named` (rivals by name), `gates`: None without any.

    A schedule is a date and an option for each *row*: the markets first, then the measures, then
    the gates, whose date is 0 where they are used.
    """

    people: Values
    people_growth: Values
    income: Values
    income_growth: Values
    richer: Values
    distance: Values
    connected: Values
    landed: Values
    rivals: Values
    price_ratio: Values
    usual_spend: Values
    clout: Values
    audience: Values
    home: Values
    entered: Values
    option: Values
    units: Values
    owners_share: Values
    likeness: Likeness
    near: Values
    teams: Values
    options: Options
    price: Values
    cost: Values
    entry_price: Values
    category_age: Values | None
    discount: Values
    terminal: Values
    agreed_loss: Values | None
    capital: Values
    measures: Measures | None = None
    supply: Supply | None = None
    rules: Rules | None = None
    named: Named | None = None
    gates: Gates | None = None


def split(problem: Problem, rows: Values) -> tuple[Values, Values, Values]:
    """What stands along axis row, of markets, measures and gates.

    Where nothing stands for the measures, or for the gates, there are none of these.
    """
    markets = problem.people.shape[0]
    after = markets + (0 if problem.measures is None else problem.measures.lead.shape[0])
    return rows[:markets], rows[markets:after], rows[after:]


class Shocks(NamedTuple):
    """Chance in one world, axes (quarter, market).

    `fate` is ln(-ln(1 - u)) of a uniform draw u, against the log rate of exit; `fx` the value of
    local money against today. `down`: part of the quarter in which a source of components is
    down, axes (quarter, source); None without components. `lift`: change of each named rival's
    attraction since the first day over its weight, axes (quarter, rival); None where none moves.
    `seen`: what is seen of a pilot's units over what they are, axes (quarter, gate); None without
    gates. `online`: share of people online, axes (quarter, market); None without a forecast.
    """

    fate: Array
    fx: Array
    down: Array | None = None
    lift: Array | None = None
    seen: Array | None = None
    online: Array | None = None


class Couplings(NamedTuple):
    """What ties markets together in a quarter.

    `saving`, `familiarity`, `heard` and `crowd` have axis market, `load` is a number; `levers` are
    what measures change (None without any), `fill` the part of what is wanted that can be
    delivered (a number; None where all can). The step derives them from the state; a bound puts
    optimistic ones in their place.
    """

    saving: Array
    familiarity: Array
    heard: Array
    crowd: Array
    load: Array
    levers: Levers | None = None
    fill: Array | None = None


class State(NamedTuple):
    """What one quarter hands to the next, axis market.

    `owners` of the category, `accepted` of the brand, `adstock`, `known` (experience), `fresh`
    (claim on attention of a market entered before), `left` (1 after an exit), `loss` (cumulative
    operating loss; None without exit criteria), `value` (discounted money so far), `late`
    (operating flow of the last four quarters of the horizon), `log_rate` (of exit, in the last
    quarter). `sold` (units of the pilot so far) and `cleared` (whether it has opened) have axis
    gate; None without gates.
    """

    owners: Array
    accepted: Array
    adstock: Array
    known: Array
    fresh: Array
    left: Array
    loss: Array | None
    value: Array
    late: Array
    log_rate: Array
    sold: Array | None = None
    cleared: Array | None = None


class Ledger(NamedTuple):
    """Every money line there is, axis market; costs are negative. Nothing else adds money.

    What the firm pays for measures, once (`investing`) and each year (`upkeep`), stands at home.
    """

    sales: Array
    channel: Array
    goods: Array
    attached: Array
    running: Array
    advertising: Array
    opening: Array
    upkeep: Array
    investing: Array
    salvage: Array

    def operating(self) -> Array:
        """What the running business brings: all but opening, investing and salvage."""
        trade = self.sales + self.channel + self.goods + self.attached
        return trade + self.running + self.advertising + self.upkeep

    def total(self) -> Array:
        """Change in cash."""
        return self.operating() + self.opening + self.investing + self.salvage


class Quarter(NamedTuple):
    """What a quarter leaves behind: the ledger and what explains it, axis market.

    `change` is the ledger's total, summed once for all who need it.
    `category` units of all brands, `units` and `share` of ours, `accepted`, `present` (1 while
    there); `tied`: the couplings in force. `standing`: units of each named rival at home as a share
    of the category's, axis rival; None without any. `cleared`: whether each gate has opened, axis
    gate; None without gates.
    """

    ledger: Ledger
    change: Array
    category: Array
    units: Array
    share: Array
    accepted: Array
    present: Array
    tied: Couplings
    standing: Array | None = None
    cleared: Array | None = None
