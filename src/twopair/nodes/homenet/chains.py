"""Chains of services: which criteria of a user are still to be looked at (24.229 §5.4.3.2, §5.4.3.3).

A chain is known by the *original dialog identifier*, which an application server gives back in Route with the
request, or with the request that it makes of it.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from twopair.base import Entropy, Impu, Micros, seconds, token
from twopair.core.service import DefaultHandling, FilterCriterion, SessionCase
from twopair.nodes.cx import Profile
from twopair.wire.sip import Request

ODI: Final = "odi-"
"""How the user part of a Route of ours begins that names a chain."""

KEPT: Final = seconds(300)
"""How long a server may keep a request: more than timer C, for which an INVITE may ring (RFC 3261 §16.6)."""

MOST: Final = 20_000
"""Chains kept; of more, the oldest are forgotten."""


class Chain:
    """One request on its way through the services of one user.

    Args:
        case: whose request it is.
        served: key of the user's identity.
        profile: the user's set.
        left: criteria not looked at yet, in their order.

    Attributes:
        request: as it went to the last server, but without the Routes for that.
        handling: what is to be done where that fails.
        came_back: that has given it back: what fails now is somebody else.
    """

    __slots__ = ("came_back", "case", "handling", "left", "profile", "request", "served")

    def __init__(
        self, case: SessionCase, served: Impu, profile: Profile, left: Sequence[FilterCriterion]
    ) -> None:
        self.case = case
        self.served = served
        self.profile = profile
        self.left = left
        self.request: Request | None = None
        self.handling = DefaultHandling.CONTINUED
        self.came_back = False


class Chains:
    """Those under way.

    Args:
        entropy: where identifiers come from.
        most: how many are kept.
    """

    def __init__(self, entropy: Entropy, most: int = MOST) -> None:
        self._entropy = entropy
        self._most = most
        self._of: dict[str, Chain] = {}
        self._due: deque[tuple[Micros, str]] = deque()

    def __len__(self) -> int:
        return len(self._of)

    def keep(self, chain: Chain, now: Micros) -> str:
        """Keep a chain for a while; gives its identifier."""
        while self._due and (self._due[0][0] <= now or len(self._of) >= self._most):
            self._of.pop(self._due.popleft()[1], None)
        identifier = f"{ODI}{token(self._entropy)}"
        self._of[identifier] = chain
        self._due.append((Micros(now + KEPT), identifier))
        return identifier

    def get(self, identifier: str) -> Chain | None:
        """The chain of that identifier, unless it is forgotten."""
        return self._of.get(identifier)

    def has_come_back(self, identifier: str) -> bool:
        """Whether the server of that chain has given the request back."""
        chain = self._of.get(identifier)
        return chain is not None and chain.came_back
