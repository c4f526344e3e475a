"""Which filters are subscribed to, and whose message is whose."""

from drivers.mqtt.address import Address, Connection
from drivers.mqtt.routes import MOST_LISTED, Routes
from tests.unit.mqtt.bound import device

VALUE = {"v": Address(path="v")}


def at(topic: str, name: str | None = None) -> Connection:
    return Connection(host="h", topic=topic, name=name)


def test_devices_that_share_a_pattern_share_one_filter():
    routes = Routes([device(f"d{n}", points=VALUE) for n in range(500)])
    assert routes.filters == ["site/+"]
    assert set(routes.bindings) == {f"site/d{n}" for n in range(500)}


def test_one_device_alone_is_subscribed_to_by_its_own_topic():
    assert Routes([device("a", points=VALUE)]).filters == ["site/a"]


def test_more_levels_make_more_filters_and_a_wider_filter_replaces_the_narrow_ones():
    will = {"v": Address(path="v"), "$available": Address(topic="{topic}/availability")}
    assert Routes([device(n, points=will) for n in "ab"]).filters == ["site/+", "site/+/availability"]
    wide = device("w", connection=at("site/#"), points=VALUE)
    assert Routes([*(device(n, points=will) for n in "ab"), wide]).filters == ["site/#"]


def test_the_name_stands_where_the_topic_says():
    routes = Routes([device("a", connection=at("tele/{device}/SENSOR", "tasmota_1"), points=VALUE)])
    assert list(routes.bindings) == ["tele/tasmota_1/SENSOR"]


def test_a_name_inside_a_level_or_over_two_levels_needs_filters_of_its_own():
    inside = [device(n, connection=at("x/dev-{device}"), points=VALUE) for n in "ab"]
    assert Routes(inside).filters == ["x/dev-a", "x/dev-b"]
    slashed = [device(n, connection=at("z/{device}", f"floor/{n}"), points=VALUE) for n in "ab"]
    assert Routes(slashed).filters == ["z/floor/a", "z/floor/b"]


def test_an_absolute_topic_in_an_address_leaves_the_connections_topic_aside():
    routes = Routes([device("a", points={"v": Address(topic="tele/{device}/LWT")})])
    assert routes.filters == ["tele/a/LWT"]


def test_wildcards_of_the_files_find_the_level_that_names_the_device():
    connection = "application/+/device/{device}/event/up"
    routes = Routes([device(n, connection=at(connection), points=VALUE) for n in ("a1", "b2")])
    assert routes.filters == ["application/+/device/+/event/up"]
    found = routes.learn("application/7/device/b2/event/up")
    assert found is not None
    assert found.device == "b2"
    assert routes.bindings["application/7/device/b2/event/up"] is found
    assert routes.learn("application/7/device/c3/event/up") is None


def test_two_devices_may_live_in_one_topic():
    left, right = {"l": Address(path="left")}, {"r": Address(path="right")}
    routes = Routes([device("l", connection=at("both"), points=left), device("r", connection=at("both"), points=right)])
    assert routes.filters == ["both"]


def test_unknown_names_are_counted_and_listed_but_the_list_is_bounded():
    routes = Routes([device("a", points=VALUE)])
    for n in range(MOST_LISTED + 500):
        assert routes.learn(f"site/stranger{n}") is None
    routes.learn("site/stranger0")
    assert routes.unknown_total == MOST_LISTED + 501
    assert len(routes.unknown) == MOST_LISTED
    assert routes.unknown["site/stranger0"] == 2


def test_a_refused_filter_names_the_devices_that_it_leaves_deaf():
    routes = Routes([device(n, points=VALUE) for n in "ab"] + [device("c", connection=at("else"), points=VALUE)])
    assert set(routes.devices_of("site/+")) == {"a", "b"}
    assert set(routes.devices_of("else")) == {"c"}
