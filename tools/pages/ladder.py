"""Ladders in pages that people write: parts of what the demo prints in the simulated world."""

from collections.abc import Iterator
from functools import cache

from twopair.base import Transport
from twopair.demo.run import Wanted, play
from twopair.demo.scenarios import SCENARIOS
from twopair.demo.show import rows


@cache
def printed(scenario: str, transport: Transport) -> tuple[str, ...]:
    """What ``twopair demo SCENARIO --transport TRANSPORT --backend memory`` prints, line by line."""
    outcome = play(SCENARIOS[scenario], Wanted(transport, backend="memory"))
    return tuple(line.rstrip() for row in rows(outcome) for line in row.plain.split("\n"))


def ladder(scenario: str, transport: Transport, *parts: str) -> Iterator[str]:
    """The parts whose headings begin so, and the summary."""
    lines = printed(scenario, transport)
    yield "```text"
    inside = False
    for line in lines:
        if line.startswith("── "):
            inside = line.startswith(tuple(f"── {part}" for part in parts))
        if inside:
            yield line
    yield lines[-1].strip()
    yield "```"
