"""The model once more, in plain Python: slow, market by market and pair by pair.

Written from the equations, with other means than the kernel's wherever there are any: experience,
advertising and the wait for an exit in closed form instead of step by step, knowledge and spillover
pair by pair instead of by matrices, the years after the horizon one quarter at a time, exits by a
uniform draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from beachhead.mechanisms import Parameters
from beachhead.mechanisms.knowledge import KINDS
from beachhead.mechanisms.measures import Levers
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import Ledger, Problem, Shocks

DT = 0.25


@dataclass
class Venture:
    """One market in one world: what holds for all quarters, then what changes.

    `left`: the quarter at whose end the firm left, infinity as long as it has not.
    """

    enter: float
    option: int
    served: bool
    p: float
    q: float
    utility: float
    owners: float = 0.0
    accepted: float = 0.0
    share: float = 0.0
    left: float = math.inf
    loss: float = 0.0
    log_rate: float = 0.0
    value: float = 0.0
    sold: float = 0.0
    flows: list[float] = field(default_factory=list)

    def here(self, quarter: int) -> bool:
        return self.enter <= quarter <= self.left


@dataclass
class Books:
    """What one schedule brings in one world.

    `value`, `terminal`: axis market. `lines` (by name), `units`, `share`, `accepted`, `present`,
    `category`: axes (quarter, market). `saving`, `heard`, `crowd`: the same, `load`: axis quarter.
    `opened`: the quarter in which each gate has opened, infinity where it never did.
    """

    value: np.ndarray
    terminal: np.ndarray
    lines: dict[str, np.ndarray]
    series: dict[str, np.ndarray]
    opened: list[float]


def over_worlds(problem: Problem, worlds: Worlds, enter: Any, option: Any) -> list[Books]:
    """`simulate` in every world."""
    return [
        simulate(
            problem, one_world(worlds.parameters, w), one_shock(worlds.shocks, w), enter, option
        )
        for w in range(worlds.shocks.fx.shape[0])
    ]


def one_world(parameters: Parameters, world: int) -> Parameters:
    """Parameters of one world: numbers, or arrays with axis market."""
    return Parameters(
        *[
            type(group)(**{f.name: getattr(group, f.name)[world] for f in fields(group)})
            for group in parameters
        ]
    )


def one_shock(shocks: Shocks, world: int) -> Shocks:
    down = None if shocks.down is None else shocks.down[world]
    lift = None if shocks.lift is None else shocks.lift[world]
    seen = None if shocks.seen is None else shocks.seen[world]
    online = None if shocks.online is None else shocks.online[world]
    return Shocks(shocks.fate[world], shocks.fx[world], down, lift, seen, online)


def simulate(
    problem: Problem, parameters: Parameters, shocks: Shocks, enter: Any, option: Any
) -> Books:
    """Walk one schedule through one world."""
    return _Walk(problem, parameters, shocks).run(enter, option)


def adopt(share: float, p: float, q: float, years: float) -> float:
    """Bass's closed form: (1 - U) / (p + q U) shrinks by exp(-(p + q) years)."""
    if p + q * share == 0.0:
        return share
    rest = (1.0 - share) / (p + q * share) * math.exp(-(p + q) * years)
    return (1.0 - p * rest) / (1.0 + q * rest)


def phi(score: float) -> float:
    """Probability of a standard normal below `score`."""
    return 0.5 * math.erfc(-score / math.sqrt(2.0))


