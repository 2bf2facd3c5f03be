"""The moves of an attacker, as values; an attack is a handful of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from twopair.attack.sight import Forged, Sight

ALWAYS: Final = 1 << 30
"""As often as the occasion arises."""

Match = Callable[[Sight], bool]


class Notes:
    """What an attacker has seen so far, oldest first."""

    def __init__(self) -> None:
        self._seen: list[Sight] = []

    def add(self, sight: Sight) -> None:
        """Remember a packet."""
        self._seen.append(sight)

    def __iter__(self) -> Iterator[Sight]:
        return iter(self._seen)

    def all(self, match: Match) -> Sequence[Sight]:
        """Every packet of a kind."""
        return [sight for sight in self._seen if match(sight)]

    def first(self, match: Match) -> Sight:
        """The first packet of a kind. Raises LookupError."""
        return self.all(match)[0]

    def last(self, match: Match) -> Sight:
        """The latest packet of a kind. Raises LookupError."""
        return self.all(match)[-1]


Edit = Callable[[bytes, Notes], bytes]
Forge = Callable[[Sight, Notes], Sequence[Forged]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """What all moves have.

    Args:
        on: which packets.
        times: how many of them, from the first on.
    """

    on: Match
    times: int = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(_Move):
    """Put other text into a message; in ESP without encryption too, where the ICV then is wrong."""

    edit: Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage(_Move):
    """Change an octet that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(_Move):
    """Have the packet vanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(_Move):
    """Deliver it later."""

    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(_Move):
    """Deliver it, and once more, octet for octet, later."""

    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflect(_Move):
    """Deliver it, and send it back to its sender as if the receiver had sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject(_Move):
    """Deliver it, or not, and add packets of one's own, from whatever source they claim (spoofing).

    Args:
        forge: makes them.
        instead: whether the packet that gave the occasion vanishes.
        for_s: whether it is held that long.
    """

    forge: Forge
    instead: bool = False
    for_s: float = 0


Move = Change | Damage | Drop | Hold | Replay | Reflect | Inject


def strip(on: Match, edit: Edit, times: int = ALWAYS) -> Change:
    """Take something out of a message: a change that leaves less."""
    return Change(on=on, edit=edit, times=times)
