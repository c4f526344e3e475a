"""Moving a camera to a preset, once, and asking which there are (ONVIF PTZ 24.12, 5.5 and 5.6)."""

from xml.sax.saxutils import escape

from drivers.base import BoundPoint
from drivers.onvif import soap
from drivers.onvif.camera import Camera
from drivers.onvif.media import Media
from hub.model import Refused, Value

HOME = "home"
"""What is written for the home position, where no preset is called so."""
MOST = 256


async def presets(camera: Camera, media: Media, path: str, source: str | None) -> dict[str, str]:
    """Return token → name of every preset. Raises Refused, Unreachable."""
    token = await _profile(media, source)
    said = await camera.call(path, f'<GetPresets xmlns="{soap.PTZ}">{token}</GetPresets>')
    found = [(e.attributes.get("token", ""), e.said("Name")[:64]) for e in said.every("Preset")]
    return dict(found[:MOST])


async def go(camera: Camera, media: Media, path: str, point: BoundPoint, value: Value, source: str | None) -> None:
    """Move to the preset of a token or name. Raises Refused (nothing was sent), Unreachable (nobody knows)."""
    wanted = str(value).strip()
    try:
        token = await _profile(media, source)
        known = await presets(camera, media, path, source)
    except soap.Fault as why:
        raise Refused("device", f"{point.id}: {why}; nothing was sent") from why
    found = next((t for t, name in known.items() if wanted in (t, name)), None)
    if found is None and wanted != HOME:
        raise Refused("value", f"{point.id} has no preset {wanted!r}; known: {listed(known)}; nothing was sent")
    if found is None:
        body = f'<GotoHomePosition xmlns="{soap.PTZ}">{token}</GotoHomePosition>'
    else:
        preset = f"<PresetToken>{escape(found)}</PresetToken>"
        body = f'<GotoPreset xmlns="{soap.PTZ}">{token}{preset}</GotoPreset>'
    try:
        await camera.call(path, body)
    except soap.Fault as why:
        raise Refused("device", str(why)) from why


def listed(known: dict[str, str]) -> str:
    """Return presets in a line: `1 Cổng chính, 2 Bãi xe`."""
    return ", ".join(f"{token} {name}".strip() for token, name in known.items())[:1024] or "none"


async def _profile(media: Media, source: str | None) -> str:
    """Return the profile through which the camera can be moved, as every PTZ request names it."""
    found = await media.profile(source)
    moving = next((p for p in await media.profiles() if p.ptz and p.shows(source)), found)
    return f"<ProfileToken>{escape(moving.token)}</ProfileToken>"
