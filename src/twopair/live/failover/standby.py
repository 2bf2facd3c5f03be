"""A host that stands by until it is its turn (ADR 20)."""

import logging
from asyncio import Event, get_running_loop, to_thread, wait_for
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from twopair.live.clock import monotonic
from twopair.live.failover.tenure import RENEWALS, Leased
from twopair.stores.contract import StoreError
from twopair.stores.tenancy import Owner, Tenancy

_log = logging.getLogger(__name__)

HASTE_S: Final = 0.1
"""Between two attempts of a host that is asked to take over."""

WISH_LEASES: Final = 4
"""For how many leases a wish to take over is kept up in one request."""


@dataclass(slots=True)
class Standby:
    """Waits for the lease.

    Args:
        tenancy: where it is.
        instance: this host.
        lease_s: how long a lease is.
        automatic: whether it takes over by itself when nobody serves; else only when it is asked to, when it
            was the last that did, or when there never was one.
        serves_on: see `Leased`.
        absent: addresses that have to be here first, and are not.
        asked: set when it is to take over.
        last: the owner that was seen last.
        said: what it waits for, in words.
    """

    tenancy: Tenancy
    instance: str
    lease_s: float
    automatic: bool
    serves_on: bool
    absent: Callable[[], Iterable[str]]
    asked: Event = field(default_factory=Event)
    last: Owner | None = None
    said: str = ""

    async def turn(self, end: Event) -> Leased | None:
        """The lease, once it is this host's; None if it is told to end before."""
        while not end.is_set():
            try:
                leased = await self._try()
            except StoreError as error:
                self._say(f"standby: the store {error}")
                leased = None
            if leased is not None:
                return leased
            with suppress(TimeoutError):
                await wait_for(end.wait(), HASTE_S if self.asked.is_set() else self.lease_s / RENEWALS)
        return None

    async def _try(self) -> Leased | None:
        self.last, runs = await to_thread(self.tenancy.owner)
        mine = self.last is None or self.last.instance == self.instance
        if runs and not mine and not self.asked.is_set():
            self._say(f"standby: {_named(self.last)} serves")
            return None
        if not (mine or self.automatic or self.asked.is_set()):
            self._say(f"standby: {_named(self.last)} serves no more; waits for `twopair takeover`")
            return None
        if missing := list(self.absent()):
            self._say(f"standby: it is the turn of this host, which waits for {', '.join(missing)}")
            return None
        if runs and not mine:
            self._say(f"standby: asks {_named(self.last)} to hand over")
            await to_thread(self.tenancy.ask, self.instance, WISH_LEASES * self.lease_s)
        since = monotonic()
        term = await to_thread(self.tenancy.claim, self.instance, self.lease_s)
        if term is None:
            return None
        self.asked.clear()
        self.said = ""
        _log.info("owner: %s, epoch %d", *reversed(term.owner))
        loop = get_running_loop()
        return Leased(self.tenancy, term, self.lease_s, since=since, loop=loop, serves_on=self.serves_on)

    def _say(self, words: str) -> None:
        """Log what has changed since it was said last."""
        if words != self.said:
            self.said = words
            _log.info("%s", words)


def _named(owner: Owner | None) -> str:
    return "nobody" if owner is None else f"{owner.instance} (epoch {owner.epoch})"
