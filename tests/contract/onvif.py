"""What the exam of drivers needs of ONVIF."""

from collections.abc import Sequence

from drivers.base import BoundDevice, BoundPoint
from drivers.onvif import SPEC
from hub.model import SystemClock
from simulators.onvif.camera import SimulatedCamera
from simulators.onvif.port import Port
from simulators.onvif.signin import Gate


class OnvifRig:
    """A recorder of two channels, whose web services are text templates that the driver has no part in."""

    spec = SPEC
    heavy = "aiohttp"
    example: tuple[dict[str, object], object, object] = (
        {"topic": "tns1:VideoSource/MotionAlarm", "type": "bool"},
        "1",
        True,
    )

    def __init__(self, way: str) -> None:
        gate = Gate("exam", "exam", frozenset({way}))
        self._camera = SimulatedCamera(gate, lambda: self._port.base, SystemClock().now)
        self._port = Port(self._camera)
        self._round = 0

    async def up(self) -> None:
        self._port.broken.clear()
        await self._port.stop()
        await self._port.start()

    async def down(self) -> None:
        await self._port.stop()
        self._camera.forget()

    async def mute(self) -> None:
        self._port.broken["silence"] = 0.0

    async def speak(self) -> None:
        self._round += 1
        for channel in ("v1", "v2"):
            for topic in ("VideoSource/MotionAlarm", "VideoSource/SignalLoss", "RuleEngine/TamperDetector/Tamper"):
                self._camera.show(f"tns1:{topic}", {"Source": channel}, {"State": str(self._round % 2)})

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one", "v1"), self._device("two", "v2")]

    def _device(self, name: str, channel: str) -> BoundDevice:
        place = {"host": "127.0.0.1", "port": self._port.number, "user": "exam", "password": "exam"}
        connection = self.spec.connection.model_validate({**place, "source": channel, "pull": "5s"})
        topics = ("VideoSource/MotionAlarm", "VideoSource/SignalLoss", "RuleEngine/TamperDetector/Tamper")
        points = tuple(
            BoundPoint(f"{name}/{t}", name, self.spec.address.model_validate({"topic": f"tns1:{t}", "type": "bool"}))
            for t in topics
        )
        return BoundDevice(name, connection, points, timeout=1.0)


ONVIF_RIGS = {"onvif-digest": lambda: OnvifRig("digest"), "onvif-token": lambda: OnvifRig("token")}
