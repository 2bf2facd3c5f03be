"""Sequence numbers of a set that goes from host to host (SA-07, KEY-08; ADR 20).

Each host that has a set may send the numbers of one block, and of no other. So a host that takes a set over
need not know what the one before it sent last, and no number, hence no IV of AES-GCM, is used twice, even if
the other goes on sending.
"""

from typing import Final, NamedTuple

WHOLE: Final = 2**32
"""Numbers of an SA that stays with one host: all of them."""

HOST_BLOCK: Final = 2**26
"""Numbers of one host, where a set may go to others: 67 million packets."""

HOST_BLOCKS: Final = WHOLE // HOST_BLOCK
"""How many hosts a set can have, one after the other."""


class Positions(NamedTuple):
    """Where a host that takes a set over goes on.

    Args:
        sent: the number before the first that it may send.
        received: the highest number accepted on each inbound SA, in their order.
    """

    sent: int
    received: tuple[int, int]


def last_of(sent: int, block: int) -> int:
    """The last number that may be sent by the host that has sent this one."""
    return (sent // block + 1) * block - 1


def taken_over(owners: int, received: tuple[int, int]) -> Positions | None:
    """Where to go on with a set that has had so many owners; None if no block is left for another.

    The first number of a block is never sent: whoever reads a counter finds its block in it.
    """
    return Positions(owners * HOST_BLOCK, received) if owners < HOST_BLOCKS else None
