"""One drill that was played, or that could not be, and what it did not exercise."""

from collections.abc import Sequence

from msgspec import Struct

from hub.cli.drilling.verdict import Heard, Verdict
from hub.model import Text, Timestamp
from simulators.timeline import Scenario

LEFT_OUT = {
    "virtual": Text(
        "Không diễn: đường truyền thật (kết nối, đăng nhập, mã hóa), sổ ghi trên đĩa, cơ sở dữ liệu, bảng điều hành.",
        "Not exercised: the wire (connections, sign-ins, encryption), the journal's disk, the database, the console.",
    ),
    "real": Text(
        "Không diễn: cơ sở dữ liệu và bảng điều hành.", "Not exercised: the database and the console."
    ),
}  # fmt: skip
"""By clock: what a passed drill says nothing about."""


class Drill(Struct, frozen=True):
    """What one scenario came to."""

    scenario: Scenario
    clock: str
    """`virtual` or `real`."""
    verdict: Verdict | None
    """None: it was not played, and `why_not` says why."""
    heard: Sequence[Heard] = ()
    said: Sequence[tuple[int, Text]] = ()
    begins: Timestamp = 0
    took: int = 0
    """How long it took to play, nanoseconds of the machine's own time."""
    devices: int = 0
    """How many devices were on stage."""
    why_not: Text = Text("", "")

    @property
    def passed(self) -> bool:
        """Whether it was played and everything was as expected."""
        return self.verdict is not None and self.verdict.passed

    @property
    def word(self) -> Text:
        """Its result in a word."""
        if self.verdict is None:
            return Text("KHÔNG DIỄN", "NOT PLAYED")
        return Text("ĐẠT", "PASSED") if self.passed else Text("KHÔNG ĐẠT", "FAILED")

    @property
    def met(self) -> int:
        """How many expectations were met."""
        return 0 if self.verdict is None else sum(o.failure is None for o in self.verdict.outcomes)

    @property
    def slowest(self) -> int | None:
        """The longest latency of an alarm that was met, in nanoseconds."""
        outcomes = () if self.verdict is None else self.verdict.outcomes
        found = [o.latency for o in outcomes if o.failure is None and o.latency is not None]
        return max(found) if found else None
