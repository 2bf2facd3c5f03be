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


class Waiting:
    """The requests of one UE that wait for a first answer."""

    def __init__(self) -> None:
        self._since: dict[ClientTransaction, Micros] = {}
        self._tell_at: dict[ClientTransaction, Micros] = {}

    def begin(self, txn: ClientTransaction, now: Micros) -> None:
        """A request was sent."""
        self._since[txn] = now
        self._tell_at[txn] = Micros(now + FIRST)

    def over(self, txn: ClientTransaction) -> None:
        """Something came back, or nothing will."""
        if self._since.pop(txn, None) is not None:
            del self._tell_at[txn]

    def wake(self, now: Micros, out: list[Action]) -> list[Flow]:
        """Tell of what is due; the flows of requests of which it is told for the first time."""
        due = [txn for txn, at in self._tell_at.items() if at <= now]
        first = [txn.flow for txn in due if self._tell_at[txn] == self._since[txn] + FIRST]
        for txn in due:
            self._tell_at[txn] = Micros(now + EVERY)
            silent = now - self._since[txn]
            left_s = max(0, txn.timers.life - silent) // SECOND
            out.append(Report(Awaiting(txn.flow.remote, txn.method, silent // SECOND, left_s)))
        return first

    def next_deadline(self) -> Micros:
        """When `wake` has something to tell, `FOREVER` for never."""
        return min(self._tell_at.values(), default=FOREVER)
