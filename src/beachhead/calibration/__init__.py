"""Data into beliefs: how categories spread over countries, and forecasts of them.

A name is imported when it is first asked for: who plans with forecasts made beforehand never waits
for the libraries that make them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beachhead.calibration.categories import Adoption, fit_adoption
    from beachhead.calibration.forecasting import NAMES, Forecast, forecast_category
    from beachhead.calibration.histories import (
        CATEGORIES,
        WINNERS,
        Category,
        Histories,
        read_histories,
    )
    from beachhead.calibration.outlook import believe

_FILES = {
    "CATEGORIES": "histories",
    "NAMES": "forecasting",
    "WINNERS": "histories",
    "Adoption": "categories",
    "Category": "histories",
    "Forecast": "forecasting",
    "Histories": "histories",
    "believe": "outlook",
    "fit_adoption": "categories",
    "forecast_category": "forecasting",
    "read_histories": "histories",
}

__all__ = [
    "CATEGORIES",
    "NAMES",
    "WINNERS",
    "Adoption",
    "Category",
    "Forecast",
    "Histories",
    "believe",
    "fit_adoption",
    "forecast_category",
    "read_histories",
]


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
