"""The files driver's place of examination: a folder that is there or not, and somebody who lays files in it."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

from drivers.base import BoundDevice, BoundPoint
from drivers.files import SPEC as FILES
from tests.contract.rigs import Example, Rig


class FilesRig:
    spec = FILES
    heavy = "drivers.files.driver"
    place = True
    """It is a folder: it has no host and no port."""
    example: Example = ({"column": "b", "where": {"a": "x"}}, "a,b\ny,1\nx,21.5\n", 21.5)

    def __init__(self) -> None:
        self._base = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self._base, ignore_errors=True)
        self._folder = self._base / "drop"
        self._n = 0

    async def up(self) -> None:
        self._folder.mkdir(exist_ok=True)

    async def down(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    async def mute(self) -> None: ...

    async def speak(self) -> None:
        if not self._folder.is_dir():
            return
        for name in ("one", "two"):
            self._n += 1
            beside = self._folder / f"{name}-{self._n}.tmp"
            beside.write_text(f"what,value,state\na,{self._n},\nb,7,x\n", encoding="utf-8")
            beside.rename(beside.with_suffix(".csv"))

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one"), self._device("two")]

    def _device(self, name: str) -> BoundDevice:
        connection = {"folder": str(self._folder), "pattern": f"{name}-*.csv", "every": "1s"}
        addresses: dict[str, dict[str, object]] = {
            "a": {"column": "value", "where": {"what": "a"}},
            "b": {"column": "value", "where": {"what": "b"}},
            "state": {"column": "state", "type": "text", "where": {"what": "b"}},
        }
        points = tuple(
            BoundPoint(f"{name}/{p}", name, self.spec.address.model_validate(a)) for p, a in addresses.items()
        )
        limits = {"settle": "0s"}
        return BoundDevice(name, self.spec.connection.model_validate(connection), points, limits=limits)


FILES_RIGS: dict[str, Callable[[], Rig]] = {"files": FilesRig}
