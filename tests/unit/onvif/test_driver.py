"""The driver before a simulated camera: states, events, clocks, sign-in, and pull points that go away."""

import pytest

from hub.model import MINUTE, SECOND, DeviceState, Misconfigured, Reason, Unreachable
from hub.model.clock import DAY
from simulators.onvif.quirks import Quirks
from tests.unit.onvif.rig import CROSSED, MOTION, SOURCE, Place, listening, place

HALF_A_YEAR = 182 * DAY
EVENTS = {"crossed": {"address": {"topic": CROSSED}, "attributes": {"rule": "source.Rule", "object": "ObjectId"}}}


def state(here: Place, value: bool) -> None:
    here.camera.show(MOTION, SOURCE, {"State": "true" if value else "false"})


async def test_states_are_told_on_subscribing_and_changes_with_the_cameras_time() -> None:
    async with place() as here:
        state(here, False)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.values("cam/motion") != [], task)
            assert ear.samples[0].value is False
            assert ear.samples[0].source_time is None, "a state that stands is filed under now"
            here.clock.advance(5 * SECOND)
            at = here.clock.now()
            state(here, True)
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            assert ear.samples[-1].source_time == at
            assert ear.health["cam"] == (DeviceState.ONLINE, "")


async def test_what_happens_once_is_a_device_event_and_a_state_that_stands_is_none() -> None:
    async with place() as here:
        alarm = {"alarm": {"address": {"topic": MOTION, "where": {"State": "true"}}}}
        state(here, True)
        async with listening(here.driver(here.device(events={**EVENTS, **alarm}))) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            here.camera.happen(CROSSED, {"Rule": "gate"}, {"ObjectId": "17"})
            await ear.until(lambda: ear.events != [], task)
            assert [(e.device, e.attributes) for e in ear.events] == [("cam", {"rule": "gate", "object": 17})]
            state(here, False)
            state(here, True)
            await ear.until(lambda: len(ear.events) == 2, task)


async def test_a_deleted_property_is_no_value_and_no_false_normal() -> None:
    async with place() as here:
        state(here, True)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            here.camera.withdraw(MOTION, SOURCE)
            await ear.until(lambda: ear.samples[-1].reason is Reason.NOT_PROGRAMMED, task)
            assert ear.samples[-1].value is None


async def test_a_flag_of_two_rules_is_true_while_one_of_them_is() -> None:
    async with place() as here:
        topic = "tns1:VideoSource/ImageTooDark"
        for service in ("ImagingService", "AnalyticsService"):
            here.camera.show(f"{topic}/{service}", SOURCE, {"State": "true"})
        driver = here.driver(here.device(points={"dark": {"topic": f"{topic}//.", "type": "bool"}}))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: len(ear.values("cam/dark")) >= 2, task)
            here.camera.show(f"{topic}/ImagingService", SOURCE, {"State": "false"})
            before = len(ear.samples)
            await ear.until(lambda: len(ear.samples) > before, task)
            assert ear.values("cam/dark")[-1] is True, "analytics still finds it dark"
            here.camera.show(f"{topic}/AnalyticsService", SOURCE, {"State": "0"})
            await ear.until(lambda: ear.values("cam/dark")[-1] is False, task)


async def test_a_topic_nobody_mapped_is_counted_and_set_aside_once_with_a_stub() -> None:
    async with place() as here:
        driver = here.driver()
        async with listening(driver) as (ear, task):
            await ear.until(lambda: "cam" in ear.health, task)
            for dark in ("1", "0"):
                here.camera.show("tns1:VideoSource/tnsaxis:DayNightVision", {}, {"day": dark})
            await ear.until(lambda: driver.routes.unknown_total >= 2, task)
            assert [s.source for s in ear.strays] == ["tns1:VideoSource/tnsaxis:DayNightVision"]
            assert b'topic: "tns1:VideoSource/tnsaxis:DayNightVision", item: "day"' in ear.strays[0].body


async def test_channels_of_a_recorder_hear_their_own_states() -> None:
    async with place() as here:
        for token, value in (("v1", "true"), ("v2", "false")):
            here.camera.show(MOTION, {"Source": token}, {"State": value})
        driver = here.driver(here.device("one", source="v1"), here.device("two", source="v2"))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: {"one", "two"} <= {s.point.partition("/")[0] for s in ear.samples}, task)
            assert set(ear.values("one/motion")) == {True}
            assert set(ear.values("two/motion")) == {False}


@pytest.mark.parametrize("ways", [{"digest"}, {"token"}, {"digest", "token"}])
async def test_it_signs_in_the_way_that_the_camera_knows(ways: set[str]) -> None:
    async with place(frozenset(ways)) as here:
        state(here, True)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)


