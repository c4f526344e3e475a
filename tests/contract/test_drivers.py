"""The exam every driver sits: what `drivers.base` promises, asked of each protocol's rig."""

import asyncio
import subprocess
import sys

import pytest
from pydantic import ValidationError

from hub.model import DriverError, Intake, NoAnswer, Unreachable, one_by_one
from tests.contract.files_rig import FILES_RIGS
from tests.contract.http_rig import HTTP_RIGS
from tests.contract.rigs import RIGS

PATIENCE = 20.0
"""Seconds after which a driver that should have come back is taken for stuck."""


class Ear:
    """A sink that remembers and releases at once."""

    def __init__(self) -> None:
        self.points: list[str] = []
        self.heard = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.points += [s.point for s in intake.samples]
        if intake.release is not None:
            intake.release()
        self.heard.set()

    def report(self, device, state, reason="", detail="") -> None:
        pass

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device) -> None:
        return None


ALL = {**RIGS, **HTTP_RIGS, **FILES_RIGS}


@pytest.fixture(params=ALL)
async def rig(request):
    rig = ALL[request.param]()
    await rig.up()
    yield rig
    await rig.down()


@pytest.fixture
async def driver(rig):
    before = asyncio.all_tasks()
    driver = rig.spec.load()(rig.devices())
    yield driver
    await driver.close()
    await rig.down()
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"the driver left tasks behind: {left}"


async def work(driver, rig):
    """Do what the line is for, once, and return the points that were heard."""
    points = [p for d in rig.devices() for p in d.points]
    if not rig.spec.pushes:
        return [s.point for d in rig.devices() for s in one_by_one(await driver.read(d.points))]
    ear = Ear()
    listening = asyncio.create_task(driver.subscribe(ear))
    try:
        async with asyncio.timeout(PATIENCE):
            while len(set(ear.points)) < len(points):
                ear.heard.clear()
                await rig.speak()
                waiting = asyncio.create_task(ear.heard.wait())
                await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if listening.done():
                    listening.result()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return ear.points


async def until_lost(driver, rig):
    """Work until the line's loss is told."""
    if rig.spec.pushes:
        await driver.subscribe(Ear())
    while True:
        await driver.read(rig.devices()[0].points)
        await asyncio.sleep(0)


async def test_every_point_that_is_asked_for_gives_one_sample(driver, rig):
    await driver.open()
    heard = await work(driver, rig)
    wanted = sorted(p.id for d in rig.devices() for p in d.points)
    assert sorted(set(heard)) == wanted
    if not rig.spec.pushes:
        assert sorted(heard) == wanted


async def test_some_points_or_none_may_be_asked_for(driver, rig):
    if rig.spec.pushes:
        pytest.skip("this driver is told, not asked")
    await driver.open()
    points = rig.devices()[0].points
    assert [s.point for s in one_by_one(await driver.read(points[1:2]))] == [points[1].id]
    assert sorted(s.point for s in one_by_one(await driver.read(list(points[1:])))) == sorted(p.id for p in points[1:])
    assert list(await driver.read([])) == []


async def test_it_can_be_opened_and_closed_again_and_again(driver, rig):
    for _ in range(3):
        await driver.open()
        assert await work(driver, rig)
        await driver.close()


async def test_close_is_safe_before_open_and_twice(driver, rig):
    await driver.close()
    await driver.open()
    await driver.close()
    await driver.close()


async def test_it_is_built_without_a_word_on_the_wire_and_tells_when_nobody_is_there(driver, rig):
    await rig.down()
    with pytest.raises(Unreachable) as told:
        await driver.open()
    assert str(told.value), "the sentence for the maintainer is missing"
    await driver.close()


async def test_it_opens_after_an_open_that_failed(driver, rig):
    await rig.down()
    with pytest.raises(Unreachable):
        await driver.open()
    await driver.close()
    await rig.up()
    await driver.open()
    assert await work(driver, rig)


async def test_a_line_that_is_lost_at_work_is_unreachable_and_can_be_opened_again(driver, rig):
    if getattr(rig, "listens", False):
        pytest.skip("a port that is listened on is not lost")
    await driver.open()
    await work(driver, rig)
    working = asyncio.create_task(until_lost(driver, rig))
    await asyncio.sleep(0.05)
    await rig.down()
    with pytest.raises(Unreachable):
        async with asyncio.timeout(PATIENCE):
            await working
    await driver.close()
    await rig.up()
    await driver.open()
    assert await work(driver, rig)


async def test_work_can_be_cancelled_and_the_driver_closed(driver, rig):
    await driver.open()
    await work(driver, rig)
    await rig.mute()
    working = asyncio.create_task(until_lost(driver, rig))
    await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await driver.close()


async def test_a_device_that_says_nothing_is_no_answer_and_no_value(driver, rig):
    if rig.spec.pushes:
        pytest.skip("this driver is told, not asked")
    await driver.open()
    await rig.mute()
    with pytest.raises(NoAnswer):
        async with asyncio.timeout(PATIENCE):
            await driver.read(rig.devices()[0].points)


async def test_what_it_cannot_do_is_said_as_a_driver_error(driver, rig):
    if getattr(rig, "listens", False):
        pytest.skip("what a receiver has counted can be read, too")
    await driver.open()
    with pytest.raises(DriverError):
        async with asyncio.timeout(PATIENCE):
            await (driver.read(rig.devices()[0].points) if rig.spec.pushes else driver.subscribe(Ear()))


async def test_devices_of_a_line_share_its_key_and_can_be_pointed_elsewhere(rig):
    spec = rig.spec
    connections = [d.connection for d in rig.devices()]
    assert len({spec.line(c) for c in connections}) == 1
    moved = spec.redirect(connections[0], "127.0.0.1", 4)
    if getattr(rig, "place", False):
        assert moved == connections[0]
        return  # a folder has no host and port; its simulator's is another folder
    assert spec.line(moved) != spec.line(connections[0])
    if getattr(rig, "listens", False):
        return  # a receiver has no endpoint: nothing is to be reached there
    assert spec.endpoint(moved) == ("127.0.0.1", 4)
    assert spec.endpoint(connections[0]) != ("127.0.0.1", 4), "the connection itself was changed"


async def test_its_models_refuse_what_they_do_not_know_and_describe_every_field(rig):
    for model in filter(None, (rig.spec.connection, rig.spec.address, rig.spec.event, rig.spec.limits)):
        with pytest.raises(ValidationError):
            model.model_validate({"no such field": 1})
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} has no description"


async def test_it_decodes_the_examples_of_profiles(rig):
    address, raw, value = rig.example
    assert rig.spec.example(rig.spec.address.model_validate(address), raw) == value


async def test_its_library_is_not_imported_before_it_is_used(rig):
    code = (
        f"import sys; from drivers import REGISTRY; REGISTRY[{rig.spec.name!r}]; sys.exit({rig.heavy!r} in sys.modules)"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=False)
    assert done.returncode == 0
