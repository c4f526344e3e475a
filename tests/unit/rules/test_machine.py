from itertools import product

import pytest

from hub.model import CATEGORIES, HoldKind, state_name
from rules.machine import (
    CYCLE,
    FORBIDDEN,
    FREED,
    HELD,
    HOLDING,
    LETTERS,
    NORMAL,
    TABLE,
    Change,
    Flags,
    Input,
    Refusal,
    advance,
    letter,
    states,
)

STATES = list(states())
LIVES = [Flags(*bits) for bits in product((False, True), repeat=3)]
STARTS = [Input.SHELVE, Input.SUPPRESS, Input.OUT_OF_SERVICE]
ENDS = [Input.UNSHELVE, Input.UNSUPPRESS, Input.IN_SERVICE]


def name(flags: Flags) -> str:
    return state_name(flags.active, flags.acked, flags.latched)


def test_every_pair_of_state_and_input_is_written_down():
    assert set(TABLE) == set(product(STATES, Input))
    assert len(TABLE) == 64 * 13
    assert set(CYCLE) == set(product(LIVES, set(Input) - set(HOLDING)))
    assert set(HELD) == set(product(HOLDING, (False, True)))
    assert set(FREED) == set(LIVES)


def test_every_hold_can_begin_and_end():
    assert sorted(HOLDING.values()) == sorted(product(HoldKind, (False, True)))


def test_every_state_has_a_letter_and_a_name():
    assert set(LETTERS) == set(LIVES)
    assert len({(LETTERS[s], name(s)) for s in LIVES}) == 6
    assert {letter(s) for s in STATES} == set("ABCDEFGHI")


def test_of_several_holds_out_of_service_is_shown_before_suppressed_before_shelved():
    all_three = NORMAL._replace(out_of_service=True, suppressed=True, shelved=True)
    assert letter(all_three) == "I"
    assert letter(all_three._replace(out_of_service=False)) == "H"
    assert letter(all_three._replace(out_of_service=False, suppressed=False)) == "G"


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


@pytest.mark.parametrize("state", [s for s in STATES if s.held])
def test_a_held_alarm_is_evaluated_as_if_it_were_not_held(state):
    for happened in (Input.RAISE, Input.RETURN, Input.ACK, Input.RESET, Input.COMMENT):
        free, held = TABLE[state.life, happened], TABLE[state, happened]
        if isinstance(free, Refusal):
            assert held == free
        else:
            assert (held.flags.life, held.new_occurrence) == (free.flags, free.new_occurrence)
            assert held.flags[3:] == state[3:]


@pytest.mark.parametrize("state", STATES)
def test_the_beginning_of_a_hold_changes_nothing_but_the_hold(state):
    for happened in STARTS:
        cell = TABLE[state, happened]
        if isinstance(cell, Change):
            assert cell.flags == state._replace(**{HOLDING[happened][0].value: True})
        else:
            assert happened is Input.SHELVE
            assert state.shelved


@pytest.mark.parametrize("state", STATES)
def test_the_last_hold_that_ends_returns_what_is_still_to_be_seen_unacknowledged(state):
    for happened in ENDS:
        cell = TABLE[state, happened]
        if isinstance(cell, Refusal):
            assert cell == Refusal("not_held")
            assert not getattr(state, HOLDING[happened][0].value)
        elif not cell.flags.held:
            assert cell.flags.acked == (not state.active and not state.latched)
            assert cell.flags[::2][:2] == state[::2][:2], "active and latched stay"
        else:
            assert cell.flags.life == state.life, "another hold is left: nothing is judged yet"


@pytest.mark.parametrize("state", STATES)
def test_only_an_acknowledged_active_alarm_without_a_hold_realarms(state):
    cell = TABLE[state, Input.REALARM]
    assert isinstance(cell, Change) == (state.active and state.acked and not state.held)
    assert not isinstance(cell, Change) or cell == Change(state._replace(acked=False))


def test_a_fire_can_be_neither_shelved_nor_suppressed_and_everything_else_can():
    for state in STATES:
        for happened in (Input.SHELVE, Input.SUPPRESS):
            assert advance(state, happened, category="fire") == Refusal("forbidden")
        assert advance(state, Input.OUT_OF_SERVICE, category="fire") != Refusal("forbidden")
    assert set(FORBIDDEN) == {"fire"} <= set(CATEGORIES)


def test_a_latched_alarm_needs_an_ack_and_then_a_reset():
    raised = advance(NORMAL, Input.RAISE, latching=True)
    assert raised.flags == Flags(active=True, acked=False, latched=True)
    returned = advance(raised.flags, Input.RETURN)
    assert name(returned.flags) == "latched_unacknowledged"
    assert advance(returned.flags, Input.RESET) == Refusal("not_acknowledged")
    acked = advance(returned.flags, Input.ACK)
    assert name(acked.flags) == "latched_acknowledged"
    assert advance(acked.flags, Input.RESET) == Change(NORMAL)


def test_an_alarm_that_does_not_latch_ends_with_the_later_of_return_and_ack():
    raised = advance(NORMAL, Input.RAISE)
    assert advance(advance(raised.flags, Input.ACK).flags, Input.RETURN) == Change(NORMAL)
    assert advance(advance(raised.flags, Input.RETURN).flags, Input.ACK) == Change(NORMAL)
