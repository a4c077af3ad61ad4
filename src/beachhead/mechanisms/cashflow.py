"""E9 Cash flow of a market: what is left of its sales.

The firm sells at the market's price less the channel's fee, both in local money; it pays for the
unit, its duty and its freight in its own money. It pays the costs of being there, dearer where the
market is distant and unknown, and advertises. A devaluation abroad shrinks price and local costs
but not the unit's cost: it squeezes the margin. Customers may bring income beside the product.

    flow = Z [(P (1 - fee) fx - c (1 + tariff + freight)) units + attach A owners
              - FC factor (1 + psi_F d (1 - kap_F K)) fx - spend fx]

Neutral value: fx = 1, attach = 0, psi_F = 0, tariff = freight = 0.
Assumes: prices and unit costs constant in real terms; tax and working capital neutral.
Source: bookkeeping; running costs of distance: Zaheer (1995) for the liability of foreignness.
Proof: tests/mechanisms/test_cashflow.py.
"""

from __future__ import annotations

from typing import NamedTuple

from jax import Array

from beachhead.quantities import HalfNormal, LogNormal, Sure, mechanism, parameter


@mechanism("cashflow")
class CashFlow:
    """Parameters of E9."""

    distance: Array = parameter(
        "rise of running costs per unit of distance in a market without familiarity (psi_F)",
        unit="share per unit", default=0.1, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(),
        tag="J", source="sign: liability of foreignness, Zaheer (1995); size is judgement",
    )  # fmt: skip
    learning: Array = parameter(
        "part of that rise which full familiarity takes away (kap_F)",
        unit="share", default=0.5, neutral=0.0, bounds=(0.0, 1.0), tag="J",
        source="no transferable number found",
    )  # fmt: skip
    fixed_factor: Array = parameter(
        "true running cost of a market over its estimate",
        unit="ratio", default=1.0, neutral=1.0, bounds=(0.0, 100.0), prior=LogNormal(0.2),
        level="market", tag="J", source="spread of budgets about their estimates",
    )  # fmt: skip
    attach: Array = parameter(
        "yearly margin from services and other devices per customer who owns the product",
        unit="money/year", default=0.0, neutral=0.0, bounds=(0.0, float("inf")), prior=Sure(),
        tag="J", source="the case says",
    )  # fmt: skip
    fx_sd: Array = parameter(
        "spread of a year's change of the real exchange rate (standard deviation of the log)",
        unit="1/sqrt(year)", default=0.09, neutral=0.0, bounds=(0.0, 2.0), tag="M",
        source="real exchange rates of floating currencies, Rogoff (1996)",
    )  # fmt: skip
    fx_half_life: Array = parameter(
        "years in which half of a deviation of the real exchange rate is undone",
        unit="years", default=4.0, neutral=None, bounds=(0.1, 1e6), tag="M",
        source="three to five years, Rogoff (1996)",
    )  # fmt: skip


class Flow(NamedTuple):
    """Money lines of a market in a quarter, axis market; costs are negative."""

    sales: Array
    channel: Array
    goods: Array
    attached: Array
    running: Array
    advertising: Array


def margin(price: Array, fee: Array, fx: Array, cost: Array, landed: Array) -> Array:
    """Contribution of one unit: price after fee in own money less landed cost. Axis market.

    `landed` = 1 + tariff + freight, as shares of the unit cost.
    """
    return price * (1.0 - fee) * fx - cost * landed


def cash_flow(
    parameters: CashFlow,
    units: Array,
    customers: Array,
    price: Array,
    fee: Array,
    fx: Array,
    cost: Array,
    landed: Array,
    fixed: Array,
    spend: Array,
    distance: Array,
    familiarity: Array,
    dt: float,
) -> Flow:
    """Money lines of each market in a quarter in which the firm is there.

    Parameters
    ----------
    units, customers : Array
        Units sold in the quarter; people who own the brand's product. Axis market.
    price, cost : Array
        Price in the market and cost of a unit, own money at today's rates.
    fee, fx, landed : Array
        Channel's share of the price; value of local money against today; 1 + tariff + freight.
    fixed, spend : Array
        Running cost and advertising, own money a year at today's rates.
    distance, familiarity : Array
        Units from home; familiarity from E4.
    dt : float
        Length of the quarter in years.
    """
    unfamiliar = 1.0 - parameters.learning * familiarity
    running = fixed * parameters.fixed_factor * (1.0 + parameters.distance * distance * unfamiliar)
    return Flow(
        sales=price * fx * units,
        channel=-price * fee * fx * units,
        goods=-cost * landed * units,
        attached=parameters.attach * customers * dt,
        running=-running * fx * dt,
        advertising=-spend * fx * dt,
    )
