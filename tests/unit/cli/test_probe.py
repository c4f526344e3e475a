"""`check --connect` on the wire: each device of a shared line is told apart."""

from pathlib import Path

from drivers import REGISTRY
from hub.cli.probe import lines_of, try_lines
from hub.config import load
from tests.support.broken_modbus import broken_modbus, by_unit, exception


async def test_each_device_behind_one_gateway_is_told_apart(tmp_path: Path) -> None:
    async with broken_modbus() as gateway:
        gateway.script = [by_unit({2: exception(2)})]
        reached = f"host: 127.0.0.1, port: {gateway.port}"
        devices = "".join(
            f"  - {{id: d{n}, profile: power/en54-psu-modbus, zone: z, connection: {{{reached}, unit: {n}}}}}\n"
            for n in (1, 2)
        )
        (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n{devices}")
        site = load(tmp_path, REGISTRY)
        rows = await try_lines(site, lines_of(site, REGISTRY))
    assert [(row["device"], row["ok"]) for row in rows] == [("d1", True), ("d2", False)]
    assert "d1/mains reads" in rows[0]["detail"]
    assert "refused" in rows[1]["detail"]
