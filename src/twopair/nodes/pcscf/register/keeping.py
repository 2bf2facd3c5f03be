"""From a registration to what is kept of it, and back after a restart (MGP-14)."""

from collections.abc import Iterable
from typing import Final

from twopair.base import Micros, Report
from twopair.core.registration.kept import (
    Forget,
    Keep,
    KeptChallenge,
    KeptRegistration,
    KeptSet,
)
from twopair.core.registration.pcscf import ANSWERED, Attempt, Challenge, Challenged, Confirming, Proposal
from twopair.core.sa import Stage
from twopair.core.secagree import Choice, Offer, ServerList, Terms
from twopair.nodes.actions import Action
from twopair.nodes.facts import Resumed
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.attempts import Attempts
from twopair.nodes.pcscf.register.binding import next_hop
from twopair.nodes.pcscf.tables import Tables

# Members of enumerations that every registration asks for (ADR 23).
_TEMPORARY: Final = Stage.TEMPORARY


def of_subscriber(subscriber: Subscriber) -> KeptRegistration | None:
    """What is kept of a registration; None while there is no more than a question to the core."""
    sets = tuple([kept for live in subscriber.sets if (kept := _of_set(live)) is not None])
    if not sets:
        return None
    latest = subscriber.latest
    return KeptRegistration(
        subscriber.impi,
        subscriber.flow,
        subscriber.token,
        subscriber.path,
        subscriber.contact,
        subscriber.over_tcp,
        subscriber.service_route,
        subscriber.bindings,
        latest.life.set_id if latest is not None else None,
        sets,
    )


def _of_set(live: LiveSet) -> KeptSet | None:
    """A temporary set is of use as long as SM7 may come; one whose attempt has ended is about to go."""
    life, challenge = live.life, None
    if life.stage is _TEMPORARY:
        state = live.attempt.state
        if not isinstance(state, Challenged | Confirming):
            return None
        offer, _, carrier = state.proposal
        challenge = KeptChallenge(offer.lines, state.challenge.nonce, carrier)
    return KeptSet(live.sa_set, life.stage, life.expires_at, live.said, challenge)


class Keeping:
    """Says what is to be kept, and takes it up again."""

    __slots__ = ("_attempts", "_lives", "_tables")

    def __init__(self, tables: Tables, attempts: Attempts, lives: Lives) -> None:
        self._tables = tables
        self._attempts = attempts
        self._lives = lives

    def flush(self, out: list[Action]) -> None:
        """What has changed in this event, before all that follows from it: a 200 OK is never ahead of it."""
        touched, self._tables.touched = self._tables.touched, {}
        first: list[Action] = []
        for subscriber in touched:
            value = of_subscriber(subscriber)
            if value is not None:
                subscriber.kept = True
                first.append(Keep(subscriber.token, value))
            elif subscriber.kept:
                subscriber.kept = False
                first.append(Forget(subscriber.token))
        out[:0] = first

    def all(self) -> dict[str, KeptRegistration]:
        """All that is kept, by key."""
        values = map(of_subscriber, self._tables.subscribers)
        return {value.token: value for value in values if value is not None}

    def recall(self, values: Iterable[KeptRegistration], now: Micros, out: list[Action]) -> None:
        """Take up what a predecessor kept; its sets are installed."""
        count = 0
        for value in values:
            self._resume(value, now, out)
            count += 1
        if count:
            out.append(Report(Resumed(count, len(self._tables.sets))))

    def _resume(self, value: KeptRegistration, now: Micros, out: list[Action]) -> None:
        tables, config = self._tables, self._tables.config
        hop = next_hop(value.service_route, config.registrar)
        owner = Subscriber(value.impi, value.token, value.path, hop, value.flow)
        owner.kept = True
        owner.contact, owner.over_tcp = value.contact, value.over_tcp
        owner.service_route = value.service_route
        owner.bind_all(value.bindings)
        tables.subscribers.add(owner)
        tables.sessions.resumed.add(owner.token)
        for kept in value.sets:
            live = _live(kept, tables, owner)
            owner.sets.append(live)
            tables.sets.add(live)
            tables.taken(live.life.set_id)
            if live.life.set_id == value.latest:
                owner.latest = live
            if live.life.stage is _TEMPORARY:
                self._attempts.resume(live)
        self._lives.resume(owner, now, out)


def _live(kept: KeptSet, tables: Tables, owner: Subscriber) -> LiveSet:
    sa_set = kept.sa_set
    life = tables.rules.life(sa_set.set_id, kept.expires_at, kept.stage)
    server = ServerList(kept.server, ())  # it is compared by its lines (AGR-31)
    challenge = kept.challenge
    if challenge is None:
        return LiveSet(sa_set, life, owner, server, ANSWERED, None)
    terms = Terms(sa_set.spis.uc, sa_set.spis.us, sa_set.ports.uc, sa_set.ports.us)
    proposal = Proposal(Offer(challenge.offer, ()), Choice(sa_set.suite, terms), challenge.carrier)
    attempt = Attempt(Challenged(proposal, Challenge(server, challenge.nonce, sa_set.set_id)))
    return LiveSet(sa_set, life, owner, server, attempt, challenge.carrier)
