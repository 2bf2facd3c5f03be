"""Final answers to REGISTER: 200 stores the registration and moves the sets, others end the attempt.

33.203 §7.2, §7.3.1; 24.229 §5.2.2.1, §5.2.2.2; PCS-07, MGP-06, MGP-10, TMR-02.
"""

from enum import Enum
from sys import intern
from typing import Final

from twopair.base import Micros, Refusal, Report, Transport, seconds
from twopair.core.registration.binding import ALL, granted_s
from twopair.core.registration.flows import ALONE, Kind
from twopair.core.registration.pcscf import ANSWERED, Confirming, Forwarded, Step
from twopair.core.registration.pcscf_integrity import NO, YES, Bearer
from twopair.core.registration.pcscf_sets import SetEvent, established_until
from twopair.core.sa import Stage, Trigger
from twopair.nodes.actions import Action
from twopair.nodes.facts import BY_USER, Deregistered, Registered
from twopair.nodes.pcscf.gm.answers import Answers, tag_for
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.attempts import Attempts
from twopair.nodes.pcscf.register.binding import identities, next_hop, service_route
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.relay.headers import clean_for_ue
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Response, make_response


class Outcome(Enum):
    """What a 200 to a REGISTER means, by how the REGISTER came."""

    CONFIRM = "an authentication is complete"  # SM11
    EXTEND = "a re-registration without a challenge"
    REFUSE = "the core accepted what nobody authenticated"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_REFUSE: Final = Outcome.REFUSE
_CONFIRM: Final = Outcome.CONFIRM
_DELETED: Final = Stage.DELETED
_AUTHENTICATED: Final = SetEvent.AUTHENTICATED
_REAUTHENTICATED: Final = SetEvent.REAUTHENTICATED
_ACCEPTED: Final = Step.ACCEPTED
_FLOW: Final = Kind.FLOW
_TCP: Final = Transport.TCP


OUTCOMES: Final[dict[tuple[Bearer, str], tuple[Outcome, str]]] = {
    (Bearer.TEMPORARY, YES): (Outcome.CONFIRM, "33.203 §7.2, rows 5 and 6"),
    (Bearer.TEMPORARY, NO): (Outcome.REFUSE, "33.203 §6.1.5, INT-03"),
    (Bearer.LATEST, YES): (Outcome.EXTEND, "24.229 §5.1.1.4.2, RRG-05"),
    (Bearer.LATEST, NO): (Outcome.REFUSE, "33.203 §6.1.5, INT-03"),
    (Bearer.EARLIER, NO): (Outcome.REFUSE, "33.203 §6.1.5, INT-03"),
    (Bearer.CLEAR, NO): (Outcome.REFUSE, "33.203 §5.1.2, UNP-03"),
}
"""Fail closed: where the S-CSCF was told ``no`` it must challenge, not accept."""


