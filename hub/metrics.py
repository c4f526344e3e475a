"""Figures of the hub itself, in Prometheus form; read from the parts when asked, so counting costs the road nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from hub.model import Reason


class Figure(Struct, frozen=True):
    """One figure of one part: a counter when `total`, else a gauge; labels name the part it is of."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = {}
    total: bool = False


Source = Callable[[], Iterable[Figure]]


class _Collector:
    def __init__(self, sources: list[Source]) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for figure in (f for source in self._sources for f in source()):
            family = families.get(figure.name)
            if family is None:
                make = CounterMetricFamily if figure.total else GaugeMetricFamily
                family = families[figure.name] = make(figure.name, figure.help, labels=sorted(figure.labels))
            family.add_metric([figure.labels[k] for k in sorted(figure.labels)], figure.value)
        return families.values()


class Counters:
    """What came in and what became of it; plain integers, read when the metrics are asked for.

    received + own = spooled + unchanged + unknown, always.
    """

    def __init__(self) -> None:
        self.received = 0
        """Samples that drivers handed over."""
        self.own = 0
        """Readings that the hub made itself: health, values that became stale or lost their device."""
        self.unchanged = 0
        self.unknown = 0
        self.spooled = 0
        self.events = 0
        self.passages = 0
        """Revisions of passages on their way to the store."""
        self.strays = 0
        self.reasons: Counter[Reason] = Counter()

    def make(self, n: int) -> None:
        """Count readings that the hub made itself and that go to the spool as they are."""
        self.own += n
        self.spooled += n


class Metrics:
    """Every part's figures under one name space, `citywatch_…`."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(self._sources))

    def add(self, source: Source) -> None:
        """Ask `source` for its figures at each exposition."""
        self._sources.append(source)

    def exposition(self) -> bytes:
        """Return all figures in the Prometheus text format 0.0.4."""
        return generate_latest(self._registry)
