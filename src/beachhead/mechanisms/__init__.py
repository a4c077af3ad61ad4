"""The equations, one per file, and the one table of their parameters."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import jax

from beachhead.mechanisms.acceptance import Acceptance
from beachhead.mechanisms.cashflow import CashFlow
from beachhead.mechanisms.category import Category
from beachhead.mechanisms.entry import Entry
from beachhead.mechanisms.exit import Exit
from beachhead.mechanisms.experience import Experience
from beachhead.mechanisms.home import Home
from beachhead.mechanisms.knowledge import Knowledge
from beachhead.mechanisms.measures import Effects
from beachhead.mechanisms.reach import Reach
from beachhead.mechanisms.share import Share
from beachhead.mechanisms.staffing import Staffing
from beachhead.mechanisms.supply import SupplyRisk
from beachhead.quantities import Parameter, declared


class Parameters(NamedTuple):
    """Values of every parameter of the model, one mechanism a field."""

    category: Category
    acceptance: Acceptance
    experience: Experience
    knowledge: Knowledge
    entry: Entry
    reach: Reach
    share: Share
    exit: Exit
    cashflow: CashFlow
    home: Home
    staffing: Staffing
    measures: Effects
    supply: SupplyRisk


MECHANISMS: dict[str, type] = {
    "category": Category,
    "acceptance": Acceptance,
    "experience": Experience,
    "knowledge": Knowledge,
    "entry": Entry,
    "reach": Reach,
    "share": Share,
    "exit": Exit,
    "cashflow": CashFlow,
    "home": Home,
    "staffing": Staffing,
    "measures": Effects,
    "supply": SupplyRisk,
}

for _cls in MECHANISMS.values():
    jax.tree_util.register_dataclass(
        _cls, data_fields=[field.name for field in fields(_cls)], meta_fields=[]
    )


def table() -> dict[str, Parameter]:
    """Every parameter of the model by full name: the one table that code, docs and CLI read."""
    return {
        name: parameter for cls in MECHANISMS.values() for name, parameter in declared(cls).items()
    }
