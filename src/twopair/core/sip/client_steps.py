"""What the rows of the client tables do."""

from typing import Final

from twopair.base import Flow, Micros, Send
from twopair.core.sip.ack import make_ack
from twopair.core.sip.terms import ClientOn, Out, State, Trouble, Why
from twopair.core.sip.transaction import ClientTransaction
from twopair.wire.sip import Response

MOST_AGAIN: Final = 3
"""How often a request is sent on a new stream; a peer that ends each at once must not be asked for ever."""

_SILENT_T1S: Final = 3
"""After how many T1 the second retransmission is due: T1, and 2 * T1."""

# Members of enumerations that every message asks for: see `transaction`.
_A: Final = ClientOn.TIMER_A
_B: Final = ClientOn.TIMER_B
_D: Final = ClientOn.TIMER_D
_E: Final = ClientOn.TIMER_E
_F: Final = ClientOn.TIMER_F
_K: Final = ClientOn.TIMER_K
_M: Final = ClientOn.TIMER_M
_PROCEEDING: Final = State.PROCEEDING

_IN_TIME: Final = Trouble(Why.TIMER)
_LOST: Final = Trouble(Why.LOST)


def send(txn: ClientTransaction, _message: None, flow: Flow, now: Micros, out: Out) -> None:
    """Send the request and keep its bytes for retransmissions."""
    data = txn.request.to_bytes()
    if txn.reliable:
        txn.again = 0
    else:
        txn.wire = data
    out.append(Send(flow, data))


def resend(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Send the request, or the ACK, once more; a stream does that by itself."""
    if not txn.reliable or txn.wire:
        out.append(Send(txn.flow, txn.wire))


def start_a(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Retransmit after T1, unless the transport does; it then tells silence only (RFC 3261 §17.1.1.2)."""
    txn.interval = _SILENT_T1S * txn.timers.t1 if txn.reliable else txn.timers.t1
    txn.ground.lanes.start(_A, txn.interval, txn, now)


def double_a(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """The next retransmission of an INVITE waits twice as long, without limit."""
    if not txn.reliable:
        txn.interval *= 2
        txn.ground.lanes.start(_A, txn.interval, txn, now)


def start_b(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Give up after 64*T1 without any response."""
    txn.ground.lanes.start(_B, txn.timers.life, txn, now)


def start_d(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Answer retransmitted final responses for 64*T1; at once over on a stream."""
    if txn.reliable:
        txn.feed(_D, None, None, now, out)
    else:
        txn.ground.lanes.start(_D, txn.timers.life, txn, now)


def start_e(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Retransmit after T1, unless the transport does; it then tells silence only (RFC 3261 §17.1.2.2)."""
    txn.interval = _SILENT_T1S * txn.timers.t1 if txn.reliable else txn.timers.t1
    txn.ground.lanes.start(_E, txn.interval, txn, now)


def double_e(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """The next retransmission waits twice as long, at most T2; T2 at once in Proceeding."""
    if txn.reliable:
        return
    proceeding = txn.state is _PROCEEDING
    txn.interval = txn.timers.t2 if proceeding else min(2 * txn.interval, txn.timers.t2)
    txn.ground.lanes.start(_E, txn.interval, txn, now)


def start_f(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Give up after 64*T1 without a final response."""
    txn.ground.lanes.start(_F, txn.timers.life, txn, now)


def start_k(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Absorb retransmitted responses for T4; at once over on a stream."""
    if txn.reliable:
        txn.feed(_K, None, None, now, out)
    else:
        txn.ground.lanes.start(_K, txn.timers.t4, txn, now)


def send_again(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """The stream is gone and nothing was heard: send the same on a new one, where there may be one.

    If the peer has it already, its transaction knows the branch; if it was lost with the stream, or with
    the peer's memory, nobody has to notice (RFC 3261 §17.2.3, MSG-06).
    """
    if txn.again < MOST_AGAIN and txn.ground.reach(txn.flow, now, out):
        txn.again += 1
        out.append(Send(txn.flow, txn.request.to_bytes()))


def wait_a_moment(
    txn: ClientTransaction, trouble: Trouble | None, _flow: object, now: Micros, out: Out
) -> None:
    """A new stream was refused: try another one a little later, or take it for the end (RFC 3261 §17.1.4)."""
    if txn.timers.reopen and trouble is not None and trouble.why is Why.NO_STREAM:
        txn.ground.lanes.start(ClientOn.TIMER_AGAIN, txn.timers.reopen, txn, now)
    else:
        txn.feed(ClientOn.GIVEN_UP, trouble, None, now, out)


def insist(txn: ClientTransaction, trouble: Trouble | None, _flow: object, now: Micros, out: Out) -> None:
    """The first stream was refused: the end of it, unless one insists (RFC 3261 §17.1.4, MGP-14)."""
    if txn.timers.insists:
        wait_a_moment(txn, trouble, None, now, out)
    else:
        txn.feed(ClientOn.GIVEN_UP, trouble, None, now, out)


def reopen(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Another stream, where there may be one; TIMER_LOST, B or F ends this."""
    if txn.ground.reach(txn.flow, now, out):
        out.append(Send(txn.flow, txn.request.to_bytes()))


def start_lost(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """The request may be lost with its stream; if not, the answer comes on a new one within T4 (MSG-06)."""
    txn.ground.lanes.start(ClientOn.TIMER_LOST, txn.timers.t4, txn, now)


def start_m(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Pass on retransmitted and forked 2xx for 64*T1, on any transport (RFC 6026 §8.4)."""
    txn.ground.lanes.start(_M, txn.timers.life, txn, now)


def acknowledge(txn: ClientTransaction, response: Response, _flow: Flow, now: Micros, out: Out) -> None:
    """Send the ACK of a failed INVITE; it is what is sent again from now on."""
    txn.wire = make_ack(txn.request, response).to_bytes()
    if not txn.reliable or txn.ground.reach(txn.flow, now, out):
        out.append(Send(txn.flow, txn.wire))


def deliver(txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: Out) -> None:
    """Hand the response to the user."""
    txn.ground.user.on_response(txn, response, flow, now, out)


def let_go(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Keep neither the request nor its bytes: nothing needs them any more."""
    del txn.request
    txn.wire = b""


def keep_ack(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Keep the bytes of the ACK only."""
    del txn.request


def tell_silence(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Tell the user that nothing was heard, not even after the first retransmission (PCS-24)."""
    if txn.interval > 2 * txn.timers.t1:
        txn.ground.user.on_silence(txn, now, out)


def time_out(txn: ClientTransaction, trouble: Trouble | None, _flow: object, now: Micros, out: Out) -> None:
    """Tell the user that no final response will come."""
    txn.ground.user.on_timeout(txn, trouble or _IN_TIME, now, out)


def time_out_lost(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Tell the user that the request went down with its stream."""
    txn.ground.user.on_timeout(txn, _LOST, now, out)


def end(txn: ClientTransaction, _message: object, _flow: object, now: Micros, out: Out) -> None:
    """Forget the transaction."""
    ground = txn.ground
    del ground.clients[txn.key]
    if txn.reliable:
        on_stream = ground.streams[txn.flow]
        del on_stream[txn.key]
        if not on_stream:
            del ground.streams[txn.flow]
    txn.wire = b""
    ground.user.on_terminated(txn, now, out)
    txn.owner = None  # which knows this transaction: the two would wait for the collector
