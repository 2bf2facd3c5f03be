"""The SA set: two pairs, the unit that is installed, confirmed, replaced and removed (SA-01)."""

from typing import Final, NamedTuple

from twopair.base import Endpoint, Flow, Impi, Port, Spi, Suite, Transport
from twopair.core.esp.association import IvSpace, SecurityAssociation, Selector
from twopair.core.sa.figure1 import ARROWS, Arrow, End, Pair, PortName
from twopair.crypto.annex_i import EspKeys


class Ports(NamedTuple):
    """The four protected ports of a set."""

    uc: Port
    us: Port
    pc: Port
    ps: Port

    def of(self, name: PortName) -> Port:
        """The port with that name of the paper."""
        return self[_PLACE[name]]


class Spis(NamedTuple):
    """The four SPIs of a set; each names the SA that is inbound at that port."""

    uc: Spi
    us: Spi
    pc: Spi
    ps: Spi

    def of(self, name: PortName) -> Spi:
        """The SPI that the owner of that port chose for it."""
        return self[_PLACE[name]]


_BOTH: Final = (Pair.SA1, Pair.SA2)

_PLACE = {PortName.UC: 0, PortName.US: 1, PortName.PC: 2, PortName.PS: 3}


class SaPair(NamedTuple):
    """Both directions between one client port and one server port, as one end sees them."""

    outbound: SecurityAssociation
    inbound: SecurityAssociation


class SaSet(NamedTuple):
    """Two pairs of SAs between one UE and its P-CSCF; never half of it exists anywhere (SA-01).

    Args:
        set_id: name of the set, unique within its node; not an SPI.
        impi: the subscriber it was made for.
        end: which end this value belongs to; decides what is inbound.
        ue: address of the UE, canonical text.
        pcscf: address of the P-CSCF.
        ports: the four protected ports.
        spis: the four SPIs.
        suite: the algorithms of all four SAs.
        keys: the expanded keys of all four SAs (SA-03).
    """

    set_id: int
    impi: Impi
    end: End
    ue: str
    pcscf: str
    ports: Ports
    spis: Spis
    suite: Suite
    keys: EspKeys

    def address(self, end: End) -> str:
        """The address of that end."""
        return self.ue if end is End.UE else self.pcscf

    def endpoint(self, name: PortName) -> Endpoint:
        """Address and port behind a name of the paper."""
        return Endpoint(self.address(name.end), self.ports.of(name))

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs it consists of, in their order: both of Figure 1 (SA-01)."""
        return _BOTH

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """The unidirectional SAs it consists of: two for each pair, so all four of Figure 1 (SA-01)."""
        pairs = self.pairs
        return ARROWS if pairs is _BOTH else tuple(arrow for arrow in ARROWS if arrow.pair in pairs)

    def selector(self, arrow: Arrow) -> Selector:
        """Which packets go along an arrow of Figure 1."""
        src, dst = (self.ue, self.pcscf) if arrow.sender is End.UE else (self.pcscf, self.ue)
        ports = self.ports
        return Selector(src, ports.of(arrow.ports.src), dst, ports.of(arrow.ports.dst))

    def association(self, arrow: Arrow) -> SecurityAssociation:
        """The unidirectional SA that an arrow of Figure 1 stands for in this set."""
        return SecurityAssociation(
            spi=self.spis.of(arrow.spi_of),
            selector=self.selector(arrow),
            suite=self.suite,
            keys=self.keys,
            iv_space=IvSpace(role=0 if arrow.sender is End.UE else 1, pair=arrow.pair.value),
        )

    @property
    def outbound(self) -> tuple[SecurityAssociation, ...]:
        """The two SAs this end sends with."""
        return tuple(self.association(a) for a in ARROWS if a.sender is self.end)

    @property
    def inbound(self) -> tuple[SecurityAssociation, ...]:
        """The two SAs this end receives with."""
        return tuple(self.association(a) for a in ARROWS if a.sender is not self.end)

    def pair(self, pair: Pair) -> SaPair:
        """One of the two pairs, as this end sees it."""
        first, second = (arrow for arrow in ARROWS if arrow.pair is pair)
        ours, theirs = (first, second) if first.sender is self.end else (second, first)
        return SaPair(outbound=self.association(ours), inbound=self.association(theirs))

    def flow(self, transport: Transport, src: PortName, dst: PortName) -> Flow:
        """A flow of this end between two named ports; one of them is this end's own."""
        here, there = (src, dst) if src.end is self.end else (dst, src)
        return Flow(transport, self.endpoint(here), self.endpoint(there))
