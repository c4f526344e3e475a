"""Numbers that are looked at together come to what each would come to by itself."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BoundPoint
from drivers.snmp import rates
from drivers.snmp.address import Address
from drivers.snmp.reads import UPTIME, Reads
from drivers.snmp.tables import Tables
from drivers.snmp.value import EXACT, decode
from hub.model import Reason, Sample, one_by_one

MINE = "1.3.6.1.4.1.32473"
TYPES = ["auto", "integer", "gauge", "enum", "ticks", "counter32", "counter64"]
EDGES = [0, -1, -(2**31), -(2**31) - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, EXACT, EXACT + 1, -EXACT, -EXACT - 1, 2**64]
RAW = st.one_of(
    st.integers(0, 1000), st.sampled_from(EDGES), st.none(), st.binary(max_size=4), st.floats(), st.just("1.3.6")
)


def by_itself(point: str, address: Address, raw: object) -> Sample:
    value = decode(address, raw)
    if isinstance(value, Reason):
        return Sample(point, None, None, value)
    exact = type(value) is not int or -EXACT <= value <= EXACT
    return Sample(point, value) if exact else Sample(point, value, None, Reason.OUT_OF_RANGE)


@given(st.lists(st.tuples(st.sampled_from(TYPES), RAW), min_size=1, max_size=8))
def test_numbers_of_one_answer_are_what_each_is_by_itself(cells):
    addresses = [Address(oid=f"{MINE}.{n}.0", type=kind) for n, (kind, _) in enumerate(cells)]
    points = [BoundPoint(f"d/p{n}", "d", a) for n, a in enumerate(addresses)]
    answer = {a.oid: raw for a, (_, raw) in zip(addresses, cells, strict=True) if raw is not None}
    reads = Reads(points, Tables(), 20, 20)
    (ask,) = reads.asks
    assert ask.names[0] == UPTIME
    seen = one_by_one(reads.of_answer(ask, answer, rates.Moment(1, 1), {}))
    alone = [by_itself(p.id, p.address, raw) for p, (_, raw) in zip(points, cells, strict=True)]
    assert {s.point: s for s in seen} == {s.point: s for s in alone}


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=6))
def test_rates_of_one_answer_are_what_each_is_by_itself(grown):
    def read(only: list[int]) -> dict[str, Sample]:
        points = [BoundPoint(f"d/p{n}", "d", Address(oid=f"{MINE}.{n}.0", type="counter32", rate=True)) for n in only]
        reads, counts = Reads(points, Tables(), 20, 20), {}
        (ask,) = reads.asks
        for at, side in ((0, 0), (1, 1)):
            answer = {f"{MINE}.{n}.0": grown[n][side] for n in only}
            seen = reads.of_answer(ask, answer, rates.Moment(100 * at, rates.SECOND * at), counts)
        return {s.point: s for s in one_by_one(seen)}

    together = read(list(range(len(grown))))
    assert together == {p: s for n in range(len(grown)) for p, s in read([n]).items()}
