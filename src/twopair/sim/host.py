"""A simulated host: one node, its ports, its connections and its memory back end."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from twopair.backends.contract import InstallError
from twopair.backends.memory import MemoryBackend
from twopair.base import (
    Bind,
    CloseStream,
    Endpoint,
    Flow,
    Micros,
    OpenStream,
    Received,
    Report,
    Send,
    Transport,
    Unbind,
    Woke,
)
from twopair.core.esp import Drop
from twopair.core.locate import Resolve, Resolved
from twopair.core.registration.kept import Forget, Keep, KeptRegistration, Recalled, as_far_as
from twopair.core.sa import ARROWS, InstallSas, RemoveSas, SaSet, SasInstalled, SasRefused
from twopair.nodes import Event, Node
from twopair.nodes.wishes import Start
from twopair.sim.agenda import Agenda
from twopair.sim.packet import Kind, Packet
from twopair.sim.stored import Stored
from twopair.sim.tcp import Tcp

if TYPE_CHECKING:
    from twopair.sim.world import World


class Host:
    """Carries out a node's actions on the agenda of a world and feeds it what comes of them.

    Attributes:
        name: what the world calls it.
        node: the node.
        backend: its SA sets.
        sets: installed sets by id, as the node asked for them.
        facts: what the node reported, with the moment.
        stored: what is to outlive the node, and the machine.
        epoch: as which owner of that.
        up: whether its machine is there.
        stopped_at: since when it is not.
        missed: packets that came while it was not, in order.
        hears_from: packets that were sent before this moment are lost.
        counters: ``unreachable`` (sent to nobody), ``no_such_flow``, ``not_bound``, ``too_old``.
    """

    def __init__(
        self,
        name: str,
        node: Node,
        world: "World",
        backend: MemoryBackend | None = None,
        stored: Stored | None = None,
    ) -> None:
        self.name = name
        self.node = node
        self.agenda: Agenda = world.agenda
        self.backend = backend or MemoryBackend()
        self.tcp = Tcp(self)
        self.sets: dict[int, SaSet] = {}
        self.facts: list[tuple[Micros, object]] = []
        self.stored = stored or Stored()
        self.epoch = self.stored.epoch
        self.up = True
        self.stopped_at = Micros(0)
        self.missed: list[Packet] = []
        self.counters: Counter[str] = Counter()
        self._world = world
        self._bound: dict[Endpoint, bool] = {}
        self._wakes_at: Micros | None = None
        self.hears_from = Micros(0)
        self._perform: dict[type, Callable[[Any], None]] = {
            Send: self._send,
            OpenStream: lambda action: self.tcp.open(action.flow, action.within),
            CloseStream: lambda action: self.tcp.close(action.flow),
            Bind: self._bind,
            Unbind: self._unbind,
            InstallSas: self._install,
            RemoveSas: self._remove,
            Keep: self._keep,
            Forget: lambda action: self._store(action.key, None),
            Resolve: self._resolve,
            Report: self._report,
        }

    def start(self) -> None:
        """Begin, with what another machine has stored, if there is something (MGP-14; ADR 20)."""
        for set_id, sa_set in self.stored.sets().items():
            self._take_over(set_id, sa_set)
        self._begin(self.node)

    def stop(self) -> None:
        """The machine is lost, or stands still: nothing comes to the node, no word is said."""
        self._look()
        self.up = False
        self.stopped_at = self.agenda.now

    def resume(self) -> None:
        """The machine goes on where it stood still, with what waits for it."""
        self.up = True
        missed, self.missed = self.missed, []
        self.feed(Woke())
        for packet in missed:
            self.arrive(packet)

    @property
    def kept(self) -> Mapping[str, KeptRegistration]:
        """What is stored of registrations, by key."""
        return self.stored.values

    def feed(self, event: Event) -> None:
        """Give the node an event, at once; what follows from it is carried out before this returns."""
        if not self.up:
            return
        for action in self.node.feed(event, self.agenda.now):
            self._perform[type(action)](action)
        self._settle()

    def cut(self) -> None:
        """Break every TCP connection: both ends are told."""
        for flow in self.tcp.open_flows():
            self.emit(Kind.RST, flow)
            self.tcp.abort(flow, "connection reset")

    def restart(self, node: Node) -> None:
        """Switch off without a word, and on with another node: no socket and no SA set is left (AKA-18)."""
        self.stored.values.clear()
        self._begin(node)

    def revive(self, node: Node) -> None:
        """Kill it and start its successor, which knows what was kept; SA sets stay, as in a kernel (MGP-14).

        A set that nobody knows of is removed; the host's TCP resets what was open.
        """
        for flow in self.tcp.open_flows():
            self.emit(Kind.RST, flow)
        self._begin(node)

    def move(self, node: Node, backend: MemoryBackend) -> None:
        """Its machine is lost with all that was in it; the next owner has its addresses (MGP-14; ADR 20).

        It knows what was kept, and of windows what was there at the last look. Nobody hears of connections.

        Args:
            node: on the next machine.
            backend: of that machine, without sets.
        """
        self._look()
        self._world.moves(self)
        self.stored.lose(self.agenda.now)
        self.stored.epoch += 1
        self.epoch = self.stored.epoch
        self.backend = backend
        self.sets.clear()
        for set_id, sa_set in self.stored.sets().items():  # of which the lost machine may have removed some
            self._take_over(set_id, sa_set)
        self._begin(node)

    def _take_over(self, set_id: int, sa_set: SaSet) -> None:
        at = self.stored.positions(set_id)
        if at is None:
            self._forget_set(set_id)
        else:
            self.backend.take_over(sa_set, at)
            self.sets[set_id] = sa_set

    def _look(self) -> None:
        if self.epoch == self.stored.epoch:
            self.stored.look(self.agenda.now, self.backend)

    def _forget_set(self, set_id: int) -> SaSet | None:
        self.backend.remove(set_id)
        return self.sets.pop(set_id, None)

    def _begin(self, node: Node) -> None:
        for set_id in self.sets.keys() - self.stored.sets().keys():
            self._forget_set(set_id)
        for local, protected in self._bound.items():
            if protected:
                self.backend.reopen(local)
        self._bound.clear()
        self.tcp.forget_all()
        self._wakes_at = None
        self.node = node
        if self.kept:
            left = {value.token: value for value in as_far_as(self.kept.values(), self.sets)}
            self.stored.values = left
            self.feed(Recalled(tuple(left.values())))
        self.feed(Start())

    def later(self, event: Event) -> None:
        """Give the node an event as the next thing that happens, unless it has been restarted by then."""
        node = self.node
        self.agenda.after(0, lambda: self.feed(event) if node is self.node else None)

    def emit(self, kind: Kind, flow: Flow, data: bytes = b"") -> None:
        """Send a packet: through the back end, which marks or drops it, onto the network."""
        mark = self.backend.outbound(flow, len(data))
        if not isinstance(mark, Drop):
            self._world.carry(Packet(kind, flow, mark, data))

    def arrive(self, packet: Packet, sent: Micros | None = None) -> None:
        """A packet reaches this host; one that was sent before `hears_from` does not."""
        if sent is not None and sent < self.hears_from:
            self.counters["too_old"] += 1
            return
        if not self.up:
            self.missed.append(packet)
            return
        flow = packet.flow.mirrored()
        self._look()
        if self.backend.inbound(flow, packet.mark, len(packet.data)) is not None:
            return
        self._world.passed(self, packet)
        if packet.kind is not Kind.DATAGRAM:
            self.tcp.take(packet)
        elif flow.local in self._bound:
            self.feed(Received(flow, packet.data))
        else:
            self.counters["not_bound"] += 1

    def pieces(self, data: bytes) -> Iterable[bytes]:
        """What a network makes of octets that are written to a stream at once: one segment, or several."""
        return self._world.pieces(data)

    def protects(self, endpoint: Endpoint) -> bool:
        """Whether a port is bound and closed to clear text."""
        return self._bound.get(endpoint, False)

    def bound(self) -> list[Endpoint]:
        """Endpoints that are bound, in the order of binding."""
        return list(self._bound)

    def _settle(self) -> None:
        deadline = self.node.next_deadline()
        if deadline is None or (self._wakes_at is not None and self._wakes_at <= deadline):
            return
        self._wakes_at = deadline
        self.agenda.after(max(0, deadline - self.agenda.now), lambda: self._wake(deadline))

    def _wake(self, planned: Micros) -> None:
        if self._wakes_at != planned:  # an earlier one was planned since
            return
        self._wakes_at = None
        deadline = self.node.next_deadline()
        if deadline is not None and deadline <= self.agenda.now:
            self.feed(Woke())
        else:
            self._settle()

    def _send(self, action: Send) -> None:
        if action.flow.transport is Transport.UDP:
            if action.flow.local in self._bound:
                self.emit(Kind.DATAGRAM, action.flow, action.data)
            else:
                self.counters["not_bound"] += 1
        elif not self.tcp.send(action.flow, action.data):
            self.counters["no_such_flow"] += 1

    def _bind(self, action: Bind) -> None:
        if action.protected:
            self.backend.close(action.local)
        self._bound[action.local] = action.protected
        if action.listen:
            self.tcp.listening[action.local] = None

    def _unbind(self, action: Unbind) -> None:
        self.tcp.reset_all_of(action.local)
        self.tcp.listening.pop(action.local, None)
        if self._bound.pop(action.local, False):
            self.backend.reopen(action.local)

    def _install(self, action: InstallSas) -> None:
        sa_set = action.sa_set
        try:
            self._world.may_install(self, sa_set)
            self.backend.install(sa_set)
        except InstallError as error:
            self.later(SasRefused(sa_set.set_id, str(error)))
        else:
            self.sets[sa_set.set_id] = sa_set
            self.stored.installed(sa_set.set_id, self.epoch)
            self.later(SasInstalled(sa_set.set_id))

    def _remove(self, action: RemoveSas) -> None:
        """Take a set out, and its connections with it (RRG-10)."""
        sa_set = self._forget_set(action.set_id)
        if sa_set is not None:
            for arrow in ARROWS:
                flow = sa_set.flow(Transport.TCP, arrow.ports.src, arrow.ports.dst)
                self.tcp.abort(flow, "its SA set was removed")

    def _keep(self, action: Keep) -> None:
        self._store(action.key, action.value)

    def _resolve(self, action: Resolve) -> None:
        """Ask the zone of the world; the answer comes when it comes, or never."""
        for delay, answer in self._world.zone(action.question):
            self.agenda.after(delay, partial(self._resolved, self.node, Resolved(action.question, answer)))

    def _resolved(self, node: Node, event: Resolved) -> None:
        if node is self.node:  # which knows nothing of the questions of another
            self.feed(event)

    def _store(self, key: str, value: KeptRegistration | None) -> None:
        if self.epoch == self.stored.epoch:  # the fence of ADR 20
            self.stored.put(self.agenda.now, key, value)

    def _report(self, action: Report) -> None:
        self.facts.append((self.agenda.now, action.fact))
        self._world.heard(self, action.fact)