async def test_a_clock_half_a_year_off_neither_locks_out_nor_moves_history() -> None:
    async with place(frozenset({"token"})) as here:
        here.skew = -HALF_A_YEAR
        state(here, False)
        points = {"motion": {"topic": MOTION, "type": "bool"}, "clock": {"about": "clock_offset"}}
        async with listening(here.driver(here.device(points=points))) as (ear, task):
            await ear.until(lambda: ear.values("cam/motion") != [], task)
            assert ear.health["cam"] == (DeviceState.DEGRADED, "clock_skew")
            assert ear.values("cam/clock") == [-HALF_A_YEAR / SECOND]
            state(here, True)
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            at = ear.samples[-1].source_time
            assert at is not None
            assert abs(at - here.clock.now()) < 2 * SECOND


async def test_a_wrong_password_is_said_to_be_one() -> None:
    async with place() as here:
        driver = here.driver(here.device(password="wrong"))
        with pytest.raises(Unreachable) as told:
            await driver.open()
        await driver.close()
        assert told.value.reason == "auth_failed"
        assert "wrong" not in str(told.value)


async def test_a_wrong_password_is_tried_once_each_time_after_both_ways_were_refused() -> None:
    async with place() as here:
        driver = here.driver(here.device(password="wrong"))
        signed = []
        for _ in range(4):
            before = here.camera.gate.wrong
            with pytest.raises(Unreachable, match="does not accept"):
                await driver.open()
            signed.append(here.camera.gate.wrong - before)
        await driver.close()
        assert signed == [2, 1, 1, 1], "digest and token at first, then one of them in turn"
        good = here.driver()
        await good.open()
        await good.close()


async def test_a_forgotten_pull_point_is_made_anew_and_states_are_told_again() -> None:
    async with place() as here:
        state(here, False)
        driver = here.driver()
        async with listening(driver) as (ear, task):
            await ear.until(lambda: ear.values("cam/motion") != [], task)
            await ear.until(lambda: here.camera.asked.count("PullMessages") >= 2, task)
            here.camera.forget()
            here.camera.properties[MOTION, tuple(SOURCE.items())]["State"] = "true"
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            assert driver.pull_point.made == 2


async def test_a_state_that_is_not_named_after_a_new_beginning_is_not_known() -> None:
    async with place() as here:
        state(here, True)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: here.camera.asked.count("PullMessages") >= 2, task)
            del here.camera.properties[MOTION, tuple(SOURCE.items())]
            here.camera.forget()
            await ear.until(lambda: ear.samples[-1].reason is Reason.WAITING, task)


async def test_renew_is_asked_at_half_time_and_a_camera_without_it_is_left_in_peace() -> None:
    async with place() as here:
        driver = here.driver()
        async with listening(driver) as (ear, task):
            await ear.until(lambda: "PullMessages" in here.camera.asked, task)
            here.clock.advance(40 * SECOND)
            await ear.until(lambda: "Renew" in here.camera.asked, task)
            here.camera.quirks = Quirks(renews=False)
            here.clock.advance(40 * SECOND)
            await ear.until(lambda: not driver.pull_point.renews, task)
            assert driver.pull_point.made == 1


async def test_a_camera_that_names_its_longest_hold_is_asked_for_no_more() -> None:
    async with place() as here:
        state(here, True)
        async with listening(here.driver(here.device(pull="5m"))) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)


async def test_closing_frees_the_pull_point_and_too_many_are_refused_by_name() -> None:
    async with place() as here:
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: "cam" in ear.health, task)
            assert here.camera.listeners == 1
        assert here.camera.listeners == 0
        *others, last = [here.driver() for _ in range(5)]
        for other in others:
            await other.open()
        with pytest.raises(Unreachable) as told:
            await last.open()
        assert told.value.reason == "refused"
        assert "All pull points are in use" in str(told.value)
        for other in (*others, last):
            await other.close()


async def test_it_cannot_be_asked() -> None:
    async with place() as here:
        with pytest.raises(Misconfigured):
            await here.driver().read([])


async def test_the_clock_is_measured_again_and_its_correction_is_told() -> None:
    async with place() as here:
        here.skew = 2 * MINUTE
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.health.get("cam") == (DeviceState.DEGRADED, "clock_skew"), task)
            here.skew = 0
            here.clock.advance(61 * MINUTE)
            await ear.until(lambda: ear.health["cam"] == (DeviceState.ONLINE, ""), task)


async def test_a_camera_that_takes_instants_only_and_names_none_is_served() -> None:
    async with place() as here:
        here.camera.quirks = Quirks(absolute=True, names_end=False)
        state(here, True)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)


async def test_a_camera_with_one_place_for_everything_is_served() -> None:
    async with place() as here:
        here.camera.unknown = frozenset({"GetServices", "SetSynchronizationPoint"})
        state(here, True)
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)
