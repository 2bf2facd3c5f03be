"""One connection with a peer: capabilities, watchdog, requests and answers (RFC 6733 §5; RFC 3539 §3.4)."""

import logging
from asyncio import StreamReader, StreamWriter, TimerHandle, get_running_loop, wait_for
from collections.abc import Callable
from typing import Any, Final, Protocol

from twopair.base import WireError
from twopair.live.diameter import base
from twopair.live.diameter.local import Local, Neighbour
from twopair.live.diameter.message import (
    ERROR,
    REQUEST,
    Message,
    avp,
    length_of,
    number_of,
    parse,
    parse_header,
    text_of,
)

_log = logging.getLogger(__name__)

EXCHANGE_WITHIN_S: Final = 10.0
"""How long capabilities may take."""

MOST_UNSENT: Final = 4_194_304
"""Octets that a peer may leave unread before it is let go."""

PRODUCT: Final = "twopair"

Then = Callable[[Message | None], None]
"""Called once: with the answer, or None where there will be none on this connection."""


class Owner(Protocol):
    """Who has the connections."""

    def next_end_to_end(self) -> int:
        """An identifier that is new in this node."""
        ...

    def admit(self, host: str) -> tuple[Neighbour | None, int]:
        """The neighbour that says CER, and the Result-Code for it."""
        ...

    def received(self, connection: "Connection", request: Message) -> None:
        """A request of an application came."""
        ...


class Refused(Exception):
    """The peer does not want us, or we do not want it."""


