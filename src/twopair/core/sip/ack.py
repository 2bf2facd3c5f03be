"""The ACK of a failed INVITE, which the client transaction sends itself (RFC 3261 §17.1.1.3)."""

from twopair.wire.sip import CSeq, Request, Response, make_request

_COPIED = ("Route", "Security-Verify", "Require", "Proxy-Require")
"""Copied from the INVITE: it goes the same way, and the first hop may ask for sec-agree (AGR-25)."""


def make_ack(invite: Request, response: Response) -> Request:
    """The ACK to a response of 300 or more.

    Args:
        invite: the request as it was sent.
        response: whose To tag the ACK carries.
    """
    headers = [("Via", str(invite.top_via)), ("Max-Forwards", "70")]
    headers += [(name, value) for name in _COPIED for value in invite.get_all(name)]
    headers += [
        ("From", invite.get("From") or ""),
        ("To", response.get("To") or ""),
        ("Call-ID", invite.call_id),
        ("CSeq", str(CSeq(invite.cseq.number, "ACK"))),
    ]
    return make_request("ACK", invite.uri, headers)
