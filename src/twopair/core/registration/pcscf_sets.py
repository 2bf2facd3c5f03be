"""What moves SA sets at the P-CSCF: the event table of 24.229 §5.2.2.2 (table 5.2.2-1; MGP-01).

The stages and their table are in `twopair.core.sa.life`; this one says which triggers each set of a
subscriber is fed at each event. No other event moves a set, save lifetimes and the end of a
registration (TMR-05, MGP-05..MGP-12).
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from twopair.base import Micros, seconds
from twopair.core.sa import SaSetLife, Stage, Trigger

REG_AWAIT_AUTH: Final = seconds(4 * 60)
"""SIP-level lifetime of a temporary set (24.229 §7.8; TMR-01)."""

SIXTY_FOUR_T1: Final = seconds(128)
"""64 * T1 on Gm, what an old set may still live (24.229 §7.7; TMR-03, TMR-04)."""

AFTER_EXPIRY: Final = seconds(30)
"""How much longer than the registration its set lives (TMR-02, MGP-12)."""


class SetEvent(Enum):
    """The rows of the table that move something; row 2, a message over an old set, moves nothing."""

    CHALLENGE = 1  # 401 with challenge: a temporary set is made, an earlier one goes
    OVER_NEW = 3  # a SIP message came over a newly established set
    OLD_ENDING = 4  # the set in use has less than 64 * T1 left
    REAUTHENTICATED = 5  # 200 OK; SM1 came over a set
    AUTHENTICATED = 6  # 200 OK; SM1 came in the clear

    __hash__ = object.__hash__


class Place(Enum):
    """Where a set stands in an event."""

    SUBJECT = "the temporary set that the 200 OK confirms"
    TEMPORARY = "another temporary set"
    NEW = "newly established"
    IN_USE = "in use"
    CARRIER = "an old set that SM1 came over"
    OLD = "any other old set"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_OLD: Final = Stage.OLD
_TEMPORARY: Final = Stage.TEMPORARY
_SUBJECT: Final = Place.SUBJECT
_NEWLY_ESTABLISHED: Final = Stage.NEWLY_ESTABLISHED
_IN_USE: Final = Stage.IN_USE


EVENTS: Final[dict[SetEvent, dict[Place, tuple[Trigger, ...]]]] = {
    SetEvent.CHALLENGE: {Place.TEMPORARY: (Trigger.RELEASED,)},  # MGP-05
    SetEvent.OVER_NEW: {Place.NEW: (Trigger.TAKEN,), Place.IN_USE: (Trigger.REPLACED,)},
    SetEvent.OLD_ENDING: {Place.NEW: (Trigger.TAKEN,), Place.IN_USE: (Trigger.REPLACED,)},
    SetEvent.REAUTHENTICATED: {
        Place.SUBJECT: (Trigger.CONFIRMED,),
        Place.TEMPORARY: (Trigger.RELEASED,),
        Place.NEW: (Trigger.REPLACED, Trigger.RELEASED),  # becomes old, and old ones go
        Place.OLD: (Trigger.RELEASED,),
    },
    SetEvent.AUTHENTICATED: {
        Place.SUBJECT: (Trigger.CONFIRMED, Trigger.TAKEN),
        Place.TEMPORARY: (Trigger.RELEASED,),
        Place.NEW: (Trigger.RELEASED,),
        Place.IN_USE: (Trigger.RELEASED,),
        Place.CARRIER: (Trigger.RELEASED,),
        Place.OLD: (Trigger.RELEASED,),
    },
}

_PLACES: Final = {
    Stage.TEMPORARY: Place.TEMPORARY,
    Stage.NEWLY_ESTABLISHED: Place.NEW,
    Stage.IN_USE: Place.IN_USE,
}


def place(life: SaSetLife, subject: int | None, carrier: int | None) -> Place:
    """Where a set stands in an event.

    Args:
        life: the set, not deleted.
        subject: the set that the event is about.
        carrier: the set that SM1 came over.
    """
    if life.stage is _OLD:
        return Place.CARRIER if life.set_id == carrier else Place.OLD
    if life.stage is _TEMPORARY and life.set_id == subject:
        return _SUBJECT
    return _PLACES[life.stage]


def step(
    event: SetEvent,
    lives: Sequence[SaSetLife],
    now: Micros,
    *,
    subject: int | None = None,
    carrier: int | None = None,
) -> list[SaSetLife]:
    """Feed one event to all sets of a subscriber; returns those that changed, in the order given.

    A set that goes old in row 3 keeps at most 64 * T1 of its lifetime (TMR-03).
    """
    row = EVENTS[event]
    changed = []
    for life in lives:
        triggers = row.get(place(life, subject, carrier), ())
        for trigger in triggers:
            life.feed(trigger)
        if life.stage is _OLD and triggers:
            life.shorten(Micros(now + SIXTY_FOUR_T1))
        if triggers:
            changed.append(life)
    return changed


def established_until(previous: SaSetLife | None, expires_s: int, now: Micros) -> Micros:
    """End of the lifetime that a 200 OK gives: the registration's plus 30 s, or the older set's (TMR-02)."""
    until = Micros(now + seconds(expires_s) + AFTER_EXPIRY)
    return until if previous is None else max(until, previous.expires_at)


def in_use(lives: Sequence[SaSetLife]) -> SaSetLife | None:
    """The set that own requests go over, None if none does."""
    return _first(lives, _IN_USE)


def newly_established(lives: Sequence[SaSetLife]) -> SaSetLife | None:
    """The set that was confirmed but is not yet in use, None if there is none."""
    return _first(lives, _NEWLY_ESTABLISHED)


def _first(lives: Sequence[SaSetLife], stage: Stage) -> SaSetLife | None:
    found = [life for life in lives if life.stage is stage]
    return found[0] if found else None


def ending(lives: Sequence[SaSetLife]) -> Micros | None:
    """Moment at which row 4 applies: a newer set waits while the one in use runs out; None for never."""
    if newly_established(lives) is None:
        return None
    old = in_use(lives)
    return Micros(0) if old is None else Micros(old.expires_at - SIXTY_FOUR_T1)
