"""A small hub for the web adapter's tests: a site, its last known state, a desk that journals in memory."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.base import Bucket, Coverage, FigureValue, Gap, JournalRow
from hub.kpi import Occurrence
from hub.model import (
    SECOND,
    Alarm,
    Clock,
    Device,
    DeviceChange,
    DeviceState,
    DeviceStatus,
    Lane,
    OperatorAction,
    Outcome,
    Point,
    Priority,
    Reading,
    Record,
    Refused,
    ServiceChange,
    Site,
    StorageError,
    StoreSettings,
    Text,
    Transition,
    WebSettings,
    Zone,
    fold,
    point_id,
)
from hub.model.clock import iso
from hub.model.figure import FigureSpec
from hub.model.looking import PassageQuery
from hub.model.masking import mask
from hub.roles import Person
from hub.stream import Stream

PLATE = "20A12345"
ZONES = {
    "tn": Zone("tn", Text("Thái Nguyên", "Thai Nguyen"), at=(21.59, 105.84)),
    "tn/market": Zone("tn/market", Text.same("Chợ Thái"), parent="tn", at=(21.5942, 105.8482)),
    "tn/market/floor-7": Zone("tn/market/floor-7", Text("Tầng 7", "Floor 7"), parent="tn/market"),
    "other": Zone("other", Text.same("Other")),
}


def point(device: str, name: str, kind: str = "fire.alarm", zone: str = "tn/market", type_: str = "bool") -> Point:
    return Point(point_id(device, name), device, name, Text.same(name), kind, zone, Lane.ALARM, type=type_)


def site(folder: str = ".", *, web: WebSettings | None = None, map_: str | None = None, panels: int = 3) -> Site:
    devices = {}
    for number in range(1, panels + 1):
        id_ = f"panel-{number}"
        zone = "other" if number == panels else "tn/market"
        points = (
            point(id_, "z01.alarm", zone=zone),
            point(id_, "level", "env.water_level", zone, "float"),
            point(id_, "$health", "$health", zone, "text"),
        )
        devices[id_] = Device(
            id_, Text.same(id_.title()), "fire/en54-modbus", "modbus", zone,
            {"host": "10.1.2.3", "password": "very secret"}, points,
            tags=frozenset({"fire"}), at=(21.5, 105.8) if number == 1 else None,
        )  # fmt: skip
    return Site(
        "thai-nguyen", Text("Thái Nguyên", "Thai Nguyen"), "Asia/Ho_Chi_Minh", "vi", folder,
        web or WebSettings(), StoreSettings(), ZONES, devices,
        {p.id: p for d in devices.values() for p in d.points}, (), map_,
        figures=(FigureSpec("heat", Text.same("Heat"), "mean", "day", "previous"),),
    )  # fmt: skip


def passage(number: int, plate: str) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "time": "2023-11-14T22:13:20.000Z", "device": "panel-1", "zone": "tn/market",
        "site": "panel-1", "lane": "1", "direction": None, "class": "car", "colour": "white", "make": None,
        "speed": 51.5, "limit": 50.0, "violation": "speeding", "plate": plate, "plate_kind": "civil", "region": "20",
        "country": None, "confidence": 0.93, "reads": 2, "page": f"1700000000000000-{number}",
    }  # fmt: skip


class FakeHub:
    """View, Desk and Historian in one, publishing on a real stream."""

    def __init__(self, clock: Clock, site_: Site, *, epoch: str = "e1") -> None:
        self.clock = clock
        self.site = site_
        self.stream = Stream(epoch)
        self.out: dict[str, ServiceChange] = {}
        self.known: dict[str, Alarm] = {}
        self.statuses = {
            id_: DeviceStatus(id_, DeviceState.ONLINE, "", "", clock.now(), clock.now()) for id_ in site_.devices
        }
        self.readings: dict[str, Reading] = {}
        self.away = False
        self.full = False
        self.acted: list[OperatorAction] = []
        self.asked: list[PassageQuery] = []
        self.looked: list[tuple[Person, PassageQuery, str]] = []
        self.refusal: Refused | None = None

    # View

    @property
    def epoch(self) -> str:
        return self.stream.epoch

    @property
    def seq(self) -> int:
        return self.stream.seq

    def alarms(self) -> Sequence[Alarm]:
        return [alarm for alarm in self.known.values() if alarm.retained]

    def alarm(self, alarm: str) -> Alarm | None:
        return self.known.get(alarm)

    def out_of_service(self) -> Sequence[ServiceChange]:
        return list(self.out.values())

    def device(self, device: str) -> DeviceStatus:
        return self.statuses[device]

    def reading(self, point: str) -> Reading | None:
        return self.readings.get(point)

    # Historian

    async def history(self, point: str, start: int, end: int, buckets: int) -> list[Bucket]:
        self._there()
        return [Bucket(start, 1.0, 2.5, 2.0, 1, 7)]

    async def coverage(self, point: str, start: int, end: int) -> Coverage:
        self._there()
        hub, link = Gap(start, start + SECOND, "hub", "crashed"), Gap(end - SECOND, None, "link", "unreachable")
        return Coverage(0.75, [hub, link])

    async def figure(self, figure: str, at: int) -> FigureValue:
        self._there()
        if figure != "heat":
            raise KeyError(figure)
        day, before = (iso(at), iso(at + SECOND)), (iso(at - SECOND), iso(at))
        return FigureValue(
            figure, "mean", "°C", *day, 2.0, 4, 1.0, *before, 1.0, 2, 0.5, None, False, "coverage_differs", "x"
        )

    async def journal(self, *, before: int | None, limit: int, match: Mapping[str, str]) -> list[JournalRow]:
        self._there()
        top = (before or 11) - 1
        return [JournalRow(n, self.clock.now(), "transition", {"match": dict(match)}) for n in range(top, 0, -1)][
            :limit
        ]

    async def events(
        self, *, before: str | None, limit: int, kind: str | None, device: str | None
    ) -> list[dict[str, Any]]:
        self._there()
        if before == "nonsense":
            raise Refused("bad_page", "'nonsense' is not the id of an event")
        common = {"zone": "tn", "kind": "net.trap", "attributes": {"oid": "1.3"}, "dedupe_key": None}
        return [
            {"id": "2-2", "time": "2023-11-14T22:13:20.000Z", "device": "panel-1", "lag_ms": 1500, **common},
            {"id": "1-1", "time": "2023-11-14T22:13:19.000Z", "device": "panel-2", "lag_ms": None, **common},
        ][:limit]

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        self._there()
        self.asked.append(query)
        return [passage(n, mask(PLATE)) for n in range(min(3, query.limit))]

    async def ready(self) -> bool:
        return not self.away

    def _there(self) -> None:
        if self.away:
            raise StorageError("the database does not answer")

    async def occurrences(self, start: int, end: int) -> tuple[list[Occurrence], float]:
        self._there()
        return [Occurrence("fire:panel-1/z01.alarm", "critical", start, None, start + SECOND)], 0.5

    # Looker

    async def look(self, person: Person, query: PassageQuery, purpose: str) -> list[dict[str, Any]]:
        self._there()
        self.asked.append(query)
        self.looked.append((person, query, purpose))
        if self.refusal is not None:
            raise self.refusal
        more = {"plate_read": "20A-123.45", "listed": None, "picture": None}
        return [passage(n, PLATE) | more for n in range(2)]

    # Desk

    async def act(self, action: OperatorAction) -> Outcome:
        self.acted.append(action)
        if action.kind in ("out_of_service", "in_service"):
            return self._serve(action)
        alarm = self.known.get(action.alarm)
        if self.full:
            raise StorageError("no room")
        if alarm is None:
            return Outcome(refused="unknown")
        last = alarm.last
        if action.occurrence and action.occurrence != last.occurrence:
            return Outcome(refused="conflict", alarm=alarm)
        if action.kind == "ack" and last.acked:
            return Outcome(refused="already", alarm=alarm)
        acked = last.acked or action.kind == "ack"
        done = self.change(last.alarm, action.kind, active=last.active, acked=acked, who=action.who)
        return Outcome(done, None, self.known[last.alarm])

    def _serve(self, action: OperatorAction) -> Outcome:
        out = action.kind == "out_of_service"
        scope = action.scope or "point"
        if not out and scope not in self.out:
            return Outcome(refused="not_held", alarm=self.known.get(action.alarm))
        change = ServiceChange(scope, out, self.clock.now(), action.who, action.note, action.until)
        self.out[scope] = change
        if not out:
            del self.out[scope]
        return Outcome(change=change, alarm=self.known.get(action.alarm))

    # what happens

    def change(
        self, id_: str, input_: str, *, active: bool, acked: bool, who: str | None = None, **more: Any
    ) -> Transition:
        t = self.transition(id_, input_, active=active, acked=acked, who=who, **more)
        self.publish(t)
        return t

    def transition(
        self, id_: str, input_: str, *, active: bool, acked: bool, who: str | None = None,
        priority: Priority = Priority.CRITICAL, category: str = "fire", zone: str = "tn/market",
    ) -> Transition:  # fmt: skip
        before = self.known.get(id_)
        occurrence = before.last.occurrence if before else 0
        n = before.last.n if before else 0
        rule, _, point_ = id_.partition(":")
        t = Transition(
            id_, occurrence + (input_ == "raise"), n + 1, input_, active, acked, False, priority, category, rule,
            point_.partition("/")[0], point_, zone, Text("BÁO CHÁY", "FIRE"), {"value": True}, self.clock.now(), who,
        )  # fmt: skip
        self.known[id_] = fold(before, t)
        return t

    def raise_(self, id_: str, **more: Any) -> Transition:
        return self.change(id_, "raise", active=True, acked=False, **more)

    def health(self, device: str, state: DeviceState, reason: str = "no_answer") -> None:
        self.statuses[device] = DeviceStatus(device, state, reason, "it is silent", self.clock.now(), None)
        self.publish(DeviceChange(device, state, reason, "it is silent", self.clock.now()))

    def read(self, point_: str, value: Any) -> None:
        from hub.model import Quality, Reason

        before = self.readings.get(point_)
        seq = (before.seq if before else 0) + 1
        self.readings[point_] = Reading(
            point_, value, Quality.GOOD, Reason.NONE, self.clock.now() - SECOND, self.clock.now(), seq
        )

    def publish(self, *records: Record) -> None:
        self.stream.publish(self.clock.now(), (), records)
