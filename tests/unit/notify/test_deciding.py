"""Who is told what and when: escalation, gathering, repeats, quiet hours, holds, marks."""

import pytest

from hub.model import HOUR, MINUTE, SECOND, Hold, HoldKind
from hub.model.notify import MOST_COVERED, MOST_SPELT_OUT, Notifying, Step
from tests.unit.notify.evening import EVENING, MAIL, NOTIFYING, Evening, lines


def test_nobody_acknowledges_a_fire_and_one_after_the_other_is_told():
    evening = Evening()
    evening.change()
    assert lines(evening.pass_time(3600)) == [
        "0 hook raised 1",
        "30 sms raised an 1",
        "30 sms raised binh 1",
        "180 sms raised chi 1",
        "360 sms raised chi 1",
        "540 sms raised chi 1",
    ]


def test_an_acknowledgement_stops_the_steps_that_say_so():
    evening = Evening()
    evening.change()
    evening.pass_time(60)
    evening.change(input_="ack")
    assert lines(evening.pass_time(3600)) == ["60 hook acknowledged 1"]


def test_a_step_that_nothing_stops_goes_out_though_somebody_acknowledged():
    always = {"fire": (Step(("mail",), MINUTE),)}
    evening = Evening(Notifying(NOTIFYING.channels, escalations=always))
    evening.change()
    evening.change(input_="ack")
    assert lines(evening.pass_time(120)) == ["60 mail raised 1"]


def test_an_alarm_that_is_over_is_not_told_to_people_any_more():
    evening = Evening()
    evening.change("lost:cam1")
    evening.now += 5 * SECOND
    evening.change("lost:cam1", "ack")
    evening.change("lost:cam1", "return")
    assert evening.pass_time(60) == []


def test_a_machine_hears_beginning_and_end_also_of_what_was_over_before_it_could_be_told():
    evening = Evening()
    evening.change()
    evening.change(input_="ack")
    evening.change(input_="return")
    told = evening.pass_time(0)
    assert [(d.event, d.told[0].state) for d in told] == [
        ("raised", "unacknowledged"),
        ("acknowledged", "acknowledged"),
        ("closed", "normal"),
    ]


def test_who_was_not_told_of_the_beginning_does_not_hear_of_the_end():
    late = {"fire": (Step(("hook",), HOUR),)}
    evening = Evening(Notifying(NOTIFYING.channels, escalations=late))
    evening.change()
    evening.pass_time(10)
    evening.change(input_="ack")
    evening.change(input_="return")
    assert evening.pass_time(2 * 3600) == []


def test_alarms_that_come_together_are_one_message():
    evening = Evening()
    for n in range(24):
        evening.change(f"lost:cam{n}")
        evening.now += SECOND // 10
    told = evening.pass_time(60)
    assert lines(told) == ["10 mail raised an,binh 24"]
    assert len(told[0].told) == MOST_SPELT_OUT


def test_what_follows_a_message_gathers_for_the_next():
    evening = Evening()
    evening.change("lost:cam1")
    evening.pass_time(12)
    for n in range(5):
        evening.change(f"lost:late{n}")
    assert lines(evening.pass_time(60)) == ["22 mail raised an,binh 5"]


def test_a_critical_alarm_waits_for_no_company_and_the_next_ones_not_long():
    evening = Evening(Notifying({"mail": MAIL}, escalations={"fire": (Step(("mail",)),)}))
    evening.change("fire:panel/z1")
    assert lines(evening.pass_time(1)) == ["0 mail raised 1"]
    evening.change("fire:panel/z2")
    evening.change("fire:panel/z3")
    assert lines(evening.pass_time(60)) == ["5 mail raised 2"]


def test_a_flood_becomes_few_messages_that_cover_every_alarm():
    evening = Evening()
    for n in range(2500):
        evening.change(f"lost:cam{n}")
    told = evening.pass_time(60)
    assert [len(d.covers) for d in told] == [MOST_COVERED, MOST_COVERED, 500]
    assert len({c.alarm for d in told for c in d.covers}) == 2500


