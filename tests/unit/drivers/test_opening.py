"""How fast lines are opened: a driver that asks much is slower than the others and holds up none of them."""

import asyncio

from tests.unit.drivers.pretend import a_device, tell


def test_lines_of_a_driver_that_asks_much_are_opened_as_slowly_as_it_says_and_hold_up_no_others():
    devices = [*(a_device(f"s{n}", driver="slow") for n in range(20)), a_device("quick")]

    async def story(world, notebook, runner):
        await asyncio.sleep(2)
        assert sum(host.startswith("s") for at, host in world.opens if at < 1) in (5, 6)
        assert notebook.states("quick")[-1] == ("online", "")
        await asyncio.sleep(5)
        assert all(notebook.states(d.id)[-1] == ("online", "") for d in devices)

    tell(devices, story)
