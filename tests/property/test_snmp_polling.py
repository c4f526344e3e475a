"""Whatever an agent sends, the driver gives a value, a reason or one of its own errors."""

import random

from hypothesis import given
from hypothesis import strategies as st

from drivers.snmp.address import Address
from drivers.snmp.value import DECODERS, column, decode
from hub.model import DriverError, Reason
from tests.support.broken_snmp import Asked, counter64, integer, octets, oid, shelf, ticks
from tests.unit.snmp.asking import UPTIME, asking

MINE = "1.3.6.1.4.1.32473"
OBJECTS = {
    UPTIME: ticks(1_000_000), f"{MINE}.1.0": integer(-5), f"{MINE}.2.0": octets(b"Th\xc3\xa1i"),
    f"{MINE}.3.0": oid(f"{MINE}.7"), f"{MINE}.4.0": counter64(2**64 - 1), f"{MINE}.5.1": integer(1),
}  # fmt: skip
POINTS = {
    "a": {"oid": f"{MINE}.1.0", "type": "integer"},
    "b": {"oid": f"{MINE}.2.0", "type": "string"},
    "c": {"oid": f"{MINE}.4.0", "type": "counter64", "rate": True},
    "d": {"table": MINE, "column": 5, "fold": "sum"},
}
DAMAGED = 3_000


def damaged(dice: random.Random, whole: bytes) -> bytes:
    """Return an answer with bytes changed, cut away, doubled or put in."""
    body = bytearray(whole)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(body)) if body else 0
        match dice.randrange(4):
            case 0 if body:
                body[at] = dice.randrange(256)
            case 1:
                del body[at:]
            case 2:
                body[at:at] = body[at : at + dice.randrange(9)]
            case _:
                body[at:at] = dice.randbytes(dice.randrange(5))
    return bytes(body)


async def test_three_thousand_damaged_answers_never_break_the_driver():
    dice = random.Random(7)
    right = shelf(OBJECTS)

    def script(asked: Asked) -> bytes:
        whole = right(asked)
        assert isinstance(whole, bytes)
        return damaged(dice, whole)

    async with asking(right, POINTS) as this:
        this.device = type(this.device)("d", this.device.connection, this.device.points, timeout=0.002)
        this.driver._devices = {"d": this.device}
        this.agent.script = script
        while len(this.agent.asked) < DAMAGED:
            try:
                found = await this.read()
            except DriverError:
                continue
            assert set(found) == set(POINTS)
        this.agent.script = right
        this.device = type(this.device)("d", this.device.connection, this.device.points, timeout=1.0)
        this.driver._devices = {"d": this.device}
        assert (await this.read())["a"] == -5


RAW = st.none() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=40) | st.binary(max_size=40)


@given(st.sampled_from(sorted(DECODERS)), RAW)
def test_every_type_gives_a_value_or_a_reason_for_anything(type_, raw):
    found = decode(Address.model_validate({"oid": f"{MINE}.1.0", "type": type_}), raw)
    assert isinstance(found, bool | int | float | str | Reason)
    assert found == found, "NaN is no value"
    assert not isinstance(found, str) or "\x1b" not in found


@given(
    st.dictionaries(st.text(max_size=3), RAW.filter(lambda r: r is not None), max_size=5),
    st.sampled_from(("mean", "sum", "max")),
)
def test_every_column_gives_a_value_or_a_reason(rows, fold):
    address = Address.model_validate({"table": MINE, "column": 1, "fold": fold, "type": "gauge"})
    assert isinstance(column(address, rows), int | float | Reason)
