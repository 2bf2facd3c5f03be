"""Who a request is from."""

from twopair.wire.sip import Request, addresses


def sender_of(request: Request) -> str:
    """The URI that the network asserts (RFC 3325 §9.1), else that of From; empty if none can be read."""
    found = addresses(request.get_all("P-Asserted-Identity")) or addresses(request.get_all("From"))
    return found[0].uri if found else ""
