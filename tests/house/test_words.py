"""One word for one thing, one reader of clocks, and nothing in the repository that belongs elsewhere."""

import re

from tests.house.tree import ROOT, belonging, of_wings, texts

EMPTY_NAMES = re.compile(r"(?:^|_)(?:utils?|helpers?|managers?|commons?|misc|handlers?|services?|core)$")
EMPTY_CLASSES = re.compile(r"^class (\w*(?:Utils?|Helper|Manager|Service))\b", re.MULTILINE)

CLOCK = re.compile(
    r"\btime\.(?:time|time_ns|monotonic|monotonic_ns|perf_counter|sleep)\b|\b(?:datetime|date)\.(?:now|utcnow|today)\b"
)
CLOCKS = {
    "hub/model/clock.py": "the clock",
    "hub/batchfile.py": "the writer thread spaces its commits; the loop's clock is not its own",
    "hub/cli/progress.py": "seconds shown to a person who waits",
}

SLEEP = re.compile(r"\basyncio\.sleep\b(?!\(0\))")
SLEEPS = {
    "adapters/outbound.py": "the one chain northwards waits between tries; tests hand in another",
    "adapters/timescale/embedded.py": "waits for a process",
    "adapters/timescale/latest.py": "its pace; tests hand in another",
    "adapters/web/broadcast.py": "heartbeat and ticks",
    "drivers/files/driver.py": "between two looks at a folder",
    "drivers/files/trace.py": "between two looks at a folder",
    "drivers/http/trace.py": "between two rounds of a trace",
    "drivers/line.py": "the one place where lines wait",
    "drivers/modbus/client.py": "the silence between two frames of a serial line",
    "drivers/modbus/driver.py": "the pause that a slow device needs",
    "drivers/modbus/trace.py": "between two rounds of a trace",
    "drivers/onvif/driver.py": "the pause for a camera that does not hold its question",
    "drivers/onvif/finding.py": "for answers to a probe, which may be any number",
    "drivers/opcua/listening.py": "the pace of looks, reads and refreshes of one session",
    "drivers/opcua/session.py": "the life of a channel's keys",
    "drivers/snmp/trace.py": "between two rounds of a trace",
    "drivers/snmp/notifications.py": "between two reports of what was counted",
    "hub/app.py": "looks for aged points",
    "hub/cli/drilling/wire.py": "between two looks at a drill on the wire",
    "hub/growing.py": "gathers rows that come together; tests make it nothing",
    "hub/ownserver.py": "waits before a database is started again",
    "hub/commands/desk.py": "between two looks at whether a command had its effect; tests hand in another",
    "hub/aging.py": "looks for aged points",
    "hub/supervise.py": "waits before a part is started again",
    "simulators/fleet.py": "time passes for devices",
    "simulators/http.py": "a server that answers late, or not",
    "simulators/onvif/discovery.py": "answers to one probe are spread, as the protocol asks",
    "simulators/onvif/port.py": "a camera that answers late",
    "simulators/pushing.py": "a system that is late, or sends again",
    "simulators/player.py": "time passes for a scenario",
}

HOSTS = re.compile(
    "|".join(
        (
            "py" + r"pi\.org",
            "python" + "hosted",
            r"npm" + r"js\.org",
            r"deb\.debian" + r"\.org",
            r"registry\.\w+\.(?:org|com|io)",
        )
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.~$}])/(?:wo" + r"rk|root|home/\w+|Users)/\w")
CERTIFIED = re.compile(r"\bcert" + r"ified\b", re.IGNORECASE)
PRIVATE_KEYS = re.compile("BEGIN " + r"(?:[A-Z]+ )?PRIVATE KEY")

SAYS_PATTERNS = "tests/house/test_words.py"


def found(pattern: re.Pattern[str], *, python_only: bool = False) -> set[str]:
    """Return `file:line: text` of every place where a pattern stands."""
    hits = set()
    for path, text in texts():
        if path.as_posix() == SAYS_PATTERNS or (python_only and path not in of_wings()):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                hits.add(f"{path.as_posix()}:{number}: {line.strip()[:100]}")
    return hits


def files(hits: set[str]) -> set[str]:
    return {hit.partition(":")[0] for hit in hits}


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = [path for path in belonging() if path.suffix in {".py", ".ts"}]
    assert not [str(path) for path in named if EMPTY_NAMES.search(path.stem)]


def test_no_class_has_a_name_that_says_nothing() -> None:
    assert not [hit for path in of_wings() for hit in EMPTY_CLASSES.findall((ROOT / path).read_text(encoding="utf-8"))]


def test_only_the_clock_reads_a_clock() -> None:
    hits = found(CLOCK, python_only=True)
    assert not {hit for hit in hits if hit.partition(":")[0] not in CLOCKS}, "take the time as an argument"
    assert CLOCKS.keys() <= files(hits), "a file reads no clock any more: take it out"


def test_only_known_places_wait() -> None:
    """`sleep(0)` waits for nothing: it lets others run."""
    hits = found(SLEEP, python_only=True)
    assert not {hit for hit in hits if hit.partition(":")[0] not in SLEEPS}, "wait for the thing, not for time"


def test_no_registry_is_named() -> None:
    assert not found(HOSTS)


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert not found(MACHINE_PATHS)


def test_no_approval_is_claimed() -> None:
    assert not found(CERTIFIED)


def test_no_private_key_is_kept() -> None:
    assert not found(PRIVATE_KEYS)


def test_nothing_prints_but_the_command_line() -> None:
    prints = found(re.compile(r"(?<![\w.])print\("), python_only=True)
    assert not {hit for hit in prints if not hit.startswith("hub/cli/")}
