"""From which keys of a file the endpoints of a node come."""

from typing import Final, NamedTuple

from twopair.base import Port

DRAWN: Final = Port(0)
"""Stands for every port that is drawn at an address."""


class Keys(NamedTuple):
    """Where an endpoint comes from.

    Args:
        address: key of its address in the file, ``gm.address``.
        port: key of its port.
        written: the port as it is written there; a range for one that is drawn.
    """

    address: str
    port: str
    written: object
