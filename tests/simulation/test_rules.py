"""Rules of markets as arrays, and what is not known of them."""

from datetime import date

import numpy as np
import pytest

from beachhead.cases import Case
from beachhead.data import load_panel, rules
from beachhead.simulation.pack import HOME, pack
from beachhead.simulation.state import NEVER

TEXT = """\
as_of = 2013-03-31
quarters = 12
rules = [
    {name = "Content", market = "IND", known = 2012-01-01, from = 2014-01-01, localisation = 0.4, opening = 1.5, unit_cost = 0.1, source = "s"},
    {name = "Shops", market = "BRA", known = 2012-01-01, until = 2014-01-01, modes = ["subsidiary"], forbidden = true, unit_cost = 0.2, source = "s"},
    {name = "Licence", market = "VNM", known = 2012-01-01, modes = ["online"], approval = 3, source = "s"},
    {name = "Ban", market = "EGY", known = 2012-01-01, forbidden = true, source = "s"},
    {name = "Old", market = "HKG", known = 2012-01-01, unit_cost = 0.3, source = "s"},
    {name = "New", market = "HKG", known = 2012-01-01, from = 2014-01-01, unit_cost = 0.4, approval = 2, opening = 2.0, source = "s"},
]

[firm]
name = "Acme"
home = "CHN"
units = 7e6
revenue = 2e9
served = [{market = "HKG", units = 1e5, mode = "online", since = 2012-01-01}]

[product]
category = "smartphone"
price = 200
unit_cost = 160

[markets]
candidates = ["IND", "BRA", "VNM", "EGY", "PHL"]

[limits]
teams = 3
capital = 5e8
waived = ["all"]
"""  # noqa: E501


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.loads(TEXT, "acme.toml")


def test_what_rules_ask_of_each_way(case: Case) -> None:
    packed = pack(case, load_panel(case.as_of))
    without = pack(case.model_copy(update={"rules": ()}), load_panel(case.as_of))
    assert without.problem.rules is None
    row = {iso3: k for k, iso3 in enumerate(packed.markets)}
    modes, levels = (np.array(labels) for labels in zip(*packed.options, strict=True))
    abroad = modes != HOME
    modes, levels = modes[abroad], levels[abroad]
    ready = without.problem.options.preparation[0][abroad]
    soonest, asked = packed.soonest[:, abroad], packed.problem.rules
    # A rule that begins within the horizon binds whoever is there by then: at once.
    np.testing.assert_array_equal(soonest[row["IND"]], np.where(levels >= 0.4, ready, NEVER))
    assert (asked.opening[:, row["IND"], abroad] == 1.5).all()
    np.testing.assert_array_equal(asked.unit[:, row["IND"], 0], [0.0] * 3 + [0.1] * 9)
    # One that ends leaves its way open from then on.
    own = modes == "subsidiary"
    np.testing.assert_array_equal(soonest[row["BRA"]], np.where(own, np.maximum(ready, 3), ready))
    np.testing.assert_array_equal(asked.unit[:, row["BRA"], own.argmax()], [0.2] * 3 + [0.0] * 9)
    np.testing.assert_array_equal(soonest[row["VNM"]], ready + 3 * (modes == "online"))
    assert (soonest[row["EGY"]] == NEVER).all() and not packed.problem.options.allowed[
        row["EGY"]
    ].any()
    np.testing.assert_array_equal(soonest[row["PHL"]], ready)
    # Where the firm is already, only what comes on top of today counts.
    np.testing.assert_array_equal(asked.unit[:, row["HKG"], 0], [0.0] * 3 + [0.4] * 9)
    assert (asked.opening[:, row["HKG"]] == 1.0).all()


def test_agreed_loss(case: Case) -> None:
    panel = load_panel(case.as_of)
    assert pack(case, panel).problem.agreed_loss is None
    limits = case.limits.model_copy(update={"exit_loss": 1.5})
    assert pack(case.model_copy(update={"limits": limits}), panel).problem.agreed_loss == 1.5


def test_rules_published_later_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poison: every later version changed beyond recognition, and nothing moves."""
    as_of = date(2013, 3, 31)
    case = Case.loads(TEXT.replace('waived = ["all"]', ""), "acme.toml")
    known = pack(case, load_panel(as_of)).problem
    table = rules.read_rules()
    assert any(rule.known > as_of and rule.market == "IND" for rule in table)
    poisoned = tuple(
        rule.__class__(**{**vars(rule), "forbidden": True, "modes": rules.MODES, "start": None})
        if rule.known > as_of
        else rule
        for rule in table
    )
    monkeypatch.setattr(rules, "read_rules", lambda: poisoned)
    again = pack(case, load_panel(as_of)).problem
    for old, new in zip(known.rules, again.rules, strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(known.options.preparation, again.options.preparation)
