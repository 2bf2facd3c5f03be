"""A run on the screen: what is played and how, the ladder, the verdicts. 100 columns."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.console import Console
from rich.text import Text

from twopair.demo.canvas import in_ascii
from twopair.demo.checks.check import Verdict
from twopair.demo.ladder import Ladder
from twopair.demo.lifelines import CLEAR, CORE, ESP, WIDTH
from twopair.demo.run import Outcome

_DETAIL: Final = 14
"""Column at which the detail of a verdict begins."""


def screen() -> Console:
    """Standard output, always as wide as a ladder."""
    return Console(width=WIDTH, highlight=False, soft_wrap=True)


def show(outcome: Outcome, console: Console) -> None:
    """Print a run. A terminal without the letters for lines gets ASCII."""
    plain = not (console.encoding or "").lower().startswith("utf")
    for text in rows(outcome):
        console.print(in_ascii(text) if plain else text, end="\n")


def rows(outcome: Outcome) -> Iterator[Text]:
    """Every line of it."""
    yield from _heading(outcome)
    moments = outcome.recording.moments
    if moments:
        yield from Ladder(outcome.recording.hosts, moments[0].time).draw(moments)
    yield Text()
    yield from _verdicts(outcome.verdicts, outcome.stalled, outcome.evidence.recording.unplayed)


def _heading(outcome: Outcome) -> Iterator[Text]:
    wanted, evidence = outcome.wanted, outcome.evidence
    yield Text(f"{outcome.scenario.name}: {outcome.scenario.purpose}", "bold")
    yield Text(f"{wanted.transport.value} · IPv{wanted.ip} · {evidence.suite} · {outcome.scenario.clauses}")
    for line in wrap(f"back end {wanted.backend}: {outcome.why}", WIDTH):
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


def _verdicts(verdicts: Sequence[Verdict], stalled: str, unplayed: Sequence[str]) -> Iterator[Text]:
    yield Text("── Verdicts ".ljust(WIDTH, "─"), "bold")
    for verdict in verdicts:
        mark, style = ("✓", "green") if verdict.ok else ("✗", "bold red")
        lines = wrap(verdict.detail, WIDTH - _DETAIL) or [""]
        text = Text(" ")
        text.append(mark, style)
        text.append(f" {verdict.id:<{_DETAIL - 4}} ", "bold")
        text.append(("\n" + " " * _DETAIL).join(lines), None if verdict.ok else "red")
        yield text
    if stalled:
        yield Text(f" ✗ the scenario stopped: {stalled}", "bold red")
    for left_out in unplayed:
        lines = wrap(f"not played here: {left_out}", WIDTH - 3)
        yield Text(" · " + "\n   ".join(lines), "dim")
    good = sum(verdict.ok for verdict in verdicts)
    whole = good == len(verdicts)
    summary = (
        f"all {good} checks hold" if whole else f"{len(verdicts) - good} of {len(verdicts)} checks failed"
    )
    yield Text(f" {summary}", "bold green" if whole else "bold red")