class Confirmations:
    """Takes SM11 and every other final answer."""

    __slots__ = ("_answers", "_attempts", "_lives", "_tables")

    def __init__(self, tables: Tables, answers: Answers, attempts: Attempts, lives: Lives) -> None:
        self._tables = tables
        self._answers = answers
        self._attempts = attempts
        self._lives = lives

    def accepted(self, exchange: Exchange, response: Response, now: Micros, out: list[Action]) -> None:
        """A 2xx; its top Via is ours no more."""
        outcome = OUTCOMES[exchange.bearer, exchange.integrity][0]
        live = exchange.live
        if outcome is _REFUSE or live is None:
            self._not_authenticated(exchange, now, out)
        elif live.life.stage is _DELETED or not self._expected(exchange):
            self._rejected(exchange, "the SA set is gone", 0, now, out)
            self._answers.send(exchange.txn, live, _unavailable(exchange), now, out)
        else:
            expires_s = granted_s(exchange.reading.asked.about(live.owner.contact), response)
            if outcome is _CONFIRM:
                self._confirm(exchange, live, response, expires_s, now, out)
            else:
                self._extend(exchange, live, expires_s, now)
            self._store(exchange, live, response, expires_s, now, out)
            clean_for_ue(response)
            self._answers.send(exchange.txn, live, response, now, out)

    def rejected(self, exchange: Exchange, response: Response, now: Micros, out: list[Action]) -> None:
        """A final answer that is neither 2xx nor a challenge: relayed (FLOW-07, MGP-06)."""
        self._rejected(exchange, response.reason, response.status, now, out)
        clean_for_ue(response)
        self._answers.send(exchange.txn, exchange.live, response, now, out)

    def unanswered(
        self,
        exchange: Exchange,
        now: Micros,
        out: list[Action],
        refusal: Refusal = Refusal.CORE_SILENT,
        detail: str = "",
    ) -> None:
        """The core is silent, or cannot be found (PCS-06, ERR-25)."""
        self._rejected(exchange, refusal.words, refusal.status, now, out, refusal)
        self._answers.refuse(exchange.txn, exchange.live, refusal, now, out, detail=detail)

    def _rejected(
        self,
        exchange: Exchange,
        reason: str,
        status: int,
        now: Micros,
        out: list[Action],
        refusal: Refusal | None = None,
    ) -> None:
        self._attempts.reject(exchange, now, out)
        out.append(exchange.reading.failed(reason, status, refusal))

    def _not_authenticated(self, exchange: Exchange, now: Micros, out: list[Action]) -> None:
        refusal = Refusal.NOT_AUTHENTICATED
        self._rejected(exchange, refusal.words, refusal.status, now, out, refusal)
        self._answers.refuse(exchange.txn, exchange.live, refusal, now, out)

    @staticmethod
    def _expected(exchange: Exchange) -> bool:
        """Whether the attempt still waits for this; what ended meanwhile is not revived."""
        return isinstance(exchange.attempt.state, Confirming | Forwarded)

    def _confirm(
        self,
        exchange: Exchange,
        live: LiveSet,
        response: Response,
        expires_s: int,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Rows 5 and 6 of the event table, by how SM1 came (FLOW-06, TMR-02).

        An initial registration takes the place of others of its UE, or, with ``outbound``, of none (MGU-09).
        """
        state = exchange.attempt.state
        assert isinstance(state, Confirming), "only SM8 is answered by SM11"
        owner = live.owner
        protected = state.proposal.carrier is not None
        previous = owner.latest.life if owner.latest is not None and protected else None
        event = _REAUTHENTICATED if protected else _AUTHENTICATED

        def confirm() -> None:
            live.life.expires_at = established_until(previous, expires_s, now)
            owner.latest = live
            self._lives.happen(event, owner, now, out, subject=live)
            confirmed = (exchange.reading.flow or owner.flow).confirmed(response.values("Require"))
            named = confirmed.kind is _FLOW and owner.flow.kind is Kind.ALONE
            if expires_s and (named or not protected):
                owner.flow = ALONE if confirmed == ALONE else confirmed
                self._take_place(owner, now, out)

        self._attempts.feed(exchange.attempt, _ACCEPTED, now, out, live=live, reply=confirm)
        live.attempt = ANSWERED  # all that is left of any

    def _take_place(self, owner: Subscriber, now: Micros, out: list[Action]) -> None:
        """End the registrations that this one replaces, with all their sets (MGU-09)."""
        for other in self._tables.subscribers.all_of(owner.impi):
            if other is not owner and self._tables.rules.takes_place_of(owner.flow, other.flow):
                self._attempts.supersede(other, now, out)
                other.bindings = ()  # it goes with its sets, and is not told to have expired
                for live in tuple(other.sets):
                    self._lives.release(live, Trigger.RELEASED, now, out)

    def _extend(self, exchange: Exchange, live: LiveSet, expires_s: int, now: Micros) -> None:
        """A re-registration that was not challenged changes nothing but lifetimes (RRG-05, TMR-02)."""
        exchange.attempt.feed(_ACCEPTED)
        self._lives.extend(live, established_until(None, expires_s, now))

    def _store(
        self,
        exchange: Exchange,
        live: LiveSet,
        response: Response,
        expires_s: int,
        now: Micros,
        out: list[Action],
    ) -> None:
        """What the 200 says of the registration (PCS-07, MGP-09), or of its end (MGP-10)."""
        owner, reading = live.owner, exchange.reading
        self._tables.touch(owner)
        if expires_s == 0:
            self._removed(exchange, live, out)
            return
        associated = identities(response) or (reading.impu,)
        owner.bind(reading.impu, associated, Micros(now + seconds(expires_s)))
        owner.contact = reading.asked.contact or owner.contact
        owner.over_tcp = exchange.txn.flow.transport is _TCP
        owner.service_route = intern(service_route(response))  # many have the same
        owner.next_hop = next_hop(owner.service_route, self._tables.config.registrar)
        out.append(Report(Registered(owner.impi, reading.impu, expires_s, owner.associated, owner.flow)))

    def _removed(self, exchange: Exchange, live: LiveSet, out: list[Action]) -> None:
        """200 to a de-registration; without an IMPU left the sets go when it has arrived (MGP-10).

        Other flows stay, unless all contacts were named: then an emergency registration does (PCS-18).
        """
        asked = exchange.reading.asked
        everywhere = asked.contact == ALL
        ordinary = (one for one in self._tables.subscribers.all_of(live.owner.impi) if not one.flow.sos)
        for owner in ordinary if everywhere else (live.owner,):
            had = bool(owner.bindings)
            owner.unbind(exchange.reading.impu)
            self._tables.touch(owner)
            if not owner.bindings and not owner.pending:
                exchange.doomed += tuple(owner.sets)
                if had or asked.expires_s:  # else a NOTIFY has overtaken this answer
                    out.append(Report(Deregistered(owner.impi, BY_USER, owner.flow)))


def _unavailable(exchange: Exchange) -> Response:
    return make_response(exchange.txn.request, 480, to_tag=tag_for(exchange.txn.request))
