"""Who a request is from."""

from twopair.nodes.ue.registration import bracketed
from twopair.wire.sip import Request


def sender_of(request: Request) -> str:
    """The URI that the network asserts (RFC 3325 §9.1), else that of From."""
    found = bracketed(request.get_all("P-Asserted-Identity")) or bracketed(request.get_all("From"))
    return found[0][0] if found else (request.get("From") or "").partition(";")[0].strip()
