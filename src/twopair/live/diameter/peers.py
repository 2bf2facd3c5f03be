"""The peers of this node: connected, accepted, lost and found again; requests go to one that is there.

Every application of the node shares them (RFC 6733 §2.7, §5.5.4, §5.6).
"""

import asyncio
import logging
import secrets
from asyncio import AbstractEventLoop, StreamReader, StreamWriter, Task, TimerHandle
from collections.abc import Callable, Sequence
from typing import Any, Final

from twopair.base import WireError
from twopair.live.diameter import base
from twopair.live.diameter.connection import Connection, Refused
from twopair.live.diameter.local import Application, Local, Neighbour
from twopair.live.diameter.message import (
    ERROR,
    PROXIABLE,
    REQUEST,
    RETRANSMITTED,
    Message,
    avp,
    every,
    first,
    text_of,
)

_log = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 30.0
"""Tc, between attempts to connect (RFC 6733 §12); the first come sooner."""

MOST_OUTSTANDING: Final = 10_000
"""Requests on one connection that are not answered yet; more are told there is no peer."""

MOST_STRANGERS: Final = 64
"""Accepted connections whose capabilities are not known yet."""

LEAVE_WITHIN_S: Final = 1.0

Respond = Callable[[Sequence[Any]], None]
"""Called once with the AVPs of the answer, those with the result among them."""

Handler = Callable[[Message, Respond], None]
"""Takes a request of an application; it must not wait."""

Then = Callable[[Message | None], None]
"""Called once: with the answer, or None where no peer could be reached in time."""


