"""What Prometheus is told: every figure once, described, and the sums that must hold."""

import re
from collections import Counter
from pathlib import Path

import pytest

from hub.figures import figures
from hub.metrics import Figure, Metrics
from hub.model import DeviceState
from hub.supervise import Supervisor
from tests.support.conservation import broken_laws
from tests.unit.hub.house import House, house

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


class NoStore:
    rows: Counter[str] = Counter(reading=3)
    refused: Counter[str] = Counter(reading=1)
    repeated = 0
    settled = 0
    connected = True
    lag = {"readings": 0, "journal": 0}


def exposition(hub: House) -> dict[str, float]:
    metrics = Metrics()
    parts = Supervisor()
    parts.restarts["store"] = 2
    metrics.add(lambda: figures(hub.road, hub.alarming, hub.journal, hub.spool, hub.stream, NoStore(), parts))
    lines = metrics.exposition().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


async def test_the_exposition_holds_the_laws(tmp_path: Path):
    async with house(tmp_path) as hub:
        hub.say("sensor/temperature", 21.5)
        hub.say("sensor/temperature", "junk")
        hub.say("panel/zone.alarm", True)
        hub.say("panel/zone.alarm", True)
        hub.say("nobody/nothing", 1)
        hub.road.report("sensor", DeviceState.OFFLINE, "silent")
        await hub.settled()
        said = exposition(hub)
    assert broken_laws(said) == []
    assert said["citywatch_in_flight"] == said["citywatch_spool_taken_total"] == said["citywatch_spool_records"] > 0
    assert said['citywatch_readings_marked_total{reason="undecodable"}'] == 1
    assert said['citywatch_file_refused{file="spool"}'] == 0
    assert said['citywatch_part_restarts_total{part="store"}'] == 2
    assert said["citywatch_transitions_total"] == 2


@pytest.mark.parametrize(
    ("figure", "law"),
    [
        ("citywatch_samples_received_total", "samples received"),
        ("citywatch_strays_quarantined_total", "taken ="),
        ("citywatch_spool_taken_total", "found + taken"),
        ('citywatch_dropped_total{lane="bulk"}', "found + taken"),
        ('citywatch_merged_total{lane="alarm"}', "found + taken"),
        ('citywatch_dropped_total{lane="life_safety"}', "nothing of life_safety"),
    ],
)
async def test_one_record_too_many_or_too_few_breaks_a_law(tmp_path: Path, figure: str, law: str):
    async with house(tmp_path) as hub:
        hub.say("sensor/temperature", 21.5)
        await hub.settled()
        said = exposition(hub)
    assert any(law in sentence for sentence in broken_laws(said | {figure: said[figure] + 1}))


async def test_what_was_released_must_be_a_row_somewhere(tmp_path: Path):
    async with house(tmp_path) as hub:
        for n in range(4):
            hub.say("sensor/temperature", float(n))
            await hub.settled()
        hub.spool.trim(hub.spool.last_seq)
        await hub.settled()
        said = exposition(hub)
    assert said["citywatch_spool_released_total"] == 4
    assert broken_laws(said) == []
    assert broken_laws(said | {'citywatch_store_rows_total{table="reading"}': 2}) != []


async def test_every_figure_is_in_the_reference(tmp_path: Path):
    async with house(tmp_path) as hub:
        hub.say("sensor/temperature", "junk")
        await hub.settled()
        names = {re.split(r"[{ ]", line)[0] for line in exposition(hub)}
    text = REFERENCE.read_text()
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_a_figure_of_many_parts_is_one_family_with_labels():
    metrics = Metrics()
    metrics.add(lambda: [Figure("citywatch_a", "A", 1, {"part": "x"}, total=True)])
    metrics.add(lambda: [Figure("citywatch_a", "A", 2, {"part": "y"}, total=True), Figure("citywatch_b", "B", 3.5)])
    text = metrics.exposition().decode()
    assert text.count("# TYPE citywatch_a_total counter") == 1
    assert 'citywatch_a_total{part="x"} 1.0' in text
    assert 'citywatch_a_total{part="y"} 2.0' in text
    assert "citywatch_b 3.5" in text


def test_figures_are_asked_for_when_they_are_exposed_and_not_before():
    metrics = Metrics()
    count = [1]
    metrics.add(lambda: [Figure("citywatch_a", "A", count[0])])
    count[0] = 7
    assert "citywatch_a 7.0" in metrics.exposition().decode()
