"""What a transaction user is told (RFC 3261 §17)."""

from typing import TYPE_CHECKING, Any, Protocol

from twopair.base import Flow, Micros
from twopair.wire.sip import Request, Response

if TYPE_CHECKING:
    from twopair.core.sip.client import ClientTransaction
    from twopair.core.sip.machine import Transaction
    from twopair.core.sip.server import ServerTransaction

Out = list[Any]
"""A node's actions of this `feed`, appended to in order of execution; their type is the node's affair."""


class TransactionUser(Protocol):
    """A node, as its transactions see it."""

    def on_request(
        self, txn: "ServerTransaction", request: Request, flow: Flow, now: Micros, out: Out
    ) -> None:
        """A new request; it is answered with `txn.respond`, now or later."""

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: Out) -> None:
        """An ACK that acknowledges a 2xx."""

    def on_cancel(
        self,
        cancelled: "ServerTransaction | None",
        txn: "ServerTransaction",
        request: Request,
        flow: Flow,
        now: Micros,
        out: Out,
    ) -> None:
        """A CANCEL with its own transaction `txn`, to be answered 200, or 481 where `cancelled` is None."""

    def on_response(
        self, txn: "ClientTransaction", response: Response, flow: Flow, now: Micros, out: Out
    ) -> None:
        """A response to a request of ours: each once, but every 2xx to an INVITE (RFC 6026 §7.2)."""

    def on_timeout(self, txn: "ClientTransaction", now: Micros, out: Out) -> None:
        """No final response will come: timer B or F fired, or the flow failed."""

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """A response that matches no transaction."""

    def on_overload(self, request: Request, flow: Flow, now: Micros, out: Out) -> None:
        """A request for which no transaction can be kept; it may be answered 503 without one."""

    def on_terminated(self, txn: "Transaction", now: Micros, out: Out) -> None:
        """A transaction is over and holds its flow no longer (MGU-05, MGP-10)."""
