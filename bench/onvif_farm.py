"""Simulated cameras for `bench.onvif`, in a process of their own.

`python -m bench.onvif_farm N`: prints their ports, then answers each line on standard input by one line of JSON.
`flag N 0|1` changes a flag of a camera and says when (the machine's monotonic clock); `cut N` breaks the first N, each
in one of three ways, and says which; `heal` mends all; `state` counts the cameras somebody pulls from.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from hub.model import SystemClock
from simulators.onvif.camera import SimulatedCamera
from simulators.onvif.eyes import Channel
from simulators.onvif.port import Port
from simulators.onvif.signin import Gate

USER, PASSWORD = "bench", "bench"
FLAG = "tns1:RuleEngine/TamperDetector/Tamper"
QUIET = (
    "VideoSource/MotionAlarm", "RuleEngine/CellMotionDetector/Motion", "VideoSource/GlobalSceneChange/ImagingService",
    "VideoSource/ImageTooDark/ImagingService", "VideoSource/ImageTooBright/ImagingService",
    "VideoSource/ImageTooBlurry/ImagingService", "VideoSource/SignalLoss", "Device/HardwareFailure/StorageFailure",
)  # fmt: skip
REASONS = {"cut": "unreachable", "unauthorized": "auth_failed", "entities": "protocol_error"}
"""How cameras break, and by which word the hub has to call it."""
SOURCE = {"VideoSourceConfigurationToken": "video0"}


class Farm:
    """Many cameras, each on a port of its own."""

    def __init__(self, many: int) -> None:
        self.ports = [self._camera(n) for n in range(many)]

    def _camera(self, number: int) -> Port:
        clock = SystemClock()
        camera = SimulatedCamera(Gate(USER, PASSWORD), lambda: port.base, clock.now)
        camera.eyes.channels = [Channel("video0", f"camera {number}")]
        camera.about = {"manufacturer": "bench", "serial": f"{number:06}"}
        for topic in (*(f"tns1:{t}" for t in QUIET), FLAG):
            camera.show(topic, SOURCE, {"State": "false"})
        port = Port(camera)
        return port

    async def start(self) -> list[int]:
        """Listen; return the ports."""
        for port in self.ports:
            await port.start()
        return [port.number for port in self.ports]

    def obey(self, word: str, *given: str) -> dict[str, Any]:
        """Carry out one order."""
        if word == "flag":
            at = time.perf_counter()
            self.ports[int(given[0])].camera.show(FLAG, SOURCE, {"State": "true" if given[1] == "1" else "false"})
            return {"at": at}
        if word == "cut":
            return {"broken": [self._break(n) for n in range(int(given[0]))]}
        if word == "heal":
            for port in self.ports:
                port.broken.clear()
        return {"pulled": sum(port.camera.listeners > 0 for port in self.ports)}

    def _break(self, number: int) -> str:
        kind = list(REASONS)[number % len(REASONS)]
        port = self.ports[number]
        port.broken[kind] = 0.0
        port.hang_up()
        return REASONS[kind]


async def main(many: int) -> None:
    """Serve until standard input ends."""
    farm = Farm(many)
    print(json.dumps(await farm.start()), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(farm.obey(*line.split())), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
