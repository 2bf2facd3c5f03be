"""The time in which a host is the owner: a lease that is renewed, and what ends it (ADR 20)."""

import logging
from asyncio import AbstractEventLoop, Event
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from typing import Final, Protocol

from twopair.base import Micros
from twopair.live.clock import monotonic
from twopair.stores.contract import StoreError
from twopair.stores.tenancy import Taken, Tenancy, Term

_log = logging.getLogger(__name__)

RENEWALS: Final = 4
"""How often a lease is renewed in its time."""

SURE: Final = 0.8
"""How much of a lease its owner relies on: clocks do not run alike."""

FOREVER: Final = Micros(2**63 - 1)


class Tenure(Protocol):
    """What a service asks of the time in which it serves.

    Attributes:
        term: as which owner, None where there is one host only.
        until: when it has to be quiet, by the clock of this machine.
        over: set when it is to end.
        taken: whether another host is the owner by then, or is about to be.
        again: called from another thread when all is to be kept once more.
    """

    term: Term | None
    until: Micros
    over: Event
    taken: bool
    again: Callable[[], object]


def _nothing() -> None:
    """Nobody has more."""


class Always:
    """The tenure of a host that is alone: `over` is set by nobody but the user."""

    def __init__(self, over: Event) -> None:
        self.term: Term | None = None
        self.until = FOREVER
        self.over = over
        self.taken = False
        self.again: Callable[[], object] = _nothing


class Leased:
    """A lease and the thread that renews it, which waits for the store so that nobody else has to.

    Args:
        tenancy: where the lease is; from now on only the thread calls it.
        term: what was got.
        lease_s: how long a lease is.
        since: a moment before it was got.
        loop: on which `over` is set.
        serves_on: whether it goes on when the store does not answer for longer than a lease.

    Attributes:
        mine: this host as the owner.
    """

    def __init__(
        self,
        tenancy: Tenancy,
        term: Term,
        lease_s: float,
        *,
        since: Micros,
        loop: AbstractEventLoop,
        serves_on: bool = False,
    ) -> None:
        self.term: Term | None = term
        self.over = Event()
        self.taken = False
        self.again: Callable[[], object] = _nothing
        self._tenancy = tenancy
        self.mine = term.owner
        self._lease_s = lease_s
        self._serves_on = serves_on
        self._loop = loop
        self._failing = False
        self.until = self._sure(since)
        self._ended = Flag()
        self._thread = Thread(target=self._renew_it, name="lease", daemon=True)
        self._thread.start()

    def _sure(self, since: Micros) -> Micros:
        return FOREVER if self._serves_on else Micros(since + int(SURE * self._lease_s * 1_000_000))

    def release(self) -> None:
        """Have another host take over at once; to be called when nothing is sent any more."""
        self._ended.set()
        self._thread.join()
        try:
            self._tenancy.release(self.mine)
        except StoreError as error:
            _log.warning("lease: %s; it runs out by itself", error)

    def _finish(self, why: str) -> None:
        _log.warning("%s", why)
        self._loop.call_soon_threadsafe(self.over.set)

    def _renew_it(self) -> None:
        asked = False
        while not self._ended.wait(self._lease_s / RENEWALS):
            since = monotonic()
            try:
                renewed = self._tenancy.renew(self.mine, self._lease_s)
            except Taken as taken:
                self.until, self.taken = Micros(0), True
                self._finish(f"{taken}; this host stands by")
                return
            except StoreError as error:
                if not self._failing:
                    self._failing = True
                    _log.warning("lease: %s", error)
                if monotonic() >= self.until:
                    self._finish("lease: ran out; this host is quiet until it has one")
                    return
                continue
            self._failing = False
            self.until = self._sure(since)
            if renewed.went_back:
                _log.warning("store: had forgotten who its owner is; everything is written once more")
                self.again()
            if renewed.wanted and not asked:
                asked = self.taken = True
                self._finish(f"{renewed.wanted} asks for it; hands over")
