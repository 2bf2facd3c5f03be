"""How much is let in that comes in the clear; the established are never asked (RFC 3261 §21.5.4)."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from mypy_extensions import mypyc_attr

from twopair.base import SECOND, Flow, Limit, Micros, seconds
from twopair.core.registration.pcscf import Challenged
from twopair.core.sa import Stage
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.rate import Bucket, Buckets
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.sources import Tally, source_of
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.wire.sip import Request

if TYPE_CHECKING:
    from twopair.nodes.pcscf.tables import Tables

# Members of enumerations that every registration asks for (ADR 23).
_TEMPORARY: Final = Stage.TEMPORARY

RETRY_AFTER_S: Final = 10
"""What one who is refused is told to wait at least; more by the time until there is a token again."""

SPREAD_S: Final = 20
"""By how much more at most, drawn by lot, so that those who were refused together do not come together."""

TIME_TO_ANSWER: Final = seconds(10)
"""How long a challenge is spared when there are too many: a UE answers in one second, or repeats SM1 twice
meanwhile (T1 is 2 s; TMR-04)."""

NOT_KNOWN: Final = Micros(0)
"""How long a limit lasts that is no rate."""

_LOOKED_AT: Final = 16
"""Challenges among which one is looked for that may give way; those whose answer is with the core may not."""


class Excess(NamedTuple):
    """A limit that is reached, and how long it lasts as far as is known."""

    limit: Limit
    wait: Micros = NOT_KNOWN


@mypyc_attr(allow_interpreted_subclasses=True)
class Load:
    """Counts what comes in the clear, and what was begun there.

    Args:
        tables: of the P-CSCF.

    Attributes:
        begun: the temporary sets that were begun in the clear, the oldest first.
        homes: registrations by where their youngest set is.
        waiting: REGISTER requests in the clear that the core has not answered.
    """

    __slots__ = ("_all", "_answers", "_begun_at", "_sources", "_tables", "begun", "homes", "waiting")

    def __init__(self, tables: "Tables") -> None:
        self.begun: Tally[LiveSet] = Tally()
        self.homes: Tally[Subscriber] = Tally()
        self.waiting = 0
        self._begun_at: dict[LiveSet, Micros] = {}
        self._tables = tables
        self._all, self._answers = Bucket(), Bucket()
        self._sources = Buckets()

    @property
    def sources(self) -> int:
        """Sources whose rate is known now."""
        return len(self._sources)

    # before a transaction begins

    def excess(self, request: Request, flow: Flow, now: Micros, out: list[Action]) -> Excess | None:
        """What a REGISTER in the clear is too much for; None lets it in, and counts it.

        A source is judged first, so that what is too much of one leaves the rate of all to the others.
        """
        tables = self._tables
        limits, layer = tables.config.limits, tables.layer
        if layer.knows(request, flow):
            return None  # one that was let in, again
        source = source_of(flow.remote.address)
        of_one, of_all = limits.of_one, limits.of_all
        wait = self._sources.wait(source, of_one, now)
        if wait:
            return Excess(Limit.REGISTER_RATE_PER_SOURCE, wait)
        wait = self._all.wait(of_all, now)
        if wait:
            return Excess(Limit.REGISTER_RATE, wait)
        if not layer.makes_room(limits.transactions - limits.transactions // 4, now, out):
            return Excess(Limit.TRANSACTIONS)
        self._sources.take(source, of_one, now, limits.sources)
        self._all.take(of_all, now)
        return None

    def answers(self, now: Micros) -> bool:
        """Whether one more refusal in the clear is answered: as many as REGISTER requests are let in."""
        rate = self._tables.config.limits.of_all
        if self._answers.wait(rate, now):
            return False
        self._answers.take(rate, now)
        return True

    def retry_after(self, wait: Micros = NOT_KNOWN) -> tuple[str, str]:
        """The header of a 503; `wait` is how long the limit lasts as far as is known."""
        spread = self._tables.entropy.below(SPREAD_S + 1)
        return "Retry-After", str(RETRY_AFTER_S + -(-wait // SECOND) + spread)

    # before the core is asked

    def lack(self, address: str, subscriber: Subscriber | None, now: Micros) -> Limit | None:
        """What there is no room for that a REGISTER in the clear would lead to.

        Args:
            address: where it came from.
            subscriber: the registration it is about; None for a new one. What a new challenge to it
                replaces is not counted.
            now: the moment.
        """
        limits, source = self._tables.config.limits, source_of(address)
        if self.waiting >= limits.pending_registers:
            return Limit.PENDING_REGISTERS
        if subscriber is None and self.homes.at(source) >= limits.registrations_per_source:
            return Limit.REGISTRATIONS_PER_SOURCE
        own = [live for live in subscriber.sets if live in self._begun_at] if subscriber else []
        here = sum([source_of(live.sa_set.ue) == source for live in own]) if own else 0
        if self.begun.at(source) - here >= limits.temporary_sets_per_source:
            return Limit.TEMPORARY_SETS_PER_SOURCE
        full = len(self.begun) - len(own) >= limits.temporary_sets
        return Limit.TEMPORARY_SETS if full and self.yields(now) is None else None

    def make_room(self, address: str, now: Micros, ends: Callable[[Subscriber], None]) -> Limit | None:
        """What has filled up while the core was asked, None if there is room for one challenge more.

        Args:
            address: where its UE is.
            now: the moment.
            ends: ends what a registration has begun; the oldest challenge is ended if there are too many.
        """
        limits = self._tables.config.limits
        if self.begun.at(source_of(address)) >= limits.temporary_sets_per_source:
            return Limit.TEMPORARY_SETS_PER_SOURCE
        if len(self.begun) >= limits.temporary_sets:
            oldest = self.yields(now)
            if oldest is None:
                return Limit.TEMPORARY_SETS
            ends(oldest.owner)
        return None

    def yields(self, now: Micros) -> LiveSet | None:
        """The challenge that gives way to another one: the oldest, of those that could have been answered."""
        for live, since in islice(self._begun_at.items(), _LOOKED_AT):
            if since + TIME_TO_ANSWER > now:
                return None
            if isinstance(live.attempt.state, Challenged):
                return live
        return None

    # what is kept

    def enter(self, live: LiveSet, now: Micros) -> None:
        """A set is there."""
        source = source_of(live.sa_set.ue)
        self.homes.enter(live.owner, source)
        if live.carrier is None and live.life.stage is _TEMPORARY:
            self.begun.enter(live, source)
            self._begun_at[live] = now

    def settle(self, live: LiveSet) -> None:
        """A set has come to another stage."""
        if live.life.stage is not _TEMPORARY and self._begun_at.pop(live, None) is not None:
            self.begun.leave(live)

    def forget(self, owner: Subscriber) -> None:
        """A registration has no sets left."""
        self.homes.leave(owner)
