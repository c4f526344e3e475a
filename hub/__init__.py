"""Citywatch: an integration hub for city and province operations centres."""

__version__ = "0.1.0"
