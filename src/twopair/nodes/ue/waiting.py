"""Requests that have had no answer: who is waited for is told while it lasts, not only at its end."""

from typing import Final

from twopair.base import SECOND, Flow, Micros, Report, seconds
from twopair.core.sip import ClientTransaction
from twopair.nodes.actions import Action
from twopair.nodes.facts import Awaiting
from twopair.nodes.ue.config import FOREVER

FIRST: Final = seconds(4)
"""Silence that is worth a word: two T1 of Gm, when a request over UDP has left twice (TMR-04)."""

EVERY: Final = seconds(5)
"""How often more is said."""


class Waited:
    """One request without an answer.

    Args:
        since: when it was sent.
        until: when it is given up.
    """

    __slots__ = ("since", "tell_at", "until")

    def __init__(self, since: Micros, until: Micros) -> None:
        self.since = since
        self.until = until
        self.tell_at = Micros(since + FIRST)


class Waiting:
    """The requests of one UE that wait for a first answer."""

    def __init__(self) -> None:
        self._waited: dict[ClientTransaction, Waited] = {}

    def begin(self, txn: ClientTransaction, patience: Micros, now: Micros) -> None:
        """A request was sent; it is given up after `patience`."""
        self._waited[txn] = Waited(now, Micros(now + patience))

    def over(self, txn: ClientTransaction) -> None:
        """Something came back, or nothing will."""
        self._waited.pop(txn, None)

    def wake(self, now: Micros, out: list[Action]) -> list[Flow]:
        """Tell of what is due; the flows on which nothing came."""
        due = [(txn, waited) for txn, waited in self._waited.items() if waited.tell_at <= now]
        for txn, waited in due:
            waited.tell_at = Micros(now + EVERY)
            silent_s, left_s = ((now - waited.since) // SECOND, max(0, waited.until - now) // SECOND)
            out.append(Report(Awaiting(txn.flow.remote, txn.request.method, silent_s, left_s)))
        return [txn.flow for txn, _ in due]

    def next_deadline(self) -> Micros:
        """When `wake` has something to tell, `FOREVER` for never."""
        return min((waited.tell_at for waited in self._waited.values()), default=FOREVER)
