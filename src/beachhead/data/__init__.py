"""Country data: sources -> panel, with the source of each figure and the date rule `as_of`."""

from beachhead.data.build import build
from beachhead.data.panel import INCOME_CLASSES, Figure, Panel, Status, load_panel
from beachhead.data.series import SERIES, Series
from beachhead.data.update import Change, Reach, Update, measure, update

__all__ = [
    "INCOME_CLASSES",
    "SERIES",
    "Change",
    "Figure",
    "Panel",
    "Reach",
    "Series",
    "Status",
    "Update",
    "build",
    "load_panel",
    "measure",
    "update",
]
