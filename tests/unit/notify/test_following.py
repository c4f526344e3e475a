"""What follows a message: who hears how an alarm went on, what a hold ends and begins anew, what is read twice."""

from msgspec.structs import replace

from hub.model import Hold, HoldKind
from hub.model.notify import Channel, Notifying, Step
from tests.unit.notify.evening import EVENING, NOTIFYING, SMS, Evening, lines

TOLD = replace(SMS, gather=0, tells=frozenset({"raised", "closed"}))


def test_people_who_were_told_hear_of_the_end_and_nobody_else():
    evening = Evening(Notifying({"sms": TOLD}, escalations={"fire": (Step(("sms",), who=("duty",)),)}))
    evening.change()
    evening.pass_time(10)
    evening.change(input_="ack")
    evening.change(input_="return")
    assert lines(evening.pass_time(60)) == ["10 sms closed an 1", "10 sms closed binh 1"]


def test_a_channel_of_its_own_address_hears_of_the_end_without_people():
    siren = Channel("siren", "http", None, tells=frozenset({"raised", "closed"}))
    evening = Evening(Notifying({"siren": siren}, escalations={"fire": (Step(("siren",)),)}))
    evening.change()
    evening.pass_time(1)
    evening.change(input_="ack")
    evening.change(input_="return")
    assert lines(evening.pass_time(1)) == ["1 siren closed 1"]


def test_an_alarm_that_was_told_and_shelved_is_told_anew_when_it_comes_back():
    evening = Evening()
    evening.change()
    assert lines(evening.pass_time(5)) == ["0 hook raised 1"]
    evening.change(input_="shelve", holds=(Hold(HoldKind.SHELVED, EVENING),))
    assert evening.pass_time(600) == []
    evening.change(input_="unshelve", holds=(), acked=False)
    assert lines(evening.pass_time(31)) == ["605 hook raised 1", "635 sms raised an 1", "635 sms raised binh 1"]


def test_a_change_that_is_read_twice_counts_once():
    evening = Evening(NOTIFYING)
    raised = evening.change("lost:cam1")
    evening.change("lost:cam1", "return")
    before = evening.checkpoint()
    assert not evening.folding.take(raised)
    assert evening.checkpoint() == before
