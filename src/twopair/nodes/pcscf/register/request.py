"""REGISTER from a UE: SM1 and SM7 in, SM2 and SM8 out (33.203 §7.2; 24.229 §5.2.2.1, §5.2.2.2)."""

from collections.abc import Iterable
from typing import Final

from twopair.base import SECOND, Flow, Micros, Refusal, WireError, token
from twopair.core.registration import pcscf_checks as checks
from twopair.core.registration.flows import Kind
from twopair.core.registration.pcscf import Attempt, Challenged, Confirming, Proposal, Step
from twopair.core.registration.pcscf_integrity import Bearer, classify, integrity_protected
from twopair.core.sa import Stage
from twopair.core.secagree import (
    Choice,
    Offer,
    ServerList,
    choose_at_pcscf,
)
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber, path_uri
from twopair.nodes.pcscf.gm.takers import Taker, taken
from twopair.nodes.pcscf.register.attempts import Attempts
from twopair.nodes.pcscf.register.binding import hop_or
from twopair.nodes.pcscf.register.exchange import Exchange, Reading, read_register
from twopair.nodes.pcscf.register.sending import send
from twopair.nodes.pcscf.relay.headers import Anew, from_ue
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Request

# Members of enumerations that every registration asks for (ADR 23).
_TEMPORARY_STAGE: Final = Stage.TEMPORARY
_FLOW: Final = Kind.FLOW
_CLEAR: Final = Bearer.CLEAR
_TEMPORARY_BEARER: Final = Bearer.TEMPORARY
_ANSWERED: Final = Step.ANSWERED

ANEW: Final = Anew(
    *("max-forwards", "route", "authorization", "path"),
    below=("Max-Forwards", "Authorization", "Path", "P-Visited-Network-ID", "P-Charging-Vector"),
    demands=True,
)
"""What is said anew to the core."""

_NOTHING_IN_COMMON: Final = frozenset({Refusal.NO_COMMON_ALGORITHM, Refusal.CONFIDENTIALITY_REQUIRED})


