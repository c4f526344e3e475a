"""Rules of a file that is not part of a site, checked against the site all the same: candidates to be tried."""

from collections.abc import Mapping
from pathlib import Path

from hub.config.load import Loader
from hub.config.problems import ERROR
from hub.config.registry import DriverLike
from hub.model import ConfigError, Rule


def candidate_rules(folder: Path, drivers: Mapping[str, DriverLike], file: Path) -> tuple[Rule, ...]:
    """Return the rules of a file as they would be in a site. Raises ConfigError naming every mistake."""
    loader = Loader(folder, drivers)
    loader.site()
    rules = loader.rules_of(file.resolve())
    if any(problem.level == ERROR for problem in loader.report.problems):
        raise ConfigError(loader.report.problems)
    return rules
