"""What back ends that keep their own SAD have in common: sets in and out, closed ports, counters."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from twopair.backends.contract import InstallError, SaCounters
from twopair.base import Endpoint
from twopair.core.esp import (
    WHOLE,
    Cells,
    Drop,
    Inbound,
    InstalledSet,
    Ledger,
    Named,
    Nowhere,
    Outbound,
    Positions,
    Sad,
    SecurityAssociation,
)
from twopair.core.sa import Claims, SaSet

T = TypeVar("T")


class Tables(Generic[T]):
    """SAD, claims, closed ports and drop counters of one host.

    Args:
        make: how one SA is carried out; see `Sad`.
        ledger: where counters are written down.
        block: how many sequence numbers of an SA are this host's.
    """

    def __init__(
        self,
        make: Callable[[SecurityAssociation], T],
        ledger: Ledger | None = None,
        *,
        block: int = WHOLE,
    ) -> None:
        self._ledger = ledger or Nowhere()
        self._sad: Sad[T] = Sad(make, block)
        self._claims = Claims()
        self._closed: set[Endpoint] = set()
        self._dropped: Counter[Drop] = Counter()

    def close(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        self._closed.add(endpoint)

    def reopen(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        self._closed.discard(endpoint)

    def install(self, sa_set: SaSet) -> None:
        """See `IpsecBackend`."""
        self._install(sa_set, self._ledger.begin(sa_set.set_id))

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        """See `IpsecBackend`."""
        cells = self._ledger.begin(sa_set.set_id)
        for cell, number in enumerate((at.sent, at.sent, *at.received)):
            cells[cell] = number
        self._install(sa_set, cells)

    def moved(self) -> Mapping[int, tuple[int, int]]:
        """See `IpsecBackend`."""
        found = {}
        for set_id in self._sad.moved:
            installed = self._sad.of(set_id)
            if installed is not None:
                first, second = installed.inbound
                found[set_id] = (first.window.top, second.window.top)
        self._sad.moved.clear()
        return found

    def adopt(self, known: Iterable[SaSet]) -> set[int]:
        """Install again what a predecessor had, as far as the ledger knows its counters (MGP-14).

        Returns:
            The ids of those that stand now.
        """
        stand = set()
        for sa_set in known:
            cells = self._ledger.resume(sa_set.set_id)
            if cells is not None:
                self._install(sa_set, cells)
                stand.add(sa_set.set_id)
        return stand

    def _install(self, sa_set: SaSet, cells: Cells) -> None:
        conflict = self._claims.take(sa_set)
        if conflict is not None:
            raise InstallError(f"{conflict.words} ({conflict.clause})")
        named = [(a.sender is sa_set.end, Named(a.name, sa_set.association(a))) for a in sa_set.arrows]
        outbound = tuple(n for ours, n in named if ours)
        inbound = tuple(n for ours, n in named if not ours)
        try:
            installed = self._sad.add(sa_set.set_id, outbound, inbound, cells)
        except (ValueError, OverflowError) as error:
            self._claims.release(sa_set.set_id)
            self._ledger.end(sa_set.set_id)
            raise InstallError(str(error)) from None
        self._installed(installed)

    def remove(self, set_id: int) -> None:
        """See `IpsecBackend`."""
        removed = self._sad.remove(set_id)
        if removed is not None:
            self._claims.release(set_id)
            self._ledger.end(set_id)
            self._removed(removed)

    def query(self) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        return [counters for installed in self._sad for counters in _counted(installed)]

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        installed = self._sad.of(set_id)
        return [] if installed is None else _counted(installed)

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`."""
        return {drop.name: count for drop, count in self._dropped.items()}

    def _drop(self, drop: Drop) -> Drop:
        """Count a dropped packet under its reason."""
        self._dropped[drop] += 1
        return drop

    def _installed(self, installed: InstalledSet[T]) -> None:
        """Called when a set went in."""

    def _removed(self, removed: InstalledSet[T]) -> None:
        """Called when a set went out."""


def _counted(installed: InstalledSet[T]) -> list[SaCounters]:
    return [*map(_sent, installed.outbound), *map(_received, installed.inbound)]


def _sent(sa: Outbound[T]) -> SaCounters:
    return SaCounters(sa.set_id, sa.name, sa.spi, sa.packets, sa.octets, replayed=0, bad_icv=0)


def _received(sa: Inbound[T]) -> SaCounters:
    return SaCounters(
        sa.set_id, sa.name, sa.spi, sa.packets, sa.octets, sa.replayed, sa.bad_icv, sa.mismatched
    )