class Registrations:
    """Takes REGISTER requests, checks them, and forwards those that pass."""

    __slots__ = ("_answers", "_attempts", "_tables")

    def __init__(self, tables: Tables, answers: Answers, attempts: Attempts) -> None:
        self._tables = tables
        self._answers = answers
        self._attempts = attempts

    def take(
        self, txn: ServerTransaction, request: Request, live: LiveSet | None, now: Micros, out: list[Action]
    ) -> None:
        """A new REGISTER, in the clear or over the set `live`."""
        try:
            reading = read_register(request, txn.flow, live, self._tables.rules.naming)
        except WireError as error:
            self._answers.refuse(txn, live, Refusal.BAD_REQUEST, now, out, detail=error.what)
            return
        if not reading.hops:
            self._refuse(txn, live, Refusal.TOO_MANY_HOPS, reading, now, out)
        elif live is None and (until := self._tables.ends_at) is not None:
            left = [("Retry-After", str(max(1, -(-(until - now) // SECOND))))]
            self._refuse(txn, live, Refusal.DRAINING, reading, now, out, headers=left)
        elif live is not None and live.life.stage is _TEMPORARY_STAGE:
            self._answered(txn, request, live, reading, now, out)
        else:
            self._proposed(txn, request, live, reading, now, out)

    # SM1

    def _proposed(
        self,
        txn: ServerTransaction,
        request: Request,
        live: LiveSet | None,
        reading: Reading,
        now: Micros,
        out: list[Action],
    ) -> None:
        """SM1: in the clear, or over an established set in a re-registration."""
        pending = self._attempts.open_challenge(reading.impi, reading.nonce)
        out.append(reading.came(txn.flow, live, challenged=pending is not None))
        try:
            offer = Offer.parse(request.get_all("Security-Client"))
        except WireError as error:
            self._refuse(txn, live, Refusal.MALFORMED_SECURITY, reading, now, out, detail=error.what)
            return
        over = live.owner if live else None
        subscriber = self._tables.subscribers.meant(reading.impi, reading.flow, over)
        if live is None and self._too_much(txn, reading, subscriber, now, out):
            return
        choice = choose_at_pcscf(offer, self._tables.config.policy)
        nonce = reading.nonce if pending else None
        evidence = self._evidence(request, txn.flow, live, subscriber, reading, offer, choice, nonce)
        refusal = checks.first_refusal(self._tables.rules.proposed, evidence)
        if refusal is not None or isinstance(choice, Refusal):
            assert refusal is not None, "a check refuses what cannot be chosen from"
            self._refuse(txn, live, refusal, reading, now, out, detail=self._differ(refusal, offer))
            return
        continued = live if live is not None and live.owner is subscriber else None
        bearer = self._bearer(live, subscriber)
        answer = classify(
            bearer,
            response=reading.response,
            auts=reading.auts,
            nonce=reading.nonce,
            pending=nonce,
        )
        denies = pending if reading.auts is not None or not reading.response else None  # ERR-03, ERR-04
        if live is not None and live.owner.yielding is not None:
            denies = live.owner.yielding  # whatever it says, the UE still has the old set (ERR-30)
        if denies is not None and live is not None:  # said under protection: believed at once (ERR-03)
            self._attempts.feed(denies.attempt, Step.ABANDONED, now, out, live=denies)
            denies = None
        attempt = Attempt(Proposal(offer, choice, continued.life.set_id if continued else None))
        exchange = Exchange(
            txn,
            live,
            bearer,
            reading,
            integrity_protected(bearer, answer),
            attempt,
            subscriber.token if subscriber else token(self._tables.entropy),
            denies,
        )
        self._forward(exchange, request, now, out)

    def _too_much(
        self,
        txn: ServerTransaction,
        reading: Reading,
        subscriber: Subscriber | None,
        now: Micros,
        out: list[Action],
    ) -> bool:
        """Whether one in the clear is refused because there is no room for what it would lead to."""
        load = self._tables.load
        lack = load.lack(txn.flow.remote.address, subscriber, now)
        if lack is not None:
            retry, full = [load.retry_after()], Refusal.OVERLOADED
            self._refuse(txn, None, full, reading, now, out, detail=lack.word, headers=retry)
        return lack is not None

    def _differ(self, refusal: Refusal, offer: Offer) -> str:
        """What was offered and what we take, where that is why nothing came of it (ERR-08)."""
        if refusal not in _NOTHING_IN_COMMON:
            return ""
        ours = ", ".join(map(str, self._tables.config.policy.priority))
        return f"offered {offer.words}; we take {ours}"

    def _bearer(self, live: LiveSet | None, subscriber: Subscriber | None) -> Bearer:
        """What a REGISTER came over; the set of another registration vouches for nothing (INT-02)."""
        if live is None:
            return _CLEAR
        return Bearer.LATEST if self._tables.rules.vouches(live, subscriber) else Bearer.EARLIER

    def _evidence(
        self,
        request: Request,
        flow: Flow,
        live: LiveSet | None,
        subscriber: Subscriber | None,
        reading: Reading,
        offer: Offer,
        choice: Choice | Refusal,
        pending: str | None,
    ) -> checks.Proposed:
        tables = self._tables
        ue, limits = flow.remote.address, tables.config.limits
        sets = [s for s in subscriber.sets if s.life.stage is not _TEMPORARY_STAGE] if subscriber else []
        temporary = len(subscriber.sets) - len(sets) if subscriber else 0
        lists: list[ServerList] = []
        if live is not None:
            latest = live.owner.latest
            lists = [live.server] if latest is None or latest is live else [live.server, latest.server]
        terms = choice.terms if isinstance(choice, Choice) else None
        taker = Taker(reading.impi, renewing=subscriber if live is not None else None)
        uc_taken, spis_taken = (False, False) if terms is None else taken(tables, flow, terms, taker)
        return checks.Proposed(
            hop=reading.hop,
            offer=offer,
            choice=choice,
            answers_in_clear=live is None and reading.answers(pending),
            uc_taken=uc_taken,
            spis_taken=spis_taken,
            flow_full=subscriber is None and not self._attempts.room_for(reading.impi, reading.flow),
            sets=len(sets),
            address_sets=tables.sets.count_at(ue) - temporary,
            most_sets=limits.sets_per_impi,
            most_address_sets=limits.sets_per_address,
            live_terms=[s.terms for s in sets] if live is not None else (),
            verify=request.get_all("Security-Verify") if live is not None else (),
            verify_lists=lists,
            verify_may_miss=tables.config.missing_security_verify == "tolerate",
        )

    # SM7

    def _answered(
        self,
        txn: ServerTransaction,
        request: Request,
        live: LiveSet,
        reading: Reading,
        now: Micros,
        out: list[Action],
    ) -> None:
        """SM7: over the temporary set; both comparisons of AGR-31 stand between it and the core."""
        state = live.attempt.state
        out.append(reading.came(txn.flow, live, challenged=True))
        if not isinstance(state, Challenged | Confirming):
            self._answers.refuse(txn, live, Refusal.SET_NOT_USABLE, now, out, detail="the attempt is over")
            return
        evidence = checks.Answered(
            hop=reading.hop,
            proposal=state.proposal,
            challenge=state.challenge,
            verify=request.get_all("Security-Verify"),
            client=request.get_all("Security-Client"),
        )
        refusal = checks.first_refusal(self._tables.rules.answered, evidence)
        nonce = state.challenge.nonce
        bearer = _TEMPORARY_BEARER
        answer = classify(
            bearer, response=reading.response, auts=reading.auts, nonce=reading.nonce, pending=nonce
        )
        integrity = integrity_protected(bearer, answer)
        exchange = Exchange(txn, live, bearer, reading, integrity, live.attempt, live.owner.token)
        if refusal is None:
            self._attempts.feed(
                live.attempt, _ANSWERED, now, out, live=live,
                reply=lambda: self._forward(exchange, request, now, out),
            )  # fmt: skip
        elif refusal in checks.TAMPERING:
            txn.owner = exchange
            self._attempts.feed(
                live.attempt, Step.TAMPERED, now, out, live=live, exchange=exchange,
                reply=lambda: self._refuse(txn, live, refusal, reading, now, out),
            )  # fmt: skip
        else:
            self._refuse(txn, live, refusal, reading, now, out)

    # onwards

    def _forward(self, exchange: Exchange, request: Request, now: Micros, out: list[Action]) -> None:
        """SM2 or SM8: without the agreement, with what the home network needs (PCS-01..PCS-06, INT-01)."""
        tables, config = self._tables, self._tables.config
        asks_outbound = exchange.reading.flow is not None and exchange.reading.flow.kind is _FLOW
        credentials = tables.rules.vouch(exchange.reading.credentials, exchange.integrity)
        below = (
            str(exchange.reading.hops - 1),
            str(credentials),
            path_uri(exchange.token, config.core, outbound=asks_outbound),
            f'"{config.visited_network}"',
            tables.charging(),
        )
        up = from_ue(request, ANEW, (tables.core_via(),), below, demanded="path")
        exchange.txn.owner = exchange
        hop = config.registrar if config.registrar is not None else hop_or(request.uri, None)
        send(exchange, up, hop, tables, now, out)

    def _refuse(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        refusal: Refusal,
        reading: Reading,
        now: Micros,
        out: list[Action],
        *,
        detail: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer with an error, and say that this registration failed."""
        out.append(reading.failed(refusal.words, refusal.status, refusal))
        self._answers.refuse(txn, live, refusal, now, out, detail=detail, headers=headers)
