"""What became of the requests to one device, or what it said by itself: integers and a bounded window of times."""

from collections import deque
from collections.abc import Sequence

from hub.model import MILLISECOND, Reason, Sample

WINDOW = 128
"""Answer times that are kept for the percentiles."""


class Statistics:
    """Counters of one device since the hub started."""

    def __init__(self) -> None:
        self.tries = 0
        self.good = 0
        self.timeouts = 0
        """Scans that were not answered."""
        self.exceptions = 0
        """Values that the device refused to give."""
        self.sent: int | None = None
        """Bytes sent to the device; None: its driver does not count them."""
        self.received: int | None = None
        self._times: deque[int] = deque(maxlen=WINDOW)

    def answered(self, samples: Sequence[Sample], took: int) -> None:
        """Count a scan that was answered after `took` ns."""
        self.timed(took)
        for sample in samples:
            if sample.reason is Reason.REFUSED:
                self.exceptions += 1

    def timed(self, took: int) -> None:
        """Count an answer that came after `took` ns."""
        self.good += 1
        self._times.append(took)

    def percentile(self, per_cent: int) -> float | None:
        """Return the nearest-rank percentile of the latest answer times in ms, None before the first answer."""
        ordered = sorted(self._times)
        if not ordered:
            return None
        return round(ordered[(len(ordered) * per_cent + 99) // 100 - 1] / MILLISECOND, 2)

    def told(self, reconnects: int) -> dict[str, float | None]:
        """Return the figures as interfaces show them."""
        return {
            "tries": self.tries, "good": self.good, "timeouts": self.timeouts, "exceptions": self.exceptions,
            "reconnects": reconnects, "rtt_p50_ms": self.percentile(50), "rtt_p95_ms": self.percentile(95),
            "bytes_sent": self.sent, "bytes_received": self.received,
        }  # fmt: skip


class Heard:
    """What one device has said by itself since the hub started."""

    def __init__(self) -> None:
        self.messages = 0
        self.received = 0
        """Bytes of payloads."""
        self.undecodable = 0
        """Messages that were not understood, wholly or in part."""
        self.sent = 0
        """Bytes of the payloads of commands."""

    def told(self, reconnects: int) -> dict[str, float | None]:
        """Return the figures as interfaces show them."""
        return {
            "messages": self.messages, "undecodable": self.undecodable, "reconnects": reconnects,
            "bytes_sent": self.sent, "bytes_received": self.received,
        }  # fmt: skip
