"""The memory back end: marks instead of ESP."""

import pytest
from tests.figure1_sets import PCSCF, PORTS, SPIS, UE, sa_set

from twopair.backends.memory import Mark, MemoryBackend
from twopair.base import Endpoint, Flow, Port, Transport
from twopair.core.esp import LAST_SEQUENCE, Drop
from twopair.core.sa import End

UP = Flow(Transport.UDP, Endpoint(UE, PORTS.uc), Endpoint(PCSCF, PORTS.ps))
"""SA1-up as the UE sees it."""


@pytest.fixture
def ends() -> tuple[MemoryBackend, MemoryBackend]:
    ue, pcscf = MemoryBackend(), MemoryBackend()
    for port in (PORTS.uc, PORTS.us):
        ue.close(Endpoint(UE, port))
    for port in (PORTS.pc, PORTS.ps):
        pcscf.close(Endpoint(PCSCF, port))
    ue.install(sa_set(End.UE))
    pcscf.install(sa_set(End.PCSCF))
    return ue, pcscf


def marked(backend: MemoryBackend, flow: Flow = UP) -> Mark:
    mark = backend.outbound(flow, 8)
    assert isinstance(mark, Mark)
    return mark


def test_mark_has_the_spi_of_the_wire(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-01, SA-07: the receiver's SPI, numbers from 1."""
    ue, pcscf = ends
    assert [(m.spi, m.sequence) for m in (marked(ue), marked(ue))] == [(SPIS.ps, 1), (SPIS.ps, 2)]
    assert pcscf.inbound(UP.mirrored(), marked(ue), 8) is None
    assert {c.name: (c.packets, c.octets) for c in pcscf.query() if c.packets} == {"SA1-up": (1, 8)}


def test_replayed(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-06."""
    ue, pcscf = ends
    mark = marked(ue)
    assert pcscf.inbound(UP.mirrored(), mark) is None
    assert pcscf.inbound(UP.mirrored(), mark) is Drop.REPLAYED
    assert pcscf.drops() == {"REPLAYED": 1}


def test_altered_packet_does_not_move_the_window(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-06, ERR-07."""
    ue, pcscf = ends
    mark = marked(ue)
    assert pcscf.inbound(UP.mirrored(), mark.altered()._replace(sequence=1000)) is Drop.BAD_ICV
    assert pcscf.inbound(UP.mirrored(), mark) is None


def test_wrong_keys(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """ERR-01: another K, so another IK."""
    _, pcscf = ends
    wrong = MemoryBackend()
    wrong.install(sa_set(End.UE, key=bytes(16)))
    assert pcscf.inbound(UP.mirrored(), marked(wrong)) is Drop.BAD_ICV


def test_reflected(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-15, SA-16."""
    ue, _ = ends
    assert ue.inbound(UP, marked(ue)) is Drop.REFLECTED


@pytest.mark.parametrize(
    "flow",
    [
        UP.mirrored()._replace(remote=Endpoint("10.0.1.9", PORTS.uc)),
        UP.mirrored()._replace(remote=Endpoint(UE, PORTS.us)),
        UP.mirrored()._replace(local=Endpoint(PCSCF, PORTS.pc)),
    ],
)
def test_selector(ends: tuple[MemoryBackend, MemoryBackend], flow: Flow) -> None:
    """SA-10."""
    ue, pcscf = ends
    assert pcscf.inbound(flow, marked(ue)) is Drop.SELECTOR
    assert {c.name: c.mismatched for c in pcscf.counters(1) if c.mismatched} == {"SA1-up": 1}


def test_unknown_spi(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """UNP-07: such as after a restart of the P-CSCF."""
    ue, pcscf = ends
    pcscf.remove(1)
    assert pcscf.inbound(UP.mirrored(), marked(ue)) is Drop.UNKNOWN_SPI


def test_clear_text_both_ways(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-21: in and out, with and without a set; unprotected ports are free."""
    ue, pcscf = ends
    assert pcscf.inbound(UP.mirrored(), None) is Drop.CLEAR_TO_PROTECTED
    elsewhere = UP._replace(remote=Endpoint(PCSCF, Port(5060)))
    assert ue.outbound(elsewhere) is Drop.CLEAR_FROM_PROTECTED
    free = Flow(Transport.UDP, Endpoint(UE, Port(5060)), Endpoint(PCSCF, Port(5060)))
    assert ue.outbound(free) is None
    assert pcscf.inbound(free.mirrored(), None) is None


def test_sequence_exhausted(ends: tuple[MemoryBackend, MemoryBackend]) -> None:
    """SA-07."""
    ue, _ = ends
    marked(ue)
    for sa in ue._out.values():
        sa.sequence = LAST_SEQUENCE
    assert ue.outbound(UP) is Drop.SEQUENCE_EXHAUSTED
