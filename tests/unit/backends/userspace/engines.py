"""Two engines with a set between them."""

import pytest
from tests.figure1_sets import CBC, FAMILIES, PORTS, SPIS, Dice, sa_set

from twopair.backends.userspace.engine import Engine
from twopair.base import Endpoint, Suite
from twopair.core.esp import Drop, Inbound, Outbound, make_transform
from twopair.core.sa import End, SaSet
from twopair.wire import esp, ip

VERSIONS = pytest.mark.parametrize("version", [4, 6])


GMAC = Suite("aes-gmac", "null")


class Gm:
    """Both ends' engines with one set installed, and their addresses."""

    def __init__(self, version: int = 4, suite: Suite = CBC) -> None:
        self.a, self.b = FAMILIES[version]
        self.ue, self.pcscf = Engine(Dice(1)), Engine(Dice(2))
        self.set = sa_set(End.UE, suite, ue=self.a, pcscf=self.b)
        for port in (PORTS.uc, PORTS.us):
            self.ue.close(Endpoint(self.a, port))
        for port in (PORTS.pc, PORTS.ps):
            self.pcscf.close(Endpoint(self.b, port))
        self.ue.install(self.set)
        self.pcscf.install(sa_set(End.PCSCF, suite, ue=self.a, pcscf=self.b))

    def up(self, data: bytes = b"REGISTER", src: int = PORTS.uc, dst: int = PORTS.ps) -> bytes:
        """A datagram of the UE, as its kernel makes it."""
        return ip.udp_datagram(self.a, src, self.b, dst, data)

    def sealed(self, data: bytes = b"REGISTER") -> bytes:
        (packet,) = self.ue.from_host(self.up(data))
        return packet

    def forged(self, payload: bytes, protocol: int = 17, sequence: int = 1) -> bytes:
        """What only an owner of the keys can make, on SA1-up."""
        transform = make_transform(self.set.outbound[0], Dice(3))
        return ip.build(self.a, self.b, esp.ESP, transform.seal(SPIS.ps, sequence, payload, protocol))

    def dropped(self, drop: Drop, *packets: bytes) -> bool:
        """Whether the P-CSCF's host gets nothing of these, and one is counted under that reason."""
        before = self.pcscf.drops().get(drop.name, 0)
        got = [inner for packet in packets for inner in self.pcscf.from_wire(packet)]
        return not got and self.pcscf.drops().get(drop.name, 0) == before + 1


def icmp_about(packet: bytes, src: str, dst: str) -> bytes:
    """A destination-unreachable that quotes a packet."""
    six = packet[0] >> 4 == 6
    body = bytes((1 if six else 3, 1 if six else 3)) + bytes(6) + packet[:64]
    return ip.build(src, dst, ip.ICMPV6 if six else ip.ICMP, body)


def entries(engine: Engine, of: SaSet | None = None) -> tuple[list[Outbound], list[Inbound]]:
    """The SAD entries of a set, of the only one unless it is given, as if a packet had come over each SA."""
    one = of or next(iter(engine._claims))
    ours = [arrow for arrow in one.arrows if arrow.sender is one.end]
    theirs = [arrow for arrow in one.arrows if arrow.sender is not one.end]
    return [engine._sends(one, arrow) for arrow in ours], [engine._receives(one, arrow) for arrow in theirs]
