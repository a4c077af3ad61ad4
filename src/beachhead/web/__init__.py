"""The page: a local server for cases, runs, what-ifs and comparisons, and its JSON interface."""

from beachhead.web.settings import Settings

__all__ = ["Settings"]
