"""`doctor` and `trace` of a folder: everything is judged, nothing is taken."""

import asyncio
from pathlib import Path

from drivers import REGISTRY
from drivers.base import Seen
from drivers.files import SPEC
from hub.cli.doctor import examine
from hub.cli.trace import follow
from hub.config import load
from tests.unit.files.rig import GOOD, Desk, device

SITE = """
version: 1
site: {{id: s, timezone: Asia/Ho_Chi_Minh, language: en}}
zones: [{{id: town}}]
devices:
  - {{id: desk, profile: feeds/socio-economic-csv, zone: town, connection: {{folder: {folder}}}}}
"""
FEED = "Mã;Giá trị;Kế hoạch;Kỳ;Cập nhật\nGRDP;6,5;8,5;2026-Q3;24/11/2026\n"


async def examined(tmp_path: Path) -> tuple[list[str], bool, str]:
    (tmp_path / "site.yaml").write_text(SITE.format(folder=tmp_path / "drop"), encoding="utf-8")
    loaded = load(tmp_path, REGISTRY)
    (row,) = await examine(loaded, list(loaded.devices.values()), "en", 0.3)
    steps = [f"{s['step']} {s['ok']}" for s in row["steps"]]
    return steps, row["ok"], row["steps"][-1]["says"]


async def test_doctor_reads_what_lies_there_and_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").write_text(FEED, encoding="utf-8")
    steps, ok, says = await examined(tmp_path)
    assert steps == ["configuration True", "sign_in True", "listen True", "decode True"]
    assert (ok, says) == (True, "desk/updated '24/11/2026'; desk/grdp 6.5; desk/grdp_target 8.5")
    assert [p.name for p in (tmp_path / "drop").iterdir()] == ["a.csv"]


async def test_doctor_does_not_call_an_empty_folder_sick_and_a_bad_file_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    steps, ok, _ = await examined(tmp_path)
    assert (steps[-1], ok) == ("listen None", True)
    (tmp_path / "drop" / "a.csv").write_text(FEED.replace("6,5", "6.5"), encoding="utf-8")
    steps, ok, says = await examined(tmp_path)
    assert (steps[-1], ok) == ("listen False", False)
    assert says.startswith("a.csv:2: column 'Giá trị'")


async def test_doctor_says_that_a_folder_is_not_there(tmp_path: Path) -> None:
    steps, ok, says = await examined(tmp_path)
    assert (steps[-1], ok) == ("sign_in False", False)
    assert str(tmp_path / "drop") in says


async def test_trace_tells_the_last_that_was_taken_and_what_comes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD)
    await desk.rest()
    told: list[Seen] = []
    first, second = asyncio.Event(), asyncio.Event()

    def tell(seen: Seen) -> None:
        told.append(seen)
        first.set()
        if "new.csv" in seen.says:
            second.set()

    tracing = asyncio.create_task(follow(device(desk.folder), SPEC, 20, tell))
    await asyncio.wait_for(first.wait(), 10)
    desk.lay(GOOD + "x;y", "new.csv")
    await asyncio.wait_for(second.wait(), 10)
    while told[-1].way != "fault":
        await asyncio.sleep(0.01)
    tracing.cancel()
    await asyncio.gather(tracing, return_exceptions=True)
    assert told[0].says.endswith("0 wait, 1 taken, 0 refused")
    assert [f"{s.way} {s.says}" for s in told[1:4]] == [
        f"received processed/a.csv, {len(GOOD.encode())} bytes", "value desk/grdp 6.5", "value desk/period '2026-Q3'",
    ]  # fmt: skip
    assert told[-1].says == "new.csv:4: the row has 2 cells, the titles are 4; is the file whole?"
    assert desk.lies()[""] == ["new.csv"]
