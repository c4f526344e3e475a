"""The spool against a model, over any sequence of appends, trims, thinnings and kills."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.model import Lane
from hub.spool import Rows, Spool

MOST = 400
LANES = st.sampled_from(Lane)


class SpoolMachine(RuleBasedStateMachine):
    """`acknowledged` is what the spool has said is durable; `model` is what must be in it, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.number = 0
        self.acknowledged: list[tuple[int, Lane, int]] = []
        self.unanswered: set[int] = set()
        self.lost: set[int] = set()
        self.spool: Spool | None = None
        self.last_seq = 0
        self.id = ""

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> Spool:
        spool = Spool(Path(self.folder.name) / "spool.db", max_bytes=MOST, keep_free=0)
        spool.on_drop = lambda _lane, n, t_min, t_max: self.lost.update(range(t_min, t_max + 1)) if n else None
        return spool

    @initialize()
    def begin(self) -> None:
        self.spool = self.run(self._open())
        self.id = self.spool.id

    @rule(lanes=st.lists(LANES, min_size=1, max_size=4), size=st.integers(1, 60))
    def append(self, lanes: list[Lane], size: int) -> None:
        """Append and wait until it is durable."""
        assert self.spool is not None
        for lane in lanes:
            self._append(lane, size)
        self.run(self.spool.flushed())
        assert not self.unanswered

    @rule(lane=LANES, size=st.integers(1, 60))
    def append_unheard(self, lane: Lane, size: int) -> None:
        """Append and go on at once: it may be durable before a kill, or not."""
        self._append(lane, size)

    def _append(self, lane: Lane, size: int) -> None:
        assert self.spool is not None
        self.number += 1
        number = self.number
        body = number.to_bytes(4, "big") * size
        self.unanswered.add(number)

        def durable() -> None:
            self.unanswered.discard(number)
            self.acknowledged.append((number, lane, size))

        self.spool.append(Rows(f"t{number}", lane, size, number, number, body), durable)

    @rule(share=st.floats(0, 1))
    def trim(self, share: float) -> None:
        """Store the oldest part of what is there, as the database would, and trim it."""
        assert self.spool is not None
        self.run(self.spool.flushed())
        there = self.spool.read(0, 1 << 30)
        gone = there[: int(len(there) * share)]
        if gone:
            numbers = {int(b.target[1:]) for b in gone}
            self.acknowledged = [a for a in self.acknowledged if a[0] not in numbers]
            self.spool.trim(gone[-1].seq)
            self.run(self.spool.flushed())

    @rule()
    def kill(self) -> None:
        """Drop the writer without a word, as `kill -9` does between two commits, and open the file again."""
        assert self.spool is not None
        file = self.spool.file
        with file._lock:
            file._entries.clear()
        file._stopping = True
        file._ring()
        file._thread.join()
        self.run(asyncio.sleep(0))
        self.spool._reader.close()
        self.unanswered.clear()
        self.spool = self.run(self._open())
        assert self.spool.id == self.id

    @invariant()
    def nothing_acknowledged_is_lost_and_order_is_kept(self) -> None:
        if self.spool is None:
            return
        self.run(asyncio.sleep(0))
        there = self.spool.read(0, 1 << 30)
        numbers = [int(b.target[1:]) for b in there]
        assert numbers == sorted(numbers)
        assert [b.seq for b in there] == sorted({b.seq for b in there})
        for batch in there:
            assert batch.body == int(batch.target[1:]).to_bytes(4, "big") * batch.n
        missing = {number for number, _, _ in self.acknowledged} - set(numbers)
        for _ in range(500):
            if missing <= self.lost:
                break
            self.run(asyncio.sleep(0.005))  # a commit seen in the file, whose news of thinning is still on its way
        assert missing <= self.lost
        assert self.spool.last_seq >= self.last_seq
        self.last_seq = self.spool.last_seq

    @invariant()
    def alarms_are_never_thinned_and_what_is_thinned_is_counted(self) -> None:
        lanes = {number: lane for number, lane, _ in self.acknowledged}
        assert all(lanes.get(number, Lane.LIVE).may_drop for number in self.lost)
        if self.spool is not None and not self.unanswered:
            there = self.spool.read(0, 1 << 30)
            held = self.spool.held
            assert (held.records, held.bytes) == (sum(b.n for b in there), sum(len(b.body) for b in there))
            assert held.bytes <= MOST or not any(b.lane.may_drop for b in there)

    def teardown(self) -> None:
        if self.spool is not None:
            self.spool.close()
        self.loop.close()
        self.folder.cleanup()


SpoolMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_the_spool_keeps_what_it_acknowledged = SpoolMachine.TestCase
