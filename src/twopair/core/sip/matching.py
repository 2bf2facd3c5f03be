"""Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3)."""

from twopair.wire.sip import MAGIC, NameAddr, Request, Response

Key = tuple[str | int | None, ...]


def client_key(message: Request | Response) -> Key:
    """Branch of the topmost Via and method of CSeq (RFC 3261 §17.1.3)."""
    return message.top_via.branch, message.cseq.method


def server_key(request: Request, method: str) -> Key:
    """Branch, sent-by and method; ACK and CANCEL look for ``INVITE`` (RFC 3261 §17.2.3).

    Raises:
        WireError: Via, From, CSeq or Call-ID cannot be read.
    """
    via = request.top_via
    branch = via.branch
    if branch is not None and branch.startswith(MAGIC):
        return branch, via.sent_by, method
    sender = NameAddr.parse(request.get("From") or "")
    return request.uri, sender.tag, request.call_id, request.cseq.number, str(via), method
