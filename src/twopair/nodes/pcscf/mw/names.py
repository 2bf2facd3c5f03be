"""What is known of names, and who waits for more (RFC 3263 §4; RFC 2308, RFC 8767)."""

from collections.abc import Callable
from typing import Final

from twopair.base import SECOND, Micros, seconds
from twopair.core.locate import Answer, Ask, Fault, Kind, Located, Place, Question, Resolve, Resolved, locate
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.agenda import Agenda

ANSWER_WITHIN: Final = seconds(5)
"""How long one question may stay unanswered; then it counts as answered with silence."""

MOST_S: Final = 86_400
LEAST_S: Final = 1
"""Bounds of the time that an answer is believed; one of 0 s must still serve those who wait for it."""

STALE_FOR: Final = seconds(3600)
STALE_AGAIN: Final = seconds(30)
"""While the name servers are silent, what was known goes on being used for so long, and they are asked again
after so long (RFC 8767 §4, §5)."""

_BEFORE: Final = 5
"""What is in use is asked for anew when a fifth of its time is left: so nobody waits for it."""

MOST_PLACES: Final = 4096
MOST_ANSWERS: Final = 16_384
MOST_ASKED: Final = 512
"""Bounds of what is kept, and of questions under way."""

_UNSURE: Final = frozenset({Fault.SILENT, Fault.REFUSED, Fault.GARBLED, Fault.OVERLOADED})
"""Faults that say nothing about the name itself."""

_ALWAYS: Final = Micros(2**62)
_NOTHING: Final = Located((), (), Fault.OVERLOADED)


class Entry:
    """What is known of one place.

    Attributes:
        located: its servers, None before anything is known.
        until: how long that holds.
        anew: from when on it is asked for anew.
        stale: how long it may be used if nothing else is known.
        searching: whether questions are under way.
    """

    __slots__ = ("anew", "located", "searching", "stale", "until")

    def __init__(self) -> None:
        self.located: Located | None = None
        self.until = Micros(0)
        self.anew = Micros(0)
        self.stale = Micros(0)
        self.searching = False


class Names:
    """A cache of places, filled by questions to the DNS.

    Args:
        kinds: of the addresses that we can reach, the preferred one first.
        agenda: for questions that stay unanswered.
        settled: called with each place whose search has ended.
    """

    __slots__ = ("_agenda", "_answers", "_asked", "_kinds", "_places", "_searching", "_settled", "_until")

    def __init__(
        self,
        kinds: tuple[Kind, ...],
        agenda: Agenda,
        settled: Callable[[Place, Located, Micros, list[Action]], None],
    ) -> None:
        self._kinds = kinds
        self._agenda = agenda
        self._settled = settled
        self._places: dict[Place, Entry] = {}
        self._searching: dict[Place, Entry] = {}
        self._answers: dict[Question, Answer] = {}
        self._until: dict[Question, Micros] = {}
        self._asked: dict[Question, None] = {}

    def find(self, place: Place, now: Micros, out: list[Action]) -> Located | None:
        """The servers behind a place; None: `settled` will be told."""
        entry = self._places.get(place)
        if entry is not None and now < entry.anew:
            return entry.located
        return self._look(place, entry, now, out)

    def _look(self, place: Place, entry: Entry | None, now: Micros, out: list[Action]) -> Located | None:
        if entry is None:
            entry = self._room(place)
        if not entry.searching:
            entry.searching = True
            self._searching[place] = entry
            self._forget(entry, now)
            self._step(place, entry, now, out)
        return entry.located if now < entry.until else None

    def _room(self, place: Place) -> Entry:
        """A new entry; the oldest one that is not searched for gives way."""
        if len(self._places) >= MOST_PLACES:
            oldest = next((known for known, one in self._places.items() if not one.searching), None)
            if oldest is not None:
                del self._places[oldest]
        entry = self._places[place] = Entry()
        return entry

    def _forget(self, entry: Entry, now: Micros) -> None:
        """Answers that are to be had anew, and those that hold no longer."""
        for question in entry.located.used if entry.located is not None else ():
            self._answers.pop(question, None)
            self._until.pop(question, None)
        if len(self._searching) == 1:  # else somebody may be about to use them
            for question in [one for one, until in self._until.items() if until <= now]:
                del self._until[question], self._answers[question]

    def _step(self, place: Place, entry: Entry, now: Micros, out: list[Action]) -> None:
        """As far as what is known leads: to an end, or to questions."""
        found = locate(place, self._answers, self._kinds)
        if isinstance(found, Located):
            self._end(place, entry, found, now, out)
            return
        if not self._ask(found, now, out):
            self._end(place, entry, _NOTHING, now, out)

    def _ask(self, ask: Ask, now: Micros, out: list[Action]) -> bool:
        """Put the questions that are not under way; whether there is room for all of them."""
        fresh = [question for question in ask.questions if question not in self._asked]
        if len(self._asked) + len(fresh) > MOST_ASKED:
            return False
        for question in fresh:
            self._asked[question] = None
            out.append(Resolve(question))
            self._agenda.note(Micros(now + ANSWER_WITHIN), self._unanswered, question)
        return True

    def _unanswered(self, question: Question, now: Micros, out: list[Action]) -> None:
        if question in self._asked:
            self.answered(Resolved(question, Answer((), 10, Fault.SILENT)), now, out)

    def answered(self, event: Resolved, now: Micros, out: list[Action]) -> None:
        """An answer has come; one that nobody waits for is none."""
        question, answer = event
        if question not in self._asked:
            return
        del self._asked[question]
        if len(self._answers) >= MOST_ANSWERS:
            oldest = next(iter(self._answers))
            del self._answers[oldest], self._until[oldest]
        self._answers[question] = answer
        self._until[question] = Micros(now + min(max(answer.ttl_s, LEAST_S), MOST_S) * SECOND)
        for place, entry in tuple(self._searching.items()):
            if entry.searching:
                self._step(place, entry, now, out)

    def _end(self, place: Place, entry: Entry, found: Located, now: Micros, out: list[Action]) -> None:
        entry.searching = False
        self._searching.pop(place, None)
        before = entry.located
        if found.fault in _UNSURE and before is not None and before.groups and now < entry.stale:
            entry.until = entry.anew = Micros(now + STALE_AGAIN)
            found = before
        else:
            until = min([self._until.get(question, now) for question in found.used], default=_ALWAYS)
            if found is _NOTHING:
                until = Micros(now + SECOND)
            entry.located, entry.until = found, until
            entry.anew = Micros(until - (until - now) // _BEFORE) if found.groups else until
            entry.stale = Micros(until + STALE_FOR)
        self._settled(place, found, now, out)
