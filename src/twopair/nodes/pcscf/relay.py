"""One request between its two transactions: what a stateful proxy must remember (RFC 3261 §16; PCS-22)."""

from collections.abc import Sequence

from twopair.base import Flow
from twopair.core.sip import ServerTransaction
from twopair.nodes.pcscf.sets import LiveSet
from twopair.nodes.pcscf.subscriber import Subscriber
from twopair.wire.sip import Request, make_request


class Relay:
    """A request that was forwarded and awaits its answer.

    Args:
        txn: the server transaction.
        live: the SA set it came over, None from the core.
        user: the subscriber at the UE's end.
        sent: the request as it was forwarded; its CANCEL is made from it (RFC 3261 §9.1).
        flow: where it went.
        called: identity that was called, as the core says, or nothing (PCS-14).
        vias: the Via lines of the request, to be found again in its answers (PCS-14).
        record_route: Record-Route as the core is to see it in answers; empty where none was added (PCS-12).

    Attributes:
        rung: whether any provisional response has come; a CANCEL waits for it.
        cancelled: whether a CANCEL is waiting, or has left.
    """

    __slots__ = ("called", "cancelled", "flow", "live", "record_route", "rung", "sent", "txn", "user", "vias")

    def __init__(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        user: Subscriber,
        sent: Request,
        flow: Flow,
        called: str = "",
        vias: Sequence[str] = (),
        record_route: Sequence[str] = (),
    ) -> None:
        self.txn = txn
        self.live = live
        self.user = user
        self.sent = sent
        self.flow = flow
        self.called = called
        self.vias = vias
        self.record_route = record_route
        self.rung = False
        self.cancelled = False


def cancel_of(sent: Request) -> Request:
    """The CANCEL of a request that was forwarded: same hop, same branch (RFC 3261 §9.1)."""
    headers = [
        ("Via", str(sent.top_via)),
        ("Max-Forwards", "70"),
        ("From", sent.get("From") or ""),
        ("To", sent.get("To") or ""),
        ("Call-ID", sent.call_id),
        ("CSeq", f"{sent.cseq.number} CANCEL"),
        *(("Route", route) for route in sent.get_all("Route")),
    ]
    return make_request("CANCEL", sent.uri, headers)
