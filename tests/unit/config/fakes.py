"""A registry of two invented drivers, and sites written into a folder in one call."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hub.config import Problem, inspect
from hub.model import Reason, Site, Value


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Connection(Strict):
    host: str
    port: int = Field(700, ge=1, le=65535)
    password: SecretStr | None = None


class Address(Strict):
    cell: int


class Event(Strict):
    topic: str


class Limits(Strict):
    slots: int = 4


def decode(address: Address, raw: Any) -> Value | Reason:
    if raw == "absent":
        return Reason.NOT_PROGRAMMED
    if not isinstance(raw, int | float | str):
        raise ValueError(f"cell {address.cell} holds one value")
    return raw


class FakeDriver(Struct, frozen=True):
    connection: type[BaseModel] = Connection
    address: type[BaseModel] = Address
    event: type[BaseModel] | None = None
    pushes: bool = False
    pictures: bool = False
    example: Callable[[Any, Any], Value | Reason] | None = decode
    limits: type[BaseModel] | None = Limits
    happening: Callable[[Any, Any], Mapping[str, Any] | None] | None = None
    found: type[BaseModel] | None = None
    cell: Callable[[Any, Any], Mapping[str, Any]] | None = None


DRIVERS = {"asked": FakeDriver(), "told": FakeDriver(pushes=True, event=Event, example=None, limits=None)}

METER = """
profile: lab/meter
title: {vi: Đồng hồ, en: Meter}
driver: asked
source: Lab notes, page 4
parameters: {base: {type: int, default: 100, min: 0}, rows: {type: int, default: 2, min: 0, max: 9}}
connection: {port: 701}
interval: 10s
limits: {slots: 2}
points:
  level: {kind: env.water_level, scale: 0.001, range: [0, 30], address: {cell: "{base}"}}
  lamp: {kind: device.flag, map: {0x01: true, 0: false}, address: {cell: 2}}
each:
  - count: rows
    name: "r{n:02}"
    points:
      hot: {kind: env.heat, address: {cell: "{base + 10 * n}"}, name: {vi: "Hàng {n}", en: "Row {n}"}}
examples:
  - {point: level, raw: 1500, value: 1.5}
  - {point: level, raw: 40000, reason: out_of_range}
  - {point: level, raw: absent, reason: not_programmed}
  - {point: lamp, raw: 1, value: true}
  - {point: lamp, raw: 7, reason: undecodable}
"""
BELL = """
profile: lab/bell
title: Bell
driver: told
source: Lab notes, page 5
silent_after: 1h
points:
  rung: {kind: device.flag, address: {cell: 1}}
events:
  ring: {kind: device.message, address: {topic: ring}, attributes: {who: by.whom}}
examples:
""" + "".join(f"  - {{point: rung, raw: {n}, value: true}}\n" for n in range(5))
SITE = """
version: 1
site: {id: lab, name: Lab}
zones: [{id: a, name: {vi: Khu A, en: Area A}, zones: [{id: b, at: [21.5, 105.8]}]}, {id: c}]
devices:
  - {id: m1, profile: lab/meter, zone: a/b, connection: {host: h1}, tags: [wet]}
  - {id: bell, profile: lab/bell, zone: c, connection: {host: h2}, behind: m1}
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"profiles/lab/meter.yaml": METER, "profiles/lab/bell.yaml": BELL, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if name == "secrets.yaml":
            path.chmod(0o600)
    return folder


def read(folder: Path, text: str = SITE, **files: str) -> tuple[Site | None, list[Problem]]:
    named = {name.replace("__", "/") + ".yaml": body for name, body in files.items()}
    return inspect(write(folder, {"site.yaml": text, **named}), DRIVERS)


def site(folder: Path, text: str = SITE, **files: str) -> Site:
    made, problems = read(folder, text, **files)
    assert made is not None, problems
    return made


def messages(folder: Path, text: str = SITE, **files: str) -> list[str]:
    return [problem.message for problem in read(folder, text, **files)[1]]
