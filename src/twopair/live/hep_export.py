"""Every SIP message of a node to a capture server, decrypted and without the keys in it (HEP3 over UDP)."""

import logging
import socket
import time
from collections import Counter
from contextlib import suppress
from typing import Final

from twopair.base import Endpoint, Flow, Micros, Secret, Transport, WireError, seconds
from twopair.live.clock import monotonic
from twopair.live.message_log import without_keys
from twopair.live.sockets import reason_of
from twopair.live.whole_messages import WholeMessages
from twopair.wire import ip
from twopair.wire.hep import Hep, encode
from twopair.wire.sip import parse

_log = logging.getLogger(__name__)

_PROTOCOL: Final = {Transport.UDP: ip.UDP, Transport.TCP: ip.TCP}
_PAUSE: Final = seconds(60)

DROPPED: Final = "export_dropped"
"""Under this name a driver counts messages that the server will not have got."""


class HepExport:
    """Looks at what passes a driver, and tells a capture server of it; waits for nothing and raises nothing.

    Both legs of a transaction have its Call-ID as correlation id.

    Args:
        server: where packets are sent to, over UDP.
        capture_id: names this P-CSCF to the server.
        auth_key: what the server wants to hear.
        counters: where messages are counted that could not be sent.
    """

    def __init__(
        self, server: Endpoint, capture_id: int, auth_key: Secret | None, counters: Counter[str]
    ) -> None:
        self._server = server
        self._capture_id = capture_id
        self._auth_key = b"" if auth_key is None else auth_key.reveal()
        self._counters = counters
        self._cut = WholeMessages()
        self._quiet_until = Micros(0)
        self._untold = 0
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with suppress(OSError):  # no way there yet: each send says so
            self._socket.connect(server)

    def __call__(self, flow: Flow, data: bytes, *, sent: bool) -> None:
        """Take what was sent or received."""
        for message in self._cut(flow, data, sent=sent):
            self._export(flow, message, sent=sent)

    def close(self) -> None:
        """Send nothing any more."""
        self._socket.close()

    def _export(self, flow: Flow, message: bytes, *, sent: bool) -> None:
        src, dst = (flow.local, flow.remote) if sent else (flow.remote, flow.local)
        at = Micros(time.time_ns() // 1000)
        protocol, payload = _PROTOCOL[flow.transport], without_keys(message)
        hep = Hep(protocol, src, dst, at, payload, self._capture_id, _call_id(message), self._auth_key)
        try:
            self._send(encode(hep))
        except WireError as error:
            self._drop(error.what)
        except OSError as error:
            self._drop(reason_of(error))

    def _send(self, packet: bytes) -> None:
        """Raises OSError."""
        try:
            self._socket.send(packet)
        except ConnectionRefusedError as error:  # said of an earlier packet: this one has not been sent
            self._drop(reason_of(error))
            self._socket.send(packet)
        except OSError:
            self._socket.connect(self._server)
            self._socket.send(packet)

    def _drop(self, why: str) -> None:
        """Count a message, and say so once in a while."""
        self._counters[DROPPED] += 1
        self._untold += 1
        if (now := monotonic()) >= self._quiet_until:
            self._quiet_until = Micros(now + _PAUSE)
            _log.warning("export to %s: %s; %d messages dropped", self._server, why, self._untold)
            self._untold = 0


def _call_id(message: bytes) -> bytes:
    """What both legs have in common; nothing where it cannot be read."""
    try:
        return (parse(message).get("Call-ID") or "").encode("utf-8", "surrogateescape")
    except WireError:
        return b""
