"""Events of the wire: what is asked for, what is read, and nothing but that from nonsense."""

from typing import Any

from asyncua import ua
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.opcua import SPEC
from drivers.opcua.conditions import Table, Told, Watch
from drivers.opcua.events import FIELDS, event_filter, extra_fields, mapped, read
from hub.model import EventMap, Lane


def event_map(attributes: dict[str, str], **address: Any) -> EventMap:
    assert SPEC.event is not None
    return EventMap("panel", "fire.event", SPEC.event.model_validate(address), attributes, Lane.ALARM)


def test_the_filter_asks_for_the_usual_fields_and_those_of_the_profile() -> None:
    one = mapped("opc", event_map({"zone": "2:Zone", "who": "user", "level": "priority"}))
    extra = extra_fields([one])
    assert extra == ("2:Zone",)
    clauses = event_filter(extra).SelectClauses
    assert len(clauses) == len(FIELDS) + 1
    assert clauses[-1].BrowsePath == [ua.QualifiedName("Zone", 2)]
    (node,) = [c for c in clauses if not c.BrowsePath]
    assert (node.TypeDefinitionId, node.AttributeId) == (ua.NodeId(2782), ua.AttributeIds.NodeId)


def test_an_event_of_the_profile_is_told_by_source_and_severity() -> None:
    one = mapped("opc", event_map({"level": "priority", "zone": "2:Zone"}, source="Panel1.*", severity=300))
    told = Told(event=b"\x01\x02", source="Panel1.Zone7", severity=900, message="Fire", more={"2:Zone": 7})
    assert one.takes(told)
    assert not one.takes(Told(event=b"", source="Panel2.Zone7", severity=900, message=""))
    assert not one.takes(Told(event=b"", source="Panel1.Zone7", severity=200, message=""))
    event = one.event(told, 5)
    assert (event.attributes, event.dedupe_key) == ({"level": "critical", "zone": 7}, "0102")


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5),
    st.lists(st.integers(), max_size=3), st.builds(ua.NodeId, st.integers(0, 9)),
    st.builds(ua.LocalizedText, st.text()), st.builds(ua.StatusCode, st.integers(0, 2**32 - 1)),
)  # fmt: skip


class Field:
    def __init__(self, value: Any) -> None:
        self.Value = value


@settings(max_examples=300)
@given(st.lists(ANY, max_size=len(FIELDS) + 3))
def test_fields_of_any_type_and_number_make_an_event_that_the_table_can_take(values: list[Any]) -> None:
    told = read([Field(value) for value in values], ("2:Zone",))  # type: ignore[misc]
    assert isinstance(told.source, str)
    assert 1 <= told.severity <= 1000
    table = Table([Watch("p/a", told.source, "active")])
    table.apply(told)
    table.refresh_started()
    table.refresh_ended()
    assert mapped("opc", event_map({})).event(told, 1).attributes["source"] == told.source
