"""What back ends that keep their own SAD have in common: sets in and out, closed ports, counters.

Sets of a predecessor, here or at another host, come with their claims and the place of their counters. The
four SAs of such a set, its ciphers and windows, are made when its first packet comes (`_wake`): so a start
costs little for each UE, and one that is away costs no more (MGP-14).
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from twopair.backends.contract import InstallError, SaCounters
from twopair.base import Endpoint
from twopair.core.esp import (
    NEVER_USED,
    WHOLE,
    Cells,
    Drop,
    Inbound,
    InstalledSet,
    Ledger,
    Named,
    Nowhere,
    Numbers,
    Outbound,
    Positions,
    Sad,
    SecurityAssociation,
)
from twopair.core.sa import Claims, SaSet

T = TypeVar("T")

_log = logging.getLogger(__name__)


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
        self._asleep: dict[int, SaSet] = {}
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
        self._stand(sa_set, self._begin(sa_set, NEVER_USED))

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        """See `IpsecBackend`. As with `adopt`, where the ledger keeps the cells until they are needed."""
        cells = self._begin(sa_set, (at.sent, at.sent, *at.received))
        if self._ledger.knows(sa_set.set_id):
            self._asleep[sa_set.set_id] = sa_set
            self._entered(sa_set)
        else:
            self._stand(sa_set, cells)

    def _begin(self, sa_set: SaSet, numbers: Numbers) -> Cells:
        """Take what a set needs, and cells with these numbers; or raise InstallError and take nothing."""
        why = self._unfit(sa_set) or self._taken(sa_set)  # first: what stands keeps its cells
        if why:
            raise InstallError(why)
        try:
            return self._ledger.begin(sa_set.set_id, numbers)
        except OSError as error:  # no room for them
            self._claims.release(sa_set.set_id)
            raise InstallError(str(error)) from None

    def _stand(self, sa_set: SaSet, cells: Cells) -> None:
        """Make the SAs of a set that has taken what it needs."""
        try:
            installed = self._make(sa_set, cells)
        except (ValueError, OverflowError) as error:
            self._claims.release(sa_set.set_id)
            self._ledger.end(sa_set.set_id)
            raise InstallError(str(error)) from None
        self._entered(sa_set)
        self._installed(installed)

    def moved(self) -> Mapping[int, tuple[int, int]]:
        """See `IpsecBackend`."""
        found = {}
        for set_id in self._sad.moved:
            installed = self._sad.of(set_id)
            if installed is not None:
                tops = [sa.window.top for sa in installed.inbound]
                found[set_id] = (tops[0], tops[-1])  # a set of one pair has one
        self._sad.moved.clear()
        return found

    def adopt(self, known: Iterable[SaSet]) -> set[int]:
        """Install again what a predecessor had, as far as the ledger knows its counters (MGP-14).

        Returns:
            The ids of those that stand now. What cannot stand is left out, with a line.
        """
        stand = set()
        for sa_set in known:
            if not self._ledger.knows(sa_set.set_id):
                continue
            why = self._unfit(sa_set) or self._taken(sa_set)
            if why:
                _log.warning("SA set %d is not taken up: %s", sa_set.set_id, why)
                continue
            self._asleep[sa_set.set_id] = sa_set
            self._entered(sa_set)
            stand.add(sa_set.set_id)
        return stand

    def _taken(self, sa_set: SaSet) -> str:
        """Take what a set needs; or say why not."""
        conflict = self._claims.take(sa_set)
        return "" if conflict is None else f"{conflict.words} ({conflict.clause})"

    def _make(self, sa_set: SaSet, cells: Cells) -> InstalledSet[T]:
        named = [(a.sender is sa_set.end, Named(a.name, sa_set.association(a))) for a in sa_set.arrows]
        outbound = tuple(n for ours, n in named if ours)
        inbound = tuple(n for ours, n in named if not ours)
        return self._sad.add(sa_set.set_id, outbound, inbound, cells)

    def _wake(self, set_id: int | None) -> bool:
        """Make the SAs of an adopted set, whose first packet is here; whether that was to do."""
        sa_set = self._asleep.pop(set_id, None) if set_id is not None else None
        if sa_set is None:
            return False
        cells = self._ledger.resume(sa_set.set_id)
        assert cells is not None, "an adopted set has its cells until it is removed"
        self._installed(self._make(sa_set, cells))
        return True

    def remove(self, set_id: int) -> None:
        """See `IpsecBackend`."""
        sa_set = self._claims.release(set_id)
        if sa_set is None:
            return
        self._ledger.end(set_id)
        self._asleep.pop(set_id, None)
        removed = self._sad.remove(set_id)
        if removed is not None:
            self._removed(removed)
        self._left(sa_set)

    def query(self) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        counted = [counters for installed in self._sad for counters in _counted(installed)]
        return counted + [counters for set_id in self._asleep for counters in self.counters(set_id)]

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        asleep = self._asleep.get(set_id)
        if asleep is not None:
            return _unheard(asleep, self._ledger.resume(set_id) or NEVER_USED)
        installed = self._sad.of(set_id)
        return [] if installed is None else _counted(installed)

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`."""
        return {drop.name: count for drop, count in self._dropped.items()}

    def _drop(self, drop: Drop) -> Drop:
        """Count a dropped packet under its reason."""
        self._dropped[drop] += 1
        return drop

    def _unfit(self, sa_set: SaSet) -> str:
        """Why an adopted set could not be carried out when its first packet comes; empty if it can be."""
        return ""

    def _entered(self, sa_set: SaSet) -> None:
        """Called when a set stands, its SAs made or not."""

    def _left(self, sa_set: SaSet) -> None:
        """Called when a set is gone."""

    def _installed(self, installed: InstalledSet[T]) -> None:
        """Called when the SAs of a set were made."""

    def _removed(self, removed: InstalledSet[T]) -> None:
        """Called when SAs that were made went out."""


def _counted(installed: InstalledSet[T]) -> list[SaCounters]:
    return [*map(_sent, installed.outbound), *map(_received, installed.inbound)]


def _unheard(sa_set: SaSet, cells: Cells | Numbers) -> list[SaCounters]:
    """Of an adopted set without a packet so far: what was sent before is known from its cells."""
    sent = [arrow for arrow in sa_set.arrows if arrow.sender is sa_set.end]
    received = [arrow for arrow in sa_set.arrows if arrow.sender is not sa_set.end]
    packets = [*(cells[cell] for cell in range(len(sent))), *(0 for _ in received)]
    return [
        SaCounters(
            sa_set.set_id, arrow.name, sa_set.spis.of(arrow.spi_of), sent_before, 0, replayed=0, bad_icv=0
        )
        for arrow, sent_before in zip(sent + received, packets, strict=True)
    ]


def _sent(sa: Outbound[T]) -> SaCounters:
    return SaCounters(sa.set_id, sa.name, sa.spi, sa.packets, sa.octets, replayed=0, bad_icv=0)


def _received(sa: Inbound[T]) -> SaCounters:
    return SaCounters(
        sa.set_id, sa.name, sa.spi, sa.packets, sa.octets, sa.replayed, sa.bad_icv, sa.mismatched
    )
