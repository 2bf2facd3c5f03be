"""A run on the screen: what is played and how, the ladder, the verdicts. As wide as the screen."""

import sys
from collections.abc import Iterator
from shutil import get_terminal_size
from textwrap import wrap
from typing import Final

from rich.console import Console
from rich.text import Text

from twopair.demo.canvas import in_ascii
from twopair.demo.ladder import Ladder, heading
from twopair.demo.lifelines import CLEAR, CORE, ESP, WIDTH, Columns
from twopair.demo.run import Outcome

_DETAIL: Final = 14
"""Column at which the detail of a verdict begins."""


_MARKS: Final = "■ set installed   □ set removed   ✗ refused or unreadable   ┊ a second or more"


def screen() -> Console:
    """Standard output, as wide as `COLUMNS` or the terminal says, else 100; 80 at least, 140 at most.

    On a narrower one the lines are broken by the terminal: that is said, once, on standard error.
    """
    columns = get_terminal_size((WIDTH, 24)).columns
    width = Columns.of(columns).width
    if columns < width:
        print(
            f"the screen has {columns} columns, a ladder needs {width}: its lines will wrap", file=sys.stderr
        )
    return Console(width=width, highlight=False, soft_wrap=True)


def show(outcome: Outcome, console: Console) -> None:
    """Print a run. A terminal without the letters for lines gets ASCII."""
    plain = not (console.encoding or "").lower().startswith("utf")
    for text in rows(outcome, console.width):
        console.print(in_ascii(text) if plain else text, end="\n")


def rows(outcome: Outcome, width: int = WIDTH) -> Iterator[Text]:
    """Every line of it, on a screen of that width; the same words at every width."""
    width = Columns.of(width).width
    yield from _heading(outcome, width)
    moments = outcome.recording.moments
    if moments:
        yield from Ladder(outcome.recording.hosts, moments[0].time, width).draw(moments)
    yield Text()
    yield from heading("Verdicts", width)
    yield from _verdicts(outcome, width)


def _heading(outcome: Outcome, width: int) -> Iterator[Text]:
    wanted, evidence = outcome.wanted, outcome.evidence
    for line in wrap(f"{outcome.scenario.name}: {outcome.scenario.purpose}", width):
        yield Text(line, "bold")
    suites = ", ".join(map(str, evidence.negotiated)) or "no algorithms agreed"
    how = f"{wanted.transport.value} · IPv{wanted.ip} · {suites} · {outcome.scenario.clauses}"
    yield from map(Text, wrap(how, width))
    for line in wrap(f"back end {wanted.backend}: {outcome.why}", width):
        yield Text(line, "dim")
    legend = Text()
    for stroke, words in (
        (ESP, "inside ESP, with SA and SPI"),
        (CLEAR, "clear text"),
        (CORE, "behind the P-CSCF"),
    ):
        legend.append(stroke.line * 2 + stroke.right, stroke.style)
        legend.append(f" {words}    ")
    legend.rstrip()
    yield legend
    yield Text(_MARKS)


def _verdicts(outcome: Outcome, width: int) -> Iterator[Text]:
    verdicts = outcome.verdicts
    for line in wrap(outcome.scenario.legend, width - 1):
        yield Text(f" {line}", "dim")
    for verdict in verdicts:
        mark, style = ("✓", "green") if verdict.ok else ("✗", "bold red")
        lines = [line for part in verdict.detail.split("\n") for line in wrap(part, width - _DETAIL)] or [""]
        text = Text(" ")
        text.append(mark, style)
        text.append(f" {verdict.id:<{_DETAIL - 4}} ", "bold")
        text.append(("\n" + " " * _DETAIL).join(lines), None if verdict.ok else "red")
        yield text
    if outcome.stalled:
        lines = wrap(f"the scenario stopped: {outcome.stalled}", width - 3)
        yield Text(" ✗ " + "\n   ".join(lines), "bold red")
    for left_out in outcome.recording.unplayed:
        lines = wrap(f"not played here: {left_out}", width - 3)
        yield Text(" · " + "\n   ".join(lines), "dim")
    good = sum(verdict.ok for verdict in verdicts)
    whole = good == len(verdicts)
    summary = (
        f"all {good} checks hold" if whole else f"{len(verdicts) - good} of {len(verdicts)} checks failed"
    )
    yield Text(f" {summary}", "bold green" if whole else "bold red")
