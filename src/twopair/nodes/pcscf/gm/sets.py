"""The SA table: every live set by its ports, as SIP sees them (SA-23, SA-25, RRG-06)."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from mypy_extensions import mypyc_attr

from twopair.base import Endpoint, Flow, Micros, Port, Spi, Transport
from twopair.core.registration.pcscf import Attempt
from twopair.core.sa import SaSet, SaSetLife
from twopair.core.secagree import ServerList, Terms
from twopair.nodes.pcscf.gm.subscriber import Subscriber

Key = tuple[Endpoint, Endpoint]
"""Our endpoint and the UE's: what is left of a flow without its transport (SA-09)."""

_UDP: Final = Transport.UDP

BRANCH: Final = "z9hG4bK"
"""How every branch begins (RFC 3261 §8.1.1.7)."""


class LiveSet:
    """One SA set of a subscriber, from its installation to its end.

    Args:
        sa_set: the value that was installed.
        life: its stage and lifetime.
        owner: whose it is.
        server: Security-Server that announced it; what Security-Verify must mirror (AGR-35).
        attempt: the authentication it was made in.
        carrier: the set that SM1 came over, None in the clear.

    Attributes:
        said: the lines of Security-Server that announced it.
        verified: the lines of Security-Verify that were last found equal to them.
        ps: our endpoint of SA1.
        uc: the UE's endpoint of SA1, with its client port.
        pc: our endpoint of SA2, with our client port.
        us: the UE's endpoint of SA2.
        streams: TCP connections that belong to this set (RRG-10).
        refuses_tcp_until: until when no connection is tried for the size of a request alone (PCS-26).
    """

    __slots__ = (
        "attempt",
        "carrier",
        "life",
        "owner",
        "pc",
        "ps",
        "refuses_tcp_until",
        "sa_set",
        "said",
        "streams",
        "uc",
        "us",
        "verified",
    )

    def __init__(
        self,
        sa_set: SaSet,
        life: SaSetLife,
        owner: Subscriber,
        server: ServerList,
        attempt: Attempt,
        carrier: int | None,
    ) -> None:
        self.sa_set = sa_set
        self.life = life
        self.owner = owner
        self.said = self.verified = server.lines
        self.attempt = attempt
        self.carrier = carrier
        ue, pcscf, (uc, us, pc, ps) = sa_set.ue, sa_set.pcscf, sa_set.ports
        self.ps, self.uc = _own(pcscf, ps), Endpoint(ue, uc)
        self.pc, self.us = _own(pcscf, pc), Endpoint(ue, us)
        self.streams: tuple[Flow, ...] = ()
        self.refuses_tcp_until = Micros(0)

    # There are many sets, and few are written to at a time: these are made when they are asked for.

    @property
    def keys(self) -> tuple[Key, Key]:
        """Both pairs of endpoints, SA1's and SA2's; each contains a client port (RRG-06)."""
        return (self.ps, self.uc), (self.pc, self.us)

    @property
    def server(self) -> ServerList:
        """Security-Server that announced it, to be compared by its lines (AGR-31, AGR-35)."""
        return ServerList(self.said, ())

    @property
    def terms(self) -> Terms:
        """SPIs and ports of the UE."""
        (spi_uc, spi_us, _, _), (uc, us, _, _) = self.sa_set.spis, self.sa_set.ports
        return Terms(spi_uc, spi_us, uc, us)

    @property
    def by_udp(self) -> Flow:
        """Flow of requests and of UDP responses to the UE: port_pc to port_us (MSG-01)."""
        return Flow(_UDP, self.pc, self.us)

    @property
    def by_tcp(self) -> Flow:
        """The connection for requests to the UE, opened when first needed (MSG-07)."""
        return Flow(Transport.TCP, self.pc, self.us)

    @property
    def branch(self) -> str:
        """How the branch of every request to this UE begins; ties answers to the user (SA-25)."""
        return f"{BRANCH}{self.owner.token}."

    @property
    def route(self) -> str:
        """Our Record-Route entry as the UE is to see it: port_ps, and the token (PCS-12)."""
        return f"<sip:{self.owner.token}@{self.ps};lr>"

    @property
    def via(self) -> str:
        """How our Via towards the UE goes on behind its transport (MSG-04)."""
        return f"{self.ps};branch={BRANCH}{self.owner.token}."


