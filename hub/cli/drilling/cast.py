"""Who is on stage: the devices that a scenario touches or expects something of, what they are behind, nobody else."""

from collections.abc import Iterable

from msgspec.structs import replace

from drivers import REGISTRY as DRIVERS
from hub.model import DeviceId, Site, Text
from hub.model.looking import Guarded, WatchedPlate, WatchList
from simulators import REGISTRY as SIMULATORS
from simulators.timeline import Scenario


def on_stage(site: Site, scenario: Scenario, *, whole: bool = False) -> Site:
    """Return the site with the scenario's devices alone, or `whole`; what has no simulator is never on stage.

    A drill speaks to simulators only: a device that none stands in for must not be looked for where it really is.
    """
    wanted = set(site.devices) if whole else _closed(site, named(site, scenario))
    cast = {d.id: d for d in site.devices.values() if d.id in wanted and d.driver in SIMULATORS and d.enabled}
    points = {p.id: p for p in site.points.values() if p.device in cast}
    return replace(site, devices=cast, points=points, guarded=_looked_for(scenario))


def _looked_for(scenario: Scenario) -> Guarded:
    """Return the scenario's own watch list: nobody's real plate is looked for in a drill."""
    plates = tuple(WatchedPlate(plate) for plate in scenario.watch)
    listed = WatchList("drill", Text("Diễn tập", "Drill"), Text("biển số bịa", "invented plates"), plates)
    return Guarded(lists=(listed,) if plates else ())


def named(site: Site, scenario: Scenario) -> set[DeviceId]:
    """Return the devices that the scenario speaks of; with notifications their receiver, too."""
    found = set(scenario.on_stage)
    for step in scenario.steps:
        found |= {move.point.partition("/")[0] for move in step.moves}
        found |= {fault.device for fault in step.breaks} | set(step.heals)
        found |= {tell.device for tell in step.tells} | {happen.device for happen in step.happens}
    found |= {e.point.partition("/")[0] for e in scenario.expect}
    if any(step.tells for step in scenario.steps):
        found |= {d.id for d in site.devices.values() if DRIVERS[d.driver].hears}
    return found


def _closed(site: Site, devices: Iterable[DeviceId]) -> set[DeviceId]:
    """Return the devices and everything they are behind."""
    found: set[DeviceId] = set()
    for device in devices:
        at: DeviceId | None = device
        while at is not None and at in site.devices and at not in found:
            found.add(at)
            at = site.devices[at].behind
    return found
