"""The receiver of traps and informs on a real port, with messages that another codec wrote."""

from collections.abc import AsyncIterator

import pytest
from pysnmp.proto import rfc1902

from drivers.base import BoundDevice
from drivers.snmp.notifications import TrapDriver, hosts_of
from drivers.snmp.reports import Reports
from drivers.snmp.sources import MOST_LISTED, Source, Sources
from drivers.snmp.traps_address import Connection
from hub.model import MINUTE, SECOND, EventMap, Lane, Misconfigured, Refused, Unreachable
from tests.unit.snmp.messages import IF_INDEX, inform, parsed, trap_v2
from tests.unit.snmp.receiver import EVENTS, Agent, Ear, listening, receiver


@pytest.fixture
def device() -> BoundDevice:
    return receiver()


@pytest.fixture
async def agent(device: BoundDevice) -> AsyncIterator[Agent]:
    agent = Agent(device)
    yield agent
    agent.close()


async def test_a_trap_is_an_event_of_the_device_that_sent_it(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()):
        agent.send(trap_v2(pairs=[(f"{IF_INDEX}.7", rfc1902.Integer32(7))]))
        await ear.until(lambda: bool(ear.events))
    event = ear.events[0]
    assert (event.device, event.kind, event.dedupe_key) == ("switch", "net.trap", None)
    assert event.attributes == {"trap": "link_down", "oid": "1.3.6.1.6.3.1.1.5.3", "port": 7, "uptime": 42}


async def test_messages_that_arrive_together_travel_as_one_batch(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()):
        before = ear.batches
        agent.send(*[trap_v2(uptime=n) for n in range(20)])
        await ear.until(lambda: len(ear.events) == 20)
        assert ear.batches == before + 1
    assert [e.attributes["uptime"] for e in ear.events] == list(range(20))


async def test_a_trap_below_a_known_oid_keeps_its_variables(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()):
        agent.send(trap_v2("1.3.6.1.4.1.9.9.43.0.5", [("1.3.6.1.4.1.9.2.1.5", rfc1902.Counter64(2**60))]))
        await ear.until(lambda: bool(ear.events))
    assert ear.events[0].attributes["trap"] == "cisco"
    assert ear.events[0].attributes["1.3.6.1.4.1.9.2.1.5"] == str(2**60), "a number JSON would round is a text"


async def test_a_trap_of_no_event_is_kept_aside_and_counted(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()) as driver:
        agent.send(trap_v2("1.3.6.1.4.1.2011.1"))
        await ear.until(lambda: bool(ear.strays))
        assert (driver.count("unmatched"), driver.count("traps")) == (1, 1)
    assert not ear.events


async def test_an_inform_is_answered_only_after_the_commit(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear(hold=True)):
        agent.send(inform(request=77))
        await ear.until(lambda: bool(ear.events))
        assert agent.unanswered
        ear.let_go()
        assert int(parsed(await agent.answer())["request-id"]) == 77
    assert ear.events[0].dedupe_key


async def test_a_repeated_inform_makes_no_second_event(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear(hold=True)) as driver:
        agent.send(inform(), inform())
        await ear.until(lambda: driver.count("repeated") == 1)
        ear.let_go()
        await agent.answer()
        assert agent.unanswered, "one answer for both"
        agent.send(inform())
        await agent.answer()
        assert (len(ear.events), driver.count("answers")) == (1, 2)


async def test_a_stranger_is_counted_and_listed_and_told_once(device: BoundDevice) -> None:
    stranger = Agent(device, "127.0.0.77")
    async with listening(device, ear := Ear()) as driver:
        stranger.send(*[trap_v2()] * 5, b"\xff" * 100)
        await ear.until(lambda: driver.count("unknown") == 6)
        assert driver.sources.named() == "127.0.0.77 ×6"
        assert driver.count("damaged") == 0, "what a stranger sends is not read"
    stranger.close()
    assert [(e.device, e.kind, e.attributes["from"]) for e in ear.events] == [
        ("traps", "security.auth_failure", "127.0.0.77")
    ]


async def test_a_wrong_community_is_refused_and_told(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()) as driver:
        agent.send(trap_v2(community="guess"), inform(community="guess"))
        await ear.until(lambda: driver.count("refused") == 2)
        assert agent.unanswered
    assert [e.kind for e in ear.events] == ["security.auth_failure"]
    assert "guess" not in str(ear.events), "what was tried may be a real secret of another device"


async def test_bad_bytes_become_a_stray_and_the_receiver_lives_on(device: BoundDevice, agent: Agent) -> None:
    async with listening(device, ear := Ear()) as driver:
        agent.send(b"\x30\x05\x02\x01\x01\x04\x09", b"", b"\xff" * 60_000, trap_v2())
        await ear.until(lambda: bool(ear.events))
        assert driver.count("damaged") == 3
    assert [s.device for s in ear.strays] == ["switch"] * 3
    assert max(len(s.body) for s in ear.strays) <= 4096


