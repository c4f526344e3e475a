"""Who may look at plates, where, and whether the record of it is whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model.looking import BEGIN, Grant, PlateLook, broken, chained, granted, narrowed

GRANTS = (
    Grant(("tn/ct07", "tn/ct07/km-20"), roles=frozenset({"operator"})),
    Grant(("tn",), users=frozenset({"hoa"})),
    Grant(("other",), users=frozenset({"hoa"})),
)


@pytest.mark.parametrize(
    ("who", "role", "zones"),
    [
        ("lan", "operator", ("tn/ct07",)),
        ("hoa", "engineer", ("other", "tn")),
        ("lan", "admin", ()),
        ("x", "viewer", ()),
    ],
)
def test_only_who_is_named_may_look_and_only_there(who: str, role: str, zones: tuple[str, ...]) -> None:
    assert granted(GRANTS, who, role) == zones


def test_without_a_grant_nobody_may() -> None:
    assert granted((), "hoa", "operator") == ()


@pytest.mark.parametrize(
    ("zone", "part"),
    [(None, ("tn/ct07", "tn/hn")), ("tn", ("tn/ct07", "tn/hn")), ("tn/ct07/km-20", ("tn/ct07/km-20",)), ("other", ()),
     ("tn/ct0", ())],
)  # fmt: skip
def test_a_look_is_narrowed_to_what_is_granted(zone: str | None, part: tuple[str, ...]) -> None:
    assert narrowed(zone, ("tn/ct07", "tn/hn")) == part


def chain(n: int) -> list[PlateLook]:
    looks: list[PlateLook] = []
    for number in range(n):
        look = PlateLook("hoa", "operator", f"case {number}", {"device": "anpr-1"}, number, 1_000 + number)
        looks.append(chained(look, looks[-1].digest if looks else BEGIN))
    return looks


@given(st.integers(1, 8))
def test_a_chain_that_nobody_touched_is_whole(n: int) -> None:
    assert broken(chain(n)) is None
    assert broken(chain(n)[n // 2 :]) is None, "what was forgotten by retention is no break"


@given(st.integers(3, 8), st.data())
def test_whatever_is_changed_or_taken_out_is_noticed(n: int, data: st.DataObject) -> None:
    looks = chain(n)
    place = data.draw(st.integers(1, n - 2))
    change: dict[str, Any] = data.draw(
        st.sampled_from([{"who": "lan"}, {"rows": 99}, {"purpose": "x"}, {"at": 1}, {"digest": BEGIN}])
    )
    changed = [*looks[:place], replace(looks[place], **change), *looks[place + 1 :]]
    assert broken(changed) == place
    assert broken([*looks[:place], *looks[place + 1 :]]) == place
