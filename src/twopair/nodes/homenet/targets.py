"""The ways to a user, tried one after the other (RFC 5626 §7; RFC 3261 §16.6; MGU-09)."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from twopair.base import Endpoint, Refusal
from twopair.nodes.homenet.registrar import Binding
from twopair.wire.sip import Request

FLOW_FAILED: Final = Refusal.FLOW_FAILED.status
"""Of an edge proxy whose flow to the UE is gone (RFC 5626 §5.3.1)."""

NOBODY_THERE: Final = Refusal.USER_AWAY.status
"""What the caller is told instead, once no flow is left: flows are no matter of theirs."""

NOT_REACHED: Final = frozenset({408, FLOW_FAILED})
"""Final answers after which another flow is tried; any other is the user's own answer (RFC 5626 §7)."""


class Target(NamedTuple):
    """One contact of a user.

    Args:
        uri: the Request-URI.
        path: Route, from Path (RFC 3327).
        hop: where the first of them leads.
    """

    uri: str
    path: tuple[str, ...]
    hop: Endpoint


class Onward(NamedTuple):
    """The request goes on, as this edited copy, without our Via yet.

    Args:
        request: addressed.
        hop: where it goes.
        untried: what to do where nobody is reached there.
    """

    request: Request
    hop: Endpoint
    untried: "Untried | None" = None


class Untried(NamedTuple):
    """Further ways to the same user; `request` is not addressed yet."""

    request: Request
    targets: Sequence[Target]

    def within(self, allowed: Callable[[Endpoint], bool]) -> "Untried | None":
        """Those whose hop is allowed; None if none is."""
        left = [target for target in self.targets if allowed(target.hop)]
        return Untried(self.request, left) if left else None

    def first(self) -> Onward:
        """The first of them, with those that are left behind it."""
        (uri, path, hop), *others = self.targets
        left = Untried(self.request.copy(), others) if others else None
        self.request.uri = uri
        for element in reversed(path):
            self.request.push("Route", element)
        return Onward(self.request, hop, left)


def in_turn(bindings: Sequence[Binding]) -> list[Target]:
    """The contacts of a user, each phone with all its flows before the next, and always the newest first.

    Args:
        bindings: in the order in which they were made or refreshed.
    """
    newest_first = bindings[::-1]
    phones = list(dict.fromkeys(one.flow.instance for one in newest_first))
    ordered = sorted(newest_first, key=lambda one: phones.index(one.flow.instance))
    return [Target(one.target, one.path, one.hop) for one in ordered]
