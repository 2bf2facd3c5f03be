"""Figure 1 of the paper, as data: two pairs of SAs between a UE and its P-CSCF.

The paper (§3.1) writes them down as eight port selectors, four at each end::

    UAC:             SA1 outbound (src port_uc, dst port_ps)   SA1 inbound (src port_ps, dst port_uc)
    UAS:             SA2 outbound (src port_us, dst port_pc)   SA2 inbound (src port_pc, dst port_us)
    P-CSCF (server): SA1 outbound (src port_ps, dst port_uc)   SA1 inbound (src port_uc, dst port_ps)
    P-CSCF (client): SA2 outbound (src port_pc, dst port_us)   SA2 inbound (src port_us, dst port_pc)

`SELECTORS` is that list. `ARROWS` is the same seen from the wire: the four unidirectional SAs, each
with the SPI its packets carry, which is always one its *receiver* chose (AGR-03, SA-01, SA-18).
Both pairs contain a client port, so new client ports mean new selectors, and old and new SAs are
told apart by ports alone (paper §3.3; RRG-06).
"""

from enum import Enum
from typing import Final, NamedTuple


class End(Enum):
    """The two ends of Gm."""

    UE = "ue"
    PCSCF = "pcscf"

    __hash__ = object.__hash__

    @property
    def other(self) -> "End":
        """The end one talks to."""
        return End.PCSCF if self is End.UE else End.UE


class PortName(Enum):
    """The four protected ports (paper §3): client and server port of each end."""

    UC = "port_uc"
    US = "port_us"
    PC = "port_pc"
    PS = "port_ps"

    __hash__ = object.__hash__

    @property
    def end(self) -> End:
        """Whose port it is."""
        return End.UE if self in (PortName.UC, PortName.US) else End.PCSCF


class PortSelector(NamedTuple):
    """Source and destination port of one direction, by name."""

    src: PortName
    dst: PortName


class Pair(Enum):
    """SA1 serves requests of the UE, SA2 requests of the P-CSCF."""

    SA1 = 0
    SA2 = 1


class Side(NamedTuple):
    """One block of the paper's list: a client or server role at one end, with one pair."""

    name: str
    end: End
    pair: Pair
    outbound: PortSelector
    inbound: PortSelector


SELECTORS: Final[tuple[Side, ...]] = (
    Side(
        "UAC",
        End.UE,
        Pair.SA1,
        PortSelector(PortName.UC, PortName.PS),
        PortSelector(PortName.PS, PortName.UC),
    ),
    Side(
        "UAS",
        End.UE,
        Pair.SA2,
        PortSelector(PortName.US, PortName.PC),
        PortSelector(PortName.PC, PortName.US),
    ),
    Side(
        "P-CSCF (server)",
        End.PCSCF,
        Pair.SA1,
        PortSelector(PortName.PS, PortName.UC),
        PortSelector(PortName.UC, PortName.PS),
    ),
    Side(
        "P-CSCF (client)",
        End.PCSCF,
        Pair.SA2,
        PortSelector(PortName.PC, PortName.US),
        PortSelector(PortName.US, PortName.PC),
    ),
)


class Arrow(NamedTuple):
    """One unidirectional SA as the wire shows it.

    Args:
        name: SA1-up, SA1-dn, SA2-dn or SA2-up; up is towards the P-CSCF.
        sender: the end whose packets it protects.
        pair: SA1 or SA2.
        ports: source and destination port by name.
        spi_of: the port whose owner chose the SPI, so ``PortName.PS`` means spi_ps.
    """

    name: str
    sender: End
    pair: Pair
    ports: PortSelector
    spi_of: PortName


ARROWS: Final[tuple[Arrow, ...]] = (
    Arrow("SA1-up", End.UE, Pair.SA1, PortSelector(PortName.UC, PortName.PS), PortName.PS),
    Arrow("SA1-dn", End.PCSCF, Pair.SA1, PortSelector(PortName.PS, PortName.UC), PortName.UC),
    Arrow("SA2-dn", End.PCSCF, Pair.SA2, PortSelector(PortName.PC, PortName.US), PortName.US),
    Arrow("SA2-up", End.UE, Pair.SA2, PortSelector(PortName.US, PortName.PC), PortName.PC),
)
"""The four SAs of every set, in the order of table 3.1 of the requirements."""
