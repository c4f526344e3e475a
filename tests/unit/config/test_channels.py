"""What a site says about telling people: read into values, and every mistake named at its place."""

from pathlib import Path

import pytest

from hub.model import MINUTE, SECOND, Priority
from hub.model.notify import Step
from tests.unit.config.fakes import SITE, messages, read, site

DUTY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//t//t//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261101
RRULE:FREQ=DAILY
SUMMARY:{name}
END:VEVENT
END:VCALENDAR
"""
PEOPLE = """
contacts:
  an: {name: Nguyễn Văn An, phone: "0912", email: an@x.example}
  chi: {name: Chi, phone: "0913"}
rosters:
  duty: {calendar: duty.ics, fallback: an}
"""
SMS = "sms: {type: http, url: 'https://sms.example/send', json: {to: '{phone}', text: '{text}'}}"
RULE = """
rules:
  - {id: wet, category: process, priority: low, for_each: {kind: env.water_level},
     when: {above: 1}, text: w, notify: %s}
"""


def channels(*lines: str, more: str = "") -> str:
    return SITE + PEOPLE + "channels:\n" + "".join(f"  {line}\n" for line in (SMS, *lines)) + more


@pytest.fixture(autouse=True)
def duty(tmp_path: Path) -> None:
    (tmp_path / "duty.ics").write_text(DUTY.format(name="An, Chi"), encoding="utf-8")


def test_a_step_says_who_is_told_when_and_what_stops_it(tmp_path: Path):
    text = channels(
        more="""
escalations:
  fire:
    - {to: sms, who: duty}
    - {after: 3m, to: [sms], who: [chi], unless: acknowledged, repeat: 3m}
"""
    )
    notifying = site(tmp_path, text).notifying
    assert notifying.escalations["fire"] == (
        Step(("sms",), 0, ("duty",)),
        Step(("sms",), 3 * MINUTE, ("chi",), frozenset({"acknowledged"}), 3 * MINUTE, 5),
    )
    assert notifying.escalations["sms"] == (Step(("sms",)),), "a channel's name stands for telling it at once"
    assert notifying.rosters["duty"].calendar == str(tmp_path / "duty.ics")


def test_people_hear_that_it_was_raised_and_machines_hear_everything(tmp_path: Path):
    secrets = f"hook: {'k' * 30}\n"
    text = channels("hook: {type: webhook, url: 'https://x.example/', key: {secret: hook}}")
    found = site(tmp_path, text, secrets=secrets).notifying.channels
    assert found["sms"].tells == {"raised"}
    assert (found["sms"].gather, found["sms"].each) == (10 * SECOND, True)
    assert "closed" in found["hook"].tells
    assert (found["hook"].gather, found["hook"].again) == (0, 0)
    assert "k" * 30 not in repr(found["hook"])


def test_quiet_hours_are_minutes_of_the_day_for_some_priorities(tmp_path: Path):
    text = channels("q: {type: cap, sender: x, quiet: {from: '22:00', to: '06:30', priorities: [low]}}")
    quiet = site(tmp_path, text).notifying.channels["q"].quiet
    assert quiet is not None
    assert (quiet.start, quiet.end, quiet.priorities) == (1320, 390, {Priority.LOW})


def test_addresses_and_headers_may_be_referred_to(tmp_path: Path):
    text = (
        SITE
        + """
contacts: {an: {name: An, phone: {secret: phone}}}
channels:
  sms: {type: http, url: 'https://x.example/', to: an, headers: {Authorization: {secret: token}}, text: '{phone}'}
