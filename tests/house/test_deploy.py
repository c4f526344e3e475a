"""What is handed to whoever deploys: it starts as written, is closed by default, and asks only for what exists."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import psycopg
import pytest
import yaml

from adapters.timescale.connections import opened
from adapters.timescale.migrate import migrate
from tests.house.tree import ROOT
from tests.support import mosquitto, postgres

DEPLOY = ROOT / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
MACROS = {
    r"\$__timeFilter\((\w+)\)": r"\1 between now() - interval '1 day' and now()",
    r"\$__timeFrom\(\)": "'2026-11-21T00:00:00Z'",
    r"\$__timeTo\(\)": "'2026-11-22T00:00:00Z'",
    r"\$site\b": "market",
    r"\$kind\b": "env.temperature",
}


@pytest.fixture(scope="module")
def report() -> Iterator[psycopg.Connection]:
    """A connection as the role that dashboards use, to a database that the hub has prepared."""
    with postgres.server("embedded") as server, postgres.database(server, "deploy") as dsn:
        asyncio.run(prepare(dsn))
        with psycopg.connect(dsn, autocommit=True) as connection:
            statements = re.sub(
                r"^--.*$", "", (DEPLOY / "report-role.sql").read_text(encoding="utf-8"), flags=re.MULTILINE
            )
            connection.execute(statements.replace(":password", "'for this test alone'"))
            connection.execute("set role report")
            yield connection


async def prepare(dsn: str) -> None:
    async with opened(dsn) as connection:
        await migrate(connection)


def queries(board: dict[str, object]) -> list[str]:
    variables = [v["query"] for v in board["templating"]["list"]]
    return variables + [target["rawSql"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.database
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda p: p.stem)
def test_dashboards_ask_only_what_the_report_role_may_read(path: Path, report: psycopg.Connection) -> None:
    for query in queries(json.loads(path.read_text(encoding="utf-8"))):
        for macro, meaning in MACROS.items():
            query = re.sub(macro, meaning, query)
        assert "$" not in query.replace("'$%'", ""), query
        report.execute(query)


@pytest.mark.database
def test_the_report_role_may_read_the_views_without_plates_and_nothing_else(report: psycopg.Connection) -> None:
    readable = report.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm')"
        " and has_table_privilege('report', c.oid, 'select, insert, update, delete, truncate')"
    ).fetchall()
    views = report.execute(
        "select viewname from pg_views where schemaname = 'public' and viewname like 'v\\_%'"
        " and viewname <> 'v_passage_plate'"
    ).fetchall()
    assert sorted(readable) == sorted(views)


@pytest.mark.broker
def test_the_broker_starts_with_our_file_and_refuses_strangers(tmp_path: Path) -> None:
    """The container's folders are replaced by the test's; every other line is as it is shipped."""
    if why := mosquitto.available():
        pytest.skip(why)
    port = mosquitto.free_port()
    (tmp_path / "mosquitto.passwd").touch(mode=0o600)
    shutil.copy(DEPLOY / "mosquitto.acl", tmp_path)
    (tmp_path / "mosquitto.acl").chmod(0o600)
    text = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
    text = text.replace("/mosquitto/config", str(tmp_path)).replace("/mosquitto/data/", f"{tmp_path}/")
    text = text.replace("listener 1883", f"listener {port} 127.0.0.1") + "user root\n"
    (tmp_path / "mosquitto.conf").write_text(text, encoding="utf-8")
    command = [mosquitto.program("mosquitto"), "-c", str(tmp_path / "mosquitto.conf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as broker:
        try:
            assert stranger(port, broker) == b"\x20\x02\x00\x05"
        finally:
            broker.terminate()
        assert broker.stdout is not None
        assert "Error" not in broker.stdout.read()


def stranger(port: int, broker: "subprocess.Popen[str]") -> bytes:
    """Sign in to a broker without a name (MQTT 3.1.1, 3.1) and return its CONNACK; return code 5: not authorised."""
    while broker.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01s")
                return s.recv(4)
        except ConnectionRefusedError:
            continue
    raise AssertionError(broker.stdout.read() if broker.stdout else "the broker ended")


def test_the_broker_keeps_what_the_documents_promise() -> None:
    shipped = dict(
        line.split(None, 1)
        for line in (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "log_type"))
    )
    assert shipped["persistence"] == "true"
    assert shipped["max_queued_messages"] == "0"
    assert shipped["allow_anonymous"] == "false"
    assert int(shipped["autosave_interval"]) <= 10
    assert int(shipped["max_inflight_messages"]) >= 2000


def test_everything_listens_on_loopback_and_brings_no_password() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name
        assert not service["image"].endswith(":latest"), name
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or re.fullmatch(r"\$\{\w+:\?.+\}", value), f"{name}: {key}"
    filled = [line for line in (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert all(line.endswith("=") for line in filled if line)


def test_the_unit_is_closed_down() -> None:
    unit = RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((DEPLOY / "citywatch.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    wanted = {
        "User": "citywatch", "UMask": "0077", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
        "PrivateTmp": "yes", "PrivateDevices": "yes", "RestrictNamespaces": "yes", "CapabilityBoundingSet": "",
        "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes", "RestrictRealtime": "yes",
        "SystemCallArchitectures": "native", "IPAddressDeny": "any", "LimitCORE": "0", "Restart": "always",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6", "TimeoutStopSec": "20",
    }  # fmt: skip
    assert {key: service.get(key) for key in wanted} == wanted
    assert unit["Unit"]["StartLimitIntervalSec"] == "0", "it never gives up"
