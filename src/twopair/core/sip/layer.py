"""The transactions of one node: matching, timers, bounds (RFC 3261 §17)."""

from collections.abc import Callable
from typing import Any

from twopair.base import Flow, Micros, Send, WireError
from twopair.core.sip.client import ClientTransaction
from twopair.core.sip.lanes import Lanes
from twopair.core.sip.machine import Transaction
from twopair.core.sip.matching import Key, client_key, server_key
from twopair.core.sip.server import ServerTransaction
from twopair.core.sip.states import Trigger
from twopair.core.sip.timers import Timers
from twopair.core.sip.user import Out, TransactionUser
from twopair.wire.sip import Request, Response


class TransactionLayer:
    """Client and server transactions between a node's flows and the node.

    Args:
        user: the node.
        timers_for: T1, T2 and T4 of the hop that a flow is (TMR-04).
        most: most server transactions kept; a request beyond them goes to `on_overload`.
    """

    def __init__(
        self, user: TransactionUser, timers_for: Callable[[Flow], Timers], most: int = 200_000
    ) -> None:
        self.user = user
        self.lanes: Lanes[tuple[Transaction, Trigger]] = Lanes()
        self._timers_for = timers_for
        self._most = most
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._on_stream: dict[Flow, dict[Key, ClientTransaction]] = {}

    def receive(self, message: Request | Response, flow: Flow, now: Micros, out: Out) -> None:
        """Take a message from the wire.

        Raises:
            WireError: Via, CSeq or what else is needed for matching cannot be read.
        """
        if isinstance(message, Response):
            client = self._clients.get(client_key(message))
            if client is None:
                self.user.on_stray_response(message, flow, now, out)
            else:
                client.receive(message, flow, now, out)
            return
        method = message.method
        if method == "ACK":
            self._ack(message, flow, now, out)
            return
        key = server_key(message, method)
        known = self._servers.get(key)
        if known is not None:
            known.step(Trigger.REQUEST, message, now, out)
        elif len(self._servers) >= self._most:
            self.user.on_overload(message, flow, now, out)
        else:
            self._begin(key, message, flow, now, out)

    def start(
        self, request: Request, flow: Flow, now: Micros, out: Out, owner: Any = None
    ) -> ClientTransaction:
        """Send a request that carries its Via and branch already, in a new client transaction."""
        key = client_key(request)
        txn = ClientTransaction(self, key, request, flow, self._timers_for(flow), owner)
        self._clients[key] = txn
        if flow.transport.reliable:
            self._on_stream.setdefault(flow, {})[key] = txn
        txn.begin(now, out)
        return txn

    @staticmethod
    def send_ack(ack: Request, flow: Flow, out: Out) -> None:
        """Send the ACK to a 2xx, which has no transaction (RFC 3261 §13.2.2.4)."""
        out.append(Send(flow, ack.to_bytes()))

    def flow_failed(self, flow: Flow, now: Micros, out: Out) -> None:
        """A connection could not be opened: fail the transactions whose request was to go over it.

        One that closes later is no failure: the answer may take a new connection (MSG-06).
        """
        for txn in list(self._on_stream.pop(flow, {}).values()):
            txn.step(Trigger.FLOW_FAILED, None, now, out)

    def wake(self, now: Micros, out: Out) -> None:
        """Let the timers fire that are due."""
        for txn, trigger in self.lanes.due(now):
            txn.step(trigger, None, now, out)

    def next_deadline(self) -> Micros | None:
        """When `wake` is wanted."""
        return self.lanes.next_deadline()

    def forget(self, txn: Transaction, now: Micros, out: Out) -> None:
        """A transaction has terminated (called by itself)."""
        if isinstance(txn, ClientTransaction):
            self._clients.pop(txn.key, None)
            if txn.flow.transport.reliable and (others := self._on_stream.get(txn.flow)) is not None:
                others.pop(txn.key, None)
                if not others:
                    del self._on_stream[txn.flow]
        else:
            self._servers.pop(txn.key, None)
        self.user.on_terminated(txn, now, out)

    def __len__(self) -> int:
        """How many transactions live."""
        return len(self._clients) + len(self._servers)

    def _ack(self, ack: Request, flow: Flow, now: Micros, out: Out) -> None:
        known = self._servers.get(server_key(ack, "INVITE"))
        if known is None:
            self.user.on_ack(ack, flow, now, out)
        elif (known.state, Trigger.ACK) in known.table:
            known.step(Trigger.ACK, ack, now, out)

    def _begin(self, key: Key, request: Request, flow: Flow, now: Micros, out: Out) -> None:
        txn = ServerTransaction(self, key, request, flow, self._timers_for(flow))
        cancelled = None
        if request.method == "CANCEL":
            cancelled = self._servers.get(server_key(request, "INVITE"))
        if request.method != request.cseq.method:
            raise WireError("CSeq names another method", 0, "RFC 3261 §8.1.1.5")
        self._servers[key] = txn
        txn.begin(now, out)
        if request.method == "CANCEL":
            self.user.on_cancel(cancelled, txn, request, flow, now, out)
        else:
            self.user.on_request(txn, request, flow, now, out)
