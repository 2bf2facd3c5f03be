"""`twopair sas` for people: a line for each UE, and a table of its SAs."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from twopair.core.sa import ARROWS
from twopair.live.ue.printer import one_line

_PORTS: Final = {
    arrow.name: (arrow.ports.src.value.removeprefix("port_"), arrow.ports.dst.value.removeprefix("port_"))
    for arrow in ARROWS
}

_COUNTS: Final = {
    "packets": "packets",
    "octets": "octets",
    "replayed": "replayed",
    "integrity failed": "integrity_failed",
    "other ports": "mismatched",
}
"""Headings of the counters, and their keys."""

_FAULTS: Final = frozenset({"replayed", "integrity_failed", "mismatched"})

_STYLES: Final = {"in use": "green", "newly established": "green", "temporary": "yellow", "old": "dim"}


def shown(ues: Iterable[dict[str, Any]]) -> Iterator[RenderableType]:
    """What there is to see, part by part."""
    count = 0
    for ue in ues:
        count += 1
        yield _heading(ue)
        for of in ue["sets"]:
            yield Padding(_set(of), (0, 0, 0, 2))
            yield Padding(_table(of), (0, 0, 1, 4))
    if not count:
        yield Text("no UE is registered or registering")


def _heading(ue: dict[str, Any]) -> Text:
    text = Text().append(one_line(ue["impi"]), "bold")
    flow = f", {one_line(ue['flow'])}" if "flow" in ue else ""
    state = f"registered for {ue['expires_in_s']} s more" if ue["registered"] else "not registered (yet)"
    text.append(f" at {ue['address']}{flow}: ")
    text.append(state, "green" if ue["registered"] else "yellow")
    for impu in ue["impus"]:
        text.append(f"\n  {one_line(impu)}")
    return text


def _set(of: dict[str, Any]) -> Text:
    text = Text(f"set {of['id']}: ")
    text.append(of["stage"], _STYLES.get(of["stage"], ""))
    return text.append(f" for {of['expires_in_s']} s more, {of['suite']}")


def _table(of: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("SA", no_wrap=True)
    table.add_column("ports", no_wrap=True)
    for name in ("SPI", *_COUNTS):
        table.add_column(name, justify="right", no_wrap=True)
    for sa in of["sas"]:
        src, dst = _PORTS[sa["name"]]
        counts = (_count(sa[key], fault=key in _FAULTS) for key in _COUNTS.values())
        table.add_row(sa["name"], f"{of['ports'][src]} > {of['ports'][dst]}", f"{sa['spi']:08x}", *counts)
    return table


def _count(count: int, *, fault: bool) -> Text:
    return Text(str(count), "" if not fault else "bold red" if count else "dim")
