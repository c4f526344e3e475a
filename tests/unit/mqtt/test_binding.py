"""One topic's messages: samples, events, strays, and what a retained message is worth."""

from drivers.mqtt.address import Address
from drivers.mqtt.routes import Routes
from hub.model import SECOND, DeviceEvent, Intake, Reason, Sample
from tests.unit.mqtt.bound import device, event

NOW = 1_800_000_000 * SECOND


def said(routes: Routes, topic: str, payload: str | bytes, *, retained: bool = False) -> Intake:
    intake = Intake()
    body = payload.encode() if isinstance(payload, str) else payload
    binding = routes.bindings.get(topic) or routes.learn(topic)
    assert binding is not None
    binding.take(topic, body, retained, intake, lambda: NOW)
    return intake


def one(**points: Address) -> Routes:
    return Routes([device("a", points=points)])


def test_fields_of_one_message_become_samples_with_the_payloads_time():
    routes = one(
        smoke=Address(path="smoke", time="at", time_format="s"),
        temperature=Address(path="env.temperature", time="at", time_format="s"),
    )
    intake = said(routes, "site/a", '{"smoke": false, "env": {"temperature": 21.5}, "at": 1700000000}')
    at = 1_700_000_000 * SECOND
    assert intake.samples == [Sample("a/smoke", False, at), Sample("a/temperature", 21.5, at)]
    assert not intake.strays


def test_a_field_that_is_absent_says_nothing():
    intake = said(one(smoke=Address(path="smoke"), battery=Address(path="battery")), "site/a", '{"smoke": true}')
    assert intake.samples == [Sample("a/smoke", True)]


def test_a_field_of_the_wrong_type_is_undecodable_and_the_message_is_kept_aside():
    routes = one(smoke=Address(path="smoke"), t=Address(path="t"))
    intake = said(routes, "site/a", '{"smoke": {"deep": 1}, "t": 20.5}')
    assert intake.samples == [Sample("a/smoke", None, None, Reason.UNDECODABLE), Sample("a/t", 20.5)]
    assert intake.strays[0].reason == "no value for a/smoke"


def test_null_means_that_the_device_has_nothing_to_say():
    intake = said(one(battery=Address(path="battery")), "site/a", '{"battery": null}')
    assert intake.samples == [Sample("a/battery", None, None, Reason.NOT_PROGRAMMED)]
    assert not intake.strays


def test_nan_beside_a_fire_hides_no_fire():
    routes = one(smoke=Address(path="smoke"), t=Address(path="t"))
    intake = said(routes, "site/a", '{"t": NaN, "smoke": true}')
    assert intake.samples == [Sample("a/smoke", True), Sample("a/t", None, None, Reason.UNDECODABLE)]


def test_a_payload_that_is_no_json_makes_every_point_undecodable_and_one_stray_of_4_kib():
    routes = one(smoke=Address(path="smoke"), t=Address(path="t"))
    intake = said(routes, "site/a", b"\xff" * 10_000)
    assert {s.reason for s in intake.samples} == {Reason.UNDECODABLE}
    assert [(s.device, s.source, s.reason, len(s.body), s.at) for s in intake.strays] == [
        ("a", "site/a", "not UTF-8", 4096, NOW)
    ]


def test_a_time_that_cannot_be_read_leaves_the_value_and_marks_the_clock():
    routes = one(v=Address(path="v", time="at"))
    assert said(routes, "site/a", '{"v": 1.5, "at": "soon"}').samples == [Sample("a/v", 1.5, None, Reason.CLOCK)]


def test_a_retained_message_is_used_marked_or_ignored_as_the_address_says():
    routes = one(
        used=Address(path="v", retained="use"),
        marked=Address(path="v"),
        ignored=Address(path="v", retained="ignore"),
    )
    retained = said(routes, "site/a", '{"v": 1.5}', retained=True)
    assert retained.samples == [Sample("a/used", 1.5), Sample("a/marked", 1.5, None, Reason.RETAINED)]
    assert [s.reason for s in said(routes, "site/a", '{"v": 1.5}').samples] == [Reason.NONE] * 3


def test_a_retained_plain_payload_follows_the_same_rule():
    routes = one(used=Address(retained="use"), marked=Address(), ignored=Address(retained="ignore"))
    retained = said(routes, "site/a", "ON", retained=True)
    assert retained.samples == [Sample("a/used", "ON"), Sample("a/marked", "ON", None, Reason.RETAINED)]


def test_a_last_will_is_a_sample_like_any_other():
    routes = Routes([device("a", points={"$available": Address(topic="{topic}/availability", retained="use")})])
    assert said(routes, "site/a/availability", "offline", retained=True).samples == [Sample("a/$available", "offline")]


PASSAGE = event(
    "passage", "traffic.passage", {"plate": "plate.text", "speed": "speed", "lane": "lane"},
    topic="{topic}/event", key="id", time="at", time_format="ms", where={"type": "passage"},
)  # fmt: skip


def test_a_message_becomes_a_device_event_with_its_attributes_and_its_key():
    routes = Routes([device("a", events=(PASSAGE,))])
    body = '{"type": "passage", "id": 77, "at": 1700000000000, "plate": {"text": "20A-123.45"}, "speed": 51}'
    assert said(routes, "site/a/event", body).events == [
        DeviceEvent(
            "a",
            "traffic.passage",
            {"plate": "20A-123.45", "speed": 51, "lane": None},
            1_700_000_000 * SECOND,
            NOW,
            "77",
        )
    ]


def test_a_message_of_another_type_is_not_the_event():
    routes = Routes([device("a", events=(PASSAGE,))])
    assert not said(routes, "site/a/event", '{"type": "heartbeat"}').events
    assert not said(routes, "site/a/event", '{"type": 1}').events


def test_a_retained_event_is_history_and_is_ignored():
    routes = Routes([device("a", events=(PASSAGE,))])
    assert not said(routes, "site/a/event", '{"type": "passage", "id": 1}', retained=True).events


def test_where_true_is_not_one():
    routes = Routes([device("a", events=(event("e", "device.message", {}, where={"on": True}),))])
    assert not said(routes, "site/a", '{"on": 1}').events
    assert said(routes, "site/a", '{"on": true}').events
