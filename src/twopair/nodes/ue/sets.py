"""The SA sets of a UE: found by ports, moved by their table, removed with their ports (33.203 §7.4)."""

from collections.abc import Iterable, Iterator

from twopair.base import Bind, Flow, Impi, Micros, Port, Report, Transport, Unbind
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.sa import InstallSas, PortName, RemoveSas, SaSet, SaSetLife, Stage, Trigger
from twopair.core.secagree import ServerList
from twopair.nodes.actions import Action
from twopair.nodes.facts import SetStage
from twopair.nodes.ue.config import FOREVER, PEER_KEEPS_OLD


class LiveSet:
    """A set that exists, and what the UE knows of it.

    Attributes:
        sa_set: the set.
        life: its stage and lifetime.
        server: Security-Server that came with it, to be mirrored in every request over it (AGR-25).
        usable: whether nobody has said that it is of no use for requests; if not, REGISTER goes in the clear
            (UEP-15, UEP-16). It still carries what comes until another set is established (ERR-30).
        transactions: SIP transactions that use it; an old set waits for them (MGU-05).
        heard: whether a message other than SM12 has come over it (MGU-05).
        refuses_tcp_until: until when none is opened for the size of a request alone (PCS-26).
        peer_until: until when the P-CSCF has it for certain; answers go over it no longer (RRG-09).
    """

    __slots__ = (
        "heard", "life", "peer_until", "refuses_tcp_until", "sa_set", "server", "transactions", "usable",
    )  # fmt: skip

    def __init__(self, sa_set: SaSet, life: SaSetLife, server: ServerList) -> None:
        self.sa_set = sa_set
        self.life = life
        self.server = server
        self.usable = True
        self.transactions = 0
        self.heard = False
        self.peer_until = FOREVER
        self.refuses_tcp_until = Micros(0)

    def flow(self, transport: Transport) -> Flow:
        """From port_uc to port_ps: own requests, and responses over UDP (MSG-01)."""
        return self.sa_set.flow(transport, PortName.UC, PortName.PS)


class SetTable:
    """All sets of one UE: at most one in use, one temporary, and old ones that drain.

    Args:
        impi: whose sets they are, for reports.
        flow: of which registration, likewise.
    """

    def __init__(self, impi: Impi, flow: RegFlow = ALONE) -> None:
        self.flow = flow
        self._impi = impi
        self._lives: dict[int, LiveSet] = {}
        self._by_ports: dict[tuple[Port, Port], LiveSet] = {}

    def __iter__(self) -> Iterator[LiveSet]:
        return iter(tuple(self._lives.values()))

    def get(self, set_id: int) -> LiveSet | None:
        """The set of that name, if it still exists."""
        return self._lives.get(set_id)

    def find(self, flow: Flow) -> LiveSet | None:
        """The set a flow belongs to: ports alone tell (RRG-06, SA-28)."""
        live = self._by_ports.get((flow.local.port, flow.remote.port))
        if live is None or flow.remote.address != live.sa_set.pcscf:
            return None
        return live

    @property
    def in_use(self) -> LiveSet | None:
        """The set that new requests go over."""
        return next((live for live in self._lives.values() if live.life.stage is Stage.IN_USE), None)

    @property
    def client_ports(self) -> frozenset[Port]:
        """The UE's client ports in use (RRG-03)."""
        return frozenset(live.sa_set.ports.uc for live in self._lives.values())

    def install(self, sa_set: SaSet, server: ServerList, expires_at: Micros, out: list[Action]) -> None:
        """Have a temporary set installed; `SasInstalled` or `SasRefused` tells how it went.

        A set with one of its selectors goes first: a P-CSCF that uses its port_pc again has let the old set
        go (RRG-03, MGP-04), and a UE that does not renew its own values cannot have two sets (Q-22).
        """
        for pair in ((sa_set.ports.us, sa_set.ports.pc), (sa_set.ports.uc, sa_set.ports.ps)):
            former = self._by_ports.get(pair)
            if former is not None:
                self.feed(former, Trigger.RELEASED, out)
        live = LiveSet(sa_set, SaSetLife(sa_set.set_id, expires_at), server)
        self._lives[sa_set.set_id] = live
        ports = sa_set.ports
        self._by_ports[ports.uc, ports.ps] = self._by_ports[ports.us, ports.pc] = live
        out += (Bind(sa_set.endpoint(PortName.UC), protected=True, listen=False), InstallSas(sa_set))

    def tell(self, live: LiveSet, out: list[Action]) -> None:
        """Report the stage of a set."""
        out.append(Report(SetStage(self._impi, live.sa_set.set_id, live.life.stage, self.flow)))

    def feed(self, live: LiveSet, trigger: Trigger, out: list[Action]) -> None:
        """Move a set one step; a deleted one leaves the back end and gives its client port back."""
        if live.life.feed(trigger) is Stage.DELETED:
            self._forget(live, out)
        self.tell(live, out)

    def replaced(self, former: LiveSet, now: Micros, out: list[Action]) -> None:
        """A newer set is established: the one before drains, and the P-CSCF counts its days.

        It gives it 64 * T1 at least (TMR-03), and at once deletes those that were old already (row 5).
        """
        for live in self._lives.values():
            if live.life.stage is Stage.OLD:
                live.peer_until = min(live.peer_until, now)
        former.peer_until = Micros(now + PEER_KEEPS_OLD)
        self.feed(former, Trigger.REPLACED, out)

    def release(self, lives: Iterable[LiveSet], out: list[Action]) -> None:
        """Delete sets whose attempt failed or whose registration ended."""
        for live in lives:
            self.feed(live, Trigger.RELEASED, out)

    def drain(self, out: list[Action]) -> None:
        """Delete old sets that nothing needs any more (MGU-05)."""
        current = self.in_use
        if len(self._lives) < 2 or current is None or not current.heard:
            return
        for live in tuple(self._lives.values()):
            if live.life.stage is Stage.OLD and not live.transactions:
                self.feed(live, Trigger.DRAINED, out)

    def expire(self, now: Micros, out: list[Action]) -> list[LiveSet]:
        """Delete the sets whose lifetime has run out, whoever uses them (TMR-05); returns them."""
        expired = [live for live in self._lives.values() if live.life.expires_at <= now]
        for live in expired:
            self.feed(live, Trigger.EXPIRED, out)
        return expired

    def next_deadline(self) -> Micros | None:
        """When the first lifetime ends."""
        return min((live.life.expires_at for live in self._lives.values()), default=None)

    def _forget(self, live: LiveSet, out: list[Action]) -> None:
        ports = live.sa_set.ports
        del self._lives[live.sa_set.set_id]
        for pair in ((ports.uc, ports.ps), (ports.us, ports.pc)):
            if self._by_ports.get(pair) is live:
                del self._by_ports[pair]
        out += (RemoveSas(live.sa_set.set_id), Unbind(live.sa_set.endpoint(PortName.UC)))
