"""Which reads fetch which points; pure.

One read is cheaper than two, so neighbours are read together, across small gaps, up to the largest read the device
bears, and never touching a forbidden address. A point is never split over two reads: its words would be of two moments.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from drivers.modbus.address import BIT_TABLES, Address, Limits

REGISTER_BITS = 16
LARGEST_BIT_READ = 2000
"""Coils or discretes that one reply can carry (V1.1b3, 6.1)."""


class Block(Struct, frozen=True):
    """One read: `count` addresses of `table` from `first`; `members` are places in the list that was planned."""

    table: str
    first: int
    count: int
    members: tuple[int, ...]


def plan(addresses: Sequence[Address], limits: Limits) -> tuple[list[Block], list[int]]:
    """Return the reads that fetch the points, and the points that no read can fetch (forbidden, or too large)."""
    return plan_some(range(len(addresses)), addresses, limits)


def plan_some(which: Iterable[int], addresses: Sequence[Address], limits: Limits) -> tuple[list[Block], list[int]]:
    """Do what `plan` does for some of the points only."""
    order = sorted(which, key=lambda i: (addresses[i].table, addresses[i].number, addresses[i].end))
    possible = [i for i in order if _possible(addresses[i], limits)]
    blocks: list[Block] = []
    for i in possible:
        grown = _grown(blocks[-1], addresses[i], i, limits) if blocks else None
        if grown:
            blocks[-1] = grown
        else:
            blocks.append(Block(addresses[i].table, addresses[i].number, addresses[i].count, (i,)))
    return blocks, [i for i in order if not _possible(addresses[i], limits)]


def split(block: Block, addresses: Sequence[Address], limits: Limits) -> list[Block]:
    """Return the two reads a refused one is split into, at its widest gap, else its middle; itself if it cannot be."""
    cut = max(_cuts(block, addresses), default=None)
    if cut is None:
        return [block]
    at = cut[2]
    return [*plan_some(block.members[:at], addresses, limits)[0], *plan_some(block.members[at:], addresses, limits)[0]]


def _cuts(block: Block, addresses: Sequence[Address]) -> Iterator[tuple[int, int, int]]:
    """Yield (gap, nearness to the middle, place) of every cut between members that share no address."""
    end = addresses[block.members[0]].end
    for place in range(1, len(block.members)):
        begin = addresses[block.members[place]].number
        if begin >= end:
            yield begin - end, -abs(2 * place - len(block.members)), place
        end = max(end, addresses[block.members[place]].end)


def _grown(block: Block, address: Address, member: int, limits: Limits) -> Block | None:
    """Return the block with one more point in it, or None when that would break a limit."""
    if block.table != address.table or (limits.one_field and not _same_place(block, address)):
        return None
    largest, gap = _sizes(address.table, limits)
    end = block.first + block.count
    reach = max(end, address.end)
    if address.number - end > gap or reach - block.first > largest:
        return None
    if _forbidden(block.table, end, address.number, limits):
        return None
    return Block(block.table, block.first, reach - block.first, (*block.members, member))


def _same_place(block: Block, address: Address) -> bool:
    """Tell whether a point lives in the very registers of a block, as the bits of one register do."""
    return (address.number, address.count) == (block.first, block.count)


def _sizes(table: str, limits: Limits) -> tuple[int, int]:
    if table in BIT_TABLES:
        return min(LARGEST_BIT_READ, limits.largest_read * REGISTER_BITS), limits.largest_gap * REGISTER_BITS
    return limits.largest_read, limits.largest_gap


def _possible(address: Address, limits: Limits) -> bool:
    fits = address.count <= _sizes(address.table, limits)[0]
    return fits and not _forbidden(address.table, address.number, address.end, limits)


def _forbidden(table: str, first: int, end: int, limits: Limits) -> bool:
    """Tell whether any address in [first, end) is forbidden."""
    return any(f.table == table and f.first < end and f.last >= first for f in limits.forbidden)
