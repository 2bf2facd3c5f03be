"""A session that the P-CSCF ends on behalf of its ends (24.229 §5.2.8.1; PCS-19).

Whoever has a reason calls `Releases.release`: the UE's sets or its bearer are gone, policy control has
withdrawn the bearer, the network has ended the registration.
"""

from typing import Final

from twopair.base import Flow, Micros, Send, Transport
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers, tag_for
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.mw.trail import Own
from twopair.nodes.pcscf.register.binding import hop_or, next_hop
from twopair.nodes.pcscf.relay.calls import Calls, asked, told
from twopair.nodes.pcscf.relay.relayed import SessionRelay, cancel
from twopair.nodes.pcscf.relay.session import UNKNOWN, Ending, Session, Stage
from twopair.nodes.pcscf.relay.ways import way_over
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Request, Response, make_request, make_response

_UDP: Final = Transport.UDP


class Releases:
    """Ends sessions at both ends."""

    __slots__ = ("_answers", "_calls", "_tables")

    def __init__(self, tables: Tables, answers: Answers, calls: Calls) -> None:
        self._tables = tables
        self._answers = answers
        self._calls = calls

    def release_all(self, owner: Subscriber, why: Ending, now: Micros, out: list[Action]) -> None:
        """End every session of a registration."""
        for session in self._tables.sessions.of(owner):
            self.release(session, why, now, out)

    def sets_lost(self, owner: Subscriber, now: Micros, out: list[Action]) -> None:
        """The last SA set of a registration is gone (24.229 §5.2.8.1.1)."""
        self.release_all(owner, Ending.SETS_LOST, now, out)
        self._tables.sessions.resumed.discard(owner.token)

    def release(self, session: Session, why: Ending, now: Micros, out: list[Action]) -> None:
        """End one at both ends: BYE to each, or CANCEL and an answer where it is not answered yet.

        Nothing happens where it is over. A UE without SA sets is told nothing: there is no way (UNP-02).

        Args:
            session: which.
            why: is told to both ends in Reason (RFC 3326).
            now: the moment.
            out: actions.
        """
        if session.stage is Stage.OVER:
            return
        invite = session.invite
        if session.stage is Stage.CONFIRMED:
            self._say_to_far("BYE", _next(session.ue_number), session, why, now, out)
            self._say_to_ue("BYE", _next(session.far_number), session, why, now, out)
            self._calls.end(session, why, now, out)
        elif invite is None or invite.answered:  # by another of its forks
            self._calls.end(session, why, now, out)
        else:
            self._give_up(invite, why, now, out)

    def _give_up(self, invite: ServerTransaction, why: Ending, now: Micros, out: list[Action]) -> None:
        """An INVITE that waits: CANCEL to who was asked, the reason to who asked (24.229 §5.2.8.1.1)."""
        relay = invite.owner
        assert isinstance(relay, SessionRelay), "who has begun it"
        if not relay.cancelled:
            cancel(relay, self._tables, now, out)
        request = invite.request
        headers = [("Reason", why.reason)]
        response = make_response(request, why.status, to_tag=tag_for(request), headers=headers)
        self._answers.send(invite, relay.live, response, now, out)
        for session in relay.sessions:
            if session.stage is not Stage.OVER:
                self._calls.end(session, why, now, out)

    def came_late(self, relay: SessionRelay, response: Response, now: Micros, out: list[Action]) -> None:
        """A 2xx to an INVITE that was refused here meanwhile: ACK and BYE (RFC 3261 §13.2.2.4, §15.1.1).

        Whoever called has had its answer, and knows of no dialog; who answers must not wait for the other.
        """
        up, invite, to = relay.live is not None, relay.sent, response.get("To") or ""
        caller = invite.get("From") or ""
        session = Session(relay.user, invite.call_id, caller if up else to, to if up else caller, up)
        asked(relay, session, invite)
        told(relay, session, response)
        say, number = self._say_to_far if up else self._say_to_ue, invite.cseq.number
        say("ACK", number, session, Ending.GIVEN_UP, now, out)
        say("BYE", number + 1, session, Ending.GIVEN_UP, now, out)

    def _say_to_far(
        self, method: str, number: int, session: Session, why: Ending, now: Micros, out: list[Action]
    ) -> None:
        """As if from the UE, on the way of its requests."""
        tables, owner = self._tables, session.owner
        registrar, route = tables.config.registrar, session.route
        if route is None:  # learned from the far end alone (ADR 31)
            route, hop = owner.service_route, owner.next_hop
        else:
            hop = next_hop(route, registrar) if route else hop_or(session.far_target, registrar)
        headers = [("Via", tables.core_via()), *([("Route", route)] if route else [])]
        target, ends = session.far_target, (session.ue, session.far)
        said = _request(method, target, headers, ends, session.call_id, number, why)
        hop = hop_or(target, None) if hop is None else hop
        if hop is not None:
            tables.core.find(hop, said if method == "ACK" else Own(said, None), now, out)

    def _say_to_ue(
        self, method: str, number: int, session: Session, why: Ending, now: Micros, out: list[Action]
    ) -> None:
        """As if from the far end, over the set that requests to the UE go over."""
        tables, live = self._tables, session.owner.current
        if live is None:
            return
        flow = way_over(live, 0, now).flow
        if flow.transport is not _UDP:
            tables.streams.open(flow, live, now, out)
        via = ("Via", f"SIP/2.0/{flow.transport.value} {live.via}{tables.branch_end()}")
        target, ends = session.ue_target or session.owner.contact, (session.far, session.ue)
        self._send(_request(method, target, [via], ends, session.call_id, number, why), flow, now, out)

    def _send(self, request: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        if request.method == "ACK":
            out.append(Send(flow, request.to_bytes()))
        else:
            self._tables.layer.start(request, flow, now, out)


def _next(number: int) -> int:
    return number if number == UNKNOWN else number + 1


def _request(
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    ends: tuple[str, str],
    call_id: str,
    number: int,
    why: Ending,
) -> Request:
    told = [
        *headers,
        ("Max-Forwards", "70"),
        ("From", ends[0]),
        ("To", ends[1]),
        ("Call-ID", call_id),
        ("CSeq", f"{number} {method}"),
    ]
    if method == "BYE":
        told.append(("Reason", why.reason))
    return make_request(method, target, told)
