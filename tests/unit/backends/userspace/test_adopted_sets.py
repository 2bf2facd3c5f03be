"""Sets of a predecessor: their SAs are made with the first packet, and nobody can tell (MGP-14, SA-07)."""

import logging
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.figure1_sets import GCM, PORTS, SPIS, UE, Dice, sa_set
from tests.unit.backends.userspace.engines import GMAC, VERSIONS, Gm, entries

from twopair.backends.contract import InstallError
from twopair.backends.userspace.engine import Engine, _inbound_key
from twopair.backends.userspace.ledger import FileLedger
from twopair.base import Endpoint, Port, Secret, Spi, Suite
from twopair.core.esp import HOST_BLOCK, Drop, Positions
from twopair.core.sa import ARROWS, End, SaSet, Spis
from twopair.wire import ip

OTHERS = Spis(Spi(5001), Spi(5002), Spi(9001), Spi(9002))


class Restarted(Gm):
    """A Gm whose P-CSCF had 40 packets each way over each SA, and was started anew."""

    def __init__(self, folder: Path, version: int = 4, suite: Suite = GCM, *more: SaSet) -> None:
        super().__init__(version, suite)
        self.kept = [sa_set(End.PCSCF, suite, ue=self.a, pcscf=self.b), *more]
        ledger = FileLedger(folder / "counters")
        for one in self.kept:
            ledger.begin(one.set_id, (40, 40, 40, 40))
        for out in entries(self.ue)[0]:
            out.sequence = 40
        self.pcscf = self.successor(folder)
        self.standing = self.pcscf.adopt(self.kept)

    def successor(self, folder: Path) -> Engine:
        engine = Engine(Dice(2), ledger=FileLedger(folder / "counters"))
        for port in (PORTS.pc, PORTS.ps):
            engine.close(Endpoint(self.b, port))
        return engine

    def down(self) -> bytes:
        return ip.udp_datagram(self.b, PORTS.pc, self.a, PORTS.us, b"MESSAGE")


@VERSIONS
def test_the_first_packet_from_the_wire(tmp_path: Path, version: int) -> None:
    """SA-06, SA-18: it is delivered, once; what the predecessor had accepted is not."""
    gm = Restarted(tmp_path, version)
    late = gm.forged(gm.up()[-16:], sequence=40)
    assert gm.dropped(Drop.REPLAYED, late)
    packet = gm.sealed()
    assert gm.pcscf.from_wire(packet) == [gm.up()]
    assert gm.dropped(Drop.REPLAYED, packet)


@VERSIONS
def test_the_first_packet_from_the_host(tmp_path: Path, version: int) -> None:
    """SA-07, KEY-08: with the number behind the last."""
    gm = Restarted(tmp_path, version)
    (outer,) = gm.pcscf.from_host(gm.down())
    at = ip.parse(outer).offset
    assert outer[at : at + 8] == SPIS.us.to_bytes(4, "big") + (41).to_bytes(4, "big")
    assert gm.ue.from_wire(outer) == [gm.down()]


def test_the_first_packet_has_ipv4_options(tmp_path: Path) -> None:
    gm = Restarted(tmp_path)
    packet = bytearray(gm.down()[:20] + b"\1\1\1\0" + gm.down()[20:])
    packet[0], packet[2:4] = 0x46, len(packet).to_bytes(2, "big")
    (outer,) = gm.pcscf.from_host(bytes(packet))
    assert gm.ue.from_wire(outer)[0][24:] == packet[24:]


@VERSIONS
def test_clear_text_is_dropped_before_it(tmp_path: Path, version: int) -> None:
    """SA-21: even where the port is open, a protected flow takes no clear text; others do."""
    gm = Restarted(tmp_path, version)
    gm.pcscf.reopen(Endpoint(gm.b, PORTS.ps))
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, gm.up())
    other = gm.up(src=5060)
    assert gm.pcscf.from_wire(other) == [other]
    assert gm.pcscf.from_wire(gm.sealed()) == [gm.up()]
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, gm.up())


def test_what_we_send_with_is_known_before_it(tmp_path: Path) -> None:
    """SA-18: our own packet thrown back is told from an unknown SPI."""
    gm = Restarted(tmp_path)
    for spi, drop in ((SPIS.us, Drop.REFLECTED), (777, Drop.UNKNOWN_SPI)):
        assert gm.dropped(drop, ip.build(gm.a, gm.b, 50, spi.to_bytes(4, "big") + bytes(40)))


def test_counters_are_those_of_sas_that_were_made(tmp_path: Path) -> None:
    """ERR-32: `twopair sas` shows the same before and after."""
    gm = Restarted(tmp_path)
    before = list(gm.pcscf.query())
    assert list(gm.pcscf.counters(1)) == before
    assert {(c.name, c.spi, c.packets) for c in before} == {
        ("SA1-up", SPIS.ps, 0),
        ("SA1-dn", SPIS.uc, 40),
        ("SA2-dn", SPIS.us, 40),
        ("SA2-up", SPIS.pc, 0),
    }
    assert gm.dropped(Drop.MALFORMED_ESP, ip.build(gm.a, gm.b, 50, SPIS.ps.to_bytes(4, "big") + bytes(8)))
    assert list(gm.pcscf._in) == [_inbound_key(gm.kept[0].association(ARROWS[0]))]
    assert list(gm.pcscf.query()) == list(gm.pcscf.counters(1)) == before


