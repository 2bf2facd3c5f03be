"""What back ends that keep their own SAD have in common: sets in and out, closed ports, counters.

A set that stands is its claims and, where counters outlive the process, its cells. The entry of each of its
four SAs is made when its first packet comes: so a start costs little for each UE, one that is away costs no
more, and an SA that nobody uses, such as those of TCP where a UE speaks UDP, costs nothing (MGP-14).
"""

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from twopair.backends.contract import InstallError, SaCounters
from twopair.base import Endpoint
from twopair.core.esp import (
    COUNTER_SUITES,
    NEVER_USED,
    SCRATCH,
    WHOLE,
    Cells,
    Drop,
    Inbound,
    IvWatch,
    Ledger,
    Nowhere,
    Numbers,
    Outbound,
    Positions,
)
from twopair.core.sa import Arrow, Claims, SaSet

K = TypeVar("K", bound=Hashable)

_log = logging.getLogger(__name__)


class Tables(Generic[K]):
    """SAD, claims, closed ports and drop counters of one host.

    Args:
        key: by what the entry of an SA is found.
        ledger: where counters are written down.
        block: how many sequence numbers of an SA are this host's.
    """

    def __init__(
        self, key: Callable[[SaSet, Arrow], K], ledger: Ledger | None = None, *, block: int = WHOLE
    ) -> None:
        self._key = key
        self._ledger = ledger or Nowhere()
        self._block = block
        self._claims = Claims()
        self._out: dict[K, Outbound] = {}
        self._in: dict[K, Inbound] = {}
        self._moved: set[int] = set()
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
        self._begin(sa_set, NEVER_USED)

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        """See `IpsecBackend`."""
        numbers = at.sent, at.sent, *at.received
        cells = self._begin(sa_set, numbers)
        if not self._ledger.knows(sa_set.set_id):  # nobody else keeps them until the first packet
            for arrow in sa_set.arrows:
                if arrow.sender is sa_set.end:
                    self._send_with(sa_set, arrow, cells, numbers)
                else:
                    self._receive_with(sa_set, arrow, cells, numbers)

    def _begin(self, sa_set: SaSet, numbers: Numbers) -> Cells:
        """Take what a set needs, and cells with these numbers; or raise InstallError and take nothing."""
        why = self._unfit(sa_set) or self._taken(sa_set)  # first: what stands keeps its cells
        if why:
            raise InstallError(why)
        try:
            cells = self._ledger.begin(sa_set.set_id, numbers)
        except OSError as error:  # no room for them
            self._claims.release(sa_set.set_id)
            raise InstallError(str(error)) from None
        self._entered(sa_set)
        return cells

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
            self._entered(sa_set)
            stand.add(sa_set.set_id)
        return stand

    def _taken(self, sa_set: SaSet) -> str:
        """Take what a set needs; or say why not."""
        conflict = self._claims.take(sa_set)
        return "" if conflict is None else f"{conflict.words} ({conflict.clause})"

    def remove(self, set_id: int) -> None:
        """See `IpsecBackend`; the last reference to its keys goes with that (KEY-10)."""
        sa_set = self._claims.release(set_id)
        if sa_set is None:
            return
        self._ledger.end(set_id)
        self._moved.discard(set_id)
        for arrow in sa_set.arrows if self._in or self._out else ():
            key, table = self._key(sa_set, arrow), self._out if arrow.sender is sa_set.end else self._in
            entry = table.pop(key, None)
            if entry is not None:
                entry.transform = None
        self._left(sa_set)

    # entries

    def _sends(self, sa_set: SaSet, arrow: Arrow) -> Outbound:
        """The entry of an SA that we send with, made if this is its first packet."""
        found = self._out.get(self._key(sa_set, arrow))
        return found or self._send_with(sa_set, arrow, *self._cells(sa_set.set_id))

    def _receives(self, sa_set: SaSet, arrow: Arrow) -> Inbound:
        """The entry of an SA that we receive with, made if this is its first packet."""
        found = self._in.get(self._key(sa_set, arrow))
        return found or self._receive_with(sa_set, arrow, *self._cells(sa_set.set_id))

    def _cells(self, set_id: int) -> tuple[Cells, Numbers]:
        """Where the numbers of a set are written down, and which there are."""
        cells = self._ledger.resume(set_id)
        return (SCRATCH, NEVER_USED) if cells is None else (cells, cells.numbers)

    def _send_with(self, sa_set: SaSet, arrow: Arrow, cells: Cells, numbers: Numbers) -> Outbound:
        cell = _cell(sa_set, arrow)
        self._out[self._key(sa_set, arrow)] = made = Outbound(
            sa_set.set_id,
            arrow.name,
            sa_set.spis.of(arrow.spi_of),
            cells.words,
            cells.first + cell,
            numbers[cell],
            self._block,
        )
        return made

    def _receive_with(self, sa_set: SaSet, arrow: Arrow, cells: Cells, numbers: Numbers) -> Inbound:
        cell = _cell(sa_set, arrow)
        ivs = self._watch(sa_set) if sa_set.suite in COUNTER_SUITES else None
        self._in[self._key(sa_set, arrow)] = made = Inbound(
            sa_set.set_id,
            arrow.name,
            sa_set.spis.of(arrow.spi_of),
            self._selector(sa_set, arrow),
            cells.words,
            cells.first + cell,
            numbers[cell],
            ivs,
            self._moved,
        )
        return made

    def _watch(self, sa_set: SaSet) -> IvWatch:
        """The one watch of a set: both its inbound SAs have one key and one salt (KEY-08)."""
        made = (self._in.get(self._key(sa_set, arrow)) for arrow in _inbound(sa_set))
        return next((entry.ivs for entry in made if entry is not None and entry.ivs is not None), IvWatch())

    # counters

    def moved(self) -> Mapping[int, tuple[int, int]]:
        """See `IpsecBackend`."""
        found = {}
        for set_id in self._moved:
            sa_set = self._claims.of(set_id)
            assert sa_set is not None, "what is removed has not moved"
            tops = [self._top(sa_set, arrow) for arrow in _inbound(sa_set)]
            found[set_id] = (tops[0], tops[-1])  # a set of one pair has one
        self._moved.clear()
        return found

    def _top(self, sa_set: SaSet, arrow: Arrow) -> int:
        made = self._in.get(self._key(sa_set, arrow))
        return self._cells(sa_set.set_id)[1][_cell(sa_set, arrow)] if made is None else made.window.top

    def query(self) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        return [counters for sa_set in self._claims for counters in self._counted(sa_set)]

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        """See `IpsecBackend`."""
        sa_set = self._claims.of(set_id)
        return [] if sa_set is None else list(self._counted(sa_set))

    def _counted(self, sa_set: SaSet) -> Iterator[SaCounters]:
        """Of its four SAs; where none has come yet, what was sent before is known from the cells."""
        _, numbers = self._cells(sa_set.set_id)
        set_id, spis = sa_set.set_id, sa_set.spis
        for arrow in sa_set.arrows:
            if arrow.sender is sa_set.end:
                out, spi = self._out.get(self._key(sa_set, arrow)), spis.of(arrow.spi_of)
                sent, octets = (
                    (numbers[_cell(sa_set, arrow)], 0) if out is None else (out.packets, out.octets)
                )
                yield SaCounters(set_id, arrow.name, spi, sent, octets, replayed=0, bad_icv=0)
        for arrow in _inbound(sa_set):
            sa, spi = self._in.get(self._key(sa_set, arrow)), spis.of(arrow.spi_of)
            told = (0,) * 5 if sa is None else _received(sa)
            yield SaCounters(set_id, arrow.name, spi, *told)

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`."""
        return {drop.name: count for drop, count in self._dropped.items()}

    def _drop(self, drop: Drop) -> Drop:
        """Count a dropped packet under its reason."""
        self._dropped[drop] += 1
        return drop

    # what a back end adds

    def _selector(self, _sa_set: SaSet, _arrow: Arrow) -> bytes:
        """What addresses and ports of an inbound packet must be, where it is looked at."""
        return b""

    def _unfit(self, sa_set: SaSet) -> str:
        """Why a set could not be carried out when its first packet comes; empty if it can be."""
        return ""

    def _entered(self, sa_set: SaSet) -> None:
        """Called when a set stands."""

    def _left(self, sa_set: SaSet) -> None:
        """Called when a set is gone."""


def _inbound(sa_set: SaSet) -> Iterator[Arrow]:
    return (arrow for arrow in sa_set.arrows if arrow.sender is not sa_set.end)


def _cell(sa_set: SaSet, arrow: Arrow) -> int:
    """Which of the numbers of a set is that of an SA: those of outbound SAs come first."""
    return arrow.pair.value + (0 if arrow.sender is sa_set.end else len(sa_set.pairs))


def _received(sa: Inbound) -> tuple[int, int, int, int, int]:
    return sa.packets, sa.octets, sa.replayed, sa.bad_icv, sa.mismatched
