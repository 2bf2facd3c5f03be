"""`twopair explain` for people: one sentence first, then advice, then the evidence with its times."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from twopair.live.ue.printer import one_line


def shown(told: dict[str, Any]) -> Iterator[RenderableType]:
    """What there is to see, part by part."""
    well = told["registered"]
    text = Text(one_line(told["sentence"]), "bold green" if well else "bold red")
    yield text
    yield Text(one_line(told["advice"]))
    held = "" if told["cause"] == "registered" else "registered, " if well else "not registered, "
    yield Text(f"{one_line(told['who'])}: {held}{told['cause']} ({told['clause']})", "dim")
    if told["evidence"]:
        yield Text("\nEvidence:")
        yield Padding(_table(told["evidence"]), (0, 0, 0, 2))


def _table(evidence: list[dict[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for line in evidence:
        table.add_row(_local(line["at"]), Text(one_line(line["what"])))
    return table


def _local(at: str) -> str:
    """The time of day here, with the day where it was another one."""
    when = datetime.fromisoformat(at).astimezone()
    today = when.date() == datetime.now(when.tzinfo).date()
    return when.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S") + f".{when.microsecond // 1000:03d}"
