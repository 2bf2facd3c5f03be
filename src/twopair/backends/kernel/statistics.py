"""The kernel's counters of dropped packets, under our names (ERR-32)."""

import os
from collections import Counter
from collections.abc import Mapping
from typing import Final

from twopair.core.esp import Drop

_OF_THIS_THREAD: Final = "/proc/thread-self/net/xfrm_stat"
_LARGEST: Final = 8192

REASONS: Final[dict[str, Drop]] = {
    "XfrmInError": Drop.MALFORMED_ESP,
    "XfrmInBufferError": Drop.MALFORMED_ESP,
    "XfrmInHdrError": Drop.MALFORMED_ESP,
    "XfrmInNoStates": Drop.UNKNOWN_SPI,
    "XfrmInStateExpired": Drop.UNKNOWN_SPI,
    "XfrmInStateInvalid": Drop.UNKNOWN_SPI,
    "XfrmInStateProtoError": Drop.BAD_ICV,
    "XfrmInStateSeqError": Drop.REPLAYED,
    "XfrmInStateMismatch": Drop.SELECTOR,
    "XfrmInTmplMismatch": Drop.CLEAR_TO_PROTECTED,  # it passed the SA's own selector, or there was no SA
    "XfrmInNoPols": Drop.CLEAR_TO_PROTECTED,
    "XfrmInPolBlock": Drop.CLEAR_TO_PROTECTED,
    "XfrmInPolError": Drop.CLEAR_TO_PROTECTED,
    "XfrmOutNoStates": Drop.CLEAR_FROM_PROTECTED,
    "XfrmOutPolBlock": Drop.CLEAR_FROM_PROTECTED,
    "XfrmOutPolDead": Drop.CLEAR_FROM_PROTECTED,
    "XfrmOutPolError": Drop.CLEAR_FROM_PROTECTED,
    "XfrmOutStateSeqError": Drop.SEQUENCE_EXHAUSTED,
    "XfrmOutStateExpired": Drop.SEQUENCE_EXHAUSTED,
}
"""What each of the kernel's counters means for us. Our own packet, reflected, counts as UNKNOWN_SPI."""


class Statistics:
    """Packets that XFRM dropped in one network namespace, from now on.

    They are counted per namespace: where others use IPsec in it too, theirs are among them.
    """

    def __init__(self) -> None:
        self._fd: int | None = None
        try:
            self._fd = os.open(_OF_THIS_THREAD, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # CONFIG_XFRM_STATISTICS is not set
            return
        self._before = self._read()

    def drops(self) -> Mapping[str, int]:
        """Silent drops since the beginning by the names of `Drop`; empty where the kernel does not count."""
        if self._fd is None:
            return {}
        counted = self._read()
        counted.subtract(self._before)
        return {drop.name: count for drop, count in counted.items() if count}

    def _read(self) -> Counter[Drop]:
        assert self._fd is not None, "the kernel counts"
        counted: Counter[Drop] = Counter()
        for line in os.pread(self._fd, _LARGEST, 0).decode().splitlines():
            name, _, value = line.partition(" ")
            if (drop := REASONS.get(name.strip())) is not None:
                counted[drop] += int(value)
        return counted

    def close(self) -> None:
        """Close it. A second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
