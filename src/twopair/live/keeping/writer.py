"""The thread that writes to the store, in batches, behind what happens (MGP-14; ADR 18).

Nobody waits for it. What cannot be written is tried again; later changes of a key take the place of earlier
ones, so that what waits is bounded by the number of registrations, and by `MOST_WAITING`.
"""

import logging
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import Final, NamedTuple

from twopair.live.keeping.journal import Journal
from twopair.stores.contract import Store, StoreError

_log = logging.getLogger(__name__)

BATCH_S: Final = 0.1
"""How long changes are gathered for one batch: long enough for the challenge and the answer of one UE."""

SHARED_BATCH_S: Final = 0.02
"""The same where another host may take over: it has no more than the store (ADR 20)."""

AGAIN_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""After how long a batch that failed is tried again; the last, again and again."""

MOST_WAITING: Final = 200_000
"""How many values may wait; beyond, all registrations are written anew once the store is back."""

FAREWELL_S: Final = 5.0
"""How long the end of the program waits for the last batch."""


class Lag(NamedTuple):
    """How far the store is behind.

    Args:
        waiting: changes that are not in it.
        behind_s: for how long the oldest of them has waited, 0 if none does.
        failing_s: for how long it has failed, 0 if it works.
        why: what it said last, empty if it works.
        written: changes that it has taken.
        failures: batches that it has refused.
        unjournaled: changes that could not be written to the journal.
        overflows: how often values were left out, to be written anew.
    """

    waiting: int
    behind_s: float
    failing_s: float
    why: str
    written: int
    failures: int
    unjournaled: int
    overflows: int


class Writer:
    """Takes changes and sees to it that the store has them.

    Args:
        store: where to; from now on only its thread calls it.
        journal: holds what the store has not.
        waiting: changes that a predecessor left in the journal.
        overflown: called from the thread when everything is to be put once more.
        batch_s: how long changes are gathered for one batch.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        waiting: dict[str, bytes | None],
        overflown: Callable[[], None],
        batch_s: float = BATCH_S,
    ) -> None:
        self._batch_s = batch_s
        self._store = store
        self._journal = journal
        self._overflown = overflown
        self._waiting = dict(waiting)
        self._since = monotonic()  # when the oldest of them came
        self._taken: float | None = None  # the same of the batch that is being written
        self._changed = Condition()
        self._failing_since: float | None = None
        self._why = ""
        self._written = self._failures = self._unjournaled = self._overflows = 0
        self._full = self._mute = self._ending = False
        self._thread = Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def put(self, key: str, value: bytes | None, *, journaled: bool = True) -> None:
        """A change; None: the key goes. It is in the journal when this returns, unless that failed."""
        with self._changed:
            try:
                if journaled:
                    self._journal.append(key, value)
            except OSError as error:
                self._unjournaled += 1
                if not self._mute:
                    self._mute = True
                    _log.warning("journal: %s; what the store does not have yet would be lost", error)
            else:
                self._mute = False
            if value is not None and len(self._waiting) >= MOST_WAITING and key not in self._waiting:
                self._full = True
                return
            idle = not self._waiting
            self._waiting.pop(key, None)
            self._waiting[key] = value
            if idle:
                self._since = monotonic()
                self._changed.notify()

    def lag(self) -> Lag:
        """How far the store is behind."""
        with self._changed:
            now, since = monotonic(), self._failing_since
            oldest = self._taken or (self._since if self._waiting else now)
            return Lag(
                len(self._waiting),
                now - oldest,
                0.0 if since is None else now - since,
                self._why,
                self._written,
                self._failures,
                self._unjournaled,
                self._overflows,
            )

    def close(self) -> bool:
        """Write what waits, for a while; whether all is in the store. The journal has the rest."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(FAREWELL_S)
        with self._changed:
            left = len(self._waiting)
            if left:
                _log.warning("store: %d changes are in the journal only", left)
            self._journal.close()
        return not left

    def _run(self) -> None:
        tries = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if not self._ending:
                    self._changed.wait(AGAIN_S[min(tries, len(AGAIN_S)) - 1] if tries else self._batch_s)
                if not self._waiting or (self._ending and tries):
                    return
                batch, self._waiting = self._waiting, {}
                self._taken = self._since
                segment = self._journal.turn()
            try:
                self._store.write(batch)
            except StoreError as error:
                tries += 1
                self._failed(batch, error)
            else:
                tries = 0
                self._done(batch, segment)

    def _failed(self, batch: dict[str, bytes | None], error: StoreError) -> None:
        with self._changed:
            self._waiting = {**batch, **self._waiting}
            self._since, self._taken = self._taken or self._since, None
            self._failures += 1
            self._why = str(error)
            if self._failing_since is None:
                self._failing_since = monotonic()
                _log.warning("store: %s; %d changes wait, signalling does not", error, len(self._waiting))

    def _done(self, batch: dict[str, bytes | None], segment: int) -> None:
        with self._changed:
            self._written += len(batch)
            self._taken = None
            since, self._failing_since, self._why = self._failing_since, None, ""
            if since is not None:
                _log.warning("store: caught up after %.1f s", monotonic() - since)
            try:
                self._journal.drop(segment)
            except OSError as error:
                _log.warning("journal: %s", error)
            full, self._full = self._full, False
            self._overflows += full
        if full:
            self._overflown()
