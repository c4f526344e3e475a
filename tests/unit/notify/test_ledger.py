"""What becomes of messages in the ledger: pauses, dead letters, and what is forgotten."""

from adapters.notify.folding import LONGEST_PAUSE, pause
from hub.model import HOUR, SECOND
from hub.model.notify import Delivery
from tests.unit.notify.evening import Evening


def outcome(d: Delivery, word: str, at: int, attempt: int = 0) -> Delivery:
    return Delivery(d.key, d.channel, word, at, attempt=attempt, detail="no route")


def test_pauses_double_up_to_a_minute_and_never_stop():
    pauses = [pause("key", n) / SECOND for n in range(1, 40)]
    assert 0.75 <= pauses[0] <= 1.25
    assert all(45 <= p <= 75 for p in pauses[6:])
    assert max(pauses) <= 1.25 * LONGEST_PAUSE / SECOND


def test_a_message_that_gave_up_lies_in_the_dead_letters_until_somebody_requeues_it():
    evening = Evening()
    evening.change()
    (message,) = evening.pass_time(0, deliver=False)
    evening.write(outcome(message, "failed", evening.now, 1), outcome(message, "gave_up", evening.now))
    assert list(evening.ledger.dead) == [message.key]
    assert not evening.ledger.outbox
    evening.write(outcome(message, "requeued", evening.now))
    assert not evening.ledger.dead
    assert evening.ledger.outbox[message.key].attempts == 0
    evening.write(outcome(message, "sent", evening.now))
    assert not evening.ledger.outbox
    assert evening.ledger.health["hook"].sent == 1


def test_alarms_that_are_over_are_forgotten_in_time():
    evening = Evening()
    evening.change("wet:pump")
    evening.pass_time(60)
    evening.change("wet:pump", "ack")
    evening.change("wet:pump", "return")
    evening.prune()
    assert evening.ledger.alarms, "its next occurrence would still have to wait"
    evening.now += HOUR
    evening.prune()
    assert not evening.ledger.alarms
    assert not evening.ledger.groups
