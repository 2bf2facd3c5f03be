"""A virtual world: hosts, networks, a clock that jumps from event to event, and a trace."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256

from twopair.backends.contract import InstallError
from twopair.backends.memory import MemoryBackend
from twopair.base import Flow, Micros, seconds
from twopair.core.locate import Answer, Fault, Question
from twopair.core.sa import SaSet
from twopair.nodes import Node
from twopair.sim.agenda import Agenda
from twopair.sim.host import Host
from twopair.sim.packet import Kind, Observed, Packet
from twopair.sim.stored import Stored
from twopair.sim.streams import Stream, Streams

DELAY: Micros = seconds(0.001)
"""How long a packet travels."""

A_MINUTE = seconds(60)
NO_NAME = Answer((), 60, Fault.NO_NAME)

Zone = Callable[[Question], list[tuple[int, Answer]]]
"""What the DNS says: each (delay in microseconds, answer) comes; none means silence. The place for lies."""

Carrier = Callable[[Packet], list[tuple[int, Packet]]]
"""Decides what becomes of a packet: each (delay in microseconds, packet) arrives; none means lost.

The place for weather and for an attacker: put one around the carrier that is there.
"""

FactListener = Callable[[Host, object], None]


class World:
    """Nodes, connected by networks, in virtual time; equal seeds give equal days.

    Args:
        seed: decides all random numbers.

    Attributes:
        agenda: clock and heap.
        hosts: by name.
        carrier: what becomes of packets.
        observed: packets with data, and openings of connections, as they were sent.
        refuse_install: called before each install; a text refuses it (for tests of ERR-24).
        passed: called with each packet that a back end has let through to its host.
        moves: called with a host whose addresses are about to be another machine's.
        zone: what nodes are told of names; at first that there are none.
        pieces: how octets written to a stream at once are cut into segments.
    """

    def __init__(self, seed: int = 0) -> None:
        self.agenda = Agenda()
        self.hosts: dict[str, Host] = {}
        self.observed: list[Observed] = []
        self.carrier: Carrier = lambda packet: [(DELAY, packet)]
        self.refuse_install: Callable[[Host, SaSet], str | None] = lambda _host, _set: None
        self.zone: Zone = lambda _question: [(DELAY, NO_NAME)]
        self.passed: Callable[[Host, Packet], None] = lambda _host, _packet: None
        self.moves: Callable[[Host], None] = lambda _host: None
        self.pieces: Callable[[bytes], Iterable[bytes]] = lambda data: (data,)
        self._streams = Streams(seed)
        self._places: dict[str, tuple[Callable[[Flow], Host], str]] = {}
        self._listeners: list[FactListener] = []

    def entropy(self, name: str) -> Stream:
        """The stream of random numbers of that name."""
        return self._streams(name)

    def add(
        self,
        name: str,
        node: Node,
        addresses: Mapping[str, str],
        backend: MemoryBackend | None = None,
        stored: Stored | None = None,
    ) -> Host:
        """A host with a node on it, started.

        Args:
            name: unique name.
            node: what runs there.
            addresses: its addresses, and the network each is on: ``{"10.0.0.1": "gm"}``.
            backend: its own, None for a new one.
            stored: what the owner before it has left, None if there was none.
        """
        host = self.hosts[name] = Host(name, node, self, backend, stored)
        for address, network in addresses.items():
            self.share(address, network, lambda _flow: host)
        host.start()
        return host

    def share(self, address: str, network: str, whose: Callable[[Flow], Host]) -> None:
        """Give an address to several hosts; `whose` says which of them has a flow, local there."""
        self._places[address] = (whose, network)

    def host_of(self, flow: Flow) -> Host:
        """The host whose flow this is, as it sees it."""
        return self._places[flow.local.address][0](flow)

    def listen(self, listener: FactListener) -> None:
        """Have `listener` called with every fact that any node reports."""
        self._listeners.append(listener)

    def run(self, until: Callable[[], bool] | None = None, *, at_most: Micros = A_MINUTE) -> bool:
        """Let time pass until a condition holds, or for `at_most`; whether the condition came to hold."""
        end = Micros(self.agenda.now + at_most)
        while until is None or not until():
            moment = self.agenda.next_moment()
            if moment is None or moment > end:
                self.agenda.advance(end)
                return until is not None and until()
            self.agenda.step()
        return True

    def on(self, network: str) -> list[Observed]:
        """What was seen on one network."""
        return [seen for seen in self.observed if seen.network == network]

    def digest(self) -> str:
        """A digest of everything observed: equal for equal days."""
        total = sha256()
        for seen in self.observed:
            total.update(f"{seen.time} {seen.network} {seen.flow} {seen.spi} {seen.kind.value} ".encode())
            total.update(seen.data)
        return total.hexdigest()

    # for hosts

    def carry(self, packet: Packet) -> None:
        """A host sends a packet."""
        flow = packet.flow
        place = self._places.get(flow.local.address)
        network = place[1] if place else ""
        if packet.data or packet.kind is Kind.SYN:
            spi = packet.mark.spi if packet.mark else None
            self.observed.append(Observed(self.agenda.now, network, flow, spi, packet.data, packet.kind))
        for delay, carried in self.carrier(packet):
            target = self._places.get(carried.flow.remote.address)
            if target is not None and target[1] == network:
                self.agenda.after(delay, partial(self._arrive, carried, self.agenda.now))
            elif place is not None:
                place[0](flow).counters["unreachable"] += 1

    def _arrive(self, packet: Packet, sent: Micros) -> None:
        self.host_of(packet.flow.mirrored()).arrive(packet, sent)

    def may_install(self, host: Host, sa_set: SaSet) -> None:
        """Raises InstallError where the world wants this install to fail."""
        reason = self.refuse_install(host, sa_set)
        if reason is not None:
            raise InstallError(reason)

    def heard(self, host: Host, fact: object) -> None:
        """A node reported a fact."""
        for listener in self._listeners:
            listener(host, fact)
