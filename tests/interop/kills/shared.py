"""One back end for many UEs of one host, each of which gives its sets names of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from twopair.backends.contract import Features, InstallError, IpsecBackend, SaCounters
from twopair.base import Endpoint
from twopair.core.esp import Positions
from twopair.core.sa import SaSet

_SETS_OF_ONE: Final = 1 << 20


class PartOf:
    """An `IpsecBackend` that is one UE's part of another one.

    Args:
        whole: the host's.
        number: of the UE.
    """

    def __init__(self, whole: IpsecBackend, number: int) -> None:
        self._whole = whole
        self._first = number * _SETS_OF_ONE
        self._own: set[int] = set()

    @property
    def features(self) -> Features:
        return self._whole.features

    def close(self, endpoint: Endpoint) -> None:
        self._whole.close(endpoint)

    def reopen(self, endpoint: Endpoint) -> None:
        self._whole.reopen(endpoint)

    def install(self, sa_set: SaSet) -> None:
        assert sa_set.set_id < _SETS_OF_ONE
        self._whole.install(sa_set._replace(set_id=self._first + sa_set.set_id))
        self._own.add(sa_set.set_id)

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        raise InstallError("no UE takes over what another host had")

    def moved(self) -> Mapping[int, tuple[int, int]]:
        return {}

    def remove(self, set_id: int) -> None:
        self._whole.remove(self._first + set_id)
        self._own.discard(set_id)

    def query(self) -> Iterable[SaCounters]:
        for set_id in sorted(self._own):
            yield from self.counters(set_id)

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        for counters in self._whole.counters(self._first + set_id):
            yield replace(counters, set_id=set_id)

    def drops(self) -> Mapping[str, int]:
        return self._whole.drops()
