"""What the rows of the server tables do."""

from typing import Final

from twopair.base import Flow, Micros, Send
from twopair.core.sip.keys import server_key
from twopair.core.sip.terms import Out, ServerOn
from twopair.core.sip.timers import TRYING_AFTER
from twopair.core.sip.transaction import ServerTransaction
from twopair.wire.sip import Request, Response, make_response

# Members of enumerations that every message asks for: see `transaction`.
_TRYING: Final = ServerOn.TIMER_TRYING
_G: Final = ServerOn.TIMER_G
_H: Final = ServerOn.TIMER_H
_I: Final = ServerOn.TIMER_I
_J: Final = ServerOn.TIMER_J
_L: Final = ServerOn.TIMER_L


def deliver(txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: Out) -> None:
    """Hand the request to the user; a CANCEL only with what it cancels (RFC 3261 §9.2)."""
    ground = txn.ground
    if txn.method != "CANCEL":
        ground.user.on_request(txn, request, flow, now, out)
        return
    cancelled = ground.servers.get(server_key(request, flow, "INVITE"))
    if cancelled is not None:
        ground.user.on_cancel(cancelled, txn, request, flow, now, out)
    else:
        txn.respond(make_response(request, 481), ground.answer_flow(request, flow), now, out)


def pass_ack(txn: ServerTransaction, ack: Request, flow: Flow, now: Micros, out: Out) -> None:
    """An ACK to a 2xx is the user's (RFC 6026 §7.1)."""
    txn.ground.user.on_ack(ack, flow, now, out)


def send(txn: ServerTransaction, response: Response, flow: Flow, now: Micros, out: Out) -> None:
    """Send a response and keep its bytes for retransmissions."""
    txn.answer_flow = flow
    txn.wire = data = response.to_bytes()
    out.append(Send(flow, data))


def resend(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Send the last response once more, if there was one."""
    if txn.wire and (not txn.reliable or txn.ground.reach(txn.answer_flow, now, out)):
        out.append(Send(txn.answer_flow, txn.wire))


def start_trying(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Give the user 200 ms before the peer is told to stop retransmitting."""
    txn.ground.lanes.start(_TRYING, TRYING_AFTER, txn, now)


def send_trying(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Answer 100 if the user has said nothing yet."""
    if not txn.wire:
        flow = txn.ground.answer_flow(txn.request, txn.flow)
        if txn.reliable and not txn.ground.reach(flow, now, out):
            return
        send(txn, make_response(txn.request, 100), flow, now, out)


def let_go(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Keep the response only: nothing needs the request once it is answered."""
    del txn.request


def start_g(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Retransmit a failed INVITE's response until the ACK, unless the transport does."""
    if not txn.reliable:
        txn.interval = txn.timers.t1
        txn.ground.lanes.start(_G, txn.interval, txn, now)


def double_g(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """The next retransmission waits twice as long, at most T2."""
    txn.interval = min(2 * txn.interval, txn.timers.t2)
    txn.ground.lanes.start(_G, txn.interval, txn, now)


def start_h(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Wait 64*T1 for the ACK."""
    txn.ground.lanes.start(_H, txn.timers.life, txn, now)


def start_i(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Absorb retransmitted ACKs for T4; at once over on a stream."""
    if txn.reliable:
        txn.feed(_I, None, None, now, out)
    else:
        txn.ground.lanes.start(_I, txn.timers.t4, txn, now)


def start_j(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Answer retransmitted requests for 64*T1; for as long as `Timers.again` says on a stream."""
    wait = txn.timers.again if txn.reliable else txn.timers.life
    if wait:
        txn.ground.lanes.start(_J, wait, txn, now)
    else:
        txn.feed(_J, None, None, now, out)


def start_l(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Absorb retransmitted INVITEs for 64*T1, on any transport (RFC 6026 §7.1)."""
    txn.ground.lanes.start(_L, txn.timers.life, txn, now)


def end(txn: ServerTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Forget the transaction."""
    del txn.ground.servers[txn.key]
    txn.wire = b""
    txn.ground.user.on_terminated(txn, now, out)
    txn.owner = None  # which knows this transaction: the two would wait for the collector
