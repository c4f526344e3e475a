"""Whatever a camera sends, reading it ends in a notification or in a ValueError."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.onvif.address import Address
from drivers.onvif.digest import Digest
from drivers.onvif.finding import matches
from drivers.onvif.markup import parse
from drivers.onvif.notification import look_up, moment, notification, raw, value_of
from drivers.onvif.routes import stub
from hub.model import HOUR, Reason
from simulators.onvif.quirks import Quirks
from simulators.onvif.templates import envelope, message

GOOD = envelope(
    message(
        Quirks(),
        "tns1:RuleEngine/LineDetector/Crossed",
        "Changed",
        1_700_000_000 * 10**9,
        {"Rule": "a"},
        {"ObjectId": "1"},
    )
).encode()
ADDRESS = Address(topic="tns1:RuleEngine/LineDetector/Crossed", item="ObjectId")


def _match(address: str) -> bytes:
    legal = "".join(c for c in address if c.isprintable() and c not in "<&")
    return f"<a><ProbeMatch><XAddrs>http://{legal}</XAddrs></ProbeMatch></a>".encode()


def read(body: bytes) -> None:
    try:
        top = parse(body)
    except ValueError:
        return
    for element in [top, *top.every("NotificationMessage")]:
        said = notification(element)
        value_of(ADDRESS, said.data)
        look_up("data.ObjectId.PlateNumber", said.source, said.data)
        assert stub(said)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read(body)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=6), st.integers(0, 20))
def test_a_message_with_a_wound_is_read_or_refused(at: int, wound: bytes, gone: int) -> None:
    read(GOOD[:at] + wound + GOOD[at + gone :])


@given(st.binary(max_size=400) | st.text(max_size=200).map(_match))
def test_any_datagram_is_a_camera_or_nobody(datagram: bytes) -> None:
    for found in matches(datagram, "10.1.2.3"):
        assert found.host == "10.1.2.3"
        assert 0 < found.port < 65_536
        assert found.path.startswith("/")


@given(st.lists(st.text(max_size=80) | st.text(max_size=80).map("Digest nonce=x, {}".format), max_size=3))
def test_any_challenge_is_answered_or_not(offered: list[str]) -> None:
    digest = Digest("u", "p")
    if digest.challenged(offered):
        assert digest.signed("GET", "/").startswith("Digest ")


@given(st.text(max_size=50), st.sampled_from(["auto", "bool", "int", "float", "text"]))
def test_any_text_is_a_value_of_its_form_or_undecodable(text: str, form: str) -> None:
    value = raw(text, form)
    wanted = {"bool": bool, "int": int, "float": float, "text": str}.get(form, object)
    assert isinstance(value, (Reason, wanted))


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True))
def test_a_time_is_believable_or_none(text: str) -> None:
    at = moment(text)
    assert at is None or at > HOUR


@given(
    st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4), st.sampled_from(["", "Changed", "Deleted"])
)
def test_what_the_templates_write_is_what_the_driver_reads(items: dict[str, str], operation: str) -> None:
    legal = {_legal(k).replace(".", "_"): _legal(v) for k, v in items.items()}
    text = envelope(message(Quirks(), "tns1:Device/Trigger/Relay", operation, 1_700_000_000 * 10**9, {}, legal))
    (element,) = parse(text.encode()).every("NotificationMessage")
    said = notification(element)
    assert (said.topic, said.operation, dict(said.data)) == ("tns1:Device/Trigger/Relay", operation, legal)


def _legal(text: str) -> str:
    """Return text without what XML has no way to say (XML 1.0, 2.2), and without white space, which attributes fold."""
    return "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
