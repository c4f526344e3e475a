"""Northbound: what speaks for people and systems above. Adapters do not know each other."""
