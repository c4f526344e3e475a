"""Media profiles, and pictures: which address a camera names for one, and whether what comes is one.

The media service is asked in its first version, in its second where there is no first; the answers that are needed have
the same names in both (ONVIF Media 24.12, 5.2 and 5.15; Media2 24.12, 5.2 and 5.9). A picture is fetched from the
camera's own host whatever host its address names (ADR 0079); redirects are refused, size and time have bounds.
"""

from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from msgspec import Struct

from drivers.onvif import soap
from drivers.onvif.camera import Camera
from drivers.onvif.markup import Element
from hub.model import Refused, Unreachable

LARGEST_PICTURE = 2_097_152
"""Bytes; a JPEG of four megapixels is half of it."""
MOST_PROFILES = 256
_JPEG = frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})
_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"


class Profile(Struct, frozen=True):
    """One media profile: a stream that the camera offers."""

    token: str
    name: str
    source: str
    """Video source that it shows; empty: the camera does not say."""
    configuration: str
    """What the camera calls that source's configuration; events name one or the other."""
    ptz: bool
    """Whether the picture can be moved through it."""

    def shows(self, source: str | None) -> bool:
        """Tell whether it is of a video source, by either name; None: of any."""
        return source is None or source in (self.source, self.configuration)


class Media:
    """What one camera or recorder shows. Profiles and addresses are asked once, until a picture fails."""

    def __init__(self, camera: Camera, services: dict[str, str], path: str) -> None:
        self.strays = False
        """Whether an address of a picture named another host than the camera's."""
        self._camera = camera
        self._space = soap.MEDIA if soap.MEDIA in services or soap.MEDIA2 not in services else soap.MEDIA2
        self._path = services.get(self._space, path)
        self._profiles: list[Profile] = []
        self._addresses: dict[str, str] = {}

    async def profiles(self) -> list[Profile]:
        """Return every media profile. Raises Fault, Unreachable."""
        if not self._profiles:
            # the second version tells what is in a profile only when it is asked for it
            types = "<Type>VideoSource</Type><Type>PTZ</Type>" if self._space == soap.MEDIA2 else ""
            said = await self._camera.call(self._path, f'<GetProfiles xmlns="{self._space}">{types}</GetProfiles>')
            self._profiles = [_profile(e) for e in said.every("Profiles")][:MOST_PROFILES]
        return self._profiles

    async def profile(self, source: str | None) -> Profile:
        """Return the first profile of a video source, or of all. Raises Refused, Unreachable."""
        found = [p for p in await self.profiles() if p.shows(source)]
        if not found:
            which = f" of {source}" if source else ""
            raise Refused("no_picture", f"{self._camera.where} has no media profile{which}")
        return found[0]

    async def picture(self, source: str | None, port: int) -> bytes:
        """Return the picture of a video source as it is now, a JPEG file. Raises Refused, Unreachable."""
        profile = await self.profile(source)
        known = profile.token in self._addresses
        path = self._addresses.get(profile.token) or await self._address(profile)
        try:
            return await self._fetch(path, port)
        except (Refused, Unreachable):
            self.forget()
            if not known:
                raise
        # an address may be good for a while only, or until the camera starts anew
        return await self._fetch(await self._address(await self.profile(source)), port)

    def forget(self) -> None:
        """Ask anew next time."""
        self._profiles = []
        self._addresses.clear()

    async def _address(self, profile: Profile) -> str:
        token = f"<ProfileToken>{escape(profile.token)}</ProfileToken>"
        try:
            said = await self._camera.call(
                self._path, f'<GetSnapshotUri xmlns="{self._space}">{token}</GetSnapshotUri>'
            )
        except soap.Fault as why:
            raise Refused("no_picture", f"no picture of {profile.name or profile.token}: {why}") from why
        address = next((e.text.strip() for e in said.every("Uri")), "")
        if not _is_web(address):
            raise Refused("no_picture", f"{self._camera.where} names no address of a picture")
        self.strays |= self._camera.strays(address)
        self._addresses[profile.token] = path = self._camera.path_of(address)
        return path

    async def _fetch(self, path: str, port: int) -> bytes:
        got = await self._camera.fetch(path, port, LARGEST_PICTURE)
        where = self._camera.where
        if got.status in (401, 403):
            raise Unreachable(
                f"{where} wants a sign-in for its pictures that is not digest, or another user (HTTP {got.status})",
                "auth_failed",
            )
        if got.status != 200:
            raise Refused("no_picture", f"{where} gives no picture (HTTP {got.status})")
        if got.kind not in _JPEG:
            raise Refused("no_picture", f"{where} gives {got.kind[:64]} for a picture; a JPEG is what is taken")
        if not got.body.startswith(_BEGIN) or _END not in got.body[-1024:]:
            raise Refused("no_picture", f"{where} gives a picture that is no whole JPEG")
        return got.body


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.path.startswith("/")


def _profile(element: Element) -> Profile:
    shown = element.child("VideoSourceConfiguration") or element.child("Configurations", "VideoSource")
    source = shown.said("SourceToken") if shown is not None else ""
    configuration = shown.attributes.get("token", "") if shown is not None else ""
    moves = element.child("PTZConfiguration") is not None or element.child("Configurations", "PTZ") is not None
    return Profile(element.attributes.get("token", ""), element.said("Name")[:128], source, configuration, moves)
