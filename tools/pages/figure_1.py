"""Figure 1 and its tables in docs/explanation/figure-1.md, drawn from the data that the program runs on."""

from collections.abc import Iterator
from itertools import groupby

from twopair.base import Transport
from twopair.core.sa import ARROWS, SELECTORS, End
from twopair.demo.checks.table import SA_OF

SPAN = 47
ROLE = {"c": "client port", "s": "server port"}


def figure() -> Iterator[str]:
    """The two pairs between the lifelines of UE and P-CSCF."""
    yield "```text"
    yield f"{'UE':>13}{'P-CSCF':>{SPAN + 4}}"
    for _, pair in groupby(ARROWS, key=lambda arrow: arrow.pair):
        yield f"{'│':>13}{'│':>{SPAN + 1}}"
        for number, arrow in enumerate(pair):
            ue, pcscf = sorted(arrow.ports, key=lambda port: port.end is not End.UE)
            left, right = (p.value if number == 0 else ROLE[p.value[-1]] for p in (ue, pcscf))
            words = f" {arrow.name} · spi_{arrow.spi_of.name.lower()} "
            line = f"══{words}".ljust(SPAN - 1, "═")
            up = arrow.sender is End.UE
            yield f"{left:>11} {'╞' + line + '►│' if up else '│◄' + line + '╡'} {right}"
    yield "```"


def selectors() -> Iterator[str]:
    """The paper's eight selectors."""
    yield "| role | pair | outbound | inbound |"
    yield "| --- | --- | --- | --- |"
    for side in SELECTORS:
        out, back = (f"{way.src.value} → {way.dst.value}" for way in (side.outbound, side.inbound))
        yield f"| {side.name} | {side.pair.name} | {out} | {back} |"


def messages() -> Iterator[str]:
    """What travels in which SA, by transport."""
    yield "| message | UDP | TCP |"
    yield "| --- | --- | --- |"
    for what in dict.fromkeys(what for what, _ in SA_OF):
        over = (SA_OF[what, transport] or "clear text" for transport in (Transport.UDP, Transport.TCP))
        yield f"| {what} | {' | '.join(over)} |"
