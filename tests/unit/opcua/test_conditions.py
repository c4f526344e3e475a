"""The table of conditions: refresh, branches, and never a false quiet."""

from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drivers.opcua import conditions
from drivers.opcua.conditions import Table, Told, Watch
from hub.model import Reason, Sample

STATES = ("active", "acked", "latched", "suppressed")
_events = count(1)


def table(*names: str) -> Table:
    return Table(Watch(f"p/{name}:{state}", name, state) for name in names or ("Zone1",) for state in STATES)


def told(source: str = "Zone1", **flags: Any) -> Told:
    given = {"active": True, "acked": False, "retain": True, "enabled": True, "name": "Fire", "severity": 900, **flags}
    event = given.pop("event", str(next(_events)).encode())
    return Told(event=event, source=source, message="", condition=f"s={source}", **given)


def shown(samples: list[Sample]) -> dict[str, Any]:
    return {s.point.partition("/")[2]: s.value if s.value is not None else s.reason for s in samples}


def refreshed(t: Table, *news: Told) -> dict[str, Any]:
    t.refresh_started()
    samples = [s for one in news for s in t.apply(one)[1]]
    return shown(samples + t.refresh_ended()[1])


def test_nothing_is_quiet_before_the_first_refresh_has_ended() -> None:
    t = table()
    t.refresh_started()
    assert not t.complete
    assert shown(t.refresh_ended()[1]) == {
        "Zone1:active": False, "Zone1:acked": True, "Zone1:latched": False, "Zone1:suppressed": False,
    }  # fmt: skip


def test_an_event_before_the_refresh_is_believed() -> None:
    assert shown(table().apply(told())[1])["Zone1:active"] is True


def test_what_does_not_return_in_a_refresh_is_closed_and_what_does_stays() -> None:
    t = table("Zone1", "Zone2")
    first, second = told("Zone1"), told("Zone2")
    refreshed(t, first, second)
    t.refresh_started()
    t.apply(second)
    closed, samples = t.refresh_ended()
    assert [c.source for c in closed] == ["Zone1"]
    assert shown(samples)["Zone1:active"] is False
    assert "Zone2:active" not in shown(samples)


def test_the_same_event_again_is_no_news() -> None:
    t, one = table(), told()
    assert t.apply(one)[0] is True
    assert t.apply(one) == (False, [])


def test_a_point_may_name_source_and_condition_or_the_source_alone() -> None:
    t = table("Zone1.Fire", "Zone1")
    refreshed(t)
    seen = shown(t.apply(told())[1])
    assert seen["Zone1.Fire:active"] is True
    assert seen["Zone1:active"] is True
    assert shown(t.apply(told(active=False, acked=True, retain=False))[1])["Zone1:active"] is False


def test_a_condition_that_gets_another_name_leaves_the_old_one() -> None:
    t = table("Zone1.Fire", "Zone1.Smoke")
    refreshed(t, told())
    seen = shown(t.apply(told(name="Smoke"))[1])
    assert (seen["Zone1.Fire:active"], seen["Zone1.Smoke:active"]) == (False, True)


def test_a_branch_counts_for_what_is_acknowledged_and_not_for_what_is_active() -> None:
    t = table()
    refreshed(t, told(active=False, acked=True, retain=True))
    seen = shown(t.apply(told(branch="b1", active=True, acked=False))[1])
    assert (seen["Zone1:active"], seen["Zone1:acked"]) == (False, False)
    assert len(t.unacknowledged("Zone1")) == 1
    seen = shown(t.apply(told(branch="b1", acked=True, retain=False))[1])
    assert seen["Zone1:acked"] is True


def test_a_disabled_condition_and_one_of_bad_quality_are_not_called_quiet() -> None:
    t = table()
    refreshed(t)
    seen = shown(t.apply(told(active=False, enabled=False, retain=False))[1])
    assert seen["Zone1:active"] is Reason.OUT_OF_SERVICE
    seen = shown(t.apply(told(active=False, quality=0x8031_0000))[1])
    assert seen["Zone1:active"] is Reason.NO_COMMUNICATION
    seen = shown(t.apply(told(active=True, quality=0x8031_0000))[1])
    assert seen["Zone1:active"] is True


def test_a_condition_without_an_active_state_holds_while_it_is_retained() -> None:
    t = table()
    assert shown(t.apply(told(active=None))[1])["Zone1:active"] is True
    assert shown(t.apply(told(active=None, retain=False))[1]).get("Zone1:active") is False


def test_a_new_connection_begins_without_knowing_what_is_quiet() -> None:
    t = table()
    refreshed(t, told())
    t.restart()
    assert not t.complete
    closed, samples = (t.refresh_started(), t.refresh_ended())[1]
    assert len(closed) == 1
    assert shown(samples)["Zone1:active"] is False


def test_a_flood_of_conditions_is_bounded_and_counted(monkeypatch: Any) -> None:
    monkeypatch.setattr(conditions, "MOST", 3)
    t = table("Zone0")
    for n in range(5):
        t.apply(told(f"Zone{n}"))
    assert t.overrun == 2
    assert len(t._open) == 3


EVENTS = st.builds(
    told,
    source=st.sampled_from(["Zone1", "Zone2"]),
    name=st.sampled_from(["Fire", "Fault"]),
    branch=st.sampled_from([None, None, "b1", "b2"]),
    active=st.sampled_from([True, False, None]),
    acked=st.booleans(),
    retain=st.booleans(),
)


@given(st.lists(EVENTS, max_size=30))
def test_a_refresh_that_brings_everything_back_closes_nothing(given_events: list[Told]) -> None:
    t = table("Zone1", "Zone2")
    refreshed(t)
    for one in given_events:
        t.apply(one)
    held = [one for one in t._open.values() if one.retain]
    t.refresh_started()
    for one in held:
        t.apply(one)
    assert t.refresh_ended() == ([], [])
    for name, keys in t._by_name.items():
        assert keys, name
        assert keys <= t._open.keys()


def test_an_activation_is_heard_once_however_often_it_is_told_and_a_new_one_anew() -> None:
    t = table()
    t.apply(told(heard=10))
    t.apply(told(severity=500, heard=20))
    t.apply(told(active=False, heard=30))
    assert [one.heard for one in t.unacknowledged("Zone1")] == [10]
    t.apply(told(heard=40))
    assert [one.heard for one in t.unacknowledged("Zone1")] == [40]
    t.apply(told(acked=True, heard=50))
    assert t.unacknowledged("Zone1") == []


def test_an_acknowledgement_is_news_once_and_also_when_it_was_given_before_we_came() -> None:
    t, late = table(), told(acked=True)
    assert t.acknowledges(late)
    t.apply(late)
    assert not t.acknowledges(told(acked=True))
    t.apply(told(acked=False))
    assert t.acknowledges(told(acked=True))
    assert not table().acknowledges(told(active=False, acked=True, retain=False))
