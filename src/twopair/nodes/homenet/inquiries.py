"""Runs inquiries: at once with an HSS of our own, else until each answer comes (29.228 §6)."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from twopair.base import Impi, Micros, seconds
from twopair.nodes.actions import Action
from twopair.nodes.cx import AskHss, HssAnswered, Question, Reply, Result, failed
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.inquiry import Inquiry

Found = TypeVar("Found")
Start = Callable[[Micros], Inquiry[Found]]
Then = Callable[[Found, Micros, list[Action]], None]

LONGEST_WAIT: Final = seconds(10)
"""After which there will be no answer any more, should even the one that says so not come."""

MOST_WAITING: Final = 10_000
"""Questions without an answer yet, and as many inquiries that wait for their turn; more find no HSS."""


class _Run(Generic[Found]):
    """One inquiry, with what it waits for."""

    __slots__ = ("impi", "inquiry", "question", "then")

    def __init__(self, inquiry: Inquiry[Found], then: Then[Found], impi: Impi | None) -> None:
        self.inquiry = inquiry
        self.then = then
        self.impi = impi
        self.question: Question | None = None


class Inquiries:
    """Those of one home network.

    Inquiries of one user follow each other as their requests came: none sees a state that another is about to
    change.

    Args:
        hss: ours; None where questions go out as actions.
        most: bound of those that wait.
    """

    def __init__(self, hss: Hss | None, most: int = MOST_WAITING) -> None:
        self._hss = hss
        self._most = most
        self._number = 0
        self._asked: dict[int, _Run[Any]] = {}
        self._due: deque[tuple[Micros, int]] = deque()
        self._behind: dict[Impi, deque[tuple[Start[Any], Then[Any]]]] = {}
        self._queued = 0

    def run(
        self,
        start: Start[Found],
        then: Then[Found],
        now: Micros,
        out: list[Action],
        impi: Impi | None = None,
    ) -> bool:
        """Run an inquiry; gives whether there is room for it.

        Args:
            start: begins it, given the moment at which it is its turn.
            then: is called once, with what it found.
            now: the moment.
            out: takes the questions.
            impi: the user it is about, if it may change anything.
        """
        behind = None if impi is None else self._behind.get(impi)
        if behind is None:
            self._advance(_Run(start(now), then, impi), None, now, out)
        elif self._queued < self._most:
            self._queued += 1
            behind.append((start, then))
        else:
            return False
        return True

    def answered(self, event: HssAnswered, now: Micros, out: list[Action]) -> None:
        """An answer came; one that nobody waits for any more is dropped."""
        run = self._asked.pop(event.number, None)
        if run is not None:
            self._advance(run, event.reply, now, out)

    def next_deadline(self) -> Micros | None:
        """Moment at which the first question has waited too long."""
        while self._due and self._due[0][1] not in self._asked:
            self._due.popleft()
        return self._due[0][0] if self._due else None

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Go on without the answers that have not come."""
        while self._due and self._due[0][0] <= now:
            _, number = self._due.popleft()
            run = self._asked.pop(number, None)
            if run is not None:
                self._advance(run, _unreachable(run), now, out)

    def _advance(self, run: _Run[Any], reply: Reply | None, now: Micros, out: list[Action]) -> None:
        """Take steps until one has to wait, or the last is done."""
        ended = True
        try:
            run.question = run.inquiry.send(reply)  # type: ignore[arg-type]  # the first is sent None
            while self._hss is not None or len(self._asked) >= self._most:
                answer = _unreachable(run) if self._hss is None else self._hss.answer(run.question)
                run.question = run.inquiry.send(answer)
            self._wait(run, run.question, now, out)
            ended = False
        except StopIteration as end:
            run.then(end.value, now, out)
        finally:
            if ended and run.impi is not None:
                self._next(run.impi, now, out)

    def _wait(self, run: _Run[Any], question: Question, now: Micros, out: list[Action]) -> None:
        if run.impi is not None:
            self._behind.setdefault(run.impi, deque())
        self._number += 1
        self._asked[self._number] = run
        self._due.append((Micros(now + LONGEST_WAIT), self._number))
        out.append(AskHss(self._number, question))

    def _next(self, impi: Impi, now: Micros, out: list[Action]) -> None:
        """The next inquiry about a user has its turn."""
        behind = self._behind.pop(impi, None)
        if not behind:
            return
        start, then = behind.popleft()
        self._queued -= 1
        self._behind[impi] = behind
        run = _Run(start(now), then, impi)
        self._advance(run, None, now, out)


def _unreachable(run: _Run[Any]) -> Reply:
    assert run.question is not None, "it has asked"
    return failed(run.question, Result.UNABLE_TO_DELIVER)
