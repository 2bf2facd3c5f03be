"""One direction of a TCP connection, put in order as a bystander sees it (RFC 9293 §3.4)."""

from typing import Final

from twopair.inspect.seen import SYN, Segment

_MOST_WAITING: Final = 1 << 20  # octets that may wait for what is missing before them
_MODULUS: Final = 1 << 32


class Direction:
    """Octets from one end of a connection, in order and once each.

    Args:
        first: the first segment seen. A capture may begin in the middle of a connection: then the
            octets of that segment are the first.

    Attributes:
        start: sequence number of the first segment; a SYN with another one is another connection.
        lost: a hole could not be filled; what came after it is unusable until a new connection.
    """

    __slots__ = ("_next", "_waiting", "lost", "start")

    def __init__(self, first: Segment) -> None:
        self.start = first.sequence
        self._next = (first.sequence + bool(first.flags & SYN)) % _MODULUS
        self._waiting: dict[int, bytes] = {}
        self.lost = False

    def add(self, segment: Segment) -> bytes:
        """Take a segment, also one that repeats or overtakes others; return what is now in order."""
        if not segment.data or segment.flags & SYN or self.lost:
            return b""
        ahead = _distance(self._next, segment.sequence)
        if ahead > 0:
            return self._keep(segment.sequence, segment.data)
        ordered = [segment.data[-ahead:]]
        self._next = (self._next + len(ordered[0])) % _MODULUS
        while self._waiting:
            at = min(self._waiting, key=lambda sequence: _distance(self._next, sequence))
            behind = -_distance(self._next, at)
            if behind < 0:
                break
            ordered.append(self._waiting.pop(at)[behind:])
            self._next = (self._next + len(ordered[-1])) % _MODULUS
        return b"".join(ordered)

    def _keep(self, sequence: int, data: bytes) -> bytes:
        if len(data) > len(self._waiting.get(sequence, b"")):
            self._waiting[sequence] = data
        if sum(map(len, self._waiting.values())) > _MOST_WAITING:
            self.lost = True
            self._waiting.clear()
        return b""


def _distance(start: int, end: int) -> int:
    """How far `end` is ahead of `start`, negative if behind; sequence numbers run in a circle."""
    return (end - start + _MODULUS // 2) % _MODULUS - _MODULUS // 2
