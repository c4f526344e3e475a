from itertools import product

import pytest

from hub.model import state_name
from rules.machine import LETTERS, NORMAL, TABLE, Change, Flags, Input, Refusal, advance

STATES = [Flags(*bits) for bits in product((False, True), repeat=3)]


def test_every_pair_of_state_and_input_is_written_down():
    assert set(TABLE) == set(product(STATES, Input))


def test_every_state_has_a_letter_and_a_name():
    assert set(LETTERS) == set(STATES)
    assert len({(LETTERS[s], state_name(*s)) for s in STATES}) == 6


@pytest.mark.parametrize("state", STATES)
def test_a_comment_changes_no_flag(state):
    assert TABLE[state, Input.COMMENT] == Change(state)


@pytest.mark.parametrize("state", STATES)
def test_only_a_raise_begins_a_new_occurrence_and_every_raise_does(state):
    begins = {i for i in Input if isinstance(c := TABLE[state, i], Change) and c.new_occurrence}
    assert begins == (set() if state.active else {Input.RAISE})


@pytest.mark.parametrize("state", STATES)
def test_a_raise_is_never_acknowledged(state):
    cell = TABLE[state, Input.RAISE]
    assert cell == Refusal("already") if state.active else not cell.flags.acked


@pytest.mark.parametrize("state", STATES)
def test_removal_ends_every_alarm_that_is_shown(state):
    assert TABLE[state, Input.REMOVE] == (Refusal("already") if state == NORMAL else Change(NORMAL))


@pytest.mark.parametrize("state", [s for s in STATES if s.active])
def test_a_reset_is_refused_while_the_condition_is_true(state):
    assert TABLE[state, Input.RESET] == Refusal("condition_active")


def test_a_latched_alarm_needs_an_ack_and_then_a_reset():
    raised = advance(NORMAL, Input.RAISE, latching=True)
    assert raised.flags == Flags(active=True, acked=False, latched=True)
    returned = advance(raised.flags, Input.RETURN)
    assert state_name(*returned.flags) == "latched_unacknowledged"
    assert advance(returned.flags, Input.RESET) == Refusal("not_acknowledged")
    acked = advance(returned.flags, Input.ACK)
    assert state_name(*acked.flags) == "latched_acknowledged"
    assert advance(acked.flags, Input.RESET) == Change(NORMAL)


def test_an_alarm_that_does_not_latch_ends_with_the_later_of_return_and_ack():
    raised = advance(NORMAL, Input.RAISE)
    assert advance(advance(raised.flags, Input.ACK).flags, Input.RETURN) == Change(NORMAL)
    assert advance(advance(raised.flags, Input.RETURN).flags, Input.ACK) == Change(NORMAL)
