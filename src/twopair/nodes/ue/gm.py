"""The UE's side of Gm, shared by all that it does: sets, connections, transactions (33.203 §7.1)."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from twopair.base import REFUSED_FOR, Endpoint, Entropy, Flow, Micros, Report, Transport
from twopair.core.aka import AkaOutcome
from twopair.core.sa import Stage
from twopair.core.sip import (
    ClientTransaction,
    ServerTransaction,
    Timers,
    TransactionLayer,
    TransactionUser,
    Trouble,
    Why,
)
from twopair.nodes.actions import Action
from twopair.nodes.facts import Rerouted
from twopair.nodes.ue.config import UDP_REQUEST_OCTETS, UeConfig
from twopair.nodes.ue.profile import Profile
from twopair.nodes.ue.sets import LiveSet, SetTable
from twopair.nodes.ue.shared import Shared
from twopair.nodes.ue.streams import Streams
from twopair.nodes.ue.waiting import Waiting
from twopair.wire.sip import Request, Response

if TYPE_CHECKING:
    from twopair.nodes.ue.rules import Rules


class AkaCard(Protocol):
    """The card of a UE, as `twopair.core.aka.Card` is one."""

    def authenticate(self, rand: bytes, autn: bytes) -> AkaOutcome:
        """Answer one challenge."""
        ...


class Asker(Protocol):
    """A part of the UE that sent a request and waits for its answer."""

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final response came."""
        ...

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No final response will come."""
        ...

    def resent(self, txn: ClientTransaction) -> None:
        """The request has gone another way, in this transaction; most do not mind."""
        return

    def progressed(self, response: Response, now: Micros, out: list[Action]) -> None:
        """A provisional response came; most have no use for it."""
        return


@dataclass(slots=True)
class Pending:
    """Owner of a client transaction.

    Args:
        asker: who asked.
        live: the set it uses, None in the clear.
        for_size: whether TCP was chosen for the size of the request alone.
    """

    asker: Asker
    live: LiveSet | None
    for_size: bool = False


class ForSize(Flow):
    """A TCP flow that was chosen for the size of a request alone; UDP would do (RFC 3261 §18.1.1)."""

    __slots__ = ()


class Gm:
    """Ways to send, and what they hang on.

    Args:
        config: of this UE.
        profile: of this UE.
        card: answers challenges.
        entropy: for ports, SPIs, branches and tags.
        rules: what is checked.
        user: is told of transactions.
        shared: what it has in common with other registrations of the UE.

    Attributes:
        waiting: requests without an answer so far.
        listens_at: where the answer to a REGISTER in the clear is expected whose connection is lost.
    """

    def __init__(
        self,
        config: UeConfig,
        profile: Profile,
        card: AkaCard,
        entropy: Entropy,
        rules: "Rules",
        *,
        user: TransactionUser,
        shared: Shared,
    ) -> None:
        self.config = config
        self.profile = profile
        self.card = card
        self.entropy = entropy
        self.rules = rules
        self.shared = shared
        self.sets = SetTable(profile.impi, config.flow)
        shared.tables.append(self.sets)
        self.streams = Streams()
        self.listens_at: Endpoint | None = None
        self.waiting = Waiting()
        self.layer = TransactionLayer(
            user,
            self._timers_for,
            answer_flow=lambda _request, flow: self._answer_at_once(flow),
            reach=self._reach,
        )

    def ask(
        self, request: Request, flow: Flow, asker: Asker, now: Micros, out: list[Action]
    ) -> ClientTransaction:
        """Send a request; its Via is already there. The asker hears of one outcome."""
        live = self.sets.find(flow)
        for_size = isinstance(flow, ForSize)
        if live is not None:
            live.transactions += 1
            if for_size and now < live.refuses_tcp_until:
                return self._by_udp(request, live, asker, now, out)
        self.streams.ensure(flow, out)
        txn = self.layer.start(request, flow, now, out, owner=Pending(asker, live, for_size))
        self.waiting.begin(txn, now)
        return txn

    def another_way(self, txn: ClientTransaction, trouble: Trouble, now: Micros, out: list[Action]) -> bool:
        """Send a request over UDP for whose size alone TCP was tried in vain (RFC 3261 §18.1.1; PCS-26).

        The P-CSCF is spared such tries for a while. Its asker waits on, and is told of the new transaction.
        """
        pending = txn.owner
        assert isinstance(pending, Pending), "every request of a UE has one"
        live = pending.live
        if trouble.why is not Why.NO_STREAM or not pending.for_size or live is None:
            return False
        if live.life.stage is Stage.DELETED:
            return False
        live.refuses_tcp_until = Micros(now + REFUSED_FOR)
        live.transactions += 1
        self._by_udp(txn.request.copy(), live, pending.asker, now, out)
        out.append(Report(Rerouted(self.profile.impi, live.sa_set.set_id, Transport.UDP, trouble.why)))
        return True

    def _by_udp(
        self, request: Request, live: LiveSet, asker: Asker, now: Micros, out: list[Action]
    ) -> ClientTransaction:
        """Another branch makes it another transaction (RFC 3261 §17.1.3)."""
        request.set("Via", self.profile.via(Transport.UDP, self.entropy))
        flow = live.flow(Transport.UDP)
        txn = self.layer.start(request, flow, now, out, owner=Pending(asker, live))
        self.waiting.begin(txn, now)
        asker.resent(txn)
        return txn

    def fit(self, request: Request, live: LiveSet, wanted: Transport | None) -> Flow:
        """The flow of a new request; a large one goes over TCP unless its user chose (MSG-08)."""
        transport = wanted or self.config.transport
        if wanted is None and len(request.to_bytes()) > UDP_REQUEST_OCTETS:
            transport = Transport.TCP
        for_size = transport is not (wanted or self.config.transport)
        if request.top_via.transport != transport.value:
            request.set("Via", self.profile.via(transport, self.entropy))
        flow = live.flow(transport)
        return ForSize(*flow) if for_size else flow

    def respond(self, txn: ServerTransaction, response: Response, now: Micros, out: list[Action]) -> None:
        """Answer a request that came over a set of ours, or leave it unanswered: never in the clear."""
        live = txn.owner if isinstance(txn.owner, LiveSet) else None
        way = self.response_flow(txn.flow, live, now)
        if way is None:
            txn.abandon(now, out)
            return
        self.streams.ensure(way, out)
        txn.respond(response, way, now, out)

    def response_flow(self, request_flow: Flow, live: LiveSet | None, now: Micros) -> Flow | None:
        """The way of the answer to a request (table 3.5, MSG-06, MGU-06, RRG-07..RRG-09).

        UDP: from port_uc to port_ps. TCP: the connection of the request; if it is gone, a new one from
        port_uc to port_ps. Both over the set of the request while both ends have it, else over the newest;
        with ``response_after_rekey = new`` always over the newest.

        Args:
            request_flow: the flow of the request, as the UE sees it.
            live: the set it came over; its ports may be another's by now (RRG-03).
            now: the moment.

        Returns:
            None if no set is left: the answer cannot be sent, and never goes in the clear (UNP-02).
        """
        mine = live if live is not None and live.life.stage is not Stage.DELETED else None
        stays = mine is not None and self.config.response_after_rekey == "old" and now < mine.peer_until
        heir = mine if stays else self.sets.in_use or mine
        if heir is None:
            return None
        own = heir is mine and request_flow.transport is Transport.TCP and request_flow in self.streams
        return request_flow if own else heir.flow(request_flow.transport)

    def _timers_for(self, flow: Flow) -> Timers:
        """Over a set a P-CSCF that refuses a connection is starting, if it has taken any before."""
        config = self.config
        if isinstance(flow, ForSize) or config.transport is not Transport.TCP or self.sets.find(flow) is None:
            return config.timers
        return replace(config.timers, insists=True)

    def _reach(self, flow: Flow, _now: Micros, out: list[Action]) -> bool:
        """Whether a connection stands, or is opened now: from port_uc, while its set lives (MSG-06)."""
        if flow in self.streams:
            return True
        live = self.sets.find(flow)
        if live is None or flow != live.flow(flow.transport):
            return False
        self.streams.ensure(flow, out)
        return True

    def _answer_at_once(self, flow: Flow) -> Flow:
        """Where the transaction layer sends what it answers by itself."""
        live = self.sets.find(flow)
        return flow if live is None or flow.transport is Transport.TCP else live.flow(flow.transport)
