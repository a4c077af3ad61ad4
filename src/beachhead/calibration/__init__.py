"""Data into beliefs: how categories spread over countries, and forecasts of them."""

from beachhead.calibration.categories import Adoption, fit_adoption
from beachhead.calibration.forecasting import NAMES, WINNERS, Forecast, forecast_category
from beachhead.calibration.histories import CATEGORIES, Category, Histories, read_histories

__all__ = [
    "CATEGORIES",
    "NAMES",
    "WINNERS",
    "Adoption",
    "Category",
    "Forecast",
    "Histories",
    "fit_adoption",
    "forecast_category",
    "read_histories",
]
