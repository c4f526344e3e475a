"""A file that was taken is stored once, whatever died in between, and is moved only then.

Starting a hub with its database twice takes its time; nothing less shows that rows, receipt and folder agree.
"""

import asyncio
import shutil
from pathlib import Path

from tests.support.running_hub import running_hub, until

SITE = """\
version: 1
site: {id: s, name: S, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: desk, profile: own/reports, zone: z, connection: {folder: drop, every: 1s}, limits: {settle: 1s}}
"""
PROFILE = """\
profile: own/reports
title: {vi: Tệp phản ánh, en: Files of reports}
driver: files
source: this test
points:
  open: {kind: report.open, address: {column: open}}
events:
  opened: {kind: report.citizen, address: {key: [id]}, attributes: {area: area}}
examples:
""" + "".join(f'  - {{point: open, raw: "open\\n{n}\\n", value: {n}}}\n' for n in range(5))
REPORTS = 1200
"""More than one piece of a file."""


def written(folder: Path) -> Path:
    (folder / "profiles" / "own").mkdir(parents=True)
    (folder / "profiles" / "own" / "reports.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "site.yaml").write_text(SITE, encoding="utf-8")
    return folder


def lay(drop: Path, name: str, first: int) -> None:
    drop.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"R{n},a,{n}\n" for n in range(first, first + REPORTS))
    (drop / f"{name}.part").write_text("id,area,open\n" + rows, encoding="utf-8")
    (drop / f"{name}.part").rename(drop / name)


async def test_a_file_that_was_taken_before_the_kill_is_not_taken_again(tmp_path: Path) -> None:
    site, state = written(tmp_path / "site"), tmp_path / "state"
    drop = state / "drop"
    lay(drop, "a.csv", 0)
    async with running_hub(site, state) as hub:
        await hub.until_reading("desk", "open", REPORTS - 1)
        await until(lambda: moved(drop, "a.csv"), "a.csv to be moved")
        await hub.kill()
    # as if the hub had died after the commit and before the move, and a second copy had been laid there
    await asyncio.to_thread(shutil.copy, drop / "processed" / "a.csv", drop / "taking" / "a.csv")
    await asyncio.to_thread(shutil.copy, drop / "processed" / "a.csv", drop / "copy.csv")
    lay(drop, "b.csv", REPORTS)
    async with running_hub(site, state) as hub:
        await hub.until_reading("desk", "open", 2 * REPORTS - 1)
        await until(lambda: moved(drop, "copy.csv"), "the last of them to be moved")
        counted = await hub.metrics()
        assert counted['citywatch_files_repeated_total{device="desk"}'] == 2
        assert counted['citywatch_files_taken_total{device="desk"}'] == 1
        assert counted["citywatch_events_received_total"] == REPORTS
    assert sorted(p.name for p in (drop / "processed").iterdir()) == ["a.2.csv", "a.csv", "b.csv", "copy.csv"]


async def moved(drop: Path, name: str) -> bool:
    return (drop / "processed" / name).exists()
