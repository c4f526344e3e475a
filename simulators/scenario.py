"""Scenarios: a timeline of what happens to a simulated site, and which alarms must come of it.

A scenario is a YAML file of the site, `scenarios/<name>.yaml`, checked against the site before anything moves.
"""

from pathlib import Path

from hub.config.files import Files
from hub.config.problems import Problem, Report, did_you_mean, known_are
from hub.config.validate import validate
from hub.model import ConfigError, Site
from simulators.scenariocheck import Checker
from simulators.scenariofile import ScenarioFile
from simulators.timeline import Scenario

FOLDER = "scenarios"


def names(site: Site) -> list[str]:
    """Return the names of a site's scenarios."""
    return sorted(path.stem for path in (Path(site.folder) / FOLDER).glob("*.yaml"))


def load(site: Site, name: str) -> Scenario:
    """Read one scenario of a site and check it against the site. Raises ConfigError with every problem."""
    report = Report()
    known = names(site)
    if name not in known:
        hint = did_you_mean(name, known, otherwise=known_are("scenarios", known))
        message = f"there is no scenario '{name}'"
        raise ConfigError([Problem(f"{FOLDER}/{name}.yaml", 1, 1, message, hint)], f"{message}; {hint}")
    tree = Files(Path(site.folder), report).tree(Path(site.folder) / FOLDER / f"{name}.yaml")
    model = validate(ScenarioFile, tree, report) if tree is not None else None
    checked = Checker(site, tree, report).check(model) if tree is not None and model is not None else None
    if checked is None or report.failed:
        raise ConfigError(report.problems)
    return checked