@pytest.mark.parametrize("suite", [GCM, GMAC, Suite("hmac-sha-1-96", "aes-cbc")], ids=str)
@VERSIONS
def test_whatever_comes_nobody_can_tell(tmp_path: Path, version: int, suite: Suite) -> None:
    """Random packets: the same out, the same counted, as if all SAs had been made at the start."""
    (tmp_path / "eager").mkdir()
    (tmp_path / "lazy").mkdir()
    eager, lazy = (Restarted(tmp_path / name, version, suite) for name in ("eager", "lazy"))
    entries(eager.pcscf)
    dice = random.Random(f"{version} {suite}")
    kinds: tuple[Callable[[Restarted], list[bytes]], ...] = (
        lambda gm: gm.pcscf.from_wire(gm.up()),
        lambda gm: gm.pcscf.from_wire(gm.up(src=5060)),
        lambda gm: gm.pcscf.from_wire(gm.forged(gm.up()[-16:], sequence=40)),
        lambda gm: gm.pcscf.from_wire(gm.sealed()),
        lambda gm: gm.pcscf.from_host(gm.down()),
        lambda gm: gm.pcscf.from_host(gm.up()),
        lambda gm: gm.dropped(Drop.UNKNOWN_SPI, ip.build(gm.a, gm.b, 50, bytes(48))) * [b""],
    )
    for _ in range(40):
        kind = dice.choice(kinds)
        assert kind(eager) == kind(lazy)
        assert list(eager.pcscf.query()) == list(lazy.pcscf.query())
        assert eager.pcscf.drops() == lazy.pcscf.drops()


@VERSIONS
def test_sets_of_another_host_are_made_as_late(tmp_path: Path, version: int) -> None:
    """SA-06, SA-07, KEY-08: from the block of this host on, and from what the other had received."""
    gm = Restarted(tmp_path, version)
    engine = Engine(Dice(4), ledger=FileLedger(tmp_path / "here"), block=HOST_BLOCK)
    engine.take_over(gm.kept[0], Positions(3 * HOST_BLOCK, (44, 45)))
    assert [*engine._in, *engine._out] == []
    sent = {c.name: c.packets for c in engine.query()}
    assert sent == {"SA1-up": 0, "SA1-dn": 3 * HOST_BLOCK, "SA2-dn": 3 * HOST_BLOCK, "SA2-up": 0}
    assert engine.moved() == {}
    gm.pcscf = engine
    assert gm.dropped(Drop.REPLAYED, gm.forged(gm.up()[-16:], sequence=44))
    (outer,) = engine.from_host(gm.down())
    at = ip.parse(outer).offset
    assert outer[at + 4 : at + 8] == (3 * HOST_BLOCK + 1).to_bytes(4, "big")
    for out in entries(gm.ue)[0]:
        out.sequence = 50
    assert engine.from_wire(gm.sealed()) == [gm.up()]
    assert engine.moved() == {1: (51, 45)}
    with pytest.raises(InstallError, match="installed already"):
        engine.take_over(gm.kept[0], Positions(4 * HOST_BLOCK, (44, 45)))


def test_a_set_that_is_removed_before_it_leaves_nothing(tmp_path: Path) -> None:
    """ERR-31, KEY-10."""
    gm = Restarted(tmp_path)
    gm.pcscf.remove(1)
    assert list(gm.pcscf.query()) == []
    assert gm.dropped(Drop.UNKNOWN_SPI, gm.sealed())
    assert FileLedger(tmp_path / "counters").resume(1) is None
    gm.pcscf.reopen(Endpoint(gm.b, PORTS.ps))
    assert gm.pcscf.from_wire(gm.up()) == [gm.up()]
    gm.pcscf.install(gm.kept[0])
    assert gm.pcscf.counters(1)


def test_its_id_and_its_spis_are_taken(tmp_path: Path) -> None:
    """SA-01, SA-16: and an attempt to take them does not touch its counters (SA-07)."""
    gm = Restarted(tmp_path)
    for taken in (sa_set(End.PCSCF, GCM), sa_set(End.PCSCF, GCM, set_id=2, ue="10.0.1.9")):
        with pytest.raises(InstallError):
            gm.pcscf.install(taken)
    (outer,) = gm.pcscf.from_host(gm.down())
    assert outer[24:28] == (41).to_bytes(4, "big")


def beside(**changes: object) -> SaSet:
    """A set that could stand beside the first, but for these values."""
    apart: dict[str, object] = {"set_id": 2, "ue": "10.0.1.2", "spis": OTHERS}
    return sa_set(End.PCSCF, GCM)._replace(**(apart | changes))  # type: ignore[arg-type]


WRONG: list[tuple[str, dict[str, object]]] = [
    ("an SPI of ours names another SA", {"spis": OTHERS._replace(ps=SPIS.ps)}),
    ("belong to another set", {"ue": UE}),
    ("no ESP transform for null/null", {"suite": Suite("null", "null")}),
    ("keys do not fit null/aes-gcm", {"keys": beside().keys._replace(salt=Secret(b""))}),
    ("'somewhere' is no address", {"ue": "somewhere"}),
    ("one IP version", {"ue": "fd00::7"}),
]


@pytest.mark.parametrize(("words", "changes"), WRONG, ids=[words for words, _ in WRONG])
def test_what_cannot_stand_is_left_out_with_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, words: str, changes: dict[str, object]
) -> None:
    """SA-01: at the start, not with the first packet; the others stand."""
    with caplog.at_level(logging.WARNING):
        gm = Restarted(
            tmp_path, 4, GCM, beside(**changes), beside(set_id=3, ports=PORTS._replace(uc=Port(1)))
        )
    assert gm.standing == {1, 3}
    (line,) = caplog.messages
    assert line.startswith("SA set 2 is not taken up: ")
    assert words in line
    assert gm.pcscf.from_wire(gm.sealed()) == [gm.up()]
