"""`twopair explain`: why a UE is not registered, as JSON."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from twopair.base import Micros
from twopair.core.explain import Case, Diaries, Diary, Entry, Standing, explain
from twopair.core.explain.diary import A_DAY
from twopair.live.admin.diarist import Diarist
from twopair.live.admin.who import Who
from twopair.nodes.pcscf.snapshot import RegistrationView


def explained(
    views: Iterable[RegistrationView], diarist: Diarist, who: str, now: Micros, wall: float
) -> Iterator[str]:
    """One object, in parts that make one JSON text.

    Args:
        views: what the P-CSCF has.
        diarist: what it has reported.
        who: IMPI, public identity or address.
        now: the moment, on the clock of the diary.
        wall: the same as seconds since 1970.
    """
    wanted = Who(who)
    found = diarist.diaries.find(who, wanted.address)
    diary = found[0] if found else None
    own: list[RegistrationView] = []
    for view in views:
        if view.impi == diary.name if diary is not None else wanted.is_one(view):
            own.append(view)
        yield ""
    standing = [
        Standing(one.set_id, one.stage, one.ue, diarist.counts(one.set_id))
        for view in own
        for one in view.sets
    ]
    entries = _entries(diarist.diaries, diary, Micros(now - A_DAY)) if diary is not None else ()
    case = Case(entries, standing, registered=any(view.registered for view in own), now=now)
    yield json.dumps(as_values(who, case, wall))


def as_values(who: str, case: Case, wall: float) -> dict[str, Any]:
    """The shape that others build on."""
    cause, evidence = explain(case)
    return {
        "who": who,
        "registered": case.registered,
        "cause": cause.name,
        "sentence": cause.sentence,
        "advice": cause.advice,
        "clause": cause.clause,
        "evidence": [{"at": _at(entry.at, case.now, wall), "what": str(entry.what)} for entry in evidence],
    }


def _entries(diaries: Diaries, diary: Diary, since: Micros) -> tuple[Entry, ...]:
    """Its lines, and those of its address, if it is the only UE that is known there."""
    lines = diary.since(since)
    for address in list(diary.addresses)[-1:]:
        there = diaries.find("", address)
        strangers = [one for one in there if one.name == address]
        if len(there) - len(strangers) <= 1 and strangers and strangers[0] is not diary:
            lines += strangers[0].since(since)
    return tuple(sorted(lines, key=lambda entry: entry.at))


def _at(moment: Micros, now: Micros, wall: float) -> str:
    when = datetime.fromtimestamp(wall - (now - moment) / 1_000_000, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
