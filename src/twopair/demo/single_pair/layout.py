"""How many pairs a set has, and which ports (paper §2.1, §3.1, §3.3).

How the keys came about is not what this is about: both ends are handed them, as an authentication
would have left them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from twopair.base import Entropy, Flow, Impi, Port, Secret, Spi, Suite, Transport
from twopair.core.sa import End, Pair, PortName, Ports, SaSet, Spis
from twopair.crypto.annex_i import expand

PORT_P: Final = Port(5062)
"""The P-CSCF's protected port where it listens, in both layouts."""

PORT_US: Final = Port(6001)
_FIRST_UE_PORT: Final = 6100
_FIRST_PORT_PC: Final = 5064
ANY_PORT: Final = Port(40_000)
"""Where a P-CSCF with one pair opens connections from: any port but the one where it listens (§2.1)."""


class Layout(Enum):
    """One pair as in TS 33.203 v5.5.0, or two as in the paper's Figure 1."""

    ONE_PAIR = "one pair"
    TWO_PAIRS = "two pairs"


class SinglePair(SaSet):
    """A set of one pair: the UE sends and receives at one port, so does the P-CSCF."""

    __slots__ = ()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The one between the one port of either end."""
        return (Pair.SA1,)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Event: an authentication has left this; the first, or a re-authentication.

    Args:
        layout: how many pairs.
        generation: 0 for the first set, and one more for each that replaces it.
        ue: the UE's address.
        pcscf: the P-CSCF's.
        spis: uc, us, pc, ps; with one pair the second and third are not used.
        suite: the algorithms.
        ck: cipher key.
        ik: integrity key.
    """

    layout: Layout
    generation: int
    ue: str
    pcscf: str
    spis: Spis
    suite: Suite
    ck: Secret
    ik: Secret

    @classmethod
    def draw(
        cls, layout: Layout, generation: int, ue: str, pcscf: str, suite: Suite, entropy: Entropy
    ) -> "Agreement":
        """One with new SPIs and keys."""
        first = 256 + entropy.below(1 << 30)
        uc, us, pc, ps = (Spi(first + step) for step in (0, 1, 2, 3))
        spis = Spis(uc, uc, ps, ps) if layout is Layout.ONE_PAIR else Spis(uc, us, pc, ps)
        return cls(
            layout, generation, ue, pcscf, spis, suite, Secret(entropy.octets(16)), Secret(entropy.octets(16))
        )

    def sa_set(self, end: End) -> SaSet:
        """The set as one end holds it: with one pair the UE's port changes, with two the client ports do."""
        changing = Port(_FIRST_UE_PORT + self.generation)
        if self.layout is Layout.ONE_PAIR:
            ports = Ports(uc=changing, us=changing, pc=PORT_P, ps=PORT_P)
        else:
            ports = Ports(changing, PORT_US, Port(_FIRST_PORT_PC + 2 * self.generation), PORT_P)
        kind = SinglePair if self.layout is Layout.ONE_PAIR else SaSet
        return kind(
            set_id=100 * (1 + list(Layout).index(self.layout)) + self.generation,
            impi=Impi("ue"),
            end=end,
            ue=self.ue,
            pcscf=self.pcscf,
            ports=ports,
            spis=self.spis,
            suite=self.suite,
            keys=expand(self.suite, self.ck, self.ik),
        )


@dataclass(frozen=True, slots=True)
class Superseded:
    """Event: the set before is not needed any more."""


def towards_ue(sa_set: SaSet, transport: Transport) -> Flow:
    """From where a P-CSCF sends its requests to a UE, and where to.

    UDP: from the client port; with one pair that is the port where it listens. TCP: a listening port
    opens no connections, so with one pair it is some other port, for which there is no SA (paper §2.1).
    """
    flow = sa_set.flow(transport, PortName.PC, PortName.US)
    if isinstance(sa_set, SinglePair) and transport is Transport.TCP:
        return flow._replace(local=flow.local._replace(port=ANY_PORT))
    return flow
