"""How a message finds its transaction (RFC 3261 §17.1.3, §17.2.3)."""

from twopair.base import Flow, WireError
from twopair.core.sip.transaction import Key
from twopair.wire.sip import MAGIC, NameAddr, Request, Response


def client_key(message: Request | Response) -> Key:
    """Branch and method, of a request of ours and of every response to it.

    Raises:
        WireError: Via or CSeq are absent or garbled, or there is no branch.
    """
    branch = message.branch
    if not branch:
        raise WireError("no branch in the topmost Via", 0, "RFC 3261 §17.1.3")
    return branch, message.cseq.method


def server_key(request: Request, flow: Flow, method: str) -> Key:
    """Branch, sent-by and method; the sender's address too, so that nobody meets another's transaction.

    Args:
        request: what came.
        flow: on which it came.
        method: of the transaction it belongs to: INVITE for an ACK, and for what a CANCEL cancels.

    Raises:
        WireError: the headers that the key is made of are absent or garbled.
    """
    via = request.top_via
    branch = via.branch
    if branch and branch.startswith(MAGIC) and branch != MAGIC:  # RFC 4475 §3.2.1: nothing behind it
        host, address = via.host, flow.remote.address
        return branch, address if host == address else host.lower(), via.port, method, address
    return _old_key(request, flow, method)


def _old_key(request: Request, flow: Flow, method: str) -> Key:
    """The key of a request by the rules of RFC 2543, whose branches need not be unique.

    An ACK carries the To tag of the response, which the INVITE has not: the tag is left out.
    """
    number = request.cseq.number
    sender = NameAddr.parse(request.get("From") or "").tag
    return request.uri, request.call_id, number, sender, str(request.top_via), method, flow.remote.address
