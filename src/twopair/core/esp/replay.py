"""Anti-replay window and the watch for repeated IVs (RFC 4303 §3.4.3; SA-06, KEY-08)."""

from typing import Final

WINDOW_PACKETS: Final = 64
"""Size of the window (SA-06: at least 32, default 64)."""

IV_OCTETS: Final = 8
"""Of an IV of AES-GCM and AES-GMAC (RFC 4106 §3.1, RFC 4543 §3.1)."""

_FULL: Final = (1 << WINDOW_PACKETS) - 1


class ReplayWindow:
    """Which of the last 64 sequence numbers of one inbound SA were received.

    Ask `fresh` before the ICV is checked, call `accept` only after it proved right: a forged packet
    must not move the window.
    """

    __slots__ = ("_seen", "_top")

    def __init__(self) -> None:
        self._top = 0
        self._seen = 0

    @property
    def top(self) -> int:
        """The highest sequence number accepted so far, 0 before the first."""
        return self._top

    def resume(self, top: int) -> None:
        """Go on after a restart: all up to `top` counts as received, and what was overtaken is lost."""
        self._top = top
        self._seen = _FULL

    def fresh(self, sequence: int) -> bool:
        """Whether a packet with this number may still be accepted. Zero is never sent (SA-07)."""
        age = self._top - sequence
        if age < 0:
            return True
        return age < WINDOW_PACKETS and sequence > 0 and not self._seen >> age & 1

    def accept(self, sequence: int) -> None:
        """Mark a number as received; the packet's ICV was right and `fresh` said yes."""
        ahead = sequence - self._top
        if ahead > 0:
            self._seen = (self._seen << ahead & _FULL | 1) if ahead < WINDOW_PACKETS else 1
            self._top = sequence
        else:
            self._seen |= 1 << -ahead


class IvWatch:
    """The last IVs of one set's inbound GCM or GMAC packets, to notice a peer that repeats one.

    A repeated IV under the shared key of a set gives away both secrecy and authenticity (KEY-08).
    Both inbound SAs of a set use one watch. It remembers `depth` IVs of eight octets, one behind the other,
    so what it costs is bounded; a set that has received few has few.
    """

    __slots__ = ("_next", "_octets", "_seen")

    def __init__(self, depth: int = 128) -> None:
        self._octets = depth * IV_OCTETS
        self._seen = bytearray()
        self._next = 0  # where the next one is written, once there are as many as are remembered

    def repeated(self, iv: bytes) -> bool:
        """Take note of an authenticated packet's IV; True if it was seen before."""
        seen = self._seen
        at = seen.find(iv)
        while at % IV_OCTETS and at >= 0:  # where one ends and the next begins is none
            at = seen.find(iv, at + 1)
        if at >= 0:
            return True
        if len(seen) < self._octets:
            seen += iv
        else:
            seen[self._next : self._next + IV_OCTETS] = iv
            self._next = (self._next + IV_OCTETS) % self._octets
        return False