@lru_cache(maxsize=1024)
def _own(address: str, port: Port) -> Endpoint:
    """One of our endpoints: few, and each is one value for all sets."""
    return Endpoint(address, port)


@mypyc_attr(allow_interpreted_subclasses=True)
class SaTable:
    """All live sets. Each look-up is one dictionary hit, however many UEs there are."""

    __slots__ = ("_by_address", "_by_id", "_by_ports", "_spis")

    def __init__(self) -> None:
        self._by_ports: dict[Endpoint, dict[Endpoint, LiveSet]] = {}  # by our endpoint, then the UE's
        self._by_id: dict[int, LiveSet] = {}
        self._by_address: dict[str, tuple[LiveSet, ...]] = {}  # of the UE, which has few (`sets_per_address`)
        self._spis: dict[Spi, int] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[LiveSet]:
        return iter(self._by_id.values())

    def at(self, flow: Flow) -> LiveSet | None:
        """The set whose pair of ports a flow has (SA-25); the SPI is not needed (SA-28)."""
        at_ours = self._by_ports.get(flow.local)
        return None if at_ours is None else at_ours.get(flow.remote)

    def by_id(self, set_id: int) -> LiveSet | None:
        """The set of that name."""
        return self._by_id.get(set_id)

    def holder_of_client_port(self, local: Endpoint, remote: Endpoint) -> LiveSet | None:
        """The set that has this pair of endpoints: ours with port_ps, the UE's with port_uc (SA-22)."""
        return self._between(local, remote)

    def holder_of_spi(self, ue: str, spi: Spi) -> LiveSet | None:
        """The set towards a UE address in which the UE chose that SPI (SA-15, SA-18)."""
        for live in self._by_address.get(ue, ()):
            if spi in live.sa_set.spis[:2]:
                return live
        return None

    def protects(self, pcscf: str, ue: Endpoint, pool: Iterable[Port]) -> bool:
        """Whether a live set has this port of a UE, whichever of ours in `pool` it has (SA-21)."""
        return any(self._between(Endpoint(pcscf, port), ue) is not None for port in pool)

    def spi_in_use(self, spi: int) -> bool:
        """Whether any SA, inbound or outbound, has that SPI (SA-16)."""
        return spi in self._spis

    def count_at(self, ue: str) -> int:
        """Live sets towards a UE address."""
        return len(self._by_address.get(ue, ()))

    def free_pc(self, pcscf: str, ue: Endpoint, pool: Iterable[Port]) -> Port | None:
        """The first port_pc that no live set has towards a UE, None if all are taken (RRG-03).

        Args:
            pcscf: our address.
            ue: the UE's address and port_us.
            pool: our protected client ports.
        """
        for port in pool:
            if self._between(Endpoint(pcscf, port), ue) is None:
                return port
        return None

    def add(self, live: LiveSet) -> None:
        """Enter a set; no other may have one of its selectors (RRG-03)."""
        sa_set, spis = live.sa_set, self._spis
        for ours, theirs in live.keys:
            at_ours = self._by_ports.setdefault(ours, {})
            assert theirs not in at_ours, "selectors of live sets differ"
            at_ours[theirs] = live
        self._by_id[sa_set.set_id] = live
        for spi in sa_set.spis:
            spis[spi] = spis.get(spi, 0) + 1
        self._by_address[sa_set.ue] = (*self._by_address.get(sa_set.ue, ()), live)

    def remove(self, live: LiveSet) -> None:
        """Take a set out."""
        sa_set = live.sa_set
        del self._by_id[sa_set.set_id]
        for ours, theirs in live.keys:
            del self._by_ports[ours][theirs]
        for spi in sa_set.spis:
            left = self._spis.pop(spi) - 1
            if left:
                self._spis[spi] = left
        left_there = tuple(other for other in self._by_address.pop(sa_set.ue) if other is not live)
        if left_there:
            self._by_address[sa_set.ue] = left_there

    def _between(self, ours: Endpoint, theirs: Endpoint) -> LiveSet | None:
        at_ours = self._by_ports.get(ours)
        return None if at_ours is None else at_ours.get(theirs)
