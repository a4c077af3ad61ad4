"""What an answer says of the rules of markets."""

import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.reasons import meet_rules
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

TEXT = """\
as_of = 2013-03-31
quarters = 12
rules = [
    {name = "Content", market = "IND", known = 2012-01-01, localisation = 0.4, source = "s", unit_cost = 0.1},
    {name = "Shops", market = "IND", known = 2012-01-01, modes = ["subsidiary"], source = "s", opening = 1.5},
    {name = "Ban", market = "EGY", known = 2012-01-01, forbidden = true, source = "s"},
    {name = "Test", market = "EGY", known = 2012-01-01, approval = 1, source = "s"},
    {name = "Free", market = "PHL", known = 2012-01-01, approval = 1, source = "s"},
]

[firm]
name = "Acme"
home = "CHN"
units = 7e6
revenue = 2e9

[product]
category = "smartphone"
price = 200
unit_cost = 120

[markets]
candidates = ["IND", "EGY", "PHL"]

[limits]
teams = 3
capital = 5e8
waived = ["all"]
"""  # noqa: E501


def prepare(case: Case) -> Valuer:
    panel = load_panel(case.as_of)
    case = case.resolve(panel)
    beliefs = believe(case, panel)
    return Valuer.prepare(case, pack(case, panel), beliefs, 8, 1, jnp.float64)


@pytest.mark.parametrize("mode", ["online", "subsidiary"])
def test_cost_of_a_rule_is_the_difference_without_it(mode: str) -> None:
    case = Case.loads(TEXT, "acme.toml")
    fresh = prepare(case)
    packed = fresh.packed
    enter = np.full(packed.rows, NEVER, np.int32)
    option = np.zeros(packed.rows, np.int32)
    row = packed.markets.index("IND")
    enter[row], option[row] = 4, packed.options.index((mode, 0.5))
    uses = {use.name: use for use in meet_rules(case, packed, fresh, enter, option)}
    kept = {"Content"} | ({"Shops"} if mode == "subsidiary" else set())
    # Of the closed market only the rule that closes it is named, of the open one nothing.
    assert set(uses) == kept | {"Ban"}
    assert {name for name, use in uses.items() if use.entered} == kept
    assert uses["Ban"].cost == 0.0
    whole = fresh.judge(enter, option).by_market[row]
    for name in kept:
        rest = tuple(rule for rule in case.rules if rule.name != name)
        without = prepare(case.model_copy(update={"rules": rest})).judge(enter, option)
        assert uses[name].cost == pytest.approx(without.by_market[row] - whole, rel=1e-9)
        assert uses[name].cost > 0.0
