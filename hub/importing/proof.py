"""A proposal is read again as the hub would read it: what does not load is not proposed."""

from collections.abc import Mapping

from hub.config import Problem
from hub.config.examples import check_examples
from hub.config.library import Profile
from hub.config.marks import Map, Source
from hub.config.problems import Report
from hub.config.profile import ProfileFile
from hub.config.registry import DriverLike
from hub.config.source import LARGEST, split
from hub.config.tree import parse
from hub.config.validate import validate
from hub.importing.proposal import Proposal


def mistakes(proposal: Proposal, drivers: Mapping[str, DriverLike]) -> list[Problem]:
    """Return what the profile loader says of a proposal; an empty list: a site can use it."""
    text, report = proposal.text(), Report()
    source = Source(f"{proposal.profile}.yaml", split(text))
    tree = parse(source, text, report)
    file = validate(ProfileFile, tree, report) if isinstance(tree, Map) else None
    if isinstance(tree, Map) and file is not None:
        profile = Profile(file, tree, drivers[proposal.driver], report)
        check_examples(tree, file.examples, profile.expand(profile.trial), profile.rows(), profile.spec, report)
        if len(text.encode()) > LARGEST:
            report.error(tree.mark, "the profile is larger than 1 MiB", "import fewer things at a time")
    return report.problems