class _Walk:
    def __init__(self, problem: Problem, parameters: Parameters, shocks: Shocks) -> None:
        self.problem, self.parameters, self.shocks = problem, parameters, shocks
        self.markets = range(len(problem.people))
        self.quarters = range(len(problem.teams))
        self.new = problem.category_age is None

    def run(self, enter: Any, option: Any) -> Books:
        count = len(self.markets)
        measures, gates = self.problem.measures, self.problem.gates
        after = count + (0 if measures is None else len(measures.lead))
        self.begun = [int(quarter) for quarter in enter[count:after]]
        self.level = [int(level) for level in option[count:after]]
        used = [k for k in range(len(enter) - after) if enter[after + k] == 0]
        self.choice = {k: int(option[after + k]) for k in used}
        self.opened = [math.inf] * (0 if gates is None else len(gates.noise))
        self.ventures = [self.prepare(i, int(enter[i]), int(option[i])) for i in self.markets]
        # Today's home sales bear today's load already: only what comes on top of it weighs.
        home = self.parameters.home
        self.ventures[list(self.problem.home).index(1.0)].utility += (
            home.dilution * self.load(0, today=True) / home.carries
        )
        problem = self.problem
        # Whoever waits for a gate is not entered before it has opened.
        self.planned = [venture.enter for venture in self.ventures]
        for i in {i for k in used for i in self.markets if gates.waits[k, i]}:
            self.ventures[i].enter = math.inf
        shape = (len(self.quarters), len(self.markets))
        self.fringe = self.nobodys()
        names = ("units", "share", "accepted", "present", "category", "saving", "heard", "crowd")
        series = {name: np.zeros(shape) for name in names} | {"load": np.zeros(shape[0])}
        lines = {name: np.zeros(shape) for name in Ledger._fields}
        series["standing"] = np.zeros((shape[0], len(self.rivals())))
        for t in self.quarters:
            self.look(t)
            self.now = [self.levers(i, t) for i in self.markets]
            self.dear = self.dearer(t)
            # Everything that ties markets looks at the state before the quarter.
            load = self.load(t)
            saving = [self.saving(i, t) for i in self.markets]
            crowd = [self.crowd(i, t, saving) for i in self.markets]
            heard = [self.heard(i, t) for i in self.markets]
            series["load"][t] = load
            wanted = [self.wanted(i, t, heard[i], load) for i in self.markets]
            self.fill = self.delivered(t, sum(units for units, _, _ in wanted))
            for i in self.markets:
                money, shown = self.quarter(i, t, saving[i], crowd[i], wanted[i])
                shown |= {"saving": saving[i], "crowd": crowd[i], "heard": heard[i]}
                for name, amount in money.items():
                    lines[name][t, i] = amount
                for name, figure in shown.items():
                    series[name][t, i] = figure
                if problem.home[i]:
                    ours = shown["units"] / max(shown["category"], 1e-9)
                    series["standing"][t] = self.standing(t, ours)
        terminal = np.array([self.afterwards(venture) for venture in self.ventures])
        value = np.array([venture.value for venture in self.ventures]) + terminal
        return Books(value, terminal, lines, series, self.opened)

    # Gates

    def decision(self, k: int) -> float:
        gates = self.problem.gates
        pilot = list(gates.pilot[k]).index(1.0)
        return max(0, self.planned[pilot]) + int(gates.wait[k, self.choice[k]])

    def look(self, t: int) -> None:
        """Open the gates that are due, and enter whoever waits for open ones alone."""
        gates = self.problem.gates
        for k, choice in self.choice.items():
            if t == self.decision(k):
                sold = self.ventures[list(gates.pilot[k]).index(1.0)].sold
                if sold * self.shocks.seen[t, k] >= gates.threshold[k, choice]:
                    self.opened[k] = t
        for i, venture in enumerate(self.ventures):
            mine = [k for k in self.choice if gates.waits[k, i]]
            if mine and all(self.opened[k] <= t for k in mine):
                ready = int(self.problem.options.preparation[i, venture.option])
                if all(self.planned[i] - ready >= self.decision(k) for k in mine):
                    venture.enter = self.planned[i]

    # Measures

    def working(self, m: int, t: int) -> bool:
        measures = self.problem.measures
        return 0 <= t - self.begun[m] - measures.lead[m] < measures.lasts[m]

    def levers(self, i: int, t: int) -> dict[str, float]:
        """Factors and additions in force in a market."""
        now = dict.fromkeys(("entry", "running", "distance", "accept", "cost"), 1.0)
        now |= dict.fromkeys(("utility", "reach", "landed", "attach"), 0.0)
        for m in range(len(self.begun)):
            measures = self.problem.measures
            if self.working(m, t) and measures.covers[m, i]:
                size = measures.size[m, self.level[m]] * self.parameters.measures.effect
                for name, change in zip(Levers._fields, measures.change[m], strict=False):
                    if name in ("utility", "reach", "landed", "attach"):
                        now[name] += size * change
                    else:
                        now[name] *= math.exp(change) ** size
        return now

    def teams(self, t: int) -> float:
        hired = sum(
            self.problem.measures.teams[m] * self.problem.measures.size[m, self.level[m]]
            for m in range(len(self.begun))
            if self.working(m, t)
        )
        return self.problem.teams[t] + hired

    def spent(self, t: int) -> tuple[float, float]:
        """Money for measures in a quarter, once and for upkeep."""
        once = kept = 0.0
        for m, begun in enumerate(self.begun):
            measures = self.problem.measures
            size = measures.size[m, self.level[m]]
            once += size * measures.once[m] * (t == begun)
            if begun <= t < begun + measures.lead[m] + measures.lasts[m]:
                kept += size * measures.yearly[m] * DT
        return once, kept

    # E7

    def ways(self, c: int, t: int) -> list[int]:
        """Ways in which a component is sourced: a measure's while it works, else today's."""
        supply = self.problem.supply
        mine = [k for k in range(len(supply.of)) if supply.of[k, c]]
        changed = [k for k in mine if supply.measure[k] >= 0 and self.working(supply.measure[k], t)]
        return changed or [k for k in mine if supply.measure[k] < 0]

    def delivered(self, t: int, wanted: float) -> float:
        supply, whole = self.problem.supply, 1.0
        if supply is None:
            return 1.0
        for c in range(len(supply.weight)):
            there = sum(
                share * (1.0 - down)
                for k in self.ways(c, t)
                for share, down in zip(supply.shares[k], self.shocks.down[t], strict=True)
            )
            missing = max(0.0, 1.0 - (1.0 + supply.spare[c]) * there)
            whole = min(whole, 1.0 - supply.needed[c] * missing)
        return float(min(whole, supply.capacity / wanted)) if wanted > 0.0 else whole

    def dearer(self, t: int) -> float:
        """Cost of a unit over today's, for parts that are sourced otherwise."""
        supply, cost = self.problem.supply, 1.0
        if supply is None:
            return 1.0
        for c, weight in enumerate(supply.weight):
            for k in self.ways(c, t):
                if (m := supply.measure[k]) >= 0:
                    made = t - self.begun[m] - self.problem.measures.lead[m] + 1
                    part = (1.0 + supply.premium[k]) * supply.progress[k] ** math.log2(made)
                    cost += weight * (max(part, supply.mature[k]) - 1.0)
        return cost

    def far(self, i: int) -> float:
        return float(self.problem.distance[i] * self.now[i]["distance"])

    # Today's state

    def prepare(self, i: int, enter: int, option: int) -> Venture:
        problem, brand, taste = self.problem, self.parameters.acceptance, self.parameters.share
        served = bool(problem.entered[i] < 0)
        if served:
            enter, option = int(problem.entered[i]), int(problem.option[i])
        ways = problem.options
        level = ways.localisation[option]
        drag = brand.distance * problem.distance[i]
        drag += brand.development * max(0.0, problem.richer[i])
        first = 0.0 if self.new else problem.rivals[i]
        for k in self.rivals():
            named = problem.named
            if not self.new and not named.today[k] and named.enters[k] < enter:
                first += named.weight[k, i]
        weight = taste.price * math.exp(-taste.price_income * problem.richer[i])
        venture = Venture(
            enter=enter,
            option=option,
            served=served,
            p=brand.p0[i] * math.exp(brand.localisation * level - drag) * ways.intensity[option],
            q=brand.q[i] * math.exp(brand.talk * (problem.connected[i] - 0.5)),
            utility=weight * problem.price_ratio[i]
            + taste.localisation * level
            + taste.order * math.log(1.0 + first)
            + taste.quality[i],
        )
        owning = problem.owners_share[i]
        if math.isnan(owning):
            category = self.parameters.category
            age = 0.0 if self.new else float(problem.category_age)
            owning = adopt(0.0, category.p, category.q[i], age)
        venture.owners = self.potential(i, 0.0) * owning
        if served:
            self.anchor(i, venture)
        return venture

    def anchor(self, i: int, venture: Venture) -> None:
        """Acceptance, by years and by sales, and the utility that explains the rest of them."""
        problem = self.problem
        _, bought = self.category(i, venture.owners, self.potential(i, DT))
        reached = 4.0 * bought * self.reached(i, venture.option, 0)
        share = min(problem.units[i] / max(reached, 1e-9), 0.95)
        rivals = problem.rivals[i] * self.parameters.share.rivals_factor[i]
        if rivals == 0.0:
            venture.accepted = share
            return
        # share = A e^v / (A e^v + B), solved for A; what A does not take, v has to.
        taste = self.parameters.share
        remembered = problem.options.spend[i, venture.option] / problem.usual_spend[i]
        remembered /= 1.0 - taste.carry
        pull = math.exp(venture.utility) * (1.0 + remembered) ** taste.advertising
        implied = share / (1.0 - share) * rivals / pull
        if implied == 0.0:
            return
        aged = adopt(0.0, venture.p, venture.q, -venture.enter * DT)
        log_accepted = math.log(implied)
        if aged > 0.0:
            given = 1.0 / (1.0 + (1.0 - aged) ** 2)
            log_accepted = given * math.log(aged) + (1.0 - given) * math.log(implied)
        venture.accepted = math.exp(min(log_accepted, 0.0))
        venture.utility += math.log(implied / venture.accepted)

    def reached(self, i: int, k: int, t: int) -> float:
        """Part of the category within reach; readiness follows the people online to .9."""
        ways, years = self.problem.options, t * DT
        gap = 0.9 - self.problem.connected[i]
        if self.shocks.online is not None and gap > 0.02:
            left = (0.9 - self.shocks.online[t, i]) / gap
            years = -math.log(min(max(left, 0.02), 1.0)) / 0.08
        closing = math.exp(-self.parameters.reach.catch_up * years)
        return float(ways.reach_full[i, k] + (ways.reach[i, k] - ways.reach_full[i, k]) * closing)

    # E1

    def potential(self, i: int, years: float) -> float:
        problem, category = self.problem, self.parameters.category
        people = problem.people[i] * math.exp(problem.people_growth[i] * years)
        growth = problem.income_growth[i] + category.growth_error[i]
        income = problem.income[i] * math.exp(growth * years)
        price = problem.entry_price * math.exp(-category.price_fall * years)
        spread = category.income_spread
        # Log-normal incomes with this mean: the median lies half a variance below it.
        median = math.log(income) - spread**2 / 2.0
        able = phi((median - math.log(price / category.budget_share)) / spread)
        return people * category.addressable * category.size_factor[i] * able

    def category(self, i: int, owners: float, potential: float) -> tuple[float, float]:
        category = self.parameters.category
        after = 0.0
        if potential > 0.0:
            share = min(1.0, owners / potential)
            after = potential * adopt(share, category.p, category.q[i], DT)
        renewed = owners * (1.0 - math.exp(-DT / category.replacement_years))
        return after, max(0.0, after - owners) + renewed

    # Rivals by name

    def rivals(self) -> range:
        return range(0 if self.problem.named is None else len(self.problem.named.today))

    def against(self, i: int, t: int) -> float:
        """Rivals in a market, in attractions of a usual one."""
        moved = 0.0 if self.shocks.lift is None else self.shocks.lift[t]
        return self.problem.rivals[i] + sum(
            self.problem.named.weight[k, i] * moved[k] for k in self.rivals() if np.ndim(moved)
        )

    def strength(self, k: int, t: int | None) -> float:
        """Of a rival at home in a quarter, or today, in shares of today's units."""
        named = self.problem.named
        there = named.today[k]
        if t is not None and self.shocks.lift is not None:
            there = there + self.shocks.lift[t, k]
        return float(named.usual * there * named.weight[k, list(self.problem.home).index(1.0)])

    def nobodys(self) -> float:
        """Part of home's units that is the fringe's today."""
        i = list(self.problem.home).index(1.0)
        _, bought = self.category(i, self.ventures[i].owners, self.potential(i, DT))
        ours = self.problem.units[i] / max(4.0 * bought, 1e-9)
        return max(0.0, 1.0 - ours - sum(self.strength(k, None) for k in self.rivals()))

    def standing(self, t: int, ours: float) -> list[float]:
        """What the firm does not sell at home, split up by strength."""
        strength = [self.strength(k, t) for k in self.rivals()]
        total = self.fringe + sum(strength)
        return [(1.0 - ours) * each / total if total else 0.0 for each in strength]

    # E3, E4

    def experience(self, j: int, t: int) -> float:
        """Experience of market j at the start of quarter t."""
        venture, learning = self.ventures[j], self.parameters.experience
        stayed = min(t, venture.left + 1) - venture.enter
        gone = max(0.0, t - venture.left - 1)
        if stayed <= 0:
            return 0.0
        learned = 1.0 - math.exp(-stayed * DT / learning.years)
        return learned * math.exp(-learning.forgetting * gone * DT)

    def saving(self, i: int, t: int) -> float:
        likeness, known = self.problem.likeness, self.parameters.knowledge
        total = 0.0
        for kind, name in enumerate(KINDS):
            groups = [g for g, of in enumerate(likeness.kind) if of == kind]
            mine = [g for g in groups if likeness.teaches[i, g]]
            heads = []
            for group in mine:
                ignorant = 1.0
                for j in self.markets:
                    abroad = not self.problem.home[j]
                    if j != i and abroad and likeness.teaches[j, group]:
                        ignorant *= (1.0 - known.phi) ** self.experience(j, t)
                heads.append(1.0 - ignorant)
            if heads:
                total += getattr(known, name) * sum(heads) / len(heads)
        return total

    # E5

    def since(self, j: int, t: int) -> float:
        """Quarters since preparation began."""
        venture = self.ventures[j]
        return t - venture.enter + int(self.problem.options.preparation[j, venture.option])

    def crowd(self, i: int, t: int, saving: list[float]) -> float:
        others = sum(
            1.0 - saving[j]
            for j in self.markets
            if j != i and not self.problem.home[j] and 0 <= self.since(j, t) < 4
        )
        return others / (self.parameters.entry.digest * max(1.0, self.teams(t)))

    def opening(self, i: int, t: int, saving: float, crowd: float) -> float:
        venture, entry = self.ventures[i], self.parameters.entry
        ways = self.problem.options
        parts = max(1, int(ways.preparation[i, venture.option]))
        if not 0 <= self.since(i, t) < parts:
            return 0.0
        cost = ways.estimate[i, venture.option] * entry.cost_factor[i]
        cost *= self.now[i]["entry"] * (1.0 + entry.distance * self.far(i))
        cost *= 1.0 - saving
        cost *= 1.0 + entry.localisation * ways.localisation[venture.option]
        cost *= 1.0 + entry.haste * crowd
        if (rules := self.problem.rules) is not None and venture.enter < len(self.quarters):
            cost *= rules.opening[max(venture.enter, 0), i, venture.option]
        return cost / parts

    # E2, E10

    def heard(self, i: int, t: int) -> float:
        """Acceptance in the other markets of the neighbourhood, by their weight."""
        loud = room = 0.0
        for j in self.markets:
            if j != i and (self.problem.near[i] * self.problem.near[j]).any():
                room += self.problem.clout[j]
                if t <= self.ventures[j].left:
                    loud += self.problem.clout[j] * self.ventures[j].accepted
        return loud / room if room else 0.0

    def load(self, t: int, today: bool = False) -> float:
        """Attention bound abroad; `today` by the markets that are served already."""
        return sum(
            self.problem.options.load[venture.option]
            * math.exp(-(t - venture.enter) * DT / self.parameters.home.years)
            for i, venture in enumerate(self.ventures)
            if not self.problem.home[i] and venture.here(t) and (venture.served or not today)
        )

    # One market, one quarter

    def wanted(self, i: int, t: int, heard: float, load: float) -> tuple[float, float, float]:
        """Units that customers want of us, customers who own them, units of all brands."""
        problem, parameters, venture = self.problem, self.parameters, self.ventures[i]
        potential = self.potential(i, (t + 1) * DT) if t >= venture.enter or not self.new else 0.0
        venture.owners, bought = self.category(i, venture.owners, potential)
        if not venture.here(t):
            venture.accepted = venture.share = 0.0
            return 0.0, 0.0, bought
        nearer = problem.distance[i] - self.far(i)
        p = venture.p * math.exp(parameters.acceptance.distance * nearer)
        p = p * self.now[i]["accept"] + parameters.acceptance.spillover * heard
        rise = (1.0 + self.against(i, t)) / (1.0 + problem.rivals[i])
        most = min(1.0, rise ** -float(parameters.acceptance.rivals))
        q = venture.q
        if self.shocks.online is not None:
            brand = parameters.acceptance
            q = brand.q[i] * math.exp(brand.talk * (self.shocks.online[t, i] - 0.5))
        if venture.accepted > most:
            venture.accepted = most + (venture.accepted - most) * math.exp(-q * DT)
        else:
            venture.accepted = most * adopt(venture.accepted / most, p, q, DT)
        venture.share = self.share(i, t, load)
        k = venture.option
        within = self.reached(i, k, t)
        within = 1.0 - (1.0 - within) * math.exp(-self.now[i]["reach"])
        return bought * within * venture.share, venture.owners * within * venture.share, bought

    def quarter(
        self, i: int, t: int, saving: float, crowd: float, wanted: tuple[float, float, float]
    ) -> tuple[dict[str, float], dict[str, float]]:
        problem, parameters, venture = self.problem, self.parameters, self.ventures[i]
        units, customers, bought = wanted
        units *= self.fill
        venture.sold += units
        opening = self.opening(i, t, saving, crowd)
        money = dict.fromkeys(Ledger._fields, 0.0) | {"opening": -opening}
        venture.log_rate = self.log_rate(i, t, saving, crowd)
        here = venture.here(t)
        if here:
            ways, k = problem.options, venture.option
            money |= self.business(i, t, units, customers, saving)
            venture.loss -= sum(money.values()) + opening
            if self.leaves(i, t):
                venture.left = t
                cost = ways.estimate[i, k] * parameters.entry.cost_factor[i]
                money["salvage"] = ways.salvage[k] * cost
        if problem.home[i]:
            invested, kept = self.spent(t)
            money |= {"investing": -invested, "upkeep": -kept}
        once = opening - money["salvage"] - money["investing"]
        venture.flows.append(sum(money.values()) + once)
        venture.value += problem.discount**t * sum(money.values())
        shown = {
            "units": units,
            "share": venture.share,
            "accepted": venture.accepted,
            "present": float(here),
            "category": bought,
        }
        return money, shown

    def share(self, i: int, t: int, load: float) -> float:
        """E6, with what attention abroad costs at home."""
        problem, taste, venture = self.problem, self.parameters.share, self.ventures[i]
        rivals = self.against(i, t) * taste.rivals_factor[i]
        rivals *= math.exp(taste.rivals_growth[i] * t * DT)
        if rivals == 0.0:
            return venture.accepted
        # Who sells today has advertised for long: as much is forgotten as is added.
        campaigns = math.inf if venture.served else t - venture.enter + 1
        remembered = (1.0 - taste.carry**campaigns) / (1.0 - taste.carry)
        spend = problem.options.spend[i, venture.option] / problem.usual_spend[i]
        v = (
            venture.utility
            + self.now[i]["utility"]
            + taste.advertising * math.log(1.0 + spend * remembered)
        )
        if problem.home[i]:
            home = self.parameters.home
            v -= home.dilution * load / home.carries
        return 1.0 / (1.0 + rivals / (venture.accepted * math.exp(v))) if venture.accepted else 0.0

    def business(
        self, i: int, t: int, units: float, customers: float, saving: float
    ) -> dict[str, float]:
        """E9."""
        problem, money, venture = self.problem, self.parameters.cashflow, self.ventures[i]
        ways, k, fx = problem.options, venture.option, self.shocks.fx[t, i]
        familiar = self.familiar(saving)
        afar = 1.0 + money.distance * self.far(i) * (1.0 - money.learning * familiar)
        attach = money.attach + self.now[i]["attach"]
        return {
            "sales": problem.price * fx * units,
            "channel": -problem.price * fx * units * ways.fee[k],
            "goods": -self.cost(i, t) * units,
            "attached": attach * customers * DT,
            "running": -ways.fixed[i, k]
            * self.now[i]["running"]
            * money.fixed_factor[i]
            * afar
            * fx
            * DT,
            "advertising": -ways.spend[i, k] * fx * DT,
        }

    def cost(self, i: int, t: int) -> float:
        """Of a unit, landed."""
        landed = max(1.0, self.problem.landed[i] + self.now[i]["landed"])
        if (rules := self.problem.rules) is not None:
            landed *= 1.0 + rules.unit[t, i, self.ventures[i].option]
        return float(self.problem.cost * self.now[i]["cost"] * self.dear * landed)

    def familiar(self, saving: float) -> float:
        known = self.parameters.knowledge
        most = sum(getattr(known, kind) for kind in KINDS)
        return saving / most if most else 0.0

    # E8, E12

    def log_rate(self, i: int, t: int, saving: float, crowd: float) -> float:
        """Log rate of leaving at the end of the quarter; home is never left."""
        problem, venture, risk = self.problem, self.ventures[i], self.parameters.exit
        ways, k = problem.options, venture.option
        if problem.home[i]:
            return -math.inf
        net = problem.price * (1.0 - ways.fee[k]) * self.shocks.fx[t, i]
        margin = (net - self.cost(i, t)) / problem.price
        return (
            ways.alpha[k]
            + risk.level
            + risk.age * math.log(max(0, t - venture.enter) + 1.0)
            + risk.distance * self.far(i)
            - risk.knowledge * self.familiar(saving)
            + risk.haste * crowd
            - risk.margin * margin
        )

    def leaves(self, i: int, t: int) -> bool:
        venture = self.ventures[i]
        if self.problem.home[i]:
            return False
        hazard = -math.expm1(-math.exp(venture.log_rate))
        uniform = -math.expm1(-math.exp(self.shocks.fate[t, i]))
        agreed = self.problem.agreed_loss * self.problem.options.estimate[i, venture.option]
        return bool(uniform < hazard or venture.loss > agreed)

    def afterwards(self, venture: Venture) -> float:
        """What goes on after the horizon, quarter by quarter, with the last hazard."""
        horizon = len(self.quarters)
        if venture.enter >= horizon or venture.left < horizon:
            return 0.0
        flow = max(0.0, sum(venture.flows[-4:]) / 4.0)
        stays = math.exp(-math.exp(venture.log_rate))
        return sum(
            self.problem.discount ** (horizon + k) * stays ** (k + 1) * flow
            for k in range(int(self.problem.terminal))
        )
