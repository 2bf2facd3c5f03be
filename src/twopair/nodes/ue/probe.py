"""Asks the P-CSCF over the set in use whether it still has it (24.229 §5.1.1.2.1; MGU-10).

A P-CSCF that has lost its SAs drops what comes over them, and nobody tells (UNP-07). The question is an
OPTIONS with Max-Forwards 0, which the first hop answers by itself, whatever it is (RFC 3261 §11, §16.3).
"""

from typing import Final

from twopair.base import Flow, Micros, seconds
from twopair.core.sip import Trouble
from twopair.nodes.actions import Action
from twopair.nodes.ue import requests
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.gm import Asker
from twopair.nodes.ue.registrar import Registrar
from twopair.wire.sip import Response

PATIENCE: Final = seconds(20)
"""How long the P-CSCF has to answer: over UDP the question leaves four times (0, 2, 6 and 14 s; TMR-04)."""

NOT_REGISTERED: Final = 403
"""The P-CSCF has the set, and no registration (24.229 §5.2.6.3, PCS-09); elsewhere it is but a refusal.

What an answer means whatever was asked is in `unusable`; all others say that the P-CSCF has the set.
"""


class Probe(Asker):
    """At most one question at a time.

    Attributes:
        until: when the set is given up without an answer, `FOREVER` while nothing is asked.
    """

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self.until = FOREVER

    def start(self, now: Micros, out: list[Action]) -> None:
        """Ask, unless that is being done, or there is nothing to ask about."""
        registrar = self._registrar
        gm, registration, live = registrar.gm, registrar.registration, registrar.gm.sets.in_use
        if self.until != FOREVER or registration is None or live is None or not gm.config.retries:
            return
        self.until = Micros(now + PATIENCE)
        transport = gm.config.transport
        request = requests.options(gm, registration, live, transport)
        gm.ask(request, live.flow(transport), self, now, out)

    def heard(self) -> None:
        """Something came over the set in use: it lives."""
        self.until = FOREVER

    def answered(self, response: Response, _flow: Flow, now: Micros, out: list[Action]) -> None:
        """An answer; almost any is good news."""
        self.until = FOREVER
        if response.status == NOT_REGISTERED:
            self._registrar.forsake(f"the P-CSCF answers {response.status} over the SA set", now, out)

    def unanswered(self, _trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """Its transaction has failed, a connection say; news only while the question is open."""
        if self.until != FOREVER:
            self._give_up(now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Give the set up if it is time."""
        if self.until <= now:
            self._give_up(now, out)

    def _give_up(self, now: Micros, out: list[Action]) -> None:
        self.until = FOREVER
        self._registrar.forsake("no answer over the SA set", now, out)