class Connection:
    """A transport connection, from its first octet to its last.

    Args:
        owner: who has it.
        local: who we are.
        reader: octets that come.
        writer: octets that go.

    Attributes:
        peer: who is at the other end, once that is known.
        applications: what it speaks.
        is_open: whether requests may go.
        again: whether the peer is to be connected to again once this is over.
    """

    def __init__(self, owner: Owner, local: Local, reader: StreamReader, writer: StreamWriter) -> None:
        self._owner = owner
        self._local = local
        self._reader = reader
        self._writer = writer
        self._hop_by_hop = owner.next_end_to_end()
        self._waiting: dict[int, Then] = {}
        self._timer: TimerHandle | None = None
        self._suspected = False
        self._leaving: Callable[[], None] | None = None
        self.peer: Neighbour | None = None
        self.applications: frozenset[int] = frozenset()
        self.is_open = False
        self.again = True

    # its life

    async def connected(self, expected: Neighbour) -> None:
        """Say CER and wait for CEA (RFC 6733 §5.3).

        Raises:
            Refused, WireError, OSError, TimeoutError, EOFError: it did not come to that.
        """
        cer = Message(base.CAPABILITIES_EXCHANGE, 0, REQUEST, self._capabilities())
        self._number(cer)
        self._write(cer)
        cea = await wait_for(self._next(), EXCHANGE_WITHIN_S)
        if cea.command != base.CAPABILITIES_EXCHANGE or cea.is_request:
            raise Refused("it says something else than CEA")
        code = number_of(cea.avps, base.RESULT_CODE)
        if code != base.SUCCESS:
            raise Refused(f"CEA with Result-Code {code}")
        host = text_of(cea.avps, base.ORIGIN_HOST)
        if host.lower() != expected.host.lower():
            raise Refused(f"it is {host}, not {expected.host}")
        self._opens(expected, base.applications_of(cea.avps))

    async def accepted(self) -> None:
        """Wait for CER and answer it.

        Raises:
            Refused, WireError, OSError, TimeoutError, EOFError: it did not come to that.
        """
        cer = await wait_for(self._next(), EXCHANGE_WITHIN_S)
        if cer.command != base.CAPABILITIES_EXCHANGE or not cer.is_request:
            raise Refused("it says something else than CER")
        host = text_of(cer.avps, base.ORIGIN_HOST)
        neighbour, code = self._owner.admit(host)
        theirs = base.applications_of(cer.avps)
        if code == base.SUCCESS and not self._common(theirs):
            code = base.NO_COMMON_APPLICATION
        flags = ERROR if base.is_protocol_error(code) else 0
        self._write(cer.answer([avp(base.RESULT_CODE, code), *self._capabilities()], flags))
        if neighbour is None or code != base.SUCCESS:
            raise Refused(f"CER of {host} answered with Result-Code {code}")
        self._opens(neighbour, theirs)

    async def serve(self) -> None:
        """Take what comes until the connection ends, for whatever reason; it does not raise."""
        try:
            while True:
                await self._take(await self._next_octets())
        except (EOFError, OSError) as error:
            _log.info("%s: connection ends: %s", self, str(error) or "closed by the peer")
        except WireError as error:
            _log.warning("%s: let go: %s", self, error)
        finally:
            self.close()

    def close(self) -> None:
        """End it at once; those who wait for answers are told there will be none."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._writer.close()
        waiting, self._waiting = self._waiting, {}
        for then in waiting.values():
            then(None)
        if self._leaving is not None:
            self._leaving()
            self._leaving = None

    def leave(self, then: Callable[[], None]) -> None:
        """Take leave by DPR (RFC 6733 §5.4); `then` is called when the peer has answered, or is gone."""
        self._leaving = then
        self.again = False
        if not self.is_open:
            self.close()
            return
        self.is_open = False
        dpr = Message(
            base.DISCONNECT_PEER, 0, REQUEST, [*base.origin(self._local), avp(base.DISCONNECT_CAUSE, 0)]
        )
        self._number(dpr)
        self._write(dpr)

    def __str__(self) -> str:
        return self.peer.host if self.peer is not None else "a peer that is not known yet"

    # requests and answers

    @property
    def outstanding(self) -> int:
        """Requests without an answer yet."""
        return len(self._waiting)

    def request(self, message: Message, then: Then) -> int:
        """Send a request; gives the number to `forget` it by."""
        hop_by_hop = self._number(message)
        self._waiting[hop_by_hop] = then
        self._write(message)
        return hop_by_hop

    def forget(self, number: int) -> None:
        """Nobody waits for that answer any more."""
        self._waiting.pop(number, None)

    def answer(self, message: Message) -> None:
        """Send an answer, if the peer is still there."""
        if not self._writer.is_closing():
            self._write(message)

    # octets

    async def _next_octets(self) -> bytes:
        start = await self._reader.readexactly(4)
        return start + await self._reader.readexactly(length_of(start) - 4)

    async def _next(self) -> Message:
        return parse(await self._next_octets())

    async def _take(self, data: bytes) -> None:
        self._heard()
        try:
            message = parse(data)
        except WireError as error:
            header = parse_header(data)
            _log.warning("%s: a message that cannot be read: %s", self, error)
            if header.is_request:
                self._refuse(header, base.INVALID_AVP_LENGTH)
            return
        if not message.is_request:
            self._answered(message)
        elif message.application == 0:
            await self._base_request(message)
        else:
            self._owner.received(self, message)

    def _answered(self, message: Message) -> None:
        if message.command == base.DISCONNECT_PEER and self._leaving is not None:
            self.close()
            return
        then = self._waiting.pop(message.hop_by_hop, None)
        if then is not None:  # else it came too late, or answers DWR
            then(message)

    async def _base_request(self, message: Message) -> None:
        if message.command == base.DEVICE_WATCHDOG:
            self._write(message.answer([avp(base.RESULT_CODE, base.SUCCESS), *base.origin(self._local)]))
        elif message.command == base.DISCONNECT_PEER:
            self.is_open = False
            self.again = number_of(message.avps, base.DISCONNECT_CAUSE, 0) == 0
            self._write(message.answer([avp(base.RESULT_CODE, base.SUCCESS), *base.origin(self._local)]))
            await self._writer.drain()
            raise EOFError("the peer takes its leave")
        else:
            self._refuse(message, base.COMMAND_UNSUPPORTED)

    def _refuse(self, request: Message, code: int) -> None:
        flags = ERROR if base.is_protocol_error(code) else 0
        self._write(request.answer([avp(base.RESULT_CODE, code), *base.origin(self._local)], flags))

    def _number(self, message: Message) -> int:
        self._hop_by_hop = (self._hop_by_hop + 1) & 0xFFFFFFFF
        message.hop_by_hop = self._hop_by_hop
        if not message.end_to_end:
            message.end_to_end = self._owner.next_end_to_end()
        return message.hop_by_hop

    def _write(self, message: Message) -> None:
        transport = self._writer.transport
        if transport.get_write_buffer_size() > MOST_UNSENT:
            _log.warning("%s: let go: it does not read", self)
            transport.abort()
            return
        self._writer.write(message.to_bytes())

    # who we are, who they are

    def _opens(self, peer: Neighbour, applications: frozenset[int]) -> None:
        self.peer, self.applications, self.is_open = peer, applications, True
        _log.info("%s: open", self)
        self._heard()

    def _common(self, theirs: frozenset[int]) -> bool:
        ours = {application.id for application in self._local.applications}
        return base.RELAY in theirs or not ours.isdisjoint(theirs)

    def _capabilities(self) -> list[Any]:
        address = self._local.address or self._writer.get_extra_info("sockname")[0]
        vendors = sorted({application.vendor for application in self._local.applications})
        return [
            *base.origin(self._local),
            avp(base.HOST_IP_ADDRESS, address),
            avp(base.VENDOR_ID, 0),
            avp(base.PRODUCT_NAME, PRODUCT),
            *(avp(base.SUPPORTED_VENDOR_ID, vendor) for vendor in vendors),
            *(base.named(application) for application in self._local.applications),
        ]

    # the watchdog

    def _heard(self) -> None:
        """Anything from the peer is a sign of life (RFC 3539 §3.4.1)."""
        self._suspected = False
        if self._timer is not None:
            self._timer.cancel()
        self._timer = get_running_loop().call_later(self._local.watchdog_s, self._silence)

    def _silence(self) -> None:
        if self._suspected:
            _log.warning("%s: let go: no answer to DWR", self)
            self._writer.transport.abort()
            return
        self._suspected = True
        dwr = Message(base.DEVICE_WATCHDOG, 0, REQUEST, base.origin(self._local))
        self._number(dwr)
        self._write(dwr)
        self._timer = get_running_loop().call_later(self._local.watchdog_s, self._silence)
