"""SAD entries: what changes with each packet of one SA (RFC 4301 §4.4.2; SA-06, SA-07).

There are as many as sets whose packets have come; so they have no more than what a packet needs. Names and
counters are by them; selectors and keys are in the set (`twopair.core.sa.SaSet`), which everybody shares. How
an entry is found is for the back end to say, and what may stand beside what for `twopair.core.sa.Claims`.
"""

from typing import Final

from twopair.base import Spi, Suite
from twopair.core.esp.block import WHOLE, last_of
from twopair.core.esp.ledger import Words
from twopair.core.esp.replay import IvWatch, ReplayWindow
from twopair.core.esp.transform import Transform

LAST_SEQUENCE: Final = WHOLE - 1
"""The last sequence number an SA may send (SA-07)."""

COUNTER_SUITES: Final = (Suite("null", "aes-gcm"), Suite("aes-gmac", "null"))
"""Those whose IVs must not come twice (KEY-08)."""


class Outbound:
    """SAD entry of an SA we send with.

    Args:
        set_id: the set it belongs to.
        name: of Figure 1.
        spi: its SPI.
        words: where its sequence number is written down, at `cell`.
        cell: its place there.
        sequence: number of the last packet sent; the first packet has 1 (SA-07).
        block: how many numbers of an SA are this host's.

    Attributes:
        last: the last number that may be sent.
        octets: octets of IP payload sent, before ESP.
        transform: what makes ESP; None until it is needed.
    """

    __slots__ = ("cell", "last", "name", "octets", "sequence", "set_id", "spi", "transform", "words")

    def __init__(
        self, set_id: int, name: str, spi: Spi, words: Words, cell: int, sequence: int, block: int
    ) -> None:
        self.set_id = set_id
        self.name = name
        self.spi = spi
        self.transform: Transform | None = None
        self.words = words
        self.cell = cell
        self.sequence = sequence
        self.last = LAST_SEQUENCE if block == WHOLE else last_of(sequence, block)
        self.octets = 0

    @property
    def packets(self) -> int:
        """Packets sent, those of a predecessor too: each took one sequence number."""
        return self.sequence


class Inbound:
    """SAD entry of an SA we receive with.

    Args:
        set_id: the set it belongs to.
        name: of Figure 1.
        spi: its SPI.
        selector: what source and destination address and both ports must be, as they stand in a packet;
            empty where packets are not looked at (SA-10).
        words: where its highest number is written down, at `cell`.
        cell: its place there.
        top: the highest number that was accepted before.
        ivs: watch for repeated IVs, None where IVs are not counters (KEY-08).
        moved: takes note of its set when that number changes.

    Attributes:
        window: its anti-replay window (SA-06).
        packets: packets accepted.
        octets: octets of IP payload accepted, after ESP.
        replayed: packets dropped as replays.
        bad_icv: packets dropped for their ICV.
        mismatched: packets dropped for ports or addresses that are not this SA's (SA-10).
        transform: what opens ESP; None until it is needed.
    """

    __slots__ = (
        "bad_icv",
        "cell",
        "ivs",
        "mismatched",
        "moved",
        "name",
        "octets",
        "packets",
        "replayed",
        "selector",
        "set_id",
        "spi",
        "transform",
        "window",
        "words",
    )

    def __init__(
        self,
        set_id: int,
        name: str,
        spi: Spi,
        selector: bytes,
        words: Words,
        cell: int,
        top: int,
        ivs: IvWatch | None,
        moved: set[int],
    ) -> None:
        self.set_id = set_id
        self.name = name
        self.spi = spi
        self.selector = selector
        self.transform: Transform | None = None
        self.words = words
        self.cell = cell
        self.moved = moved
        self.window = ReplayWindow()
        if top:
            self.window.resume(top)
        self.ivs = ivs
        self.packets = 0
        self.octets = 0
        self.replayed = 0
        self.bad_icv = 0
        self.mismatched = 0
