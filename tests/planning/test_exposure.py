"""What the disruptions of each component cost, and which one holds the firm hostage."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.reasons import expose
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

COMPONENTS = """
[[components]]
name = "handle"
share = 0.1
needed = 0.4
sources = [{country = "Italy", share = 1.0}]

[[components]]
name = "steel"
share = 0.3
sources = [{country = "Germany", share = 1.0}]

[[components]]
name = "ribbon"
share = 0.05
needed = 0.0
sources = [{country = "France", share = 1.0}]
"""


@pytest.fixture(scope="module")
def exposed():
    """Exposures by component of a firm that stays at home and in two markets, and its sales."""
    text = Case.load("small-exporter").to_toml().replace("components = []\n", "")
    case = Case.loads(text + COMPONENTS)
    markets = case.markets.model_copy(update={"candidates": ("ITA",), "regions": ()})
    case = case.model_copy(update={"markets": markets, "quarters": 12})
    panel = load_panel(as_of=case.as_of)
    case = case.resolve(panel)
    packed = pack(case, panel)
    with jax.enable_x64(True):
        valuer = Valuer.prepare(case, packed, believe(case, panel), 256, 1, jnp.float64)
        never = np.full(packed.rows, NEVER, np.int32)
        found = expose(case, valuer, never, np.zeros_like(never))
        sales = valuer.judge(never, np.zeros_like(never)).sales
    return {one.component: one for one in found}, float(sales.mean())


def test_the_component_that_stops_most_comes_first(exposed) -> None:
    found, _ = exposed
    assert list(found) == ["steel", "handle", "ribbon"]
    assert found["steel"].lost > found["handle"].lost > 0.0


def test_sales_are_lost_for_the_time_that_the_source_is_down(exposed) -> None:
    """One source, all of the output: the part of the time that it is down, 0.27 x 0.17 years."""
    found, sales = exposed
    down = 0.27 * 0.17
    assert found["steel"].revenue / sales == pytest.approx(down, rel=0.5)
    # Four tenths of the output need the other.
    assert found["handle"].revenue / found["steel"].revenue == pytest.approx(0.4, abs=0.2)
    assert found["steel"].revenue_at_risk > 2.0 * found["steel"].revenue


def test_what_the_output_does_not_need_puts_nothing_at_risk(exposed) -> None:
    ribbon = exposed[0]["ribbon"]
    assert (ribbon.lost, ribbon.revenue, ribbon.revenue_at_risk, ribbon.stopped) == (0, 0, 0, 0)
