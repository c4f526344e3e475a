"""Every value survives the wire; no bytes make the decoder fail; plans and plain decoding agree."""

import math
import struct

from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BoundPoint
from drivers.modbus import codec
from drivers.modbus.address import REGISTERS, Address, Limits
from drivers.modbus.reads import Reads
from hub.model import Reason, one_by_one

orders = st.sampled_from(["abcd", "badc", "cdab", "dcba"])
RANGES = {"int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1), "int32": (-(2**31), 2**31 - 1),
          "uint32": (0, 2**32 - 1), "int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}  # fmt: skip
whole = st.sampled_from(sorted(RANGES)).flatmap(lambda t: st.tuples(st.just(t), st.integers(*RANGES[t])))
single = st.tuples(st.just("float32"), st.floats(width=32, allow_nan=False, allow_infinity=False))
double = st.tuples(st.just("float64"), st.floats(allow_nan=False, allow_infinity=False))


@given(st.one_of(whole, single, double), orders)
def test_a_number_that_is_written_is_read_back(typed, order):
    type_, value = typed
    address = Address(table="holding", register=0, type=type_, order=order)
    assert codec.decode(address, codec.encode(address, value)) == value


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10),
    st.sampled_from(["abcd", "badc"]),
)
def test_a_text_that_is_written_is_read_back_without_its_trailing_blanks(text, order):
    address = Address(table="holding", register=0, type="string", length=20, order=order)
    assert codec.decode(address, codec.encode(address, text)) == text.rstrip()


any_address = st.builds(
    lambda type_, order, number, missing: Address(
        table="input", register=number, type=type_, order=order, missing=tuple(missing)
    ),
    st.sampled_from([t for t in REGISTERS if t != "bool"]),
    orders,
    st.integers(0, 60),
    st.lists(st.integers(0, 65535), max_size=2),
)
bit_address = st.builds(
    lambda order, number, bit: Address(table="input", register=number, type="bool", order=order, bit=bit),
    orders, st.integers(0, 60), st.integers(0, 15),
)  # fmt: skip


@given(st.lists(st.one_of(any_address, bit_address), min_size=1, max_size=30), st.binary(min_size=128, max_size=128))
def test_a_whole_read_gives_each_point_what_its_own_registers_say(addresses, memory):
    points = [BoundPoint(f"d/p{n}", "d", a) for n, a in enumerate(addresses)]
    reads = Reads(points, Limits())
    samples = {}
    for read in reads.reads:
        data = memory[2 * read.block.first : 2 * (read.block.first + read.block.count)]
        for sample in one_by_one(read.decode(read.head + data)):
            samples[sample.point] = sample
    assert set(samples) == {p.id for p in points}
    for p in points:
        expected = codec.decode(p.address, memory[2 * p.address.number : 2 * p.address.end])
        got = samples[p.id]
        assert (got.reason if got.value is None else got.value) == expected
        assert type(got.value) is not Reason


@given(st.binary(min_size=4, max_size=4), orders)
def test_no_bytes_become_a_float_that_is_not_finite(data, order):
    value = codec.decode(Address(table="holding", register=0, type="float32", order=order), data)
    assert value is Reason.UNDECODABLE or math.isfinite(value)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 31), st.data())
def test_a_field_of_bits_is_what_a_shift_and_a_mask_give(word, first, data):
    many = data.draw(st.integers(1, 32 - first))
    address = Address(table="holding", register=0, type="uint32", bits=(first, many))
    assert codec.decode(address, struct.pack(">I", word)) == (word >> first) % (1 << many)
