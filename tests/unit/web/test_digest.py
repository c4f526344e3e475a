"""The digest: known hashes, independence of order, following changes."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.web.board import Facts, Row
from adapters.web.digest import Digest, fnv1a

ROWS = st.dictionaries(st.text(max_size=8), st.integers(0, 1000), max_size=30)


def whole(rows: dict[str, int]) -> Digest:
    digest = Digest()
    for key, rev in rows.items():
        digest.put(key, Row(key, rev, Facts(), dict))
    return digest


def test_hashes_are_those_of_the_fnv_draft() -> None:
    assert [fnv1a(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


@given(ROWS, ROWS, st.randoms())
def test_a_digest_kept_row_by_row_is_that_of_what_stands(before: dict[str, int], after: dict[str, int], dice) -> None:  # type: ignore[no-untyped-def]
    digest = whole(before)
    steps = [(key, after.get(key)) for key in {**before, **after}]
    dice.shuffle(steps)
    for key, rev in steps:
        if rev is None:
            assert digest.drop(key)
        else:
            digest.put(key, Row(key, rev, Facts(), dict))
    assert digest.hex == whole(after).hex
    assert len(digest) == len(after)


def test_nothing_is_eight_zeros_and_dropping_nothing_changes_nothing() -> None:
    digest = Digest()
    assert not digest.drop("x")
    assert digest.hex == "00000000"
