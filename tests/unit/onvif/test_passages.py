"""Plates that Profile M tells are texts, whatever they look like."""

import pytest

from drivers.onvif import SPEC
from drivers.onvif.notification import happening
from hub.model import EventMap

TOPIC = "tns1:RuleEngine/Recognition/LicensePlate"
SAID = (
    '<m xmlns:tns1="http://www.onvif.org/ver10/topics"><Topic>{topic}</Topic><Message><Message>'
    '<Source><SimpleItem Name="Rule" Value="01"/></Source><Data><ElementItem Name="LicensePlateInfo">'
    "<LicensePlateInfo><PlateNumber>{plate}</PlateNumber></LicensePlateInfo></ElementItem></Data></Message></Message></m>"
)
ATTRIBUTES = {"plate": "data.LicensePlateInfo.PlateNumber", "lane": "source.Rule"}


def event(kind: str) -> EventMap:
    assert SPEC.event is not None
    return EventMap("passage", kind, SPEC.event.model_validate({"topic": TOPIC}), ATTRIBUTES)


@pytest.mark.parametrize("plate", ["51E0042", "20E00123", "12345678", "true"])
def test_a_plate_that_looks_like_a_number_stays_a_text(plate: str) -> None:
    said = happening(event("traffic.passage"), SAID.format(topic=TOPIC, plate=plate))
    assert said == {"plate": plate, "lane": "01"}


def test_another_topic_is_no_passage() -> None:
    assert happening(event("traffic.passage"), SAID.format(topic="tns1:Device/Trigger/Relay", plate="20A1234")) is None
