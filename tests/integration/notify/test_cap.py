"""CAP 1.2: every document keeps the standard's rules, each change names the ones before, nothing grows for ever."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.notify.channels.cap import CapSender, entries, render
from adapters.outbound import Away
from hub.model import SECOND, Priority, Text
from hub.model.notify import EVENTS
from tests.integration.notify.receivers import a_channel, a_message, opened
from tests.support.cap import faults, text
from tests.unit.notify.evening import EVENING
from tests.unit.notify.station import a_told_site, station

CAP = {"sender": "ioc@tn.example"}


def document(event: str = "raised", **more: object) -> bytes:
    channel = a_channel("cap", **CAP, **{k: more.pop(k) for k in ("status", "scope") if k in more})
    return render(a_message(channel, event, **more), channel.settings)


def test_a_fire_is_an_alert_in_two_languages_with_offsets_and_a_place():
    root = Xml.fromstring(document(status="Actual"))
    assert (text(root, "status"), text(root, "msgType"), text(root, "scope")) == ("Actual", "Alert", "Restricted")
    assert text(root, "sent") == "2026-11-24T18:00:00+07:00"
    infos = [child for child in root if child.tag.endswith("}info")]
    assert [text(info, "language") for info in infos] == ["vi-VN", "en-US"]
    assert [text(info, "event") for info in infos] == ["BÁO CHÁY chợ", "FIRE market"]
    assert [text(infos[0], name) for name in ("category", "urgency", "severity", "certainty", "expires")] == [
        "Fire", "Immediate", "Severe", "Observed", "2026-11-25T00:00:00+07:00",
    ]  # fmt: skip


def test_unless_the_site_says_so_a_message_is_a_test():
    assert text(Xml.fromstring(document()), "status") == "Test"


def test_a_test_message_is_a_test_whatever_the_site_says():
    assert text(Xml.fromstring(document("test", status="Actual")), "status") == "Test"


@given(
    st.sampled_from(EVENTS), st.sampled_from(list(Priority)), st.text(max_size=300), st.text(max_size=60),
    st.sampled_from(["fire", "fault", "x"]), st.sampled_from(["Public", "Restricted", "Private"]), st.booleans(),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_whatever_an_alarm_says_the_document_keeps_the_rules(
    event, priority, words, alarm, category, scope, told
) -> None:
    earlier = ((1, EVENING), (2, EVENING + SECOND)) if told else ()
    made = document(
        event, scope=scope, n=7, priority=priority, text=Text(words, words), alarm=f"r:{alarm}", category=category,
        earlier=earlier,
    )  # fmt: skip
    assert faults(made) == []


def test_the_examiner_sees_what_is_wrong():
    good = document().decode()
    wrong = {
        "order": good.replace("<status>Test</status>", "").replace("</alert>", "<status>Test</status></alert>"),
        "missing": good.replace("<certainty>Observed</certainty>", ""),
        "zulu": good.replace("+07:00</sent>", "Z</sent>"),
        "word": good.replace("<urgency>Immediate", "<urgency>Now"),
        "name": good.replace("<sender>ioc", "<sender>i oc"),
        "scope": good.replace("<scope>Restricted", "<scope>Public"),
        "references": good.replace("<msgType>Alert", "<msgType>Update"),
    }
    assert all(faults(document.encode()) for document in wrong.values())
    assert faults(good.encode()) == []


async def test_each_change_of_an_alarm_is_a_file_that_names_those_before(tmp_path: Path):
    folder = tmp_path / "cap" / "out"
    async with station(tmp_path, a_told_site(a_channel("cap", **CAP))) as run:
        await run.alarm()
        await run.until(lambda: run.outcomes().count("sent") == 1)
        run.clock.advance(5 * SECOND)
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: run.outcomes().count("sent") == 2)
        run.clock.advance(5 * SECOND)
        await run.alarm(3, input="return", acked=True, active=False)
        await run.until(lambda: run.outcomes().count("sent") == 3)
    found = entries(folder)
    documents = [(folder / f"{entry.identifier}.xml").read_bytes() for entry in reversed(found)]
    assert [faults(made) for made in documents] == [[], [], []]
    roots = [Xml.fromstring(made) for made in documents]
    assert [text(root, "msgType") for root in roots] == ["Alert", "Update", "Cancel"]
    names = [f"ioc@tn.example,{text(root, 'identifier')},{text(root, 'sent')}" for root in roots]
    assert [text(root, "references") for root in roots] == [None, names[0], f"{names[0]} {names[1]}"]


async def test_the_same_message_twice_is_one_file(tmp_path: Path):
    channel = a_channel("cap", **CAP)
    sender = opened(channel, str(tmp_path))
    assert await sender.send(a_message(channel)) == await sender.send(a_message(channel))
    assert len(list((tmp_path / "cap" / "out").glob("*.xml"))) == len(entries(tmp_path / "cap" / "out")) == 1


async def test_old_files_go_when_new_ones_come(tmp_path: Path):
    channel = a_channel("cap", keep=10, folder="feed", **CAP)
    sender = CapSender(channel, a_told_site(channel), str(tmp_path))
    for n in range(25):
        await sender.send(a_message(channel, n=n))
    names = {path.name for path in (tmp_path / "feed").glob("*.xml")}
    assert names == {f"{entry.identifier}.xml" for entry in entries(tmp_path / "feed")}
    assert len(names) == 10


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path):
    (tmp_path / "cap").write_text("a file where the folder should be")
    channel = a_channel("cap", **CAP)
    with pytest.raises(Away, match="cannot write into"):
        await opened(channel, str(tmp_path)).send(a_message(channel))
