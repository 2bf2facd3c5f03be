"""rtpengine asked over UDP: repeated until it answers, the next one where it does not."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final
from zlib import crc32

from twopair.base import Endpoint, WireError
from twopair.live.media.ng import command, decode, description, encode
from twopair.nodes.media import AnchorMedia, LetMediaGo, MediaAnchored, Side

_log = logging.getLogger(__name__)

REPEATED_AFTER_S: Final = (0.25, 0.5, 1.0)
"""How long each copy of a question may stay without an answer; a relay takes copies for one (same cookie)."""

AT_ONCE: Final = 5_000
"""Questions that may be open; more are refused at once."""


class NoRelay(Exception):
    """No media relay took the question; the text says why."""


@dataclass(slots=True)
class _Relay:
    """One daemon and the socket towards it."""

    endpoint: Endpoint
    transport: asyncio.DatagramTransport | None = None


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, waiting: dict[str, asyncio.Future[Mapping[str, object]]]) -> None:
        self._waiting = waiting

    def datagram_received(self, data: bytes, _source: object) -> None:
        try:
            cookie, said = decode(data)
        except WireError as error:
            _log.warning("media relay: %s", error)
            return
        future = self._waiting.get(cookie)
        if future is not None and not future.done():
            future.set_result(said)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there (ICMP): the repetition finds out, and the next relay is asked."""
        _log.debug("media relay: %s", exc)


class Rtpengine:
    """Asks the media relays; what comes back is an event for the node.

    Args:
        relays: control endpoints; a call stays with the one that its name chooses while that one answers.
        interfaces: names that the relays have for the two sides.
        answered: told of each answer.
        mark: makes cookies unlike those of other processes.
    """

    def __init__(
        self,
        relays: Sequence[Endpoint],
        interfaces: Mapping[Side, str],
        answered: Callable[[MediaAnchored], None],
        mark: str,
    ) -> None:
        self._relays = [_Relay(endpoint) for endpoint in relays]
        self._interfaces = interfaces
        self._answered = answered
        self._cookies = (f"{mark}{number:x}" for number in count())
        self._waiting: dict[str, asyncio.Future[Mapping[str, object]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make the sockets."""
        loop = asyncio.get_running_loop()
        for relay in self._relays:
            relay.transport, _ = await loop.create_datagram_endpoint(
                lambda: _Answers(self._waiting), remote_addr=relay.endpoint
            )

    async def close(self) -> None:
        """Ask nothing more; calls that are over are still told, for as long as one question may take."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=sum(REPEATED_AFTER_S))
        for task in self._tasks:
            task.cancel()
        for relay in self._relays:
            if relay.transport is not None:
                relay.transport.close()

    @property
    def performs(self) -> dict[type, Callable[[AnchorMedia | LetMediaGo], None]]:
        """Its part of `Driver.outside`."""
        return {AnchorMedia: self._begin, LetMediaGo: self._begin}

    def _begin(self, asked: AnchorMedia | LetMediaGo) -> None:
        if len(self._tasks) >= AT_ONCE:
            self._tell(asked, None, "too many questions are open")
            return
        task = asyncio.get_running_loop().create_task(self._ask(asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, asked: AnchorMedia | LetMediaGo, sdp: bytes | None, why: str = "") -> None:
        if why:
            _log.warning("media relay: %s of call %s: %s", type(asked).__name__, asked.call, why)
        if isinstance(asked, AnchorMedia):
            self._answered(MediaAnchored(asked.ticket, sdp, why))

    async def _ask(self, asked: AnchorMedia | LetMediaGo) -> None:
        first = crc32(asked.call.encode("utf-8", "surrogateescape")) % len(self._relays)
        why = ""
        for relay in self._relays[first:] + self._relays[:first]:
            try:
                said = await self._exchange(relay, asked)
                self._tell(asked, description(said) if isinstance(asked, AnchorMedia) else None)
            except NoRelay as silent:
                why = str(silent)
                continue
            except WireError as refused:
                why = str(refused)
            else:
                return
            break
        self._tell(asked, None, why)

    async def _exchange(self, relay: _Relay, asked: AnchorMedia | LetMediaGo) -> Mapping[str, object]:
        """One question and its answer. Raises NoRelay if none comes."""
        assert relay.transport is not None
        cookie = next(self._cookies)
        data = encode(cookie, command(asked, self._interfaces))
        future: asyncio.Future[Mapping[str, object]] = asyncio.get_running_loop().create_future()
        self._waiting[cookie] = future
        try:
            for patience in REPEATED_AFTER_S:
                relay.transport.sendto(data)
                done, _ = await asyncio.wait([future], timeout=patience)
                if done:
                    return future.result()
        finally:
            del self._waiting[cookie]
        raise NoRelay(f"{relay.endpoint} does not answer")
