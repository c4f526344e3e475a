"""What a line of cameras has counted, under the names of `docs/reference/metrics.md`."""

from collections.abc import Iterator

from drivers.onvif.media import Media
from drivers.onvif.pullpoint import PullPoint
from drivers.onvif.routes import Routes
from hub.metrics import Figure


def figures(where: str, messages: int, routes: Routes, point: PullPoint, media: Media) -> Iterator[Figure]:
    """Yield the figures of the line at an address."""
    line = {"line": where}
    yield Figure("citywatch_onvif_messages", "Notifications that belong to a device", messages, line, total=True)
    words = "Notifications on topics nobody has mapped"
    yield Figure("citywatch_onvif_unknown", words, routes.unknown_total, line, total=True)
    yield Figure("citywatch_onvif_subscriptions", "Pull points made at the camera", point.made, line, total=True)
    words = "Whether the camera names an address that is not its own"
    yield Figure("citywatch_onvif_false_address", words, int(point.lies or media.strays), line)
