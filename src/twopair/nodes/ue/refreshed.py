"""The peer's UPDATE or re-INVITE in a call (RFC 3261 §14.2, RFC 3311 §5.2, RFC 4028 §9)."""

from collections.abc import Callable
from typing import Final, NamedTuple

from twopair.base import Micros
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import media, requests
from twopair.nodes.ue.accepting import Accepting
from twopair.nodes.ue.call import Call
from twopair.nodes.ue.config import LEAST_S
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.intervals import NOTHING, UAC, UAS, Grant, Interval, Lines, grant, too_small
from twopair.nodes.ue.refreshing import agree
from twopair.wire.sip import Request, Response, make_response


class Asked(NamedTuple):
    """Evidence on a request that is to refresh or change a call."""

    call: Call
    request: Request
    interval: Interval

    @property
    def invite(self) -> bool:
        """Whether it is a re-INVITE."""
        return self.request.method == "INVITE"


class Objection(NamedTuple):
    """A reason to refuse: when, with which answer, and where that stands."""

    holds: Callable[[Asked], bool]
    status: int
    clause: str


OBJECTIONS: Final = (
    Objection(lambda e: e.call.stage in (CallStage.ENDING, CallStage.ENDED), 481, "RFC 3261 §15.1.2"),
    Objection(lambda e: e.invite and e.call.accepting is not None, 500, "RFC 3261 §14.2"),
    Objection(lambda e: e.invite and _invites(e.call), 491, "RFC 3261 §14.2"),
    Objection(lambda e: bool(e.request.body) and _invites(e.call), 491, "RFC 3311 §5.2"),
    Objection(lambda e: e.call.stage is CallStage.RINGING and not e.call.described, 491, "RFC 3311 §5.2"),
    Objection(lambda e: _unfit(e.request.body), 488, "RFC 3261 §14.2"),
    Objection(lambda e: too_small(e.interval, e.call.gm.config), 422, "RFC 4028 §9"),
)
"""Of every UPDATE and re-INVITE, in this order. The session stays as it is: nothing of it can be changed."""


def serve(call: Call, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> None:
    """Answer an UPDATE or re-INVITE within the dialog of a call. Raises WireError where it cannot be read."""
    asked = Asked(call, request, Interval.of(request))
    status = next((row.status for row in OBJECTIONS if row.holds(asked)), 200)
    call.hear(now)
    if status != 200:
        call.gm.respond(txn, make_response(request, status, headers=_hints(call, status)), now, out)
        return
    call.retarget(request)
    granted = grant(asked.interval, call.gm.config, UAS if call.session.ours else UAC)
    answer = _answer(asked, granted)
    if asked.invite:
        call.accepting = Accepting(call.gm, txn, answer, now)
        call.accepting.send(now, out)
    else:
        call.gm.respond(txn, answer, now, out)
    begin(call, granted, now)


def begin(call: Call, granted: Grant | None, now: Micros) -> None:
    """Begin the interval that our 2xx grants, or go without one."""
    agree(call, NOTHING if granted is None else Interval(True, *granted, LEAST_S), now, we_asked=False)


def _answer(asked: Asked, granted: Grant | None) -> Response:
    gm = asked.call.gm
    headers = [("Contact", gm.profile.contact), *able(gm.config)]
    headers += granted.lines(asked.interval) if granted else ()
    body = _description(asked)
    headers += [("Content-Type", requests.SDP)] if body else []
    return make_response(asked.request, 200, headers=headers, body=body)


def _description(asked: Asked) -> bytes:
    """Our answer to an offer; without one, our own description as it stands (RFC 3264 §6.1, §8)."""
    call, offer = asked.call, asked.request.body
    if not offer:
        return requests.no_media(call.gm) if asked.invite else b""
    if offer != call.theirs:
        call.theirs = offer
        call.version += 1
    return media.answer_to(call.gm, call.version, offer)


def _unfit(offer: bytes) -> bool:
    """Whether it offers anything but one audio stream."""
    return bool(offer) and media.stream_in(offer) is None


def _hints(call: Call, status: int) -> Lines:
    if status == 422:
        return [("Min-SE", str(call.gm.config.min_se_s))]
    return [("Retry-After", str(call.gm.entropy.below(11)))] if status == 500 else []


def _invites(call: Call) -> bool:
    """Whether a re-INVITE of ours is under way."""
    return call.refreshing is not None and call.refreshing.method == "INVITE"
