"""The SA sets on their way through the event table, and what follows for the back end (24.229 §5.2.2.2)."""

from collections.abc import Callable
from typing import Final

from twopair.base import Flow, Micros, Report
from twopair.core.registration import pcscf_sets
from twopair.core.registration.pcscf_sets import SetEvent
from twopair.core.sa import RemoveSas, SaSetLife, Stage, Trigger
from twopair.core.secagree import repeats
from twopair.nodes.actions import Action
from twopair.nodes.facts import Deregistered, SetStage
from twopair.nodes.pcscf.agenda import Errand
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.tables import Tables

# Members of enumerations that every registration asks for (ADR 23).
_TEMPORARY: Final = Stage.TEMPORARY
_DELETED: Final = Stage.DELETED
_IN_USE: Final = Stage.IN_USE


class Lives:
    """Moves sets from stage to stage, and removes what is at its end.

    Args:
        tables: of the P-CSCF.
        gone: told that a registration has no set left, before it is forgotten (PCS-19).
    """

    __slots__ = ("_gone", "_tables", "_when_due", "_when_ending")

    def __init__(self, tables: Tables, gone: Callable[[Subscriber, Micros, list[Action]], None]) -> None:
        self._tables = tables
        self._gone = gone
        self._when_due: Errand = self._due
        self._when_ending: Errand = self._old_ending

    def begin(self, live: LiveSet, now: Micros, out: list[Action]) -> None:
        """Enter a temporary set that is being installed (row 1)."""
        live.owner.sets.append(live)
        self._tables.sets.add(live)
        self._tables.load.enter(live, now)
        out.append(Report(SetStage(live.owner.impi, live.life.set_id, _TEMPORARY, live.owner.flow)))

    def replace(self, live: LiveSet, now: Micros, out: list[Action]) -> None:
        """Enter a set in place of those whose ports or SPIs it has (RRG-02, RRG-03).

        Nothing is lost between the two: the subscriber is never without a set.
        """
        owner = live.owner
        former = [other for other in owner.sets if repeats(live.terms, other.terms)]
        owner.sets.append(live)
        for other in former:
            self.release(other, Trigger.RELEASED, now, out)
        self._tables.sets.add(live)
        self._tables.load.enter(live, now)
        out.append(Report(SetStage(owner.impi, live.life.set_id, _TEMPORARY, owner.flow)))

    def happen(
        self,
        event: SetEvent,
        owner: Subscriber,
        now: Micros,
        out: list[Action],
        *,
        subject: LiveSet | None = None,
    ) -> None:
        """Feed one event to all sets of a subscriber; `subject` is the one that the event is about."""
        changed = pcscf_sets.step(
            event,
            owner.lives,
            now,
            subject=subject.life.set_id if subject else None,
            carrier=subject.carrier if subject else None,
        )
        self._settle(owner, changed, now, out)

    def release(self, live: LiveSet, trigger: Trigger, now: Micros, out: list[Action]) -> None:
        """End one set, whatever its stage; nothing happens if it has ended already."""
        if live.life.stage is not _DELETED:
            live.life.feed(trigger)
            self._settle(live.owner, [live.life], now, out)

    def resume(self, owner: Subscriber, now: Micros, out: list[Action]) -> None:
        """Go on with sets that a predecessor of this node has installed (MGP-14)."""
        self._note(owner)
        for live in owner.sets:
            self._tables.load.enter(live, now)
        self._know_current(owner)
        if len(owner.sets) > 1 or owner.current is None:  # one that is in use has none that waits
            self._note_ending(owner, now, out)

    def extend(self, live: LiveSet, until: Micros) -> None:
        """Lengthen the lifetime of a set (TMR-02)."""
        live.life.extend(until)
        self._tables.touch(live.owner)
        self._note(live.owner)

    def shorten(self, owner: Subscriber, until: Micros, now: Micros, out: list[Action]) -> None:
        """Let all confirmed sets of a subscriber end by then (MGP-11, MGU-14)."""
        for live in owner.sets:
            if _lasts(live):
                live.life.shorten(until)
        self._note(owner)
        if len(owner.sets) > 1 or owner.current is None:  # one that is in use has none that waits
            self._note_ending(owner, now, out)

    def lose(self, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A connection is gone: forget it; what went over it may be answered on a new one (MSG-06)."""
        stream, layer = self._tables.streams.drop(flow), self._tables.layer
        if stream is not None:
            lost = layer.flow_closed if stream.stands else layer.flow_failed
            lost(flow, now, out)

    def _settle(self, owner: Subscriber, changed: list[SaSetLife], now: Micros, out: list[Action]) -> None:
        """Do what new stages ask for: report, remove, and know which set is in use."""
        self._tables.touch(owner)
        for life in changed:
            out.append(Report(SetStage(owner.impi, life.set_id, life.stage, owner.flow)))
            live = self._tables.sets.by_id(life.set_id)
            assert live is not None, "a set that changed is a live one"
            self._tables.load.settle(live)
            if life.stage is _DELETED:
                self._remove(live, now, out)
        if owner.sets:
            self._know_current(owner)
            self._note(owner)
            if len(owner.sets) > 1 or owner.current is None:  # one that is in use has none that waits
                self._note_ending(owner, now, out)
        else:
            owner.current = None
            self._gone(owner, now, out)
            self._forget(owner, out)

    def _know_current(self, owner: Subscriber) -> None:
        owner.current = None
        for live in owner.sets:
            if live.life.stage is _IN_USE:
                owner.current = live
                break

    def _remove(self, live: LiveSet, now: Micros, out: list[Action]) -> None:
        """Take a set out of the table and the back end; its connections end with it (RRG-10, KEY-10)."""
        owner = live.owner
        owner.sets.remove(live)
        if owner.latest is live:
            owner.latest = None
        self._tables.sets.remove(live)
        out.append(RemoveSas(live.life.set_id))
        for flow in live.streams:
            self.lose(flow, now, out)

    def _forget(self, owner: Subscriber, out: list[Action]) -> None:
        """The last set is gone, and with it all that hung on it (MGP-10, MGP-12)."""
        if owner.bindings:
            owner.bindings = ()
            out.append(Report(Deregistered(owner.impi, "its SA sets have expired", owner.flow)))
        self._tables.subscribers.forget(owner)
        self._tables.load.forget(owner)

    def _note(self, owner: Subscriber) -> None:
        """See to it that its sets are looked at when the first lifetime ends; a longer one is noted then.

        A temporary set has reg-await-auth, which the attempts note.
        """
        first = min([live.life.expires_at for live in owner.sets if _lasts(live)], default=None)
        if first is not None and (owner.noted is None or first < owner.noted):
            owner.noted = first
            self._tables.agenda.note(first, self._when_due, owner.token)

    def _due(self, token: str, now: Micros, out: list[Action]) -> None:
        owner = self._tables.subscribers.behind(token)
        if owner is None:
            return
        owner.noted = None
        for live in tuple(owner.sets):
            if _lasts(live) and live.life.expires_at <= now:
                self.release(live, Trigger.EXPIRED, now, out)  # TMR-05
        self._note(owner)

    def _note_ending(self, owner: Subscriber, now: Micros, out: list[Action]) -> None:
        """Row 4, now or when its time comes."""
        ending = pcscf_sets.ending(owner.lives)
        if ending is None:
            return
        if ending <= now:
            self.happen(SetEvent.OLD_ENDING, owner, now, out)
        else:
            self._tables.agenda.note(ending, self._when_ending, owner.token)

    def _old_ending(self, token: str, now: Micros, out: list[Action]) -> None:
        owner = self._tables.subscribers.behind(token)
        if owner is not None and owner.sets:
            self._note_ending(owner, now, out)


def _lasts(live: LiveSet) -> bool:
    return live.life.stage is not _TEMPORARY
