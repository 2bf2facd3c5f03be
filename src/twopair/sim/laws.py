"""Safety: what must hold after every event of every day, whatever weather and attacker do.

Each law looks at one thing when it happens: an action of a node, a packet that leaves, a packet that a
back end lets through. None looks at a whole table for every packet, so they cost little. The laws know
the nodes by their events, actions and facts only.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from twopair.base import (
    CloseStream,
    Endpoint,
    Flow,
    Impi,
    Impu,
    Micros,
    OpenStream,
    Port,
    Received,
    Refusal,
    Refused,
    Report,
    Send,
    StreamClosed,
    StreamOpened,
    Suite,
    Unbind,
)
from twopair.core.registration.flows import RegFlow
from twopair.core.registration.kept import KeptRegistration, Recalled
from twopair.core.sa import End, InstallSas, RemoveSas, SaSet, SasInstalled, SasRefused, Stage
from twopair.crypto.annex_i import EspKeys
from twopair.nodes import Action, Event, Node
from twopair.nodes.facts import BY_NETWORK, Deregistered, Registered, SetStage
from twopair.sim.host import Host
from twopair.sim.law import Broken, Law
from twopair.sim.once import Once
from twopair.sim.packet import Kind, Packet
from twopair.sim.parties import Parties
from twopair.sim.world import Carrier, World

MOST_SETS: Final = 3
"""Old, established, temporary (MGP-04)."""

_SECRET: Final = re.compile(rb"[ ,](ck|ik)=")
_NONCE: Final = re.compile(rb'nonce="([^"]+)"')
_ANSWER: Final = re.compile(rb'nonce="([^"]+)"[^\r]*response="[^"]')
_CALL_ID: Final = re.compile(rb"\r\nCall-ID: ([^\r]+)")
_IDENTITIES: Final = re.compile(rb"\r\n(P-As(?:sociated-URI|serted-Identity):[^\r]*)")
_SPI_S: Final = re.compile(rb"\bspi-s=(\d+)")


class _Keeper:
    """What the laws know of one node since its start.

    Args:
        end: whose sets it has; None for the home network.
        host: finds the host, which is made later.
    """

    def __init__(self, end: End | None, host: Callable[[], Host]) -> None:
        self.end = end
        self.host = host
        self.asked: dict[int, SaSet] = {}
        self.stages: dict[int, Stage] = {}
        self.pending: dict[int, None] = {}
        self.streams: dict[Flow, None] = {}
        self.changed = False
        self.heard_on = ""
        self.registered = 0  # made or refreshed, by the word of the home network
        self.told: dict[bytes, None] = {}  # Call-IDs of the REGISTERs by which a server has heard of them


class Laws:
    """Keeps watch over one world.

    Args:
        world: which.
        server: endpoint of the P-CSCF with port_ps.
        client_ports: its port_pc.
        best: the best algorithms that a subscriber's UE and the P-CSCF have in common, by IMPI.
        in_place: whether SM6 over a set may announce one that is to take its place (RRG-02).
        most: how many registrations a UE may have, by IMPI; one where nothing is said (MGU-09).
        barred: identities that only register.
        served_at: the application server that hears of registrations.

    Attributes:
        ever: every set that UEs have asked for.
        known: all that the P-CSCF of a host would have a successor know, by key.
    """

    def __init__(
        self,
        world: World,
        server: Endpoint,
        client_ports: Iterable[Port],
        best: Mapping[Impi, Suite],
        *,
        in_place: bool = False,
        most: Mapping[Impi, int] | None = None,
        barred: Iterable[Impu] = (),
        served_at: Endpoint | None = None,
    ) -> None:
        self._barred = [f"<{impu}>".encode() for impu in sorted(barred)]
        self._told = None if served_at is None else f"REGISTER sip:{served_at} ".encode()
        self._in_place = in_place
        self._most = most or {}
        self.ever: dict[tuple[object, ...], None] = {}
        self.known: Callable[[Host], Mapping[str, KeptRegistration]] = lambda _host: {}
        self._world = world
        self._server = server
        self._protected = {server, *(Endpoint(server.address, port) for port in client_ports)}
        self._best = best
        self._keys: dict[tuple[str, EspKeys], None] = {}
        self._nonces: dict[bytes, None] = {}
        self._stood: dict[bytes, None] = {}
        self._kept: dict[tuple[Impi, RegFlow], int] = {}
        self._once = Once()
        self._parties = Parties()
        self._on_gm: dict[str, None] = {server.address: None}
        world.passed = self._passes
        world.moves = lambda host: self._once.again(host.name, host.stored.looked_at)
        world.carrier = self._around(world.carrier)

    def watch(self, name: str, node: Node, end: End | None, *addresses: str, anew: bool = True) -> Node:
        """The same node, under observation from its start on.

        Args:
            name: of its host.
            node: the node.
            end: UE, P-CSCF, or None.
            addresses: its own on Gm.
            anew: whether it knows nothing when it starts.
        """
        if end is not None:
            self._on_gm.update(dict.fromkeys(addresses))
        if end is End.PCSCF and anew:
            self._kept.clear()
        return _Watched(node, self, _Keeper(end, lambda: self._world.hosts[name]))

    # the node

    def before(self, keeper: _Keeper, event: Event) -> None:
        """A node is about to be fed: what it asked for before has been carried out."""
        keeper.heard_on = event.flow.local.address if isinstance(event, Received) else ""
        if keeper.changed:
            keeper.changed = False
            self._believes(keeper)
        if keeper.registered != len(keeper.told) and self._told is not None:
            words = f"{keeper.registered} registrations, {len(keeper.told)} REGISTERs to the server"
            self._broken(Law.TOLD, words)
        if isinstance(event, Recalled):
            self._recalls(keeper, event)
        elif keeper.end is End.PCSCF and keeper.host().kept != self.known(keeper.host()):
            self._broken(Law.STORED, f"what {keeper.host().name} has kept is not what it knows")
        if isinstance(event, SasInstalled):
            keeper.pending.pop(event.set_id, None)
            sa_set = keeper.asked.get(event.set_id)
            if sa_set is not None and keeper.end is End.PCSCF:
                self._stood[b"%d" % sa_set.spis.ps] = None
        elif isinstance(event, StreamOpened):
            keeper.streams[event.flow] = None
        elif isinstance(event, StreamClosed):
            keeper.streams.pop(event.flow, None)
        elif isinstance(event, SasRefused):
            keeper.pending.pop(event.set_id, None)
            keeper.asked.pop(event.set_id, None)

    def acts(self, keeper: _Keeper, action: Action) -> None:
        """A node asks for something."""
        look = self._LOOK.get(type(action))
        if look is not None:
            look(self, keeper, action)

    def _installs(self, keeper: _Keeper, action: InstallSas) -> None:
        new, host = action.sa_set, keeper.host().name
        live = [s for s in keeper.asked.values() if s.impi == new.impi]
        beside = [s for s in live if _server(s) == _server(new)]
        if len(beside) >= MOST_SETS or len(live) >= MOST_SETS * self._most.get(new.impi, 1):
            self._broken(Law.THREE, f"{host} has {len(live)} sets of {new.impi} and asks for one more")
        if (host, new.keys) in self._keys:
            self._broken(Law.KEYS, f"{host} makes set {new.set_id} with the keys of an earlier one")
        self._keys[host, new.keys] = None
        for old in live:
            self._differ(host, old, new)
        keeper.asked[new.set_id] = new
        keeper.stages[new.set_id] = Stage.TEMPORARY
        keeper.pending[new.set_id] = None
        keeper.changed = True
        if keeper.end is End.UE:
            self.ever[new.impi, new.ports, new.spis, new.suite, new.keys] = None

    def _differ(self, host: str, old: SaSet, new: SaSet) -> None:
        same_ue, same_server = old.ue == new.ue, old.ports.us == new.ports.us
        if same_ue and (old.ports.uc == new.ports.uc or (same_server and old.ports.pc == new.ports.pc)):
            self._broken(Law.PORTS, f"{host}: client ports of {new.ports} are those of a live set")
        if set(old.spis) & set(new.spis):
            self._broken(Law.PORTS, f"{host}: {new.spis} and {old.spis} of a live set share an SPI")

    def _recalls(self, keeper: _Keeper, event: Recalled) -> None:
        """A P-CSCF goes on where another was killed."""
        for kept in (kept for value in event.values for kept in value.sets):
            keeper.asked[kept.sa_set.set_id] = kept.sa_set
            keeper.stages[kept.sa_set.set_id] = kept.stage

    def _removes(self, keeper: _Keeper, action: RemoveSas) -> None:
        keeper.asked.pop(action.set_id, None)
        keeper.changed = True

    def _reports(self, keeper: _Keeper, action: Report) -> None:
        fact = action.fact
        if isinstance(fact, Registered | Deregistered):
            self._registration(keeper, fact)
            if keeper.end is None and isinstance(fact, Registered) and not fact.flow.sos:
                keeper.registered += 1
        reused = isinstance(fact, Refused) and fact.refusal is Refusal.PORTS_REUSED
        if reused and keeper.heard_on in self._on_gm:
            self._broken(Law.FORWARDED, f"{keeper.host().name} refuses what the core has not heard of")
        if not isinstance(fact, SetStage):
            return
        keeper.changed = True
        if fact.stage is Stage.DELETED:
            keeper.stages.pop(fact.set_id, None)
            return
        keeper.stages[fact.set_id] = fact.stage
        if fact.stage in (Stage.NEWLY_ESTABLISHED, Stage.IN_USE):
            made = keeper.asked.get(fact.set_id)
            if made is not None:
                self._confirmed(keeper, made)

    def _confirmed(self, keeper: _Keeper, made: SaSet) -> None:
        """A set has become more than temporary."""
        host = keeper.host().name
        known = (made.impi, made.ports, made.spis, made.suite, made.keys)
        if keeper.end is End.PCSCF and known not in self.ever:
            self._broken(Law.OFFERED, f"{made.ports}, {made.spis}, {made.suite} are not the UE's")
        if made.suite != self._best[made.impi]:
            self._broken(Law.STRONGEST, f"{made.suite} instead of {self._best[made.impi]}")
        if made.ports.ps != self._server.port:
            self._broken(Law.PORTS, f"{host}: port_ps is {made.ports.ps}, not {self._server.port}")
        if keeper.end is End.UE:
            servers = {_server(one): None for one in keeper.asked.values()}
            if len(servers) > self._most.get(made.impi, 1):
                words = ", ".join(map(str, servers))
                self._broken(Law.PORTS, f"{host}: more ports port_us than registrations: {words}")

    def _opens(self, keeper: _Keeper, action: OpenStream) -> None:
        keeper.streams[action.flow] = None

    def _closes(self, keeper: _Keeper, action: CloseStream) -> None:
        keeper.streams.pop(action.flow, None)

    def _unbinds(self, keeper: _Keeper, action: Unbind) -> None:
        for flow in [flow for flow in keeper.streams if flow.local == action.local]:
            del keeper.streams[flow]

    def _registration(self, keeper: _Keeper, fact: Registered | Deregistered) -> None:
        """UE or P-CSCF says what it believes; the 200 has passed the P-CSCF before."""
        if isinstance(fact, Deregistered) and fact.reason.startswith(BY_NETWORK):
            self._kept.pop((fact.impi, fact.flow), None)  # a 200 that was sent before may still be on its way
        elif keeper.end is End.PCSCF:
            self._kept[fact.impi, fact.flow] = fact.expires_s if isinstance(fact, Registered) else 0
        elif keeper.end is End.UE and (isinstance(fact, Registered) or fact.reason == "on request"):
            told = fact.expires_s if isinstance(fact, Registered) else 0
            kept = self._kept.get((fact.impi, fact.flow))
            if kept is not None and told != kept:
                words = f"{keeper.host().name} is registered for {told} s, to the P-CSCF for {kept} s"
                self._broken(Law.KEPT, words)

    def _sends(self, keeper: _Keeper, action: Send) -> None:
        data = action.data
        if action.flow.transport.reliable and action.flow not in keeper.streams:
            self._broken(Law.STANDS, f"{keeper.host().name} sends {data[:12]!r} on {action.flow}")
        if keeper.end is not End.UE:
            self._asserts(keeper, data)
        if keeper.end is End.PCSCF and action.flow.local.address in self._on_gm:
            strange = self._parties.stranger(action.flow.remote.address, data)
            if strange is not None:
                self._broken(Law.DIALOG, f"{strange!r} goes to {action.flow.remote}")
        tells = keeper.end is None and self._told is not None and data.startswith(self._told)
        if tells and b"\r\nExpires: 0\r\n" not in data:
            keeper.told.update(dict.fromkeys(_CALL_ID.findall(data)))
        if keeper.end is End.UE:
            answered = _ANSWER.search(data) if data.startswith(b"REGISTER ") else None
            if answered is not None and answered[1] not in self._nonces:
                self._broken(Law.GENUINE, f"{keeper.host().name} answers {answered[1]!r}")
        elif data.startswith(b"SIP/2.0 401"):
            if keeper.end is None:
                self._nonces.update(dict.fromkeys(_NONCE.findall(data)))
            elif action.flow.local.address in self._on_gm:
                self._challenges(data, over_set=action.flow.local in self._protected)

    def _asserts(self, keeper: _Keeper, data: bytes) -> None:
        """The network says who somebody is, or may be."""
        for line in _IDENTITIES.findall(data):
            for barred in self._barred:
                if barred in line:
                    self._broken(Law.BARRED, f"{keeper.host().name} sends {line!r}")

    def _challenges(self, data: bytes, *, over_set: bool) -> None:
        """SM6 leaves the P-CSCF."""
        if _SECRET.search(data):
            self._broken(Law.SECRET, "SM6 has ck or ik")
        announced = None if over_set and self._in_place else _SPI_S.search(data)
        if announced is not None and announced[1] not in self._stood:
            self._broken(Law.FIRST_SA, f"SM6 announces spi_ps {int(announced[1])}, and no such SA stands")

    def _believes(self, keeper: _Keeper) -> None:
        host = keeper.host()
        there = {sa.set_id for sa in host.backend.query()}
        waiting = keeper.pending.keys()
        believed = keeper.stages.keys()
        if there - waiting != believed - waiting:
            words = f"{host.name} believes in {sorted(believed)}, installed are {sorted(there)}"
            self._broken(Law.BELIEF, words)

    # the network

    def _around(self, inner: Carrier) -> Carrier:
        def departs(packet: Packet) -> list[tuple[int, Packet]]:
            if packet.mark is not None:
                if not self._once.sent(packet, packet.mark):
                    self._broken(Law.NUMBERS, f"{packet.mark.sequence} a second time, {packet.flow}")
            elif packet.flow.local.address in self._on_gm:
                self._in_clear(packet)
            return inner(packet)

        return departs

    def _in_clear(self, packet: Packet) -> None:
        flow = packet.flow
        if flow.local in self._protected or flow.remote in self._protected:
            self._broken(Law.CLEAR, f"a {packet.kind.value} in the clear between protected ports, {flow}")
        if packet.kind is not Kind.DATAGRAM:
            return
        start = packet.data[:12]
        from_pcscf = flow.local.address == self._server.address
        proper = start.startswith(b"SIP/2.0 " if from_pcscf else b"REGISTER ")
        if not proper or start.startswith(b"SIP/2.0 2"):
            self._broken(Law.CLEAR, f"{start!r} in the clear, {flow}")

    def _passes(self, host: Host, packet: Packet) -> None:
        """A back end has let a packet through."""
        if packet.mark is None:
            if packet.flow.remote in self._protected or host.protects(packet.flow.remote):
                self._broken(
                    Law.CLOSED, f"{host.name} takes a {packet.kind.value} in the clear, {packet.flow}"
                )
            return
        sent = self._once.taken(host.name, packet, packet.mark, self._world.agenda.now)
        if sent is None:
            self._broken(
                Law.ONCE, f"{host.name} takes a packet twice, or one that nobody sent, {packet.flow}"
            )
        elif sent is not packet and sent != packet:
            self._broken(Law.ONCE, f"{host.name} takes an altered packet, {packet.flow}")

    @staticmethod
    def _broken(law: Law, detail: str) -> None:
        raise Broken(law.name, detail)

    _LOOK: Final[Mapping[type, Callable[["Laws", _Keeper, Any], None]]] = {
        InstallSas: _installs,
        RemoveSas: _removes,
        Report: _reports,
        Send: _sends,
        OpenStream: _opens,
        CloseStream: _closes,
        Unbind: _unbinds,
    }


def _server(sa_set: SaSet) -> Endpoint:
    """The UE's address and port_us, which a registration keeps as long as it lives (RRG-01)."""
    return Endpoint(sa_set.ue, sa_set.ports.us)


class _Watched:
    """A node whose events and actions the laws see."""

    def __init__(self, node: Node, laws: Laws, keeper: _Keeper) -> None:
        self._node = node
        self._laws = laws
        self._keeper = keeper

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        self._laws.before(self._keeper, event)
        try:
            actions = self._node.feed(event, now)
        except Exception as error:
            raise Broken(Law.STEPS.name, f"{self._keeper.host().name}: {error!r}") from error
        for action in actions:
            self._laws.acts(self._keeper, action)
        return actions

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()
