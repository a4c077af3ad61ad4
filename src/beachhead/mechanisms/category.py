"""E1 Category: how many people own the product at all, of whatever brand, and how many buy.

The potential M of a market is the number of people who could use *and afford* the product: people,
times the share for whom it is meant, times the share whose income carries its price. Incomes are
log-normal around income per head, and the entry price of the category falls over the years, so
poorer markets grow by becoming able to pay. Owners N move towards M along the Bass curve, and
owners replace what they own every R years.

    M = people * addressable * size_factor * Phi((ln income - s^2/2 - ln(price / b)) / s)
    N' = M' bass(min(1, N / M'); p, q)
    Q  = max(0, N' - N) + rho N,   rho = 1 - exp(-dt / R)

Neutral value: R = infinity (no replacement); budget_share = infinity (everybody can pay).
Assumes: the entrant does not enlarge the category. Where M falls below N nobody new buys and the
owners beyond M are lost to the category.
Source: Bass (1969); replacement cycles as published by Counterpoint, Kantar and Strategy Analytics
(21 to 43 months); averages of p and q from Sultan, Farley and Lehmann (1990).
Proof: tests/reference/test_bass_1969.py, tests/mechanisms/test_category.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr

from beachhead.mechanisms.bass import bass
from beachhead.quantities import LogNormal, Normal, mechanism, parameter


@mechanism("category")
class Category:
    """Parameters of E1."""

    p: Array = parameter(
        "share of those without the product who take it up on their own account",
        unit="1/year", default=0.03, neutral=None, bounds=(0.0, 2.0), prior=LogNormal(0.4),
        tag="O2", source="Sultan, Farley and Lehmann (1990), mean of p",
    )  # fmt: skip
    q: Array = parameter(
        "pull of those who own the product on those who do not",
        unit="1/year", default=0.38, neutral=None, bounds=(0.0, 5.0), prior=LogNormal(0.15),
        level="market", tag="O2", source="Sultan, Farley and Lehmann (1990), mean of q",
    )  # fmt: skip
    replacement_years: Array = parameter(
        "years after which an owner buys again",
        unit="years", default=3.0, neutral=float("inf"), bounds=(0.02, float("inf")),
        prior=LogNormal(0.2), tag="O", source="Counterpoint, Kantar, Strategy Analytics: 21 to 43 "
        "months for phones; median 36",
    )  # fmt: skip
    addressable: Array = parameter(
        "share of the population for whom the product is meant",
        unit="share", default=0.75, neutral=1.0, bounds=(0.0, 1.0), tag="J",
        source="people aged about 10 to 75; a case should say",
    )  # fmt: skip
    budget_share: Array = parameter(
        "share of a year's income that a buyer is ready to give for one unit",
        unit="share", default=0.06, neutral=float("inf"), bounds=(1e-4, float("inf")), tag="J",
        source="no study found; moves the date at which poorer markets open",
    )  # fmt: skip
    income_spread: Array = parameter(
        "spread of incomes within a market (standard deviation of the log)",
        unit="log", default=0.8, neutral=None, bounds=(0.05, 3.0), tag="D",
        source="a Gini index of .43 in a log-normal distribution: 2 Phi(s / sqrt 2) - 1",
    )  # fmt: skip
    price_fall: Array = parameter(
        "yearly fall of the price at which the category can be had",
        unit="1/year", default=0.03, neutral=0.0, bounds=(-0.2, 0.6), prior=Normal(0.01), tag="J",
        source="preset of the category",
    )  # fmt: skip
    growth_error: Array = parameter(
        "error of the projected growth of income per head",
        unit="1/year", default=0.0, neutral=0.0, bounds=(-0.5, 0.5), prior=Normal(0.012),
        level="market", tag="J", source="about the error of a five-year growth projection",
    )  # fmt: skip
    size_factor: Array = parameter(
        "true size of the category over the size that the figures suggest",
        unit="ratio", default=1.0, neutral=1.0, bounds=(0.0, 100.0), prior=LogNormal(0.25),
        level="market", tag="J", source="what country figures do not tell about one product",
    )  # fmt: skip


def potential(parameters: Category, people: Array, income: Array, entry_price: Array) -> Array:
    """People who could use and afford the product.

    Parameters
    ----------
    people, income : Array
        Population and income per head a year (money of the case), axis market.
    entry_price : Array
        Price at which the category can be had, money of the case.
    """
    spread = parameters.income_spread
    needed = entry_price / parameters.budget_share
    able = ndtr((jnp.log(income / needed) - 0.5 * spread**2) / spread)
    return people * parameters.addressable * parameters.size_factor * able


def category(
    parameters: Category, owners: Array, potential: Array, dt: float
) -> tuple[Array, Array]:
    """Owners after a quarter, and units that the category sells in it.

    Parameters
    ----------
    owners, potential : Array
        People who own the product before the quarter; who could by its end. Axis market.
    dt : float
        Length of the quarter in years.

    Returns
    -------
    owners, units : Array
        People who own it after the quarter, units of all brands sold in it. Axis market.
    """
    some = jnp.where(potential > 0.0, potential, 1.0)
    after = potential * bass(jnp.minimum(1.0, owners / some), parameters.p, parameters.q, dt)
    renewal = -jnp.expm1(-dt / parameters.replacement_years)
    return after, jnp.maximum(0.0, after - owners) + renewal * owners
