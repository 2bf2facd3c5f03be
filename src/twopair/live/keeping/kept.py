"""The store of one P-CSCF put together: what was kept, and who keeps what comes (MGP-14; ADR 18)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from time import monotonic_ns, time_ns
from typing import Any

from twopair.core.esp import Positions, taken_over
from twopair.core.registration.kept import Forget, Keep, KeptRegistration, as_far_as
from twopair.core.sa import SaSet
from twopair.live.keeping.codec import Codec, Sealed, Unreadable
from twopair.live.keeping.journal import Journal
from twopair.live.keeping.keys import KeyFault, ring_in
from twopair.live.keeping.windows import PREFIX, Windows
from twopair.live.keeping.workers import KEY as WORKERS
from twopair.live.keeping.workers import refuse_others
from twopair.live.keeping.writer import BATCH_S, SHARED_BATCH_S, Lag, Writer
from twopair.stores.contract import Store
from twopair.stores.tenancy import Term

_log = logging.getLogger(__name__)


def time_of_day() -> int:
    """Microseconds from the clock of nodes to the time of day."""
    return (time_ns() - monotonic_ns()) // 1000


def _nothing() -> None:
    """Nobody has more."""


class Kept:
    """What a P-CSCF keeps.

    Args:
        store: where.
        journal: folder of what the store does not have yet.
        key_file: keys that seal.
        term: of this host; None where there is one host only.
        workers: how many there are, each with a store of its own.

    Attributes:
        values: what a predecessor kept, by key; empty after `take_up`.
        again: called from another thread when everything is to be kept once more.
        windows: what inbound SAs have received, for another host.

    Raises:
        StoreError: the store cannot be read.
        KeyFault: the key file cannot be used.
        OSError: key file or journal cannot be read or made.
        OtherWorkers: there were more or fewer of them.
    """

    def __init__(
        self, store: Store, journal: Path, key_file: Path, term: Term | None = None, workers: int = 1
    ) -> None:
        self._epoch = 0 if term is None else term.owner.epoch
        self._codec = Codec(ring_in(key_file), time_of_day, self._epoch)
        self._journal = Journal(journal)
        if term is not None and not term.continues:
            self._journal.clear()
        changes = self._journal.replay()
        self.windows = Windows(self._behind)
        self._unreadable: list[str] = []
        self._workers: bytes | None = None
        self.values = dict(self._read(store.load(), changes))
        empty = not (self.values or self._unreadable)
        refuse_others(self._workers, workers, empty=empty)
        self.again: Callable[[], object] = _nothing
        batch_s = BATCH_S if term is None else SHARED_BATCH_S
        self._writer = Writer(store, self._journal, changes, self._overflown, batch_s)
        if workers > 1 and self._workers is None:
            self._writer.put(WORKERS, b"%d" % workers)

    def _read(
        self, stored: Iterable[tuple[str, bytes]], changes: Mapping[str, bytes | None]
    ) -> Iterator[tuple[str, KeptRegistration]]:
        """What the store has, and what was changed after that; octets are let go when they are read."""
        unchanged = ((key, value) for key, value in stored if key not in changes)
        changed = ((key, value) for key, value in changes.items() if value is not None)
        for key, octets in chain(unchanged, changed):
            if key.startswith(PREFIX):
                self.windows.found(key, octets)
                continue
            if key == WORKERS:
                self._workers = octets
                continue
            try:
                value = self._codec.decode(octets)
                if value.token != key:
                    raise Unreadable("stands under the key of another")
            except Unreadable as error:
                if self._epoch and isinstance(error, Sealed):
                    raise KeyFault(f"a registration {error}; give the key file of the other hosts") from None
                if not self._unreadable:
                    _log.warning("store: a registration %s; it is left out, and others like it", error)
                self._unreadable.append(key)
            else:
                yield key, value

    def _overflown(self) -> None:
        self.again()

    def sets(self) -> list[SaSet]:
        """The SA sets of what a predecessor kept."""
        return [kept.sa_set for value in self.values.values() for kept in value.sets]

    def positions(self) -> dict[int, Positions]:
        """Where to go on with those sets that another host had; without those that have no block left."""
        found = {}
        for set_id in (sa_set.set_id for sa_set in self.sets()):
            owners = self._epoch - self._codec.since.get(set_id, self._epoch)
            at = taken_over(owners, self.windows.tops.get(set_id, (0, 0)))
            if at is not None:
                found[set_id] = at
        return found

    def take_up(self, standing: Iterable[int]) -> tuple[KeptRegistration, ...]:
        """What goes on if only the sets with these ids stand; all else is forgotten."""
        for key in self._unreadable:
            self.forget(key)
        left = {value.token: value for value in as_far_as(self.values.values(), standing)}
        if len(left) < len(self.values):
            _log.warning(
                "store: %d of %d registrations are not taken up, their SA sets are gone",
                len(self.values) - len(left),
                len(self.values),
            )
        for key, value in self.values.items():
            now = left.get(key)
            if now is None:
                self.forget(key)
            elif now != value:
                self.keep(key, now)
        self.values.clear()
        self.windows.tops.clear()
        self.windows.only(kept.sa_set.set_id for value in left.values() for kept in value.sets)
        return tuple(left.values())

    def keep_all(self, known: Callable[[], Mapping[str, KeptRegistration]]) -> None:
        """Keep all that is known now, once more."""
        for key, value in known().items():
            self.keep(key, value)

    @property
    def performs(self) -> dict[type, Callable[[Any], None]]:
        """Its part of `Driver.outside`; neither waits."""
        return {
            Keep: lambda action: self.keep(action.key, action.value),
            Forget: lambda action: self.forget(action.key),
        }

    def keep(self, key: str, value: KeptRegistration) -> None:
        """What stands under that key is now this."""
        self._writer.put(key, self._codec.encode(value))

    def forget(self, key: str) -> None:
        """Nothing stands under that key any more."""
        self._writer.put(key, None)

    def _behind(self, key: str, value: bytes | None) -> None:
        self._writer.put(key, value, journaled=False)

    def lag(self) -> Lag:
        """How far the store is behind."""
        return self._writer.lag()

    def close(self) -> None:
        """Write what waits."""
        self._writer.close()
