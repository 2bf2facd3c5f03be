"""The tests of the table of causes: each looks at a case and returns the lines that prove it, or nothing."""

from collections.abc import Callable, Collection
from typing import Final

from twopair.base import Limit, Refusal
from twopair.core.explain.case import Case
from twopair.core.explain.happenings import (
    By,
    Came,
    Confirmed,
    Counts,
    Dismissed,
    Entry,
    Failed,
    Left,
    Staged,
)
from twopair.core.registration.brought import Brought
from twopair.core.sa import Stage

Evidence = list[Entry]
Test = Callable[[Case], Evidence]
"""From a case to the lines that prove a cause; none where it is not the cause."""

_ESTABLISHED: Final = (Stage.NEWLY_ESTABLISHED, Stage.IN_USE, Stage.OLD)

_CLEAR: Final = frozenset(
    {Refusal.NO_SA_SET, Refusal.CLEAR_FROM_PROTECTED_UE, Refusal.ANSWER_TO_PROTECTED_PORT}
)
"""Refusals of what came, or would have gone, without the protection that its port asks for."""

_TOO_MUCH: Final = frozenset({Refusal.OVERLOADED, Refusal.FLOODED, Refusal.OVERSIZED})

_TAMPERED: Final = frozenset(
    {Refusal.VERIFY_MISSING, Refusal.VERIFY_MISMATCH, Refusal.CLIENT_MISMATCH, Refusal.IMPI_MISMATCH}
)


# registered, or held for it


def registered(case: Case) -> Evidence:
    """The P-CSCF holds it for registered."""
    if not case.registered:
        return []
    failed = [e for e in case.since if isinstance(e.what, Failed)]
    confirmed = [case.confirmed] if case.confirmed else []
    return [*confirmed, *failed, *case.sets_now(*_ESTABLISHED, Stage.TEMPORARY)] or list(case.entries[-1:])


def _anew(case: Case, *, moved: bool) -> Evidence:
    """The last SM1 in the clear, while an established set stands: from its address, or from another one."""
    sets = case.sets_now(*_ESTABLISHED)
    homes = {one.address for one in case.standing if one.stage in _ESTABLISHED}
    sm1 = None
    for entry in case.since:
        what = entry.what
        if isinstance(what, Came) and what.over is None and what.brought is Brought.NOTHING:
            sm1, address = entry, what.address
    if not sets or sm1 is None or (address not in homes) is not moved:
        return []
    later = [e for e in case.since if e.at >= sm1.at and e is not sm1]
    return [*([case.confirmed] if case.confirmed else []), sm1, *later, *sets]


def began_anew(case: Case) -> Evidence:
    """The UE registers as if for the first time, where its sets are."""
    return _anew(case, moved=False)


def moved(case: Case) -> Evidence:
    """The UE registers from another address than its sets have."""
    return _anew(case, moved=True)


# what was refused, and what the core said


def refused(which: Collection[Refusal]) -> Test:
    """The last attempt ended with one of these refusals, ours."""

    def test(case: Case) -> Evidence:
        last = case.last.what if case.last else None
        if not isinstance(last, Failed) or last.refusal not in which:
            return []
        return [e for e in case.chapter if isinstance(e.what, Came | Failed)]

    return test


def limited(limit: Limit) -> Test:
    """That limit was reached: at the last attempt, or since then, before anything was read."""

    def test(case: Case) -> Evidence:
        last = case.last.what if case.last else None
        if case.after and _names(case.after[-1], limit):
            return [e for e in case.after if _names(e, limit)]
        if isinstance(last, Failed) and last.refusal is Refusal.OVERLOADED and last.detail == limit.word:
            return [e for e in case.chapter if isinstance(e.what, Came | Failed)]
        return []

    return test


def _names(entry: Entry, limit: Limit) -> bool:
    """Whether something was refused, or dropped, for that limit."""
    what = entry.what
    return isinstance(what, Dismissed) and what.refusal in _TOO_MUCH and what.detail == limit.word


def tampered(case: Case) -> Evidence:
    """SM7 was refused for what it lacks of SM1 and SM6, or says otherwise."""
    came = case.registers(case.chapter)
    answer = bool(came) and isinstance(came[-1].what, Came) and came[-1].what.over is Stage.TEMPORARY
    return refused(_TAMPERED | {Refusal.SECURITY_CLIENT_MISSING} if answer else _TAMPERED)(case)


