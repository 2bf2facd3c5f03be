"""Figures of a commit, kept as a small file: ``benchmarks/results/DATE-COMMIT.json``.

A benchmark adds its figures to the file that it is told of (``--record FILE``), so that several of them
share one. What is kept of a figure are its least, its median and its largest.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import command, machine
from benchmarks.rounds import Spread

RESULTS: Final = Path(__file__).with_name("results")
_DIGITS: Final = 4
_THREE: Final = re.compile(r"\[\s+([\d.e+-]+),\s+([\d.e+-]+),\s+([\d.e+-]+)\s+\]")
"""A figure, spread over five lines."""


@dataclass
class Record:
    """What was measured of one commit.

    Args:
        commit: short, with ``+`` behind it if the tree had changes beside.
        date: in UTC, as ISO 8601 has it, to the minute.
        machine: processor, cores, kernel.
        commands: that have measured.
        wheels: name to what the program and its interpreter say of themselves.
        figures: who (``pure``, ``compiled``, ``relay``) to what to figure.
    """

    commit: str
    date: str
    machine: str
    commands: list[str] = field(default_factory=list)
    wheels: dict[str, str] = field(default_factory=dict)
    figures: dict[str, dict[str, Spread]] = field(default_factory=dict)

    @classmethod
    def now(cls) -> "Record":
        """An empty one for this commit."""
        return cls(_commit(), f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", machine())

    @classmethod
    def read(cls, file: Path) -> "Record":
        """What a file has; an empty one for this commit if there is none."""
        if not file.exists():
            return cls.now()
        values: dict[str, Any] = json.loads(file.read_text())
        figures = values.pop("figures")
        known = {who: {what: Spread(*one) for what, one in some.items()} for who, some in figures.items()}
        return cls(**values, figures=known)

    def add(self, figures: Mapping[str, Mapping[str, Spread]], wheels: Mapping[str, str]) -> None:
        """Take in what the command that runs has measured."""
        if command() not in self.commands:
            self.commands.append(command())
        self.wheels.update(wheels)
        for who, some in figures.items():
            self.figures.setdefault(who, {}).update(some)

    def write(self, file: Path) -> None:
        """Keep it."""
        figures = {
            who: {what: [_rounded(one) for one in spread] for what, spread in sorted(some.items())}
            for who, some in sorted(self.figures.items())
        }
        text = json.dumps({**vars(self), "figures": figures}, indent=1, ensure_ascii=False)
        file.parent.mkdir(exist_ok=True)
        file.write_text(_THREE.sub(r"[\1, \2, \3]", text) + "\n")


def default_file() -> Path:
    """Where the figures of this commit are kept."""
    return RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{_commit().rstrip('+')}.json"


def records() -> Iterator[Record]:
    """All that are kept, in order of their dates."""
    return iter(sorted((Record.read(file) for file in RESULTS.glob("*.json")), key=lambda one: one.date))


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short=9", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")


def _rounded(value: float) -> float:
    """To so many digits that no figure loses what it can tell."""
    return float(f"{value:.{_DIGITS}g}")
