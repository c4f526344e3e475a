"""What the hub tells Prometheus about itself: each part's counters under their names."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from hub.alarming import Alarming
from hub.batchfile import BatchFile
from hub.intake import Road
from hub.journal import Journal
from hub.metrics import Figure
from hub.model import Lane
from hub.spool import Spool
from hub.stream import Stream
from hub.supervise import Supervisor


class Store(Protocol):
    """What the figures need of the store's adapter."""

    rows: Counter[str]
    refused: Counter[str]
    repeated: int
    settled: int

    @property
    def connected(self) -> bool:
        """Whether readings can be stored now."""
        ...

    @property
    def lag(self) -> Mapping[str, int]:
        """Spooled batches and journaled records that are not stored yet."""
        ...


def figures(
    road: Road, alarming: Alarming, journal: Journal, spool: Spool, stream: Stream, store: Store, parts: Supervisor
) -> Iterator[Figure]:
    """Yield every figure of a running hub."""
    yield from _road(road)
    yield from _file("journal", journal.file)
    yield Figure("citywatch_journal_damaged", "Journaled records that cannot be read", journal.damaged, total=True)
    yield from _file("spool", spool.file)
    yield from _spool(spool)
    yield from _store(store)
    yield Figure("citywatch_transitions", "Alarm transitions made", alarming.transitions, total=True)
    yield Figure("citywatch_transitions_waiting", "Alarm transitions not yet journaled", alarming.unheard)
    yield Figure("citywatch_stream_seq", "Number of the last published record", stream.seq)
    for s in stream.subscriptions:
        name = {"subscriber": s.name}
        yield Figure("citywatch_stream_dropped", "Records a slow subscriber lost", s.dropped, name, total=True)
    for part, count in parts.restarts.items():
        yield Figure("citywatch_part_restarts", "Times a part was started again", count, {"part": part}, total=True)


def _road(road: Road) -> Iterator[Figure]:
    c = road.counters
    yield Figure("citywatch_samples_received", "Samples that drivers handed over", c.received, total=True)
    yield Figure("citywatch_readings_own", "Readings that the hub made itself", c.own, total=True)
    yield Figure("citywatch_samples_unchanged", "Samples that added nothing", c.unchanged, total=True)
    yield Figure("citywatch_samples_unknown", "Samples of points that the site does not have", c.unknown, total=True)
    yield Figure("citywatch_readings_spooled", "Readings handed to the spool", c.spooled, total=True)
    yield Figure("citywatch_events_received", "Device events taken", c.events, total=True)
    yield Figure("citywatch_passages_spooled", "Revisions of passages handed to the spool", c.passages, total=True)
    if (passing := road.passing) is not None:
        yield Figure("citywatch_passage_reads", "Reads of vehicles taken", passing.reads, total=True)
        merging = passing.merging
        counts = {"repeated": merging.repeated, "merged": merging.merged, "crowded": merging.crowded}
        for what, n in counts.items():
            words = "Reads told again, joined to a pass, or forgotten early for want of room"
            yield Figure("citywatch_passage_reads_of", words, n, {"what": what}, total=True)
    yield Figure("citywatch_strays_quarantined", "Inputs that could not be understood", c.strays, total=True)
    for reason, count in c.reasons.items():
        labels = {"reason": reason.word}
        yield Figure("citywatch_readings_marked", "Readings that carry a reason", count, labels, total=True)


def _file(name: str, file: BatchFile) -> Iterator[Figure]:
    labels = {"file": name}
    yield Figure("citywatch_file_commits", "Commits of a file", file.commits, labels, total=True)
    yield Figure("citywatch_file_pending", "Records not yet durable", file.pending, labels)
    yield Figure("citywatch_file_refused", "1 while the disk refuses writes", float(file.trouble is not None), labels)


def _spool(spool: Spool) -> Iterator[Figure]:
    yield Figure("citywatch_spool_bytes", "Bytes waiting for the database", spool.held.bytes)
    yield Figure("citywatch_spool_records", "Records waiting for the database", spool.held.records)
    yield Figure("citywatch_in_flight", "Records on their way to the database", spool.in_flight)
    yield Figure("citywatch_spool_found", "Records in the spool when the hub started", spool.found)
    yield Figure("citywatch_spool_taken", "Records handed to the spool", spool.taken, total=True)
    yield Figure("citywatch_spool_released", "Records forgotten since they are stored", spool.released, total=True)
    words = "Records released that the database had without the hub having been told"
    yield Figure("citywatch_spool_stored_before", words, spool.stored_before, total=True)
    yield Figure("citywatch_spool_damaged", "Spooled records whose checksum was wrong", spool.damaged, total=True)
    for lane in Lane:
        labels = {"lane": lane.name.lower()}
        yield Figure("citywatch_dropped", "Records dropped from storage", spool.dropped[lane], labels, total=True)
        words = "Records that gave way to a newer one of their point while the disk refused writes"
        yield Figure("citywatch_merged", words, spool.merged[lane], labels, total=True)


def _store(store: Store) -> Iterator[Figure]:
    yield Figure("citywatch_store_connected", "1 while the database answers", float(store.connected))
    for table, count in store.rows.items():
        yield Figure("citywatch_store_rows", "Rows stored", count, {"table": table}, total=True)
    for table, count in store.refused.items():
        yield Figure("citywatch_store_refused", "Rows laid in dead_letter", count, {"table": table}, total=True)
    words = "Events told a second time under the same key and left out"
    yield Figure("citywatch_store_repeated", words, store.repeated, total=True)
    words = "Rows of passages that a better one of the same passage took the place of"
    yield Figure("citywatch_store_settled", words, store.settled, total=True)
    for chain, count in store.lag.items():
        yield Figure("citywatch_store_lag", "Batches or records not stored yet", count, {"chain": chain})
