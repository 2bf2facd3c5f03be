"""What stands above the transactions: a node."""

from typing import TYPE_CHECKING, Protocol

from twopair.base import Flow, Micros
from twopair.core.sip.terms import Out, Trouble
from twopair.wire.sip import Request, Response

if TYPE_CHECKING:
    from twopair.core.sip.transaction import ClientTransaction, ServerTransaction


class TransactionUser(Protocol):
    """Told of each request and each response once, and of each transaction's end."""

    def on_request(
        self, txn: "ServerTransaction", request: Request, flow: Flow, now: Micros, out: Out
    ) -> None:
        """A new request, neither ACK nor CANCEL; answered with `txn.respond`, now or later."""
        ...

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: Out) -> None:
        """An ACK that ends no transaction of ours: one to a 2xx, or a stray one."""
        ...

    def on_cancel(
        self,
        cancelled: "ServerTransaction",
        cancel_txn: "ServerTransaction",
        request: Request,
        flow: Flow,
        now: Micros,
        out: Out,
    ) -> None:
        """A CANCEL of an INVITE that we know; it has a transaction of its own, and is answered by the user.

        One that cancels nothing was answered with 481 (RFC 3261 §9.2).
        """
        ...

    def on_response(
        self, txn: "ClientTransaction", response: Response, flow: Flow, now: Micros, out: Out
    ) -> None:
        """A response, retransmissions left out but those of a 2xx to INVITE (RFC 6026 §8.4)."""
        ...

    def on_timeout(self, txn: "ClientTransaction", trouble: Trouble, now: Micros, out: Out) -> None:
        """No final response came in time, or the flow failed (RFC 3261 §8.1.3.1: as 408, as 503)."""
        ...

    def on_silence(self, txn: "ClientTransaction", now: Micros, out: Out) -> None:
        """Nothing was heard until the second retransmission was due, and perhaps again later (PCS-24).

        The transaction goes on. Over a stream it is told once, when 3 * T1 have passed.
        """
        ...

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """A response to nothing that we remember."""
        ...

    def on_terminated(self, txn: "ClientTransaction | ServerTransaction", now: Micros, out: Out) -> None:
        """The transaction is over, retransmissions and all; called once for each (MGU-05, MGP-10)."""
        ...
