"""The answer as data: a schedule with value, bound, gap and status."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from beachhead.cases import Begun, Gated, Schedule

# Fields of a plan that are lists of records, as in `plan.json`.
PARTS = (
    "named_strategies", "limits", "measures", "exposures", "rules", "targets", "gates",
)  # fmt: skip


@dataclass(frozen=True)
class Value:
    """Spread of the discounted money over worlds, money of the case.

    `cvar` is the mean of the worst worlds, `adds` the mean over the mean of staying at home, with
    the half-width of its 95 % interval `adds_error` (paired, same worlds).
    """

    mean: float
    sd: float
    p05: float
    p50: float
    p95: float
    cvar: float
    adds: float
    adds_error: float


@dataclass(frozen=True)
class Strategy:
    """A named way of expanding at its own best pace, valued like the plan.

    `objective`, `value_mean` and `ruin`, the share of worlds in which cash falls below the floor,
    are on the fresh worlds, `pace` is launches a year (None where it has no pace), `entries` the
    number of markets entered. `within_limits`: whether it could be the plan.
    """

    name: str
    words: str
    pace: float | None
    entries: int
    objective: float
    value_mean: float
    ruin: float
    within_limits: bool


@dataclass(frozen=True)
class LimitUse:
    """One limit of the case and how much room the plan leaves in it.

    `slack` is in `unit`; `binding` where nothing is left of it.
    """

    name: str
    words: str
    binding: bool
    slack: float
    unit: str


@dataclass(frozen=True)
class Help:
    """A market that teaches another, or learns from it, and what that is worth, in money."""

    iso3: str
    worth: float


@dataclass(frozen=True)
class MeasureUse:
    """A measure of the case, by its `number` there, and what it is worth.

    `begin` (quarter of the horizon) and `level` where the plan takes it, else the best ones if it
    were added. `worth`: mean over fresh worlds of the value with it less the value without, all
    else as planned, with half its 95 % interval `worth_error`; `objective`: the same of J on the
    search's worlds. For a measure that is not taken these say what adding it would change.
    """

    number: int
    name: str
    words: str
    taken: bool
    begin: int
    level: float
    cost: float
    yearly: float
    worth: float
    worth_error: float
    objective: float


@dataclass(frozen=True)
class GateUse:
    """A gate of the case, by its `number` there, and what its pilot is worth.

    `waiting`: markets entered behind it; `decision`: quarter of the horizon at whose start it is
    decided, `wait` quarters after the `pilot` is entered; `threshold`: units from which on it
    opens; `opens`: share of fresh worlds in which it does. `worth`: mean over fresh worlds of the
    best value found with it less the best found without, with half its 95 % interval
    `worth_error`; `objective`: the same of J. Where the plan does not take it, all this is of the
    best schedule found that does.
    """

    number: int
    name: str
    pilot: str
    waiting: tuple[str, ...]
    taken: bool
    wait: int
    decision: int
    threshold: float
    opens: float
    worth: float
    worth_error: float
    objective: float


@dataclass(frozen=True)
class Exposure:
    """What depends on a component, over fresh worlds, discounted money of the case.

    `lost`: mean value that its disruptions cost; `at_risk`: what they cost at least in the worst
    twentieth of worlds; `stopped`: share of worlds in which it ever holds back some output.
    `revenue`, `revenue_at_risk`: the same of sales within the horizon, not discounted.
    """

    component: str
    lost: float
    at_risk: float
    revenue: float
    revenue_at_risk: float
    stopped: float


@dataclass(frozen=True)
class RuleUse:
    """A rule of a market that the plan keeps, or that keeps the plan out of it.

    `entered`: whether the market is entered, under this rule; else the rule bars it in every way
    and at every date. `approval`: quarters that it adds to the preparation. `cost`: mean discounted
    money over fresh worlds that the market would bring more if keeping the rule cost nothing, at
    the same date and in the same way; 0 where it is not entered.
    """

    iso3: str
    name: str
    words: str
    source: str
    entered: bool
    approval: int
    cost: float


@dataclass(frozen=True)
class TargetUse:
    """How likely a target of the case is to be met, by its `number` there, on fresh worlds.

    `made`: day on which it was said. `probability` demanded, None where it is only told; `met`:
    whether the chance is as high as that (what is missing may be no more than the two standard
    errors that are forgiven), None too. `chance` with the plan and `at_home` without expansion,
    shares of `worlds` futures as seen on the case's date. `low`, `middle`, `high`: 5 %, 50 % and
    95 % points of what the target measures, with the plan.
    """

    number: int
    metric: str
    value: float
    by: str
    made: str
    probability: float | None
    met: bool | None
    chance: float
    at_home: float
    worlds: int
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Plan:
    """A schedule, what it is worth, and how much better any other could be.

    Attributes
    ----------
    case, version, seed, effort : str, str, int, str
        What makes the answer reproducible.
    status : 'complete' or 'partial'
        'partial' where the search was ended early: the best plan found so far.
    objective, stay_home, bound, gap : float
        J of the schedule and of staying at home, a number that no feasible schedule's J exceeds,
        and (bound - J) / (J - stay_home); all on the search's worlds. `bound` and `gap` are None
        where there is none; `gap` also where expansion adds nothing.
    bound_kind : str
        What the bound covers.
    value : Value
        On fresh worlds.
    schedule : Schedule
        Who is entered, when and how.
    named_strategies, limits : tuple
        The alternatives, best first; the limits.
    measures : tuple of MeasureUse
        In the case's order.
    gates : tuple of GateUse
        In the case's order.
    open_loop : float
        With gates, the bound on J over schedules without them; `bound` then covers all. None
        without gates.
    ended_by : 'Ctrl-C', 'time limit' or None
        What ended the search early; of a time limit also where it left only the proof undone.
    exposures : tuple of Exposure
        Components, the one that holds the firm hostage most first.
    rules : tuple of RuleUse
        Rules that the entries keep, and those that bar a candidate, by market.
    targets : tuple of TargetUse
        In the case's order.
    """

    case: str
    version: str
    seed: int
    effort: str
    status: str
    objective: float
    stay_home: float
    bound: float | None
    gap: float | None
    bound_kind: str
    value: Value
    schedule: Schedule
    named_strategies: tuple[Strategy, ...]
    limits: tuple[LimitUse, ...]
    measures: tuple[MeasureUse, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    rules: tuple[RuleUse, ...] = ()
    targets: tuple[TargetUse, ...] = ()
    gates: tuple[GateUse, ...] = ()
    open_loop: float | None = None
    ended_by: str | None = None

    def to_json(self, names: dict[str, str], quarters: list[str]) -> str:
        """Text of `plan.json`: the same bytes for the same plan.

        `names` maps ISO3 codes to names, `quarters` numbers to labels.
        """
        content: dict[str, Any] = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        content["value"] = dataclasses.asdict(self.value)
        content["schedule"] = [
            {
                "iso3": entry.iso3,
                "name": names[entry.iso3],
                "enter": quarters[entry.quarter],
                "mode": entry.mode,
                "localisation": entry.localisation,
            }
            for entry in self.schedule.entries
        ]
        for entry in content["schedule"]:
            behind = [use.name for use in self.gates if use.taken and entry["iso3"] in use.waiting]
            if behind:
                entry["gate"] = "; ".join(behind)
        for key in PARTS:
            content[key] = [dataclasses.asdict(item) for item in content[key]]
        for measure in content["measures"]:
            measure["begin"] = quarters[measure["begin"]]
        for gate in content["gates"]:
            gate["decision"] = quarters[gate["decision"]]
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, quarters: list[str]) -> Plan:
        """Plan from the text of a `plan.json` that `to_json` wrote."""
        content = json.loads(text)
        number = {label: index for index, label in enumerate(quarters)}
        entries = [
            {
                "iso3": entry["iso3"],
                "quarter": number[entry["enter"]],
                "mode": entry["mode"],
                "localisation": entry["localisation"],
            }
            for entry in content["schedule"]
        ]
        uses = [{**use, "begin": number[use["begin"]]} for use in content["measures"]]
        content["measures"] = tuple(MeasureUse(**use) for use in uses)
        begun = [
            Begun(measure=use.number, quarter=use.begin, level=use.level)
            for use in content["measures"]
            if use.taken
        ]
        gates = [{**use, "decision": number[use["decision"]]} for use in content["gates"]]
        content["gates"] = tuple(
            GateUse(**{**use, "waiting": tuple(use["waiting"])}) for use in gates
        )
        used = [
            Gated(gate=use.number, wait=use.wait, threshold=use.threshold)
            for use in content["gates"]
            if use.taken
        ]
        content["schedule"] = Schedule.model_validate(
            {"entries": entries, "measures": begun, "gates": used}
        )
        content["value"] = Value(**content["value"])
        content["named_strategies"] = tuple(Strategy(**s) for s in content["named_strategies"])
        content["limits"] = tuple(LimitUse(**limit) for limit in content["limits"])
        content["exposures"] = tuple(Exposure(**part) for part in content["exposures"])
        content["rules"] = tuple(RuleUse(**use) for use in content["rules"])
        content["targets"] = tuple(TargetUse(**use) for use in content["targets"])
        return cls(**content)
