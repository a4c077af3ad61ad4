"""An invented firm whose records the kernel itself writes."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from beachhead.calibration.explaining import (
    COST_NOISE,
    Setting,
    Unknowns,
    expect,
    find_unknowns,
    lay_out,
)
from beachhead.calibration.records import Records, read_records
from beachhead.cases import Case, quarters
from beachhead.cases.actuals import Actual
from beachhead.data import Panel, load_panel
from beachhead.simulation import Beliefs

FIRM = """
name = "small"
as_of = 2023-09-30
quarters = 8
[firm]
name = "Small"
home = "AUT"
units = 400000
revenue = 20e6
served = [
    { market = "CHE", units = 8000, mode = "online", since = 2015-01-01 },
    { market = "DEU", units = 90000, mode = "online", since = 2020-07-01 },
]
[product]
category = "generic"
price = 45.0
unit_cost = 12.0
[markets]
candidates = ["CZE", "SVN", "ITA"]
[modes]
allowed = ["online"]
localisation = [0.0]
[limits]
teams = 2
capital = 4e7
"""
BEGIN = quarters.parse("2019Q3")
NOW = quarters.parse("2023Q4")


def list_rows(units: Callable[[str, int], float], cost: float = 9e5) -> list[Actual]:
    """Records from 2019Q3 on, Germany's from its entry."""
    first = {"AUT": BEGIN, "CHE": BEGIN, "DEU": quarters.parse("2020Q3")}
    rows = [
        Actual(market, quarters.label(q), "units", units(market, q))
        for market, begin in first.items()
        for q in range(begin, NOW)
    ]
    return [*rows, Actual("DEU", "2020Q2", "entry_cost", cost)]


@dataclass(frozen=True)
class Invented:
    """Firm, records in form, and what of them is unknown."""

    case: Case
    panel: Panel
    records: Records
    setting: Setting
    unknowns: Unknowns

    def write(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A truth drawn from the priors, and units and entry costs as it would bring them."""
        rng = np.random.default_rng(seed)
        truth = rng.standard_normal(self.unknowns.size)
        with jax.enable_x64(True):
            look = jax.jit(lambda vector: expect(self.setting, self.unknowns, vector))
            mean, cost, noise = map(np.asarray, look(jnp.asarray(truth)))
        units = rng.poisson(rng.gamma(noise**-2, mean * noise**2)).astype(float)
        paid = cost * np.exp(COST_NOISE * rng.standard_normal(cost.shape))
        hidden = np.isnan(self.records.units), np.isnan(self.records.costs)
        return truth, np.where(hidden[0], np.nan, units), np.where(hidden[1], np.nan, paid)


def invent(text: str, rows: list[Actual]) -> Invented:
    case = Case.loads(text)
    panel = load_panel(as_of=case.as_of)
    records = read_records(case, panel, rows)
    with jax.enable_x64(True):
        setting = lay_out(records)
        unknowns = find_unknowns(records, setting, Beliefs.from_prior(case, panel))
    return Invented(case, panel, records, setting, unknowns)
