"""Descriptions of calls as they pass: to the media relay and back, to policy control (24.229 §6.7)."""

from collections.abc import Callable
from typing import Final

from twopair.base import Micros, Report
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.facts import MediaUnanchored
from twopair.nodes.media import AnchorMedia, LetMediaGo, MediaAnchored, Side
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.media.bearers import Bearers
from twopair.nodes.pcscf.media.gate import Gate, Onward
from twopair.nodes.pcscf.media.leg import Leg, Legs
from twopair.nodes.pcscf.media.passing import Passing
from twopair.nodes.pcscf.relay.session import Session
from twopair.nodes.pcscf.relay.sessions import Sessions
from twopair.wire.sip import Request, Response

SOS: Final = "urn:service:sos"

_OFF, _REQUIRED = "off", "required"


class MediaPlane(Gate):
    """Sees every description of every call; there is one only where the operator wants a relay or a bearer.

    Args:
        sessions: the books.
        bearers: asks policy control; None where there is none.
        anchoring: ``off``, ``optional`` or ``required``.
        refuse: answers a request for which no relay was found.
        core_is_ipv6: whether the core is reached over IPv6.
    """

    __slots__ = (
        "_anchoring",
        "_bearers",
        "_core_is_ipv6",
        "_refuse",
        "_sessions",
        "_ticket",
        "_waiting",
        "legs",
    )

    def __init__(
        self,
        sessions: Sessions,
        legs: Legs,
        bearers: Bearers | None,
        anchoring: str,
        refuse: Callable[[ServerTransaction, Micros, list[Action]], None],
        *,
        core_is_ipv6: bool,
    ) -> None:
        self.legs = legs
        self._sessions = sessions
        self._bearers = bearers
        self._anchoring = anchoring
        self._refuse = refuse
        self._core_is_ipv6 = core_is_ipv6
        self._ticket = 0
        self._waiting: dict[int, Leg] = {}

    # what passes

    def request(
        self,
        owner: Subscriber,
        address: str,
        sent: Request,
        txn: ServerTransaction | None,
        onward: Onward,
        now: Micros,
        out: list[Action],
        *,
        from_ue: bool,
    ) -> None:
        """Send a request of a call on, at once or when its description has come back; see `Gate`."""
        method = sent.method
        leg = self.legs.find(owner, sent.call_id)
        if leg is None:
            if method != "INVITE" or not self._in_the_books(owner, sent.call_id):
                onward(now, out)
                return
            leg = Leg(
                owner, sent.call_id, address, "", emergency=from_ue and sent.uri.lower().startswith(SOS)
            )
            self.legs.add(leg)
        answer = leg.late and method in ("ACK", "PRACK")
        passing = Passing(sent, onward, txn, from_ue=from_ue, answer=answer)
        passing.between(request_offers=not answer)
        leg.caller = leg.caller or passing.offerer
        self._enter(leg, passing, now, out)

    def response(
        self,
        owner: Subscriber,
        request: Request,
        response: Response,
        onward: Onward,
        now: Micros,
        out: list[Action],
        *,
        from_ue: bool,
    ) -> None:
        """Send a response on, likewise; what answers an offer is an answer (RFC 3264 §4)."""
        leg = self.legs.find(owner, request.call_id)
        if leg is None:
            onward(now, out)
            return
        answer = bool(request.body)
        passing = Passing(response, onward, None, from_ue=from_ue, answer=answer)
        passing.between(request_offers=answer)
        self._enter(leg, passing, now, out)

    def ended(self, session: Session, now: Micros, out: list[Action]) -> None:
        """A session is over; with the last of its call the relay and the bearer are free."""
        owner, call_id = session.owner, session.call_id
        leg = self.legs.find(owner, call_id)
        if leg is None or self._in_the_books(owner, call_id):
            return
        self.legs.remove(leg)
        if leg.anchored:
            out.append(LetMediaGo(leg.name, leg.caller))
        if self._bearers is not None:
            self._bearers.ended(leg, out)
        while leg.held:  # whoever still wants it gets it as it is
            leg.held.popleft().onward(now, out)

    def _in_the_books(self, owner: Subscriber, call_id: str) -> bool:
        """Whether a session of that call stands: a leg begins and ends with them, and none outlives them."""
        return any(session.call_id == call_id for session in self._sessions.of(owner))

    # one after the other

    def _enter(self, leg: Leg, passing: Passing, now: Micros, out: list[Action]) -> None:
        if leg.held or self._asks(leg, passing, now, out):
            leg.held.append(passing)

    def _asks(self, leg: Leg, passing: Passing, now: Micros, out: list[Action]) -> bool:
        """Whether the relay has to be asked first; else the message is sent on."""
        if not passing.sdp:
            passing.onward(now, out)
            return False
        if not passing.answer:
            leg.late = isinstance(passing.message, Response)
        elif leg.late:
            leg.late = False
        if passing.from_ue:
            self._shown(leg, passing, now, out)
        if self._anchoring == _OFF:
            self._leaves(leg, passing, now, out)
            return False
        self._ticket += 1
        self._waiting[self._ticket] = leg
        leg.anchored = True
        source = Side.GM if passing.from_ue else Side.CORE
        ipv6 = self._core_is_ipv6 if passing.from_ue else ":" in leg.address
        out.append(
            AnchorMedia(
                self._ticket,
                leg.name,
                passing.offerer,
                passing.answerer,
                passing.answer,
                source,
                ipv6,
                passing.sdp,
            )
        )
        return True

    def anchored(self, event: MediaAnchored, now: Micros, out: list[Action]) -> None:
        """The relay has answered for the first message that is held."""
        leg = self._waiting.pop(event.ticket, None)
        if leg is None or not leg.held:
            return  # its call is over
        passing = leg.held.popleft()
        if event.sdp is not None:
            passing.replace(event.sdp)
            self._leaves(leg, passing, now, out)
        else:
            owner = leg.owner
            out.append(Report(MediaUnanchored(owner.impi, leg.call_id, event.why, owner.flow)))
            if self._anchoring == _REQUIRED and passing.txn is not None:
                self._refuse(passing.txn, now, out)
            else:
                self._leaves(leg, passing, now, out)
        while leg.held:
            following = leg.held.popleft()
            if self._asks(leg, following, now, out):
                leg.held.appendleft(following)
                return

    def _leaves(self, leg: Leg, passing: Passing, now: Micros, out: list[Action]) -> None:
        if not passing.from_ue:
            self._shown(leg, passing, now, out)
        passing.onward(now, out)

    def _shown(self, leg: Leg, passing: Passing, now: Micros, out: list[Action]) -> None:
        """The description is what the UE says, or sees: its bearer carries that."""
        if self._bearers is not None:
            self._bearers.described(leg, passing.sdp, passing.answer, from_ue=passing.from_ue, out=out)