class Peers:
    """All connections of one node.

    Args:
        local: who we are, and the peer table.
    """

    def __init__(self, local: Local) -> None:
        self._local = local
        self._loop: AbstractEventLoop = asyncio.get_running_loop()
        self._handlers: dict[int, Handler] = {}
        self._connections: list[Connection] = []
        self._strangers: set[Connection] = set()
        self._tasks: set[Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._end_to_end = secrets.randbits(32)
        self._session = secrets.randbits(48)
        self._stopping = False
        self.counters = {"requests": 0, "answers": 0, "unanswered": 0, "taken": 0, "refused": 0}

    # life

    def serve(self, application: Application, handler: Handler) -> None:
        """Have requests of an application taken by `handler`."""
        self._handlers[application.id] = handler

    async def start(self) -> None:
        """Listen, and connect to those that have an endpoint. Raises OSError if it cannot listen."""
        listen = self._local.listen
        if listen is not None:
            self._servers.append(await asyncio.start_server(self._accept, listen.address, listen.port))
        for neighbour in self._local.neighbours:
            if neighbour.endpoint is not None:
                self._keep(self._hold(neighbour))

    async def stop(self) -> None:
        """Take leave of every peer, and close what is left after a second."""
        self._stopping = True
        for server in self._servers:
            server.close()
        left = list(self._connections)
        gone = [self._loop.create_future() for _ in left]
        for connection, future in zip(left, gone, strict=True):
            connection.leave(lambda future=future: future.done() or future.set_result(None))  # type: ignore[misc]
        if gone:
            await asyncio.wait(gone, timeout=LEAVE_WITHIN_S)
        for connection in [*self._connections, *self._strangers]:
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open(self) -> list[Connection]:
        """The connections over which requests may go, in the order of the peer table."""
        order = {neighbour.host: place for place, neighbour in enumerate(self._local.neighbours)}
        there = [one for one in self._connections if one.is_open and one.peer is not None]
        return sorted(there, key=lambda one: order.get(one.peer.host if one.peer else "", len(order)))

    # requests

    def new_session_id(self) -> str:
        """A Session-Id that is new everywhere (RFC 6733 §8.8)."""
        self._session += 1
        return f"{self._local.host};{self._session >> 32};{self._session & 0xFFFFFFFF}"

    def ask(
        self,
        application: Application,
        command: int,
        avps: Sequence[Any],
        then: Then,
        *,
        realm: str,
        host: str = "",
        session_id: str = "",
    ) -> None:
        """Send a request; over another connection where the first is lost meanwhile (RFC 6733 §5.5.4).

        Args:
            application: whose request it is.
            command: its code.
            avps: what follows Session-Id, Origin and Destination.
            then: is called once.
            realm: Destination-Realm.
            host: Destination-Host, where a certain one is meant.
            session_id: of a session that goes on; else a new one.
        """
        to = [avp(base.DESTINATION_HOST, host.encode())] if host else []
        head = [
            avp(base.SESSION_ID, session_id or self.new_session_id()),
            *base.origin(self._local),
            *to,
            avp(base.DESTINATION_REALM, realm.encode()),
        ]
        message = Message(command, application.id, REQUEST | PROXIABLE, [*head, *avps])
        self.counters["requests"] += 1
        _Errand(self, message, then, realm, host, self._local.timeout_s).go()

    def way(self, application: int, realm: str, host: str, tried: Sequence[Connection]) -> Connection | None:
        """The best open connection: to the host, to its realm, or to whoever may know the way."""
        usable = [
            one
            for one in self.open
            if one not in tried
            and one.outstanding < MOST_OUTSTANDING
            and not one.applications.isdisjoint((application, base.RELAY))
        ]

        def far(one: Connection) -> int:
            peer = one.peer
            assert peer is not None, "it is open"
            if host and peer.host.lower() == host.lower():
                return 0
            return 1 if peer.realm.lower() == realm.lower() else 2

        return min(usable, key=far, default=None)

    # Owner

    def next_end_to_end(self) -> int:
        """An identifier that is new in this node."""
        self._end_to_end = (self._end_to_end + 1) & 0xFFFFFFFF
        return self._end_to_end

    def admit(self, host: str) -> tuple[Neighbour | None, int]:
        """The neighbour that says CER; one that is there already is refused (RFC 6733 §5.6)."""
        neighbour = self._local.neighbour(host)
        if neighbour is None:
            return None, base.UNKNOWN_PEER
        if self._stopping:
            return None, base.TOO_BUSY
        there = any(one.is_open and one.peer == neighbour for one in self._connections)
        return neighbour, base.ELECTION_LOST if there else base.SUCCESS

    def received(self, connection: Connection, request: Message) -> None:
        """Have a request handled, or refuse it."""
        self.counters["taken"] += 1

        def respond(avps: Sequence[Any]) -> None:
            kept = [*every(request.avps, base.SESSION_ID)[:1], *base.origin(self._local), *avps]
            kept += every(request.avps, base.PROXY_INFO)
            code = first(avps, base.RESULT_CODE)
            protocol = code is not None and base.is_protocol_error(int.from_bytes(code.payload, "big"))
            connection.answer(request.answer(kept, ERROR if protocol else 0))

        handler = self._handlers.get(request.application)
        if handler is None:
            self._refuse(respond, base.APPLICATION_UNSUPPORTED)
            return
        try:
            handler(request, respond)
        except WireError as error:
            _log.warning("%s: command %d refused: %s", connection, request.command, error)
            self._refuse(respond, base.MISSING_AVP)
        except Exception:
            _log.exception("%s: command %d failed", connection, request.command)
            self._refuse(respond, base.UNABLE_TO_COMPLY)

    def _refuse(self, respond: Respond, code: int) -> None:
        self.counters["refused"] += 1
        respond([avp(base.RESULT_CODE, code)])

    # connections

    def _keep(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        """A connection came; its task is one of ours, so that it ends with us."""
        self._keep(self._accepted(reader, writer))

    async def _accepted(self, reader: StreamReader, writer: StreamWriter) -> None:
        if len(self._strangers) >= MOST_STRANGERS or self._stopping:
            writer.close()
            return
        connection = Connection(self, self._local, reader, writer)
        self._strangers.add(connection)
        try:
            await connection.accepted()
        except (Refused, WireError, OSError, EOFError, TimeoutError) as error:
            _log.warning("a peer at %s: %s", writer.get_extra_info("peername")[0], error or "silence")
            writer.close()
            return
        finally:
            self._strangers.discard(connection)
        await self._serve(connection)

    async def _serve(self, connection: Connection) -> None:
        self._connections.append(connection)
        try:
            await connection.serve()
        finally:
            self._connections.remove(connection)

    async def _hold(self, neighbour: Neighbour) -> None:
        """Be connected to a neighbour, again and again."""
        wait_s = FIRST_RETRY_S
        told = ""
        while not self._stopping:
            if any(one.peer == neighbour for one in self._connections):  # it has connected to us
                await asyncio.sleep(wait_s)
                continue
            try:
                connection = await self._connect(neighbour)
            except (Refused, WireError, OSError, EOFError, TimeoutError) as error:
                why = str(error) or "no answer"
                if why != told:
                    _log.warning("%s at %s: %s", neighbour.host, neighbour.endpoint, why)
                told = why
            else:
                wait_s, told = FIRST_RETRY_S, ""
                await self._serve(connection)
                if not connection.again:
                    wait_s = LONGEST_RETRY_S
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_RETRY_S)

    async def _connect(self, neighbour: Neighbour) -> Connection:
        assert neighbour.endpoint is not None, "only those with an endpoint are connected to"
        endpoint = neighbour.endpoint
        opening = asyncio.open_connection(endpoint.address, endpoint.port)
        reader, writer = await asyncio.wait_for(opening, self._local.timeout_s)
        connection = Connection(self, self._local, reader, writer)
        try:
            await connection.connected(neighbour)
        except BaseException:
            writer.close()
            raise
        return connection


class _Errand:
    """One request on its way, over one connection after the other."""

    def __init__(
        self, peers: Peers, message: Message, then: Then, realm: str, host: str, within_s: float
    ) -> None:
        self._peers = peers
        self._message = message
        self._then = then
        self._realm, self._host = realm, host
        self._tried: list[Connection] = []
        self._number = 0
        self._timer: TimerHandle = asyncio.get_running_loop().call_later(within_s, self._late)

    def go(self) -> None:
        """Send it, unless there is nobody to send it to."""
        way = self._peers.way(self._message.application, self._realm, self._host, self._tried)
        if way is None:
            self._end(None)
            return
        if self._tried:
            self._message.flags |= RETRANSMITTED
        self._tried.append(way)
        self._number = way.request(self._message, self._answered)

    def _answered(self, answer: Message | None) -> None:
        if answer is None:  # the connection is lost
            self.go()
        else:
            self._end(answer)

    def _late(self) -> None:
        self._tried[-1].forget(self._number)
        self._end(None)

    def _end(self, answer: Message | None) -> None:
        self._timer.cancel()
        self._peers.counters["unanswered" if answer is None else "answers"] += 1
        self._then(answer)


def destination_of(request: Message) -> str:
    """Destination-Host of a request, empty where any will do. Raises WireError."""
    return text_of(request.avps, base.DESTINATION_HOST, "")
