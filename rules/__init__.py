"""The rules: pure. Readings, operator actions and time in; transitions out."""

from rules.engine import Engine

__all__ = ["Engine"]
