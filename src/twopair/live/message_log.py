"""Every message of a node in the log: a line each, or whole with its secrets hidden (AKA-32)."""

import logging
import re
from collections.abc import Mapping
from typing import Final

from twopair.base import Flow
from twopair.core.sa import SaSet
from twopair.live.whole_messages import WholeMessages

_log = logging.getLogger("twopair.messages")

_SECRET: Final = re.compile(r'(?<![A-Za-z0-9_])(ck|ik)(\s*=\s*)("[^"]*"?|[^",;\s]+)', re.IGNORECASE)
"""The keys that a home network hands its P-CSCF (24.229 §7.2A.1); nothing else in SIP is secret.

Space is of any kind: a header field may be folded on either side of the sign (RFC 3261 §7.3.1).
"""

_UNSEEN: Final = re.compile(r"[^\x20-\x7e\n]")


class MessageLog:
    """Logs messages as they pass a driver.

    Args:
        sets: the SA sets of the driver by name, looked through for the SA of a flow.
        whole: whether whole messages are shown, and not only a line of each.
    """

    def __init__(self, sets: Mapping[int, SaSet], *, whole: bool) -> None:
        self._sets = sets
        self._whole = whole
        self._cut = WholeMessages()

    def __call__(self, flow: Flow, data: bytes, *, sent: bool) -> None:
        """Take what was sent or received; a chunk of a stream shows the messages that it completes."""
        for message in self._cut(flow, data, sent=sent):
            text = message.decode("utf-8", "replace").replace("\r\n", "\n")
            start, _, _ = text.partition("\n")
            where = f"{flow.local} {'->' if sent else '<-'} {flow.remote} {flow.transport.value.lower()}"
            _log.info("%s %s: %s", where, self._sa(flow, sent=sent) or "in the clear", _seen(start))
            if self._whole:
                _log.info("%s", "\n".join(f"    {_seen(line)}" for line in hidden(text).split("\n")))

    def _sa(self, flow: Flow, *, sent: bool) -> str:
        """The name of the SA that carries a flow in that direction, by its ports (SA-28); empty for none."""
        src, dst = (flow.local, flow.remote) if sent else (flow.remote, flow.local)
        for sa_set in self._sets.values():
            for arrow in sa_set.arrows:
                if (sa_set.endpoint(arrow.ports.src), sa_set.endpoint(arrow.ports.dst)) == (src, dst):
                    return arrow.name
        return ""


def without_keys(message: bytes) -> bytes:
    """A message without the keys in its header; a body is what users write, and stays as long as it is."""
    head, end, body = message.partition(b"\r\n\r\n")
    small = head.lower()
    if b"ck" not in small and b"ik" not in small:  # as a rule, and fifty times faster than to look closely
        return message
    return hidden(head.decode("latin-1")).encode("latin-1") + end + body


def hidden(text: str) -> str:
    """The text of a message without the keys in it."""
    return _SECRET.sub(r'\1\2"(hidden)"', text)


def _seen(line: str) -> str:
    """A line in which nothing moves a cursor or begins another line."""
    return _UNSEEN.sub(lambda sign: f"\\x{ord(sign[0]):02x}", line)
