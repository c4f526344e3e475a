"""Telling people and programs of alarms: escalation, grouping, five channels, and nothing lost on the way."""
