"""The rules alone: condition evaluations per second, memory of windows, and how long one step takes.

`conditions`: groups of three tests, one often unknown, as closures alone. `engine`: the same through the whole engine.
`windows`: 10,000 rules that look two minutes back, forty changing values in each window. `step`: the shipped packs over
2,000 devices, batches of ten at 5,000 readings a second; `province`: the same with the rules and points of the Thái
Nguyên site. Times are of this thread's CPU, so that others do not count.
"""

import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from drivers import REGISTRY
from hub.config import load, shipped
from hub.model import SECOND, Group, Point, Quality, Reading, Reason, Rule, Selector, Site, Window
from hub.model import Test as Comparison
from rules import Engine
from rules.condition import judge, verdict
from simulators.calm import calm
from simulators.process import Process
from tests.support.rulesite import T0, device, rule, site

Figures = dict[str, float | str]
SECONDS = 1.0
STEPS = 10_000
STRIDE = 7919
"""A prime, so that neighbours in a batch are neighbours nowhere."""


def conditions() -> Figures:
    """Evaluate a group of three tests, one of them often unknown; count tests."""
    of = Selector(point="x")
    group = Group(
        "all", (Comparison("above", 60.0, 5.0), Comparison("is", True), Comparison("outside", (2.0, 8.0), of=of))
    )
    tests, whole = verdict(group)
    judges = [judge(test) for test in tests]
    values = [(20.0 + n % 60, n % 3 == 0, None if n % 5 == 0 else float(n % 11)) for n in range(1_000)]
    last: list[bool | None] = [False, False, False]
    done, begun = 0, time.process_time()
    while (took := time.process_time() - begun) < SECONDS:
        for trio in values:
            truths = [said(value, before) for said, value, before in zip(judges, trio, last, strict=True)]
            whole(truths)
            last = [before if truth is None else truth for truth, before in zip(truths, last, strict=True)]
        done += len(judges) * len(values)
    return {"case": "conditions", "evaluations_per_s": done / took}


def engine_conditions() -> Figures:
    """Give readings to an engine, every one of which is judged: the whole road of a test."""
    rules = tuple(rule(Comparison("above", 60.0, 5.0), kind="env.temperature", name=f"r{n}") for n in range(5))
    engine = Engine(site(rules, *(device(f"d{n}", {"t": "env.temperature"}) for n in range(200))))
    batches = [[_reading(f"d{n}/t", 30.0 + (n + k) % 29, k) for n in range(200)] for k in range(50)]
    done, now, begun = 0, T0, time.process_time()
    while (took := time.process_time() - begun) < SECONDS:
        for batch in batches:
            now += SECOND // 100
            engine.step(batch, now)
            done += 5 * len(batch)
    return {"case": "engine", "evaluations_per_s": done / took}


def windows() -> Figures:
    """Fill 10,000 windows with forty changing values each."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    folds = ("average", "median", "max", "rises", "sum")
    rules = tuple(_looking_back(fold) for fold in folds)
    engine = Engine(site(rules, *(device(f"d{n}", {"t": "env.temperature"}) for n in range(2_000))))
    now = T0
    for k in range(40):
        now += 3 * SECOND
        engine.step([_reading(f"d{n}/t", 20 + math.sin(n + k / 3), k) for n in range(2_000)], now)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.process_time()
    size = len(json.dumps(engine.dump()))
    return {
        "case": "windows",
        "instances": float(len(engine.possible)),
        "rss_mb": after - before,
        "dump_mb": size / 1e6,
        "dump_cpu_s": time.process_time() - begun,
    }


def _looking_back(fold: str) -> Rule:
    verb = "at_least" if fold == "rises" else "above"
    when = Comparison(verb, 1e6, over=Window(fold, 120 * SECOND))
    return rule(when, kind="env.temperature", name=fold)


def step() -> Figures:
    """Step the shipped packs at 5,000 readings a second, in batches of ten; say how long a step takes."""
    engine = Engine(_packs(2_000))
    now, times = T0, []
    kinds = ("speed", "occ", "level", "pm25", "temp")
    batches = [
        [_reading(f"d{(10 * k + i) % 2_000}/{kinds[k % 5]}", 20.0 + (k * 7 + i) % 13 / 10, k) for i in range(10)]
        for k in range(4_000)
    ]
    for batch in batches:
        now += SECOND // 500
        begun = time.thread_time()
        engine.step(batch, now)
        times.append((time.thread_time() - begun) * 1e3)
    times.sort()
    return {
        "case": "step",
        "rules": float(len(engine.possible)),
        "p50_ms": statistics.median(times),
        "p99_ms": times[len(times) * 99 // 100],
        "cpu_percent_at_5000_per_s": 100 * sum(times) / 1e3 / (len(batches) / 500),
    }


def province() -> Figures:
    """Step every rule of the province at 5,000 readings a second over all its points, in batches of ten."""
    city = load(shipped() / "sites" / "thai-nguyen", REGISTRY)
    begun = time.process_time()
    engine = Engine(city)
    built = time.process_time() - begun
    physics = Process(0, calm(city))
    points = [p for p in city.points.values() if p.address is not None]
    engine.step([_said(p, physics, T0) for p in points], T0)
    now, times = T0, []
    for k in range(STEPS):
        now += SECOND // 500
        batch = [_said(points[(10 * k + i) * STRIDE % len(points)], physics, now) for i in range(10)]
        begun = time.thread_time()
        engine.step(batch, now)
        times.append((time.thread_time() - begun) * 1e3)
    times.sort()
    return {
        "case": "province",
        "points": float(len(points)),
        "rules": float(len(engine.possible)),
        "p50_ms": statistics.median(times),
        "p99_ms": times[len(times) * 99 // 100],
        "longest_ms": times[-1],
        "cpu_percent_at_5000_per_s": 100 * sum(times) / 1e3 / (STEPS / 500),
        "built_cpu_s": built,
    }


def _said(point: Point, physics: Process, now: int) -> Reading:
    return Reading(point.id, physics.value(point, now), Quality.GOOD, Reason.NONE, None, now, 0)


def _packs(devices: int) -> Site:
    points = {
        "speed": "traffic.speed", "occ": "traffic.occupancy", "level": "env.water_level", "pm25": "env.pm25",
        "temp": "env.temperature",
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        head = "version: 1\nsite: {id: b, name: B}\nzones: [{id: tn, name: T}]\ninclude: [shipped/rules/*.yaml]\n"
        (Path(folder) / "site.yaml").write_text(head)
        rules = load(Path(folder), REGISTRY).rules
    return site(rules, *(device(f"d{n}", points, tags=frozenset({"river"})) for n in range(devices)))


def _reading(point: str, value: float, seq: int) -> Reading:
    return Reading(point, value, Quality.GOOD, Reason.NONE, None, T0, seq)


CASES = {
    "conditions": conditions, "engine": engine_conditions, "windows": windows, "step": step, "province": province,
}  # fmt: skip


def measured() -> Iterator[Figures]:
    """Run each case in a process of its own: what one holds is not another's memory."""
    for name in CASES:
        done = subprocess.run([sys.executable, "-m", "bench.rules", name], capture_output=True, text=True, check=True)
        yield json.loads(done.stdout)


def main() -> int:
    """Print one JSON line a case; `python -m bench.rules NAME` runs one of them alone."""
    found = [CASES[sys.argv[1]]()] if len(sys.argv) > 1 else measured()
    for figures in found:
        line = {"bench": "rules"} | {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
        print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