"""
    )
    made = site(tmp_path, text, secrets="phone: '0999'\ntoken: abc\n").notifying
    assert made.contacts["an"].addresses == {"phone": "0999"}
    assert made.channels["sms"].settings.headers["Authorization"].get_secret_value() == "abc"


MISTAKES = [
    ("m: {type: emal}", "'m' is a channel of no known type", "did you mean 'email'?"),
    ("m: 5", "expected a channel, found the number 5", ""),
    ("m: {type: http, url: 'ftp://x.example/'}", "expected a URL that begins with https:// or http://", ""),
    ("m: {type: http, url: 'https://a:b@x.example/'}", "a URL must not hold a name or password", "put them"),
    ("m: {type: http, url: 'http://169.254.169.254/x'}", "169.254.169.254 is link-local", ""),
    ("m: {type: http, url: 'http://[::ffff:127.0.0.1]/'}", "127.0.0.1 is this very machine", "add local: true"),
    ("m: {type: http, url: 'http://localhost/'}", "the receiver is this machine", "add local: true"),
    ("m: {type: http, url: 'http://0.0.0.0/', local: true}", "0.0.0.0 is unspecified", ""),
    (
        "m: {type: http, url: 'https://x.example/', text: '{phon}'}",
        "{phon} means nothing here",
        "did you mean 'phone'?",
    ),
    ("m: {type: mqtt, host: h, topic: 'a/{text}'}", "{text} means nothing here", ""),
    ("m: {type: mqtt, host: 224.0.0.1}", "224.0.0.1 is multicast", ""),
    (
        "m: {type: email, host: h, from: a@b, password: hunter2}",
        "'password' must not be written here in plain text",
        "",
    ),
    ("m: {type: http, url: 'https://x.example/', secrets: {k: open}}", "the secret 'k' must not be written here", ""),
    ("m: {type: email, host: h, from: a@b, ca: no.pem}", "there is no file 'no.pem'", ""),
    ("m: {type: email, host: h, from: a@b, to: [bin]}", "there is no contact 'bin'", ""),
    ("m: {type: cap, sender: 'a b'}", "is not a name", ""),
    ("m: {type: cap, sender: x, quiet: {from: '06:00', to: '06:00'}}", "quiet hours that end when they begin", ""),
    ("m: {type: cap, sender: x, quiet: {from: '6', to: '06:00'}}", "the text '6' is not a name", ""),
    (
        "m: {type: cap, sender: x, quiet: {from: '22:00', to: '06:00', priorities: [critical]}}",
        "'critical' is not one",
        "",
    ),
]


@pytest.mark.parametrize(("line", "message", "hint"), MISTAKES, ids=[line for line, _, _ in MISTAKES])
def test_a_mistake_in_a_channel_is_named_at_its_place(tmp_path: Path, line: str, message: str, hint: str):
    made, problems = read(tmp_path, channels(line))
    assert made is None
    found = [p for p in problems if message in p.message]
    assert found, [p.message for p in problems]
    assert hint in found[0].hint
    assert found[0].line == len(channels(line).splitlines())
    assert "hunter2" not in repr(problems)


STEPS = [
    ("{to: smss, who: an}", "there is no channel 'smss'"),
    ("{to: sms, who: dutty}", "there is no contact or roster 'dutty'"),
    ("{to: sms}", "'sms' reaches nobody here"),
    ("{to: mail, who: chi}", "'chi' has no email, and the channel 'mail' needs it"),
    ("{to: sms, who: an, times: 3}", "'times' counts what 'repeat' repeats"),
    ("{to: sms, who: an, unless: acked}", "the text 'acked' is not one of 'acknowledged' or 'returned'"),
    ("{to: sms, who: an, after: 30}", "expected a duration"),
    ("nonsense", "expected a step"),
]


@pytest.mark.parametrize(("step", "message"), STEPS, ids=[step for step, _ in STEPS])
def test_a_mistake_in_a_step_is_named(tmp_path: Path, step: str, message: str):
    text = channels("mail: {type: email, host: h, from: a@b}", more=f"escalations:\n  fire:\n    - {step}\n")
    assert any(message in told for told in messages(tmp_path, text)), messages(tmp_path, text)


def test_a_name_that_is_channel_and_escalation_is_refused(tmp_path: Path):
    text = channels(more="escalations: {sms: [{to: sms, who: an}]}")
    assert "'sms' is a channel, too, so a rule's notify could mean either" in messages(tmp_path, text)


def test_a_rule_that_notifies_nobody_is_named(tmp_path: Path):
    made, problems = read(tmp_path, channels(more=RULE % "smss"))
    assert made is None
    assert [(p.message, p.hint) for p in problems] == [
        ("there is no channel or escalation 'smss', so nobody is told", "did you mean 'sms'?")
    ]
    text = channels(more=RULE % "wet" + "escalations: {wet: [{to: sms, who: an}]}")
    assert site(tmp_path, text).rules[0].notify == "wet"


def test_a_rule_that_notifies_a_channel_without_people_is_named(tmp_path: Path):
    assert messages(tmp_path, channels(more=RULE % "sms")) == ["the channel 'sms' alone reaches nobody"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "the calendar 'duty.ics' is not an iCalendar file"),
        (DUTY.format(name="x").replace("DAILY", "SECONDLY"), "repeats an event every hour or more often"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str):
    (tmp_path / "duty.ics").write_text(text, encoding="utf-8")
    assert any(message in told for told in messages(tmp_path, channels()))


def test_a_rule_may_say_that_nobody_is_told_and_nothing_else_is_called_so(tmp_path: Path):
    assert site(tmp_path, channels(more=RULE % "nobody")).rules[0].notify == "nobody"
    told = messages(tmp_path, channels(more="escalations: {nobody: [{to: sms, who: an}]}"))
    assert told == ["'nobody' means that nobody is told"]


def test_a_calendar_that_names_no_contact_is_only_a_warning(tmp_path: Path):
    (tmp_path / "duty.ics").write_text(DUTY.format(name="holiday"), encoding="utf-8")
    made, problems = read(tmp_path, channels())
    assert made is not None
    assert [p.level for p in problems] == ["warning"]


def test_the_same_name_twice_is_named_with_the_first_place(tmp_path: Path):
    text = channels(more="include: [more.yaml]")
    told = messages(tmp_path, text, more="contacts: {an: {name: Other}}\n")
    assert any("'an' is there already, at site.yaml:" in one for one in told)
