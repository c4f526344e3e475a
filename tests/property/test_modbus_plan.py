"""Whatever a profile asks for and whatever a device forbids: the planner's promises hold."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import BIT_TABLES, REGISTERS, Address, Forbidden, Limits
from drivers.modbus.plan import plan, split

register_addresses = st.one_of(
    st.builds(
        lambda table, number, type_: Address(table=table, register=number, type=type_),
        st.sampled_from(["input", "holding"]),
        st.integers(0, 300),
        st.sampled_from([t for t in REGISTERS if t != "bool"]),
    ),
    st.builds(
        lambda number, length: Address(table="holding", register=number, type="string", length=length),
        st.integers(0, 300),
        st.integers(1, 40),
    ),
)
bit_addresses = st.builds(
    lambda table, number: Address(table=table, register=number, type="bool"),
    st.sampled_from(["coil", "discrete"]),
    st.integers(0, 3000),
)
addresses = st.lists(st.one_of(register_addresses, bit_addresses), max_size=60)
forbidden = st.builds(
    lambda table, first, many: Forbidden.model_validate({"table": table, "from": first, "to": first + many}),
    st.sampled_from(["input", "holding", "coil", "discrete"]),
    st.integers(0, 300),
    st.integers(0, 30),
)
limits = st.builds(
    lambda read, gap, ranges: Limits(largest_read=read, largest_gap=gap, forbidden=tuple(ranges)),
    st.integers(1, 125),
    st.integers(0, 20),
    st.lists(forbidden, max_size=5),
)


def largest(table, limits):
    return min(2000, 16 * limits.largest_read) if table in BIT_TABLES else limits.largest_read


def touches(table, first, count, limits):
    return any(f.table == table and f.first < first + count and f.last >= first for f in limits.forbidden)


def check(blocks, points, limits):
    for b in blocks:
        assert 1 <= b.count <= largest(b.table, limits)
        assert b.first >= 0
        assert not touches(b.table, b.first, b.count, limits)
        for i in b.members:
            assert points[i].table == b.table
            assert b.first <= points[i].number
            assert points[i].end <= b.first + b.count


@given(addresses, limits)
def test_every_point_is_fetched_whole_once_within_the_limits_or_named_as_impossible(points, limits):
    blocks, impossible = plan(points, limits)
    check(blocks, points, limits)
    assert sorted([i for b in blocks for i in b.members] + impossible) == list(range(len(points)))
    for i in impossible:
        p = points[i]
        assert p.count > largest(p.table, limits) or touches(p.table, p.number, p.count, limits)


@given(addresses, limits)
def test_no_two_neighbouring_reads_could_have_been_one(points, limits):
    blocks, _ = plan(points, limits)
    for a, b in itertools.pairwise(blocks):
        if a.table != b.table:
            continue
        gap = 16 * limits.largest_gap if a.table in BIT_TABLES else limits.largest_gap
        first_of_b = points[b.members[0]]
        reach = max(a.first + a.count, first_of_b.end)
        too_far = b.first - a.first - a.count > gap
        too_long = reach - a.first > largest(a.table, limits)
        assert too_far or too_long or touches(a.table, a.first, reach - a.first, limits)


@given(addresses, limits)
def test_splitting_keeps_every_point_and_ends_with_points_that_share_registers(points, limits):
    blocks, _ = plan(points, limits)
    before = sorted(i for b in blocks for i in b.members)
    for _ in range(40):
        blocks = [part for b in blocks for part in split(b, points, limits)]
    check(blocks, points, limits)
    assert sorted(i for b in blocks for i in b.members) == before
    for b in blocks:
        assert split(b, points, limits) == [b]
