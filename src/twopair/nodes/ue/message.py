"""Sending a MESSAGE (RFC 3428; UEP-08, UEP-10)."""

from dataclasses import dataclass

from twopair.base import Flow, Impu, Micros, Refusal, Report
from twopair.core.sip import Trouble
from twopair.nodes.actions import Action
from twopair.nodes.facts import MessageAnswered
from twopair.nodes.ue import requests
from twopair.nodes.ue.extensions import missing
from twopair.nodes.ue.gm import Asker
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.wishes import SendMessage
from twopair.wire.sip import Response


@dataclass(frozen=True, slots=True)
class Outgoing(Asker):
    """A MESSAGE of ours, and the wait for its answer."""

    registrar: Registrar
    to: Impu
    call_id: str

    def answered(self, response: Response, _flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final answer."""
        out.append(Report(MessageAnswered(self.to, response.status, self.call_id, missing(response))))

    def unanswered(self, _trouble: Trouble, _now: Micros, out: list[Action]) -> None:
        """None came (RFC 3261 §8.1.3.1)."""
        out.append(Report(MessageAnswered(self.to, 408, self.call_id)))


def send(registrar: Registrar, wish: SendMessage, now: Micros, out: list[Action]) -> None:
    """Send a MESSAGE over the set in use; without a registration nothing is sent.

    The transport is that of the wish; else the configured one, but TCP for a large request (MSG-08).
    """
    gm, registration, live = registrar.gm, registrar.registration, registrar.gm.sets.in_use
    if registration is None or live is None:
        out.append(Report(MessageAnswered(wish.to, Refusal.NOT_REGISTERED.status, "")))
        registrar.need(now, out)
        return
    request = requests.message(gm, registration, live, wish, wish.transport or gm.config.transport)
    flow = gm.fit(request, live, wish.transport)
    gm.ask(request, flow, Outgoing(registrar, wish.to, request.call_id), now, out)
