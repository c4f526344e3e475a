"""`citywatch discover mqtt`: listening at a broker for a while, and telling devices by how they speak."""

import asyncio
import secrets
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from msgspec.structs import replace as replaced

from hub.cli.connecting import Settings, connection
from hub.cli.discover_network import Out, offer
from hub.cli.proposals import AsJson, Replace, refuse
from hub.cli.stopping import run
from hub.importing import topics
from hub.importing.targets import targets
from hub.model import DriverError

MOST_TOPICS = 5000
MOST_BYTES = 65_536
"""Of one payload; larger ones are counted as a topic only."""


def mqtt(
    broker: Annotated[str, typer.Argument(help="HOST or HOST:PORT of the broker.")],
    out: Out = None,
    seconds: Annotated[float, typer.Option("--seconds", help="How long to listen.", min=0.1, max=3600)] = 60.0,
    settings: Settings = [],  # noqa: B006 - typer reads it, nobody changes it
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Listen at an MQTT broker and tell its devices. / Lắng nghe broker MQTT và nhận ra thiết bị.

    Knows the ways of Zigbee2MQTT, Tasmota, ChirpStack and Home Assistant's discovery; of everything else it shows the
    tree of topics. It subscribes to # and publishes nothing; at most 5,000 topics are kept. Ctrl-C ends it early.
    """
    from drivers.mqtt import SPEC

    try:
        at = targets(broker, 1883)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="BROKER") from None
    named = {"port": at.port} if ":" in broker else {}
    wanted = connection(SPEC.connection, {"host": at.network, "topic": "#", **named}, settings)
    heard: dict[str, bytes] = {}
    lost: list[str] = []
    run(lambda stop: listen(wanted, seconds, heard, lost, stop))
    if lost:
        refuse(f"{broker}: {lost[0]}")
    shared = {"host": at.network, **named, **_kept(settings)}
    found, rest = topics.devices(heard, shared), topics.tree(heard)
    notes = [f"Topics of no known convention: {line}" for line in rest]
    if len(heard) >= MOST_TOPICS:
        notes.append(f"There are more than {MOST_TOPICS} topics; the rest was not looked at.")
    offer(found, f"MQTT at {broker}, {len(heard)} topics in {seconds:g} s", out, replace, as_json, notes)


async def listen(wanted: Any, seconds: float, heard: dict[str, bytes], lost: list[str], stop: asyncio.Event) -> int:
    """Fill `heard` with the last payload of each topic, until the time is over or `stop`."""
    from drivers.base import BoundDevice
    from drivers.mqtt.driver import settings_of
    from hub.wire.mqtt import session

    plain = settings_of(BoundDevice("discover", wanted, ()))
    name = f"citywatch{secrets.token_hex(6)}"
    at_broker = session(replaced(plain, client_id=name, session_expiry=0))
    ended = asyncio.create_task(stop.wait())
    try:
        await at_broker.open()
        refused = await at_broker.listen(["#"], _taker(heard))
        lost += [f"the broker does not let this user listen: {why}" for why in refused.values()]
        hanging = asyncio.create_task(_end(at_broker, lost))
        await asyncio.wait({ended, hanging}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        hanging.cancel()
    except DriverError as error:
        lost.append(str(error))
    finally:
        ended.cancel()
        await at_broker.close()
    return 0


async def _end(at_broker: Any, lost: list[str]) -> None:
    try:
        await at_broker.ended()
    except DriverError as error:
        lost.append(str(error))


def _taker(heard: dict[str, bytes]) -> Callable[[Sequence[Any], Sequence[Any], Callable[[], None]], None]:
    def take(messages: Sequence[Any], damaged: Sequence[Any], release: Callable[[], None]) -> None:
        del damaged
        for message in messages:
            if message.topic in heard or len(heard) < MOST_TOPICS:
                heard[message.topic] = message.payload if len(message.payload) <= MOST_BYTES else b""
        release()
        if sys.stderr.isatty():
            typer.echo(f"\r{len(heard)} topics ", nl=False, err=True)

    return take


def _kept(settings: Sequence[str]) -> dict[str, Any]:
    pairs = (pair.partition("=") for pair in settings)
    return {key: {"secret": "mqtt_password"} if key == "password" else value for key, _, value in pairs}
