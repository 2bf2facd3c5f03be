"""Writes down what a P-CSCF reports of each UE; the node knows nothing of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from twopair.backends.contract import IpsecBackend
from twopair.base import SECOND, Micros, Refused
from twopair.core.esp import Drop
from twopair.core.explain import (
    By,
    Came,
    Confirmed,
    Counts,
    Diaries,
    Diary,
    Dismissed,
    Entry,
    Failed,
    Happening,
    Left,
    Staged,
)
from twopair.core.explain.diary import DIARIES
from twopair.core.sa import Stage
from twopair.live.clock import monotonic
from twopair.nodes.facts import (
    BY_NETWORK,
    BY_USER,
    Deregistered,
    Registered,
    RegisterReceived,
    RegistrationFailed,
    SetStage,
)

_INBOUND: Final = frozenset({"SA1-up", "SA2-up"})


class Diarist:
    """A listener of facts.

    Args:
        backend: is asked for the counters of a temporary set before it is removed.
        clock: when things happen.
        most: diaries of each kind at the moment (`limits.diaries`).

    Attributes:
        diaries: what was written.
    """

    def __init__(
        self,
        backend: IpsecBackend,
        clock: Callable[[], Micros] = monotonic,
        most: Callable[[], int] = lambda: DIARIES,
    ) -> None:
        self.diaries = Diaries(most)
        self._backend = backend
        self._clock = clock
        self._clear_at_start: dict[int, int] = {}
        self._clear, self._clear_at = 0, Micros(-SECOND)
        self._failed: tuple[Diary, Entry] | None = None
        self._take: dict[type, Callable[[Any, Micros], None]] = {
            RegisterReceived: self._came,
            RegistrationFailed: self._ended,
            Refused: self._refused,
            Registered: self._registered,
            Deregistered: self._deregistered,
            SetStage: self._stage,
        }

    def __call__(self, fact: object) -> None:
        """Take one fact."""
        take = self._take.get(type(fact))
        if take is not None:
            take(fact, self._clock())
            if type(fact) is not RegistrationFailed:
                self._failed = None

    def counts(self, set_id: int) -> Counts:
        """What the SAs of a set have received so far."""
        received = [sa for sa in self._backend.counters(set_id) if sa.name in _INBOUND]
        return Counts(
            sum(sa.packets for sa in received),
            sum(sa.bad_icv for sa in received),
            sum(sa.mismatched for sa in received),
            sum(sa.replayed for sa in received),
            max(0, self._dropped_clear() - self._clear_at_start.get(set_id, self._clear)),
        )

    def _write(self, diary: Diary, now: Micros, what: Happening, fact: Any) -> Entry:
        entry = Entry(now, what, str(fact.flow))
        diary.write(entry)
        return entry

    def _came(self, fact: RegisterReceived, now: Micros) -> None:
        address = fact.way.remote.address
        diary = self.diaries.of_ue(fact.impi, now)
        diary.know(address=address, impus=(fact.impu,))
        self._write(diary, now, Came(address, fact.via, fact.over, fact.brought), fact)

    def _ended(self, fact: RegistrationFailed, now: Micros) -> None:
        diary = self.diaries.of_ue(fact.impi, now)
        known = fact.refusal is not None and fact.reason == fact.refusal.words
        what = Failed(
            fact.status, fact.reason, fact.refusal, "" if known or not fact.refusal else fact.reason
        )
        self._failed = diary, self._write(diary, now, what, fact)

    def _refused(self, fact: Refused, now: Micros) -> None:
        """What follows the end of an attempt is its details; else it is not known whose it was."""
        address = fact.flow.remote.address
        if self._failed is not None:
            diary, entry = self._failed
            if isinstance(entry.what, Failed) and entry.what.refusal is fact.refusal:
                diary.know(address=address)
                if fact.detail:
                    diary.lines[-1] = replace(entry, what=replace(entry.what, detail=fact.detail))
                return
        diary = self.diaries.of_address(address, now)
        diary.write(Entry(now, Dismissed(fact.refusal, address, fact.detail)))

    def _registered(self, fact: Registered, now: Micros) -> None:
        diary = self.diaries.of_ue(fact.impi, now, confirmed=True)
        diary.know(impus=(*fact.associated, fact.impu))
        self._write(diary, now, Confirmed(fact.impu, fact.expires_s), fact)

    def _deregistered(self, fact: Deregistered, now: Micros) -> None:
        diary = self.diaries.of_ue(fact.impi, now)
        self._write(diary, now, Left(_by(fact.reason), fact.reason), fact)

    def _stage(self, fact: SetStage, now: Micros) -> None:
        """A set that is removed is still in the back end when this is told."""
        counts = None
        if fact.stage is Stage.TEMPORARY:
            if self._clear_at + SECOND <= now:  # the kernel is asked with a system call
                self._clear, self._clear_at = self._dropped_clear(), now
            self._clear_at_start[fact.set_id] = self._clear
        elif fact.set_id in self._clear_at_start:
            if fact.stage is Stage.DELETED:
                counts = self.counts(fact.set_id)
            del self._clear_at_start[fact.set_id]
        diary = self.diaries.of_ue(fact.impi, now)
        self._write(diary, now, Staged(fact.set_id, fact.stage, counts), fact)

    def _dropped_clear(self) -> int:
        return self._backend.drops().get(Drop.CLEAR_TO_PROTECTED.name, 0)


def _by(reason: str) -> By:
    """Who has ended a registration."""
    if reason == BY_USER:
        return By.USER
    return By.NETWORK if reason.startswith(BY_NETWORK) else By.TIME
