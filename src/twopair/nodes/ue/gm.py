"""The UE's side of Gm, shared by all that it does: sets, connections, transactions (33.203 §7.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twopair.base import Entropy, Flow, Micros, Transport
from twopair.core.aka import AkaOutcome
from twopair.core.sip import TransactionLayer, TransactionUser
from twopair.nodes.actions import Action
from twopair.nodes.ue.config import UeConfig
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

    def unanswered(self, now: Micros, out: list[Action]) -> None:
        """No final response will come."""
        ...


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
            user, config.timers_for, answer_flow=lambda _request, flow: self.response_flow(flow) or flow
        )

    def ask(self, request: Request, flow: Flow, asker: Asker, now: Micros, out: list[Action]) -> None:
        """Send a request; its Via is already there. The asker hears of one outcome."""
        live = self.sets.find(flow)
        if live is not None:
            live.transactions += 1
        self.streams.ensure(flow, out)
        self.layer.start(request, flow, now, out, owner=Pending(asker, live))

    def response_flow(self, request_flow: Flow) -> Flow | None:
        """The way of the answer to a request (table 3.5, MSG-06, MGU-06, RRG-07..RRG-09).

        UDP: from port_uc to port_ps. TCP: the connection of the request; if it is gone, a new one from
        port_uc to port_ps. Both over the set of the request while it lives, else over the newest; with
        ``response_after_rekey = new`` always over the newest.

        Args:
            request_flow: the flow of the request, as the UE sees it.

        Returns:
            None if no set is left: the answer cannot be sent, and never goes in the clear (UNP-02).
        """
        live, newest = self.sets.find(request_flow), self.sets.in_use
        moved = live is None or (self.config.response_after_rekey == "new" and newest is not None)
        if moved:
            if newest is None:
                return None
            return (
                request_flow
                if newest is live and self._open(request_flow)
                else newest.flow(request_flow.transport)
            )
        assert live is not None
        return request_flow if self._open(request_flow) else live.flow(request_flow.transport)

    def _open(self, flow: Flow) -> bool:
        return flow.transport is Transport.TCP and flow in self.streams
