"""Every shipped profile on the wire, read back by clients that are not ours."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pymodbus.client import AsyncModbusTcpClient

from drivers import REGISTRY
from hub.config import load, shipped
from hub.model import Device, ManualClock, Point, Site, Value
from hub.model.scaling import to_engineering
from simulators.calm import calm
from simulators.fleet import Fleet
from tests.unit.simulators.site import START
from tests.unit.simulators.test_mqtt import Ear

FOLDER = shipped() / "profiles"
PROFILES = sorted(p.relative_to(FOLDER).with_suffix("").as_posix() for p in FOLDER.rglob("*.yaml"))
SITE = """\
version: 1
site: {{id: one, name: One, timezone: Asia/Ho_Chi_Minh}}
zones: [{{id: z, name: Z}}]
devices:
  - {{id: device, profile: {profile}, zone: z, connection: {connection}, with: {needs}}}
"""
CONNECTIONS = {
    "files": "{folder: drop}",
    "http-ingest": "{secret: {env: PATH}}",
    "opcua": "{url: opc.tcp://10.9.8.7}",
    "snmp": "{host: 10.9.8.7, version: 2c, community: {env: HOME}}",
    "snmp-trap": "{communities: [{env: HOME}]}",
}
Type = AsyncModbusTcpClient.DATATYPE


def site_of(profile: str, folder: Path) -> Site:
    written = yaml.safe_load((FOLDER / f"{profile}.yaml").read_text(encoding="utf-8"))
    parameters = written.get("parameters", {})
    needs = {name: max(4, about.get("min", 0)) for name, about in parameters.items() if "default" not in about}
    connection = CONNECTIONS.get(written["driver"], "{host: 10.9.8.7}")
    text = SITE.format(profile=profile, connection=connection, needs=json.dumps(needs))
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    return load(folder, REGISTRY)


async def words(client: AsyncModbusTcpClient, unit: int, point: Point) -> list[int]:
    place = point.address
    read: Any = {
        "input": client.read_input_registers,
        "holding": client.read_holding_registers,
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
    }[place.table]
    answer = await read(place.number, count=place.count, device_id=unit)
    assert not answer.isError(), f"{point.id}: {answer}"
    return [int(bit) for bit in answer.bits[:1]] if place.table in ("coil", "discrete") else answer.registers


def decoded(point: Point, regs: list[int]) -> Value:
    """Decode with pymodbus and arithmetic written here."""
    place = point.address
    if place.table in ("coil", "discrete"):
        return bool(regs[0])
    if place.order in ("badc", "dcba"):
        regs = [(word & 0xFF) << 8 | word >> 8 for word in regs]
    little = place.order in ("cdab", "dcba")
    if place.type == "string":
        return str(AsyncModbusTcpClient.convert_from_registers(regs, Type.STRING))
    if place.bit is not None:
        return bool(regs[0] >> place.bit & 1)
    number = AsyncModbusTcpClient.convert_from_registers(regs, Type[place.type.upper()], "little" if little else "big")
    assert isinstance(number, int | float)
    if place.bits:
        return int(number) >> place.bits[0] & (1 << place.bits[1]) - 1
    return number


def spoken(device: Device) -> list[Point]:
    """Return the points that have a place of their own: where several read one place, the first."""
    seen: dict[str, Point] = {}
    for point in device.points:
        if point.address is not None:
            place = point.address
            key = (
                f"{place.table} {place.number} {place.bit} {place.bits}"
                if device.driver == "modbus"
                else f"{place.topic} {place.path}"
            )
            seen.setdefault(key, point)
    whole = {p.address.number for p in seen.values() if device.driver == "modbus" and not _bits(p)}
    mixed = {p.address.number for p in seen.values() if device.driver == "modbus" and _bits(p)} & whole
    return [p for p in seen.values() if device.driver != "modbus" or _bits(p) or p.address.number not in mixed]


def _bits(point: Point) -> bool:
    return point.address.bit is not None or point.address.bits is not None


def close(point: Point, seen: Value, truth: Value) -> bool:
    if isinstance(truth, float) or isinstance(seen, float):
        return abs(float(seen) - float(truth)) <= abs(point.scale) * 0.51 + 1e-6 * abs(float(truth))
    return seen == truth


@pytest.mark.parametrize("profile", [p for p in PROFILES if "modbus" in p])
async def test_a_modbus_profile_is_served_and_read_back_point_by_point(profile: str, tmp_path: Path) -> None:
    site = site_of(profile, tmp_path)
    device = site.devices["device"]
    fleet = Fleet(site, clock=ManualClock(START))
    await fleet.start()
    where = fleet.where["device"]
    client = AsyncModbusTcpClient(where.host, port=where.port, framer=_framer(device))
    try:
        assert await client.connect()
        points = spoken(device)
        assert points
        for point in points:
            seen = to_engineering(point, decoded(point, await words(client, device.connection.unit, point)))
            assert close(point, seen, fleet.get(point.id)), point.id
    finally:
        client.close()
        await fleet.stop()


def _framer(device: Device) -> Any:
    from pymodbus.framer import FramerType

    return FramerType.RTU if device.connection.framing == "rtu" else FramerType.SOCKET


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.startswith("mqtt/")])
async def test_an_mqtt_profile_is_published_and_heard_point_by_point(profile: str, tmp_path: Path) -> None:
    site = site_of(profile, tmp_path)
    device = site.devices["device"]
    fleet = Fleet(site, clock=ManualClock(START))
    await fleet.start()
    where = fleet.where["device"]
    ear = Ear(where.port, where.extra["user"], where.extra["password"].get_secret_value())
    try:
        assert await ear.answer.get() == "listening"
        for point in spoken(device):
            fleet.set(point.id, fleet.get(point.id))
            pattern = point.address.topic.replace("{topic}", device.connection.topic)
            topic = pattern.replace("{device}", "device").replace("+", "simulated")
            raw = follow((await ear.next(topic))[0], point.address.path)
            assert close(point, to_engineering(point, raw), fleet.get(point.id)), point.id
            fleet.set(point.id, None)
    finally:
        await ear.close()
        await fleet.stop()


def follow(payload: bytes, path: str | None) -> Value:
    if path is None:
        text = payload.decode()
        return {"true": True, "false": False}.get(text, text)
    here = json.loads(payload)
    for step in path.replace("[", ".").replace("]", "").split("."):
        here = here[int(step)] if isinstance(here, list) else here[step]
    assert isinstance(here, bool | int | float | str)
    return here


@pytest.mark.parametrize("profile", PROFILES)
def test_a_quiet_device_stays_in_its_ranges_all_day(profile: str, tmp_path: Path) -> None:
    site = site_of(profile, tmp_path)
    fleet = Fleet(site)
    assert calm(site) == {}
    for point in site.devices["device"].points:
        if point.address is None or point.range is None:
            continue
        for quarter in range(96):
            value = fleet.process.value(point, START + quarter * 900_000_000_000)
            assert point.range[0] <= float(value) <= point.range[1], point.id
