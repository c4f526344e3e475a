"""Runs a page as its reader would: writes its files, types its commands, and compares what comes with what it shows.

A block with a name behind its language is a file of that name. In a block of language `console` a line `$ …` is a
command and what follows is what it prints; `…` stands for anything, alone on a line for any number of lines. `^C` at
the end says that the command runs until it is stopped: it is, as soon as everything before has been seen.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from tests.house.pages import Block
from tests.house.tree import ROOT

PATIENCE = 90
"""Seconds for one command."""


class Command(NamedTuple):
    """What the reader types, what the page shows, and whether the reader stops it."""

    words: str
    shown: str
    stopped: bool


def commands(block: Block) -> list[Command]:
    found = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        words, _, shown = part.partition("\n")
        stopped = shown.rstrip().endswith("^C")
        found.append(Command(words, shown.rstrip().removesuffix("^C"), stopped))
    return found


def pattern(shown: str) -> re.Pattern[str]:
    """Return what fits the output that a page shows."""
    lines = shown.rstrip("\n").split("\n") if shown.strip() else []
    parts = [r"(?:.*\n)*?" if line.strip() == "…" else fitting(line.rstrip()) + r"[ \t]*\n" for line in lines]
    return re.compile("".join(parts))


def fitting(line: str) -> str:
    return ".*".join(re.escape(piece) for piece in line.split("…"))


def ports(count: int) -> list[int]:
    """Return free ports of four digits, so that what a page shows stays where it stands."""
    found: list[int] = []
    for port in range(2000 + os.getpid() % 4000, 9999):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")


class Reader:
    """Somebody who follows a page in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "CITYWATCH_"))}
        self._environment = {**keep, "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLUMNS": "160"}

    def follow(self, block: Block) -> None:
        """Do what one block asks for. Raises AssertionError where the page is wrong."""
        if block.language == "console":
            for command in commands(block):
                self._type(command, f"{block.page}:{block.line}")
        elif block.name:
            target = self.folder / block.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")

    def _type(self, command: Command, where: str) -> None:
        told = self._until(command) if command.stopped else self._whole(command)
        fits = pattern(command.shown)
        ok = fits.match(told) if command.stopped else fits.fullmatch(told)
        assert ok, f"{where}: $ {command.words}\nthe page shows:\n{command.shown}\nit prints:\n{told}"

    def _whole(self, command: Command) -> str:
        done = subprocess.run(
            ["bash", "-c", command.words], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return done.stdout.decode()

    def _until(self, command: Command) -> str:
        with subprocess.Popen(
            ["bash", "-c", f"exec {command.words}"], cwd=self.folder, env=self._environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        ) as process:  # fmt: skip
            stop = threading.Timer(PATIENCE, process.kill)
            stop.start()
            try:
                told = read_until(process, pattern(command.shown))
                process.send_signal(signal.SIGINT)
                told += "" if process.stdout is None else process.stdout.read()
                process.wait()
            finally:
                stop.cancel()
                process.kill()
        assert process.returncode == 0, f"$ {command.words} ended with {process.returncode}:\n{told}"
        return told


def read_until(process: "subprocess.Popen[str]", fits: re.Pattern[str]) -> str:
    told = ""
    assert process.stdout is not None
    for line in process.stdout:
        told += line
        if fits.match(told):
            break
    return told
