"""Configuration: a folder of YAML becomes a checked site, or a list of every mistake with its place and its cure."""

from hub.config.load import inspect, load, load_with_digest
from hub.config.origin import Origin, origins
from hub.config.problems import Problem, render
from hub.config.shipped import shipped

__all__ = ["Origin", "Problem", "inspect", "load", "load_with_digest", "origins", "render", "shipped"]
