"""Notifications as specifications and real cameras write them, quirks included."""

import base64

import pytest

from drivers.onvif.address import Address
from drivers.onvif.markup import parse
from drivers.onvif.notification import covers, look_up, moment, notification, raw, topic_of, value_of
from drivers.onvif.soap import token
from hub.model import Reason
from hub.model.clock import from_iso

TOPICS = 'xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:o="http://www.onvif.org/ver10/topics"'
# ONVIF Analytics Service Specification, licence plate recognition: LicensePlateInfo as an element item
PLATE = f"""<m {TOPICS} xmlns:tt="http://www.onvif.org/ver10/schema">
<Topic>tns1:RuleEngine/Recognition/LicensePlate</Topic><Message>
<tt:Message UtcTime="2026-03-02T00:01:00.5Z"><tt:Source><tt:SimpleItem Name="VideoSource" Value="v0"/></tt:Source>
<tt:Data><tt:SimpleItem Name="Likelihood" Value="0.97"/><tt:ElementItem Name="LicensePlateInfo">
<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.9">20A-123.45</tt:PlateNumber></tt:LicensePlateInfo>
</tt:ElementItem></tt:Data></tt:Message></Message></m>"""


@pytest.mark.parametrize(
    ("written", "topic"),
    [
        ("tns1:VideoSource/MotionAlarm", "tns1:VideoSource/MotionAlarm"),
        ("o:VideoSource/o:MotionAlarm", "tns1:VideoSource/MotionAlarm"),
        ("tns1:VideoSource/MotionAlarm//.", "tns1:VideoSource/MotionAlarm"),
        (" tns1:VideoSoure/MotionAlarm ", "tns1:VideoSource/MotionAlarm"),
        ("tns1:Device/tnsaxis:IO/Port", "tns1:Device/tnsaxis:IO/Port"),
        ("tnsaxis:CameraApplicationPlatform/VMD", "tnsaxis:CameraApplicationPlatform/VMD"),
        ("", ""),
    ],
)
def test_a_topic_is_written_one_way_whatever_prefixes_a_camera_takes(written: str, topic: str) -> None:
    assert topic_of(parse(f"<m {TOPICS}><Topic>{written}</Topic></m>".encode()).child("Topic")) == topic


def test_an_element_item_is_looked_into() -> None:
    said = notification(parse(PLATE.encode()))
    assert said.operation == ""
    assert said.time == from_iso("2026-03-02T00:01:00.5Z")
    assert look_up("data.LicensePlateInfo.PlateNumber", said.source, said.data) == "20A-123.45"
    assert look_up("Likelihood", said.source, said.data) == 0.97
    assert look_up("source.VideoSource", said.source, said.data) == "v0"
    assert look_up("data.Speed", said.source, said.data) is None


def test_a_message_without_a_body_is_no_value() -> None:
    said = notification(parse(f"<m {TOPICS}><Topic>tns1:VideoSource/MotionAlarm</Topic></m>".encode()))
    assert value_of(Address(topic="tns1:VideoSource/MotionAlarm", type="bool"), said.data) is Reason.UNDECODABLE


@pytest.mark.parametrize("text", ["0000-00-00T00:00:00Z", "1970-01-01T00:00:00Z", "", "yesterday", "9999999999"])
def test_a_time_that_means_never_is_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("1", "bool", True), ("false", "bool", False), ("Active", "bool", True), ("2", "bool", Reason.UNDECODABLE),
        ("", "bool", Reason.UNDECODABLE), ("1", "auto", 1), ("0.5", "auto", 0.5), ("true", "auto", True),
        ("inf", "float", Reason.UNDECODABLE), ("1e400", "auto", "1e400"), ("9" * 30, "int", Reason.UNDECODABLE),
        ("x" * 5000, "text", Reason.UNDECODABLE),
    ],
)  # fmt: skip
def test_an_items_text_is_a_value_of_its_form_or_undecodable(text: str, form: str, value: object) -> None:
    found = raw(text, form)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("pattern", "topic", "covered"),
    [
        ("tns1:A/B", "tns1:A/B", True), ("tns1:A/B", "tns1:A/B/C", False), ("tns1:A/B//.", "tns1:A/B/C", True),
        ("tns1:A/B//.", "tns1:A/B", True), ("tns1:A/B//.", "tns1:A/BC", False),
    ],
)  # fmt: skip
def test_a_subtree_is_a_topic_and_what_is_below_it(pattern: str, topic: str, covered: bool) -> None:
    assert covers(pattern, topic) is covered


def test_the_token_is_that_of_the_programmers_guide() -> None:
    """ONVIF Application Programmer's Guide 1.0, 6.1.1.1: its nonce, date and password give its digest."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    made = token("user", "userpassword", from_iso("2010-09-16T07:50:45Z"), nonce)
    assert ">tuOSpGlFlIXsozq4HFNeeGeFLEI=<" in made
    assert ">2010-09-16T07:50:45Z<" in made
