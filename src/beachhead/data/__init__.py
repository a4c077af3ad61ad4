"""Country data: sources -> panel, with the source of each figure and the date rule `as_of`."""

from beachhead.data.build import build
from beachhead.data.panel import Figure, Panel, load_panel
from beachhead.data.series import SERIES, Series

__all__ = ["SERIES", "Figure", "Panel", "Series", "build", "load_panel"]
