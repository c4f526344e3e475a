"""What the embedded broker's library says is told only where it is news."""

import logging
import sys

import pytest

from simulators.broker import Broker


def _record(message: str, wrong: BaseException) -> logging.LogRecord:
    try:
        raise wrong
    except BaseException:
        return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, message, None, sys.exc_info())


@pytest.mark.parametrize(
    ("message", "wrong", "told"),
    [
        ("Task exception was never retrieved <ProtocolHandler.mqtt_publish()>", TimeoutError("no PUBACK"), False),
        ("Task exception was never retrieved <ProtocolHandler.mqtt_publish()>", ValueError("a mistake"), True),
        ("Task exception was never retrieved <Fleet._move()>", TimeoutError("too slow"), True),
    ],
)
async def test_a_client_that_left_without_acknowledging_is_no_news(
    message: str, wrong: BaseException, told: bool
) -> None:
    broker = Broker()
    await broker.start()
    await broker.stop()
    assert bool(logging.getLogger("asyncio").filter(_record(message, wrong))) is told
