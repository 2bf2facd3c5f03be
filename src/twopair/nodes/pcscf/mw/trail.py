"""The servers that one request may be sent to, and how far it has come (RFC 3263 §4.3)."""

from typing import Final

from twopair.core.locate import Target
from twopair.core.sip import Why
from twopair.wire.sip import Request

FAILED: Final = frozenset({Why.NO_STREAM, Why.SILENT, Why.TIMER, Why.LOST, Why.UNAVAILABLE})
"""Troubles after which the next server is tried. Who gives a request up himself wants no other."""


class Own:
    """A request of our own, while its server is looked for.

    Args:
        request: as it will go.
        owner: of its transaction.
    """

    __slots__ = ("owner", "request")

    def __init__(self, request: Request, owner: object) -> None:
        self.request = request
        self.owner = owner


class Trail:
    """One request on its way along its servers.

    Args:
        targets: in order; at least one.

    Attributes:
        target: the server that it is at.
        left: those not tried yet.
        for_size: whether it went over TCP only because it is large.
        borrowed: whether it went over a connection that the server had opened.
        whole: how many servers there were.
    """

    __slots__ = ("borrowed", "for_size", "left", "target", "whole")

    def __init__(self, targets: tuple[Target, ...]) -> None:
        self.target = targets[0]
        self.left = targets[1:]
        self.whole = len(targets)
        self.for_size = False
        self.borrowed = False

    def on(self) -> bool:
        """Go on to the next server, if there is one."""
        if not self.left:
            return False
        self.target, self.left = self.left[0], self.left[1:]
        return True
