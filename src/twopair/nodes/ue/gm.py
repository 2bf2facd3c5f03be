"""The UE's side of Gm, shared by all that it does: sets, connections, transactions (33.203 §7.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twopair.base import Entropy, Flow, Micros, Transport
from twopair.core.aka import AkaOutcome
from twopair.core.sa import Stage
from twopair.core.sip import ClientTransaction, ServerTransaction, TransactionLayer, TransactionUser, Trouble
from twopair.nodes.actions import Action
from twopair.nodes.ue.config import UDP_REQUEST_OCTETS, UeConfig
from twopair.nodes.ue.profile import Profile
from twopair.nodes.ue.sets import LiveSet, SetTable
from twopair.nodes.ue.streams import Streams
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

    def progressed(self, status: int, now: Micros, out: list[Action]) -> None:
        """A provisional response came; most have no use for it."""
        return


@dataclass(slots=True)
class Pending:
    """Owner of a client transaction: who asked, and the set it uses (None in the clear)."""

    asker: Asker
    live: LiveSet | None


class Gm:
    """Ways to send, and what they hang on.

    Args:
        config: of this UE.
        profile: of this UE.
        card: answers challenges.
        entropy: for ports, SPIs, branches and tags.
        rules: what is checked.
        user: is told of transactions.
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
    ) -> None:
        self.config = config
        self.profile = profile
        self.card = card
        self.entropy = entropy
        self.rules = rules
        self.sets = SetTable(profile.impi)
        self.streams = Streams()
        self.layer = TransactionLayer(
            user, config.timers_for, answer_flow=lambda _request, flow: self._answer_at_once(flow)
        )

    def ask(
        self, request: Request, flow: Flow, asker: Asker, now: Micros, out: list[Action]
    ) -> ClientTransaction:
        """Send a request; its Via is already there. The asker hears of one outcome."""
        live = self.sets.find(flow)
        if live is not None:
            live.transactions += 1
        self.streams.ensure(flow, out)
        return self.layer.start(request, flow, now, out, owner=Pending(asker, live))

    def fit(self, request: Request, live: LiveSet, wanted: Transport | None) -> Flow:
        """The flow of a new request; a large one goes over TCP unless its user chose (MSG-08)."""
        transport = wanted or self.config.transport
        if wanted is None and len(request.to_bytes()) > UDP_REQUEST_OCTETS:
            transport = Transport.TCP
        if request.top_via.transport != transport.value:
            request.set("Via", self.profile.via(transport, self.entropy))
        return live.flow(transport)

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

    def _answer_at_once(self, flow: Flow) -> Flow:
        """Where the transaction layer sends what it answers by itself."""
        live = self.sets.find(flow)
        return flow if live is None or flow.transport is Transport.TCP else live.flow(flow.transport)