def refused_now(which: Collection[Refusal]) -> Test:
    """The same, though the UE may be held for registered: it was told so after its last 200 OK."""
    test = refused(which)

    def now(case: Case) -> Evidence:
        return test(case) if case.last in case.since else []

    return now


def core_said(brought: Brought, statuses: Collection[int] = ()) -> Test:
    """The core ended the last attempt, after the UE had said that of its challenge."""

    def test(case: Case) -> Evidence:
        last = case.last.what if case.last else None
        if not isinstance(last, Failed) or last.refusal is not None or case.told(case.chapter) is not brought:
            return []
        return list(case.chapter) if not statuses or last.status in statuses else []

    return test


def core_ended(case: Case) -> Evidence:
    """The core ended the last attempt, whatever had been said."""
    last = case.last.what if case.last else None
    return list(case.chapter) if isinstance(last, Failed) and last.refusal is None else []


def core_is_asked(case: Case) -> Evidence:
    """A REGISTER is with the core, which has not answered."""
    came = case.registers(case.after)
    pending = came and case.after[-1] is came[-1] and not (case.last and isinstance(case.last.what, Failed))
    return [came[-1]] if pending else []


# a challenge without an answer


def silence(counted: Callable[[Counts], bool] = lambda _: True) -> Test:
    """Nothing answered the challenge, and the counters of its set are like that."""

    def test(case: Case) -> Evidence:
        found = case.silence
        if found is None or not counted(found[2]):
            return []
        led, line, _ = found
        return [*(e for e in led if isinstance(e.what, Came) or _counted(e)), line]

    return test


def _counted(entry: Entry) -> bool:
    """Whether it is the end of a challenge before, with counters of its own."""
    return isinstance(entry.what, Staged) and entry.what.counts is not None


def silence_after(brought: Brought) -> Test:
    """Nothing answered the last challenge, after the UE had said that of one before."""

    def test(case: Case) -> Evidence:
        found = case.silence
        if found is None or case.told(found[0]) is not brought:
            return []
        return [e for e in found[0] if isinstance(e.what, Came | Staged)]

    return test


def behind_nat(case: Case) -> Evidence:
    """Nothing answered the challenge, and the UE names another address than the one it came from."""
    found = case.silence
    if found is None:
        return []
    led, line, _ = found
    via = [e for e in led if isinstance(e.what, Came) and e.what.via]
    return [*via, line] if via else []


def came_from_elsewhere(case: Case) -> Evidence:
    """A challenge went to one address, and a REGISTER came from another; no packet came on its SAs."""
    found = case.silence
    if found is None:
        return []
    came = [e for e in found.led if isinstance(e.what, Came)]
    addresses = {e.what.address for e in came if isinstance(e.what, Came)}
    return [*came, found.line] if len(addresses) > 1 else []


def turned_away_meanwhile(case: Case) -> Evidence:
    """Nothing answered the challenge, and what came from its address came without protection."""
    found = case.silence
    if found is None:
        return []
    led, line, _ = found
    clear = [e for e in led if isinstance(e.what, Dismissed) and e.what.refusal in _CLEAR]
    return [*clear, line] if clear else []


# ends, and what is nobody's


def left(by: By) -> Test:
    """The registration has ended."""

    def test(case: Case) -> Evidence:
        last = case.last.what if case.last else None
        ended = isinstance(last, Left) and last.by is by
        return [e for e in case.chapter if isinstance(e.what, Confirmed | Left)] if ended else []

    return test


def ran_out(case: Case) -> Evidence:
    """The last thing was a 200 OK, and its time is over."""
    over = case.last is not None and isinstance(case.last.what, Confirmed) and not case.registered
    return [case.last] if over and case.last else []


def dismissed(case: Case) -> Evidence:
    """Nothing but messages without the protection that their port asks for."""
    if case.registers(case.entries):
        return []
    return [e for e in case.entries if isinstance(e.what, Dismissed) and e.what.refusal in _CLEAR]


def refused_otherwise(case: Case) -> Evidence:
    """The last attempt was refused here."""
    return list(case.chapter) if case.last is not None and isinstance(case.last.what, Failed) else []


def always(case: Case) -> Evidence:
    """Whatever there is."""
    return list(case.entries)
