"""All transactions of one node (RFC 3261 §17): messages in, each handed to the user once, messages out."""

from collections.abc import Callable
from typing import Final

from twopair.base import Flow, IllegalStep, Limit, Micros, Refusal, Refused, Report, Send, WireError
from twopair.core.sip.invite_client import INVITE_CLIENT
from twopair.core.sip.invite_server import INVITE_SERVER
from twopair.core.sip.keys import client_key, server_key
from twopair.core.sip.other_client import OTHER_CLIENT
from twopair.core.sip.other_server import OTHER_SERVER
from twopair.core.sip.terms import ClientOn, Out, ServerOn, State, Trouble, Why
from twopair.core.sip.timers import Timers
from twopair.core.sip.transaction import ClientTransaction, Ground, ServerTransaction
from twopair.core.sip.user import TransactionUser
from twopair.wire.sip import Request, Response, make_response

MOST_TRANSACTIONS: Final = 100_000
"""Transactions kept at a time unless the node says otherwise; about 1.5 kB each once answered."""

# Members of enumerations that every message asks for: see `transaction`.
_ACK: Final = ServerOn.ACK
_REQUEST: Final = ServerOn.REQUEST
_START: Final = ClientOn.START


def never(_before: Flow, _flow: Flow) -> bool:
    """Answers stay with the connection on which a request came first."""
    return False


def always(_flow: Flow, _now: Micros, _out: Out) -> bool:
    """Streams are there until the layer is told otherwise."""
    return True


def same_flow(_request: Request, flow: Flow) -> Flow:
    """Answers go back on the flow the request came on; right where both ends use one port."""
    return flow


