"""One request under way through the proxy: its branches, and which answer is the best (RFC 3261 §16.7)."""

from typing import Final

from twopair.base import Flow, Micros
from twopair.core.sip import ClientTransaction, ServerTransaction
from twopair.nodes.homenet.targets import FLOW_FAILED, NOBODY_THERE, Onward, Untried
from twopair.wire.sip import Request, Response

_SAYS_WHAT_TO_DO: Final = frozenset({401, 407, 415, 420, 484})
"""Preferred among 4xx: the caller can do something about them (RFC 3261 §16.7 step 6)."""


class Forwarding:
    """One request between its server transaction and its branches; owner of the first.

    Args:
        server: where it came from.
        back: the flow on which answers go back.
        later: branches for when none of those before takes it.
    """

    __slots__ = ("back", "best", "branches", "given_up", "later", "server", "settled")

    def __init__(
        self, server: ServerTransaction, back: Flow, later: tuple[tuple[Onward, ...], ...] = ()
    ) -> None:
        self.server = server
        self.back = back
        self.later = later
        self.branches: list[Branch] = []
        self.best: Best | None = None
        self.given_up = False  # the caller has cancelled it
        self.settled = False  # somebody has taken it, or declined for everybody: nobody else is to be asked

    @property
    def waits(self) -> bool:
        """Whether a branch has no outcome yet."""
        return any(not branch.over for branch in self.branches)

    def consider(self, new: "Best") -> None:
        """Keep the better one of two answers."""
        if self.best is None or new.rank < self.best.rank:
            self.best = new


class Best:
    """A final answer that may be the one for the caller.

    Args:
        status: its status.
        response: itself; None where it is ours to make.
        came_on: the flow it came on.
    """

    __slots__ = ("came_on", "response", "status")

    def __init__(self, status: int, response: Response | None, came_on: Flow) -> None:
        self.status = NOBODY_THERE if status == FLOW_FAILED else status
        self.response = None if status == FLOW_FAILED else response
        self.came_on = came_on

    @property
    def rank(self) -> tuple[int, int]:
        """The lower, the better: 6xx, then by class, within it what says most (RFC 3261 §16.7 step 6)."""
        kind = self.status // 100
        told = 0 if self.status in _SAYS_WHAT_TO_DO else 2 if self.status in (408, 480) else 1
        return (0 if kind == 6 else kind, told)


class Branch:
    """One way of a request; owner of its client transaction, and of those after it where nobody is reached.

    Args:
        forwarding: of which request.
        way: where it goes.
        flow: the flow on which it goes.

    Attributes:
        onward: the flow on which it went on.
        untried: other ways to the same phone, for where nobody is reached there.
        service: the chain of services that it is on; empty if it goes to none.
        cancel: what cancels it if it is an INVITE; None for other methods, and once it was sent.
        heard: a provisional response came, so that a CANCEL may go.
        told: one was sent on to the caller.
        cancelled: it is to be cancelled as soon as it may.
        until: timer C.
        over: its outcome is known.
        closed: a final response came, or none will.
    """

    __slots__ = (
        "asked",
        "cancel",
        "cancelled",
        "closed",
        "forwarding",
        "heard",
        "onward",
        "over",
        "service",
        "told",
        "until",
        "untried",
    )

    def __init__(self, forwarding: Forwarding, way: Onward, flow: Flow) -> None:
        self.forwarding = forwarding
        self.onward = flow
        self.untried: Untried | None = way.untried
        self.service = way.service
        self.cancel: Request | None = None
        self.heard = self.told = self.cancelled = self.over = self.closed = False
        self.until: Micros | None = None
        self.asked: ClientTransaction | None = None
