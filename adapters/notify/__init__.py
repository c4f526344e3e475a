"""Telling people and programs of alarms: escalation, grouping, five channels, and nothing lost on the way."""

from adapters.notify.adapter import NotifyAdapter
from adapters.notify.board import Board

__all__ = ["Board", "NotifyAdapter"]