async def test_a_flood_of_one_source_is_cut_before_it_is_read_and_leaves_the_others_alone() -> None:
    device = receiver(
        rate=10, sources={"switch": "127.0.0.1", "other": "127.0.0.2"}, neighbours={"switch": "", "other": ""}
    )
    loud, quiet = Agent(device), Agent(device, "127.0.0.2")
    async with listening(device, ear := Ear()) as driver:
        loud.send(*[trap_v2(uptime=n) for n in range(100)])
        quiet.send(trap_v2())
        await ear.until(lambda: any(e.device == "other" for e in ear.events))
        assert driver.count("flooded") >= 79
        assert driver.count("traps") + driver.count("flooded") == 101
    loud.close()
    quiet.close()


def test_a_bucket_fills_at_its_rate() -> None:
    source = Source("switch", 10, 0)
    assert sum(source.admits(0) for _ in range(100)) == 20
    assert sum(source.admits(SECOND) for _ in range(100)) == 10
    assert source.flooded == 170


def test_strangers_are_listed_up_to_a_bound() -> None:
    sources = Sources({}, 10, 0)
    for n in range(MOST_LISTED + 50):
        sources.of(f"10.0.{n // 256}.{n % 256}")
    assert (len(sources.strangers), sources.unknown) == (MOST_LISTED, MOST_LISTED + 50)


def test_refused_messages_are_told_once_a_minute_with_how_many_there_were() -> None:
    reports = Reports("traps")
    assert reports.of("10.0.0.1", "unknown_source", 0, 0)
    assert [reports.of("10.0.0.1", "unknown_source", 0, SECOND) for _ in range(5)] == [None] * 5
    again = reports.of("10.0.0.1", "unknown_source", 0, MINUTE)
    assert again is not None
    assert again.attributes["before"] == 5


def test_a_flood_of_made_up_senders_makes_a_bounded_number_of_events() -> None:
    reports = Reports("traps")
    told = [reports.of(f"10.0.{n // 256}.{n % 256}", "unknown_source", 0, 0) for n in range(50_000)]
    assert sum(event is not None for event in told) == 60


def test_devices_of_snmp_are_known_by_their_hosts_and_sources_say_the_rest() -> None:
    device = receiver(sources={"camera": "10.1.9.9"}, neighbours={"switch": "10.1.2.1", "camera": "10.1.3.3"})
    assert hosts_of(device) == {"camera": "10.1.9.9", "switch": "10.1.2.1"}


def test_a_source_that_is_no_device_is_refused() -> None:
    with pytest.raises(Misconfigured, match="swich, which is no enabled device"):
        hosts_of(receiver(sources={"swich": "10.1.9.9"}))


def test_two_devices_at_one_host_have_to_be_told_apart() -> None:
    around = {"switch": "10.1.2.1", "ups": "10.1.2.1"}
    with pytest.raises(Misconfigured, match=r"switch and ups are both at 10\.1\.2\.1"):
        hosts_of(receiver(sources={}, neighbours=around))
    assert hosts_of(receiver(sources={"ups": "10.1.2.1"}, neighbours=around)) == {"ups": "10.1.2.1"}


def test_an_attribute_that_is_no_oid_is_said_at_once() -> None:
    wrong = EventMap("x", "net.trap", EVENTS[0].address, {"port": "ifIndex"}, Lane.BULK)
    with pytest.raises(Misconfigured, match="attribute port is 'ifIndex'"):
        TrapDriver([BoundDevice("traps", receiver().connection, (), (wrong,))])


async def test_a_port_that_is_taken_is_unreachable_and_says_which(device: BoundDevice) -> None:
    async with listening(device, Ear()):
        with pytest.raises(Unreachable, match=f"127.0.0.1:{device.connection.port} cannot be taken"):
            await TrapDriver([device]).open()


async def test_a_source_whose_name_is_unknown_is_said() -> None:
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid"):
        await TrapDriver([receiver(sources={"switch": "no-such-host.invalid"})]).open()


async def test_a_receiver_cannot_be_written(device: BoundDevice) -> None:
    with pytest.raises(Refused):
        await TrapDriver([device]).write(device.points[0], 1)


async def test_two_receivers_on_one_port_are_refused(device: BoundDevice) -> None:
    with pytest.raises(Misconfigured, match="keep one receiver"):
        TrapDriver([device, device])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nobody would be believed"),
        ({"users": [{"name": "a"}]}, "without auth"),
        ({"users": [{"name": "a", "auth": {"password": "12345678"}}]}, "without privacy"),
        ({"users": [{"name": "a", "security": "none", "privacy": {"password": "12345678"}}]}, "privacy needs auth"),
        ({"users": [{"name": "a", "security": "none"}] * 2}, "same name"),
        ({"communities": ["x"], "listen": "hub.example"}, "IPv4 or IPv6"),
        ({"communities": ["x"], "engine": "80"}, "5 to 32 bytes"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Connection.model_validate(given)
