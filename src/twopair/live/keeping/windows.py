"""What inbound SAs have received, kept for a host that takes them over (SA-06; ADR 20)."""

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Final

PREFIX: Final = "window/"
"""Of their keys in the store; no token of a registration has a stroke in it."""

_TOPS: Final = struct.Struct("!II")

Tops = tuple[int, int]


class Windows:
    """The highest numbers on both inbound SAs of each set, as far as the store is to have them.

    Args:
        put: writes behind, without the journal: what is lost is a replay that passes once.

    Attributes:
        tops: what another host has left, by set, until it is taken up.
    """

    def __init__(self, put: Callable[[str, bytes | None], None]) -> None:
        self._put = put
        self._there: set[int] = set()
        self.tops: dict[int, Tops] = {}

    def moved(self, tops: Mapping[int, Tops]) -> None:
        """These sets have received something."""
        for set_id, numbers in tops.items():
            self._there.add(set_id)
            self._put(f"{PREFIX}{set_id}", _TOPS.pack(*numbers))

    def only(self, set_ids: Iterable[int]) -> None:
        """Others have gone."""
        stay = set(set_ids)
        for set_id in self._there - stay:
            self.gone(set_id)

    def gone(self, set_id: int) -> None:
        """A set has gone."""
        if set_id in self._there:
            self._there.discard(set_id)
            self._put(f"{PREFIX}{set_id}", None)

    def found(self, key: str, value: bytes) -> None:
        """Something that another host has put: it is in `tops`, if it is of ours."""
        number = key.removeprefix(PREFIX)
        if number.isdecimal() and len(value) == _TOPS.size:
            first, second = _TOPS.unpack(value)
            self.tops[int(number)] = (first, second)
            self._there.add(int(number))