def test_an_alarm_that_comes_and_goes_within_one_occurrence_is_told_once():
    """A chattering contact: a thousand changes, no more than three messages (reliability C3)."""
    evening = Evening()
    told = []
    for _ in range(500):
        evening.change("wet:pump")
        told += evening.pass_time(1)
        evening.change("wet:pump", "return")
        told += evening.pass_time(1)
    assert lines(told) == ["10 sms raised an 1", "10 sms raised binh 1"]
    assert told[0].told[0].raises == 5


def test_the_next_occurrence_soon_after_waits_and_fire_never_does():
    evening = Evening()
    for alarm in ("wet:pump", "fire:panel/z1"):
        evening.change(alarm)
        evening.pass_time(20)
        for input_ in ("ack", "return", "raise"):
            evening.change(alarm, input_)
    told = [d for d in evening.pass_time(400) if d.event == "raised"]
    wet = [d for d in told if d.told[0].rule == "wet"]
    fire = [d for d in told if d.told[0].rule == "fire"]
    assert {d.at for d in wet} == {EVENING + 10 * SECOND + 5 * MINUTE + 10 * SECOND}
    assert lines(fire)[:2] == ["40 hook raised 1", "70 sms raised an 1"]


def test_the_same_message_has_the_same_name_and_every_other_another():
    first, second = Evening(), Evening()
    for evening in (first, second):
        evening.change()
    told = first.pass_time(3600)
    assert [d.key for d in told] == [d.key for d in second.pass_time(3600)]
    assert len({d.key for d in told}) == len(told)


# -- what must not be told


@pytest.mark.parametrize("mark", ["TEST", "DRILL"])
def test_a_rehearsed_alarm_is_told_to_nobody(mark: str):
    evening = Evening()
    evening.change(mark=mark)
    evening.change(input_="ack", mark=mark)
    assert evening.pass_time(3600) == []


def test_a_mark_that_comes_later_stops_what_was_not_told():
    evening = Evening()
    evening.change()
    evening.pass_time(10)
    evening.change(input_="comment", mark="TEST")
    assert evening.pass_time(3600) == []


def test_a_held_alarm_is_told_when_it_returns():
    evening = Evening()
    shelved = (Hold(HoldKind.SHELVED, EVENING),)
    evening.change(holds=shelved)
    assert evening.pass_time(600) == []
    evening.change(input_="unshelve", holds=())
    assert lines(evening.pass_time(40)) == ["600 hook raised 1", "630 sms raised an 1", "630 sms raised binh 1"]


def test_shelving_stops_the_steps_and_the_end_is_told_all_the_same():
    evening = Evening()
    evening.change()
    evening.pass_time(10)
    shelved = (Hold(HoldKind.SHELVED, evening.now),)
    evening.change(input_="shelve", holds=shelved)
    evening.change(input_="ack", holds=shelved)
    evening.change(input_="return", holds=shelved)
    assert lines(evening.pass_time(3600)) == ["10 hook closed 1"]


def test_one_message_tells_of_a_failed_parent_and_how_much_is_folded_under_it():
    evening = Evening()
    evening.change("lost:switch")
    for n in range(24):
        evening.change(f"lost:cam{n}", holds=(Hold(HoldKind.SUPPRESSED, EVENING, by="alarm:lost:switch"),))
    told = evening.pass_time(600)
    assert lines(told) == ["10 mail raised an,binh 1"]
    assert told[0].told[0].folded == 24


def test_consequences_that_remain_when_the_parent_is_back_are_told():
    evening = Evening()
    evening.change("lost:cam1", holds=(Hold(HoldKind.SUPPRESSED, EVENING, by="alarm:lost:switch"),))
    evening.pass_time(60)
    evening.change("lost:cam1", "unsuppress", holds=())
    assert lines(evening.pass_time(60)) == ["70 mail raised an,binh 1"]


def test_a_rule_without_notify_tells_nobody():
    evening = Evening(rules={})
    evening.change()
    assert evening.pass_time(3600) == []


def test_a_shelved_alarm_that_comes_back_unacknowledged_is_told_anew_after_an_acknowledgement():
    evening = Evening()
    evening.change()
    evening.pass_time(1)
    evening.change(input_="ack")
    evening.pass_time(1)
    evening.change(input_="realarm", acked=False)
    assert "2 hook raised 1" in lines(evening.pass_time(1))
