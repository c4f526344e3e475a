import math

import pytest

from hub.model import Group
from hub.model import Test as Comparison
from rules.condition import judge, verdict
from rules.logic import every, opposite, some

T, F, U = True, False, None


@pytest.mark.parametrize(
    ("verb", "operand", "value", "truth"),
    [
        ("is", True, True, T),
        ("is", True, False, F),
        ("is", "offline", "offline", T),
        ("is_not", "online", "offline", T),
        ("is_not", "online", "online", F),
        ("one_of", ("a", "b"), "b", T),
        ("one_of", ("a", "b"), "c", F),
        ("above", 60, 60, F),
        ("above", 60, 60.5, T),
        ("below", 10, 10, F),
        ("below", 10, 9, T),
        ("outside", (1.0, 2.0), 1.0, F),
        ("outside", (1.0, 2.0), 2.5, T),
        ("outside", (1.0, 2.0), 0.5, T),
    ],
)
def test_a_test_compares(verb, operand, value, truth):
    assert judge(Comparison(verb, operand))(value, None) is truth


@pytest.mark.parametrize("verb", ["is", "is_not", "one_of", "above", "below"])
@pytest.mark.parametrize("value", [None, math.nan])
def test_nothing_and_nan_are_unknown_to_every_test(verb, value):
    assert judge(Comparison(verb, 1.0))(value, True) is U


@pytest.mark.parametrize("verb", ["above", "below"])
def test_text_cannot_be_compared_with_a_limit(verb):
    assert judge(Comparison(verb, 1.0))("hot", True) is U


@pytest.mark.parametrize(
    ("verb", "operand", "inside", "out"),
    [("above", 60.0, 59.0, 58.0), ("below", 10.0, 11.0, 12.0), ("outside", (0.0, 60.0), 59.0, 58.0)],
)
def test_inside_the_deadband_the_last_truth_stands(verb, operand, inside, out):
    judged = judge(Comparison(verb, operand, deadband=2.0))
    assert judged(inside, True) is T
    assert judged(inside, False) is F
    assert judged(inside, None) is F
    assert judged(out, True) is F


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, U, U, T),
        (F, F, F, F),
        (F, U, F, U),
        (U, U, U, U),
        (F, T, F, T),
        (U, T, U, T),
        (U, F, F, U),
    ],
)
def test_kleene(a, b, both, either):
    assert every([a, b]) is both
    assert some([a, b]) is either


def test_not_unknown_is_unknown():
    assert [opposite(t) for t in (T, F, U)] == [F, T, U]


def test_groups_nest():
    one = Comparison("is", True)
    tests, judged = verdict(Group("any", (one, Group("all", (one, Group("not", (one,)))))))
    assert len(tests) == 3
    assert judged([F, T, F]) is T
    assert judged([F, T, U]) is U
    assert judged([F, F, U]) is F


@pytest.mark.parametrize(
    "bad",
    [Comparison("like", 1), Comparison("above", "x"), Comparison("outside", (2.0, 1.0)), Comparison("outside", 1.0)],
)
def test_what_cannot_be_compared_is_refused(bad):
    with pytest.raises(ValueError, match=r"needs|unknown verb"):
        judge(bad)


def test_an_unknown_group_is_refused():
    with pytest.raises(ValueError, match="unknown group"):
        verdict(Group("xor", (Comparison("is", True),)))
