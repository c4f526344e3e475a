"""Paths into JSON: what can be written, what they find."""

import pytest

from hub.wire.path import MISSING, compiled, steps


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("value", ("value",)),
        ("a.b", ("a", "b")),
        ("a.b[0]", ("a", "b", 0)),
        ("[2].x", (2, "x")),
        ("a[-1]", ("a", -1)),
        ('a["key with. dots"].b', ("a", "key with. dots", "b")),
        ("DS18B20.Temperature", ("DS18B20", "Temperature")),
        ("nhiệt độ", ("nhiệt độ",)),
    ],
)
def test_a_path_is_cut_into_keys_and_indexes(path, expected):
    assert steps(path) == expected


@pytest.mark.parametrize("path", ["", ".a", "a.", "a..b", "a[", "a[x]", "a[]", 'a[""]', "a]", "a" * 257])
def test_a_path_that_cannot_be_read_says_so(path):
    with pytest.raises(ValueError, match="path"):
        steps(path)


def test_following_finds_members_and_items():
    document = {"a": {"b": [10, {"c": True}]}, "n": None}
    assert compiled("a.b[0]")(document) == 10
    assert compiled("a.b[1].c")(document) is True
    assert compiled("a.b[-2]")(document) == 10
    assert compiled("n")(document) is None


@pytest.mark.parametrize("path", ["x", "a.x", "a.b[2]", "a.b[-3]", "a.b.c", "a[0]", "a.b[0].c"])
def test_following_into_nothing_is_missing_and_never_an_error(path):
    assert compiled(path)({"a": {"b": [1, 2]}}) is MISSING


@pytest.mark.parametrize("document", [None, 5, "text", [1], True])
def test_a_document_that_is_no_object_has_no_members(document):
    assert compiled("a")(document) is MISSING
    assert compiled("a.b")(document) is MISSING
