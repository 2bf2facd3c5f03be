"""The box of Figure 1: the two pairs of one SA set, with their ports and SPIs."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from twopair.core.sa import End, SaSet
from twopair.demo.canvas import Row
from twopair.demo.lifelines import ESP, Arrow, Lifelines
from twopair.demo.record import Host

_FRAME: Final = "green"
_TITLES: Final = {4: "two pairs up: four SPIs", 2: "one pair up: two SPIs"}


def two_pairs(lifelines: Lifelines, ue: Host, pcscf: Host, sa_set: SaSet) -> Iterator[Row]:
    """Rows that show the four SAs between the lifelines of UE and P-CSCF (paper, Figure 1; SA-01)."""
    ends = {End.UE: lifelines.at(ue), End.PCSCF: lifelines.at(pcscf)}
    here, there = ends[End.UE], ends[End.PCSCF]
    if here is None or there is None:
        return
    yield _edge(lifelines, here, there, _TITLES[len(sa_set.arrows)])
    for _pair, arrows in groupby(sa_set.arrows, key=lambda arrow: arrow.pair):
        for number, arrow in enumerate(arrows):
            row = lifelines.row()
            start, end = (here, there) if arrow.sender is End.UE else (there, here)
            Arrow(ESP, start, end, f"{arrow.name}  SPI 0x{sa_set.spis.of(arrow.spi_of):08x}").draw(row)
            for name in arrow.ports:
                words = name.value if number == 0 else str(sa_set.ports.of(name))
                _beside(row, name.end, ends[name.end], here < there, words)
            yield row
    yield _edge(lifelines, here, there, str(sa_set.suite))


def _beside(row: Row, end: End, x: int | None, ue_is_left: bool, words: str) -> None:
    """Write a port outside the box, at its end's lifeline."""
    if x is not None:
        if (end is End.UE) == ue_is_left:
            row.end(x - 2, words, "cyan")
        else:
            row.put(x + 2, words, "cyan")


def _edge(lifelines: Lifelines, here: int, there: int, words: str) -> Row:
    """Upper or lower edge of the box, with words in it."""
    row = lifelines.row()
    low, high = sorted((here, there))
    row.put(low + 1, "━" * (high - low - 1), _FRAME)
    row.put(low, "┝", _FRAME)
    row.put(high, "┥", _FRAME)
    row.centre((low + high) // 2, f" {words} ", f"bold {_FRAME}")
    return row
