"""The commands: each parses, calls one public function, and prints or saves what it returns."""

from beachhead.cli.app import main

__all__ = ["main"]
