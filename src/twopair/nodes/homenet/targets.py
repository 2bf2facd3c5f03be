"""The ways to a user, tried one after the other (RFC 5626 §7; RFC 3261 §16.6; MGU-09)."""

import re
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


_Q: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)


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
        service: the key of the chain of services of which this is one, empty if it goes to none.
    """

    request: Request
    hop: Endpoint
    untried: "Untried | None" = None
    service: str = ""


class Fork(NamedTuple):
    """The request goes to several phones at once, and to further ones where none of them takes it.

    Args:
        groups: those of one preference each, the first not empty (RFC 3261 §16.6).
    """

    groups: tuple[tuple[Onward, ...], ...]


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


def phones(bindings: Sequence[Binding]) -> list[list[Binding]]:
    """The registrations of each phone, and always the newest first.

    Over the flows of one phone a request goes one after the other (RFC 5626 §7).

    Args:
        bindings: in the order in which they were made or refreshed.
    """
    found: dict[tuple[str | None, str], list[Binding]] = {}
    for one in reversed(bindings):
        found.setdefault((one.impi, one.flow.instance), []).append(one)
    return list(found.values())


def in_turn(bindings: Sequence[Binding]) -> list[Target]:
    """The contacts of a user, each phone with all its flows before the next, and always the newest first.

    Args:
        bindings: in the order in which they were made or refreshed.
    """
    return [_target(one) for phone in phones(bindings) for one in phone]


def at_once(request: Request, bindings: Sequence[Binding]) -> Onward | Fork:
    """The way to one phone, or those to several.

    Args:
        request: is edited.
        bindings: in the order in which they were made or refreshed.
    """
    found = phones(bindings)
    if len(found) == 1:
        return Untried(request, [_target(one) for one in found[0]]).first()
    preferred = sorted({phone[0].preference for phone in found}, reverse=True)
    groups = (
        tuple(
            Untried(request.copy(), [_target(one) for one in phone]).first()
            for phone in found
            if phone[0].preference == level
        )
        for level in preferred
    )
    return Fork(tuple(groups))


def preference(text: str | None) -> int:
    """Q of a Contact in thousandths; 1000 where there is none that can be read (RFC 3261 §20.10, §25.1)."""
    found = _Q.fullmatch(text or "")
    return round(float(found[0]) * 1000) if found else 1000


def _target(binding: Binding) -> Target:
    return Target(binding.target, binding.path, binding.hop)