class TransactionLayer:
    """Keeps the transactions of one node.

    State is bounded: beyond `limit` transactions, the answered one that would end next is forgotten
    early, and where there is none a new request is refused with 503.

    Args:
        user: told of requests and responses.
        timers_for: the timers that hold on a flow (TMR-04).
        answer_flow: where the few responses go that the layer makes itself: 100, 400, 481, 503.
        comes_again: whether the answer to a request that came on one connection, and comes again on another
            before it is answered, goes to the other: the peer has lost the first (RFC 3261 §18.2.2).
        reach: called before the layer sends by itself on a stream whose end it may have been told of, an ACK
            say: whether the stream stands, or is opened now (RFC 3261 §18.1.1). If not, nothing is sent.
        limit: the most transactions kept at a time, at the moment; ours are always admitted.
    """

    __slots__ = ("_comes_again", "_ground", "_limit", "_timers_for", "_user")

    def __init__(
        self,
        user: TransactionUser,
        timers_for: Callable[[Flow], Timers],
        *,
        answer_flow: Callable[[Request, Flow], Flow] = same_flow,
        comes_again: Callable[[Flow, Flow], bool] = never,
        reach: Callable[[Flow, Micros, Out], bool] = always,
        limit: Callable[[], int] = lambda: MOST_TRANSACTIONS,
    ) -> None:
        self._user = user
        self._timers_for = timers_for
        self._limit = limit
        self._comes_again = comes_again
        self._ground = Ground(user, answer_flow, reach)

    def __len__(self) -> int:
        """Transactions kept now, both sides."""
        return len(self._ground.clients) + len(self._ground.servers)

    @property
    def unanswered(self) -> int:
        """Requests of peers that have no final response yet; looks at each of them."""
        return sum(not txn.answered for txn in self._ground.servers.values())

    # What comes

    def receive(self, message: Request | Response, flow: Flow, now: Micros, out: Out) -> None:
        """Take a parsed message."""
        if isinstance(message, Request):
            self._request(message, flow, now, out)
        else:
            self._response(message, flow, now, out)

    def knows(self, request: Request, flow: Flow) -> bool:
        """Whether a request is one of a transaction that is kept: a retransmission."""
        try:
            return server_key(request, flow, request.method) in self._ground.servers
        except WireError:
            return False

    def makes_room(self, below: int, now: Micros, out: Out) -> bool:
        """Whether fewer transactions than that are kept, or one that is answered can be forgotten early."""
        ground = self._ground
        return len(ground.clients) + len(ground.servers) < below or ground.lanes.hurry(now, out)

    def client_of(self, response: Response) -> ClientTransaction | None:
        """The transaction that a response would go to, for a user that must judge it first (UNP-04)."""
        try:
            return self._ground.clients.get(client_key(response))
        except WireError:
            return None

    def _response(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        try:
            txn = self._ground.clients.get(client_key(response))
        except WireError as error:
            out.append(Report(Refused(Refusal.MALFORMED_SIP, flow, error.what)))
            return
        if txn is None:
            self._user.on_stray_response(response, flow, now, out)
        else:
            txn.receive(response, flow, now, out)

    def _request(self, request: Request, flow: Flow, now: Micros, out: Out) -> None:
        method = request.method
        is_ack = method == "ACK"
        try:
            if request.cseq.method != method:
                raise WireError("CSeq has another method", 0, "RFC 3261 §8.1.1.5")
            key = server_key(request, flow, "INVITE" if is_ack else method)
        except WireError as error:
            self._refuse(Refusal.BAD_REQUEST, request, flow, error.what, out)
            return
        ground = self._ground
        txn = ground.servers.get(key)
        if txn is not None:
            if txn.reliable and flow != txn.flow and flow.transport.reliable:
                txn.move(flow, self._comes_again)
            txn.feed(_ACK if is_ack else _REQUEST, request, flow, now, out)
            return
        if is_ack:
            self._user.on_ack(request, flow, now, out)
            return
        if len(ground.clients) + len(ground.servers) >= self._limit() and not ground.lanes.hurry(now, out):
            self._refuse(Refusal.OVERLOADED, request, flow, Limit.TRANSACTIONS.word, out)
            return
        machine = INVITE_SERVER if method == "INVITE" else OTHER_SERVER
        txn = ServerTransaction(ground, machine, key, request, flow, self._timers_for(flow))
        ground.servers[key] = txn
        txn.feed(_REQUEST, request, flow, now, out)

    def _refuse(self, refusal: Refusal, request: Request, flow: Flow, detail: str, out: Out) -> None:
        """Answer without state, where it can be seen to whom."""
        out.append(Report(Refused(refusal, flow, detail)))
        if request.method == "ACK":
            return
        try:
            assert request.top_via
        except WireError:
            return
        response = make_response(request, refusal.status)
        out.append(Send(self._ground.answer_flow(request, flow), response.to_bytes()))

    # What goes

    def start(
        self, request: Request, flow: Flow, now: Micros, out: Out, owner: object = None
    ) -> ClientTransaction:
        """Send a request that carries its Via with a branch of its own; the layer repeats it as needed.

        Args:
            request: belongs to the layer from now on.
            flow: on which it goes; a stream must have been opened, or asked for.
            now: the moment.
            out: gets the `Send`.
            owner: found again at the transaction.

        Raises:
            IllegalStep: an ACK, which has no transaction: `Send` it; or a branch that is in use.
        """
        ground = self._ground
        key = client_key(request)
        method = request.method
        if method == "ACK" or key in ground.clients:
            raise IllegalStep(f"{method} with branch {key[0]} cannot start a transaction")
        machine = INVITE_CLIENT if method == "INVITE" else OTHER_CLIENT
        txn = ClientTransaction(ground, machine, key, request, flow, self._timers_for(flow))
        txn.owner = owner
        ground.clients[key] = txn
        if txn.reliable:
            ground.streams.setdefault(flow, {})[key] = txn
        txn.feed(_START, None, flow, now, out)
        return txn

    def flow_failed(
        self, flow: Flow, now: Micros, out: Out, words: str = "", why: Why = Why.NO_STREAM
    ) -> None:
        """A stream could not be opened, or was given up: what is on it times out at once (RFC 3261 §17.1.4).

        Where a stream could not be opened, whose timers insist waits for another one.
        """
        there = list(self._ground.streams.get(flow, {}).values())
        self._tell(there, ClientOn.FLOW_FAILED, Trouble(why, words), flow, now, out)

    def undeliverable(self, flow: Flow, now: Micros, out: Out, words: str = "") -> None:
        """Datagrams on a flow do not arrive: what was sent there fails at once (RFC 3261 §17.1.4, §18.4).

        Looks at every client transaction: for a user agent. Whether to believe it is for the user to say.
        """
        gone = [txn for txn in self._ground.clients.values() if txn.flow == flow]
        self._tell(gone, ClientOn.FLOW_FAILED, Trouble(Why.UNREACHABLE, words), flow, now, out)

    def flow_closed(self, flow: Flow, now: Micros, out: Out) -> None:
        """A stream that stood is gone; answers to what went over it may take a new one (MSG-06).

        A request of which nothing is known by then times out after T4: it was lost with the stream.
        """
        self._tell(
            list(self._ground.streams.get(flow, {}).values()), ClientOn.FLOW_CLOSED, None, flow, now, out
        )

    @staticmethod
    def _tell(
        whom: list[ClientTransaction],
        on: ClientOn,
        trouble: Trouble | None,
        flow: Flow,
        now: Micros,
        out: Out,
    ) -> None:
        """Feed each; what the user does when it hears of one may end another (MGU-10)."""
        for txn in whom:
            if txn.state is not State.TERMINATED:
                txn.feed(on, trouble, flow, now, out)

    # Time

    def wake(self, now: Micros, out: Out) -> None:
        """Do what is due."""
        self._ground.lanes.wake(now, out)

    def next_deadline(self) -> Micros | None:
        """When to call `wake`; it may find nothing to do then."""
        return self._ground.lanes.next_deadline()
