"""How many messages of each kind have come and gone; counting one costs a hundredth of relaying it."""

from collections.abc import Iterator, Mapping
from typing import Final

from twopair.wire.sip import METHODS, Request, Response

OTHER: Final = "other"
"""Every method that is not one of `METHODS`: a peer cannot add kinds."""

CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx", "6xx")
"""Classes of SIP status (RFC 3261 §7.2)."""

KINDS: Final = (*sorted(METHODS), OTHER, *CLASSES)

_VERSION: Final = b"SIP/2.0 "
_BEGINNING: Final = 10
"""Octets that tell what a message is: longer than any method we know, and than a version with its digit."""

_MOST_BEGINNINGS: Final = 256


class Traffic:
    """Counts of messages by method, and by class of status.

    Attributes:
        received: those that could be read, by kind.
    """

    __slots__ = ("_by_beginning", "_sent", "received")

    def __init__(self) -> None:
        self.received = dict.fromkeys(KINDS, 0)
        self._sent = {kind: [0] for kind in KINDS}
        self._by_beginning: dict[bytes, list[int]] = {}  # beginnings that were read once

    @property
    def sent(self) -> Mapping[str, int]:
        """How many were sent, by kind."""
        return {kind: count for kind, [count] in self._sent.items()}

    def came(self, message: Request | Response) -> None:
        """A message was received."""
        if isinstance(message, Request):
            kind = message.method if message.method in METHODS else OTHER
        else:
            kind = CLASSES[message.status // 100 - 1]
        self.received[kind] += 1

    def goes(self, octets: bytes) -> None:
        """A message of our own making is sent."""
        count = self._by_beginning.get(octets[:_BEGINNING])
        if count is None:
            count = self._read(octets[:_BEGINNING])
        count[0] += 1

    def _read(self, beginning: bytes) -> list[int]:
        """Whose count it is."""
        if beginning.startswith(_VERSION):
            kind = f"{beginning.decode('latin-1')[len(_VERSION)]}xx"
        else:
            kind = beginning.partition(b" ")[0].decode("latin-1")
        count = self._sent.get(kind, self._sent[OTHER])
        if len(self._by_beginning) < _MOST_BEGINNINGS:
            self._by_beginning[beginning] = count
        return count


def requests(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Those of `counts` that are requests, by method."""
    return ((kind, count) for kind, count in counts.items() if kind not in CLASSES)


def responses(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Those of `counts` that are responses, by class of status."""
    return ((kind, counts[kind]) for kind in CLASSES)
