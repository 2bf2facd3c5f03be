"""Authentications in progress: carries out what the attempt table says (33.203 §7.2, §7.3)."""

from collections.abc import Callable
from functools import partial
from typing import Final

from twopair.base import Endpoint, Impi, Micros, Port, Refusal, Report, Secret, seconds, token
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.registration.pcscf import (
    Attempt,
    Challenge,
    Challenged,
    Confirming,
    Do,
    Forwarded,
    Replacing,
    Step,
    Yielding,
)
from twopair.core.registration.pcscf_sets import REG_AWAIT_AUTH, SetEvent
from twopair.core.sa import End, InstallSas, Ports, SaSet, Spis, Stage, Trigger
from twopair.core.secagree import ServerList, Terms, draw_spis, repeats
from twopair.crypto.annex_i import expand
from twopair.nodes.actions import Action
from twopair.nodes.facts import RegistrationFailed
from twopair.nodes.pcscf.agenda import Errand
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.spis import Barred
from twopair.nodes.pcscf.gm.subscriber import Subscriber, path_uri
from twopair.nodes.pcscf.gm.takers import NOBODY, Taker, holders, taken
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Response

# Members of enumerations that every registration asks for (ADR 23).
_RELEASE: Final = Do.RELEASE
_RELEASE_LATER: Final = Do.RELEASE_LATER
_REPLACE: Final = Do.REPLACE
_TEMPORARY: Final = Stage.TEMPORARY
_PCSCF: Final = End.PCSCF
_CHALLENGED: Final = Step.CHALLENGED
_INSTALLED: Final = Step.INSTALLED


class Waiting:
    """SM6, held back until its set stands (FLOW-01)."""

    __slots__ = ("exchange", "live", "sm6")

    def __init__(
        self,
        exchange: Exchange,
        live: LiveSet,
        sm6: Response,
    ) -> None:
        self.exchange: Final = exchange
        self.live: Final = live
        self.sm6: Final = sm6


OPEN: Final = (Challenged, Confirming, Yielding)
"""States in which a challenge awaits its answer, or the core's word on it."""

TIME_TO_HEAR: Final = seconds(3)
"""How long an old set that makes room still stands after SM6: 1.5 * T1 of Gm (TMR-04).

A UE that has lost SM6 repeats SM1 after T1, and is answered over the old set; one that finds the challenge
no use says so over it at once (AKA-22), and then the old set stays.
"""


class Attempts:
    """All authentications whose challenge has come."""

    __slots__ = ("_answers", "_lives", "_replacing", "_tables", "_waiting", "_when_heard", "_when_over")

    def __init__(self, tables: Tables, answers: Answers, lives: Lives) -> None:
        self._tables = tables
        self._answers = answers
        self._lives = lives
        self._waiting: dict[int, Waiting] = {}
        self._replacing: dict[int, LiveSet] = {}
        self._when_heard: Errand = self._yielded
        self._when_over: Errand = self._await_over

    def open_challenge(self, impi: Impi, nonce: str) -> LiveSet | None:
        """The temporary set of an IMPI whose challenge has that nonce and awaits an answer, None for none."""
        for subscriber in self._tables.subscribers.all_of(impi) if nonce else ():
            for live in subscriber.sets if subscriber.yielding is None else (subscriber.yielding,):
                state = live.attempt.state
                if live.life.stage is not _TEMPORARY or not isinstance(state, OPEN):
                    continue
                if state.challenge.nonce == nonce:
                    return live
        return None

    def room_for(self, impi: Impi, flow: RegFlow | None) -> bool:
        """Whether an IMPI may have one more registration; mere attempts give way, the oldest first."""
        most = self._tables.config.limits.flows_per_impi
        if len(self._tables.subscribers.all_of(impi)) < most:
            return True
        standing = [s for s in self._counted(impi) if not s.pending]
        return len(standing) < most or (flow is not None and flow.sos)

    # the steps

    def begin(
        self,
        exchange: Exchange,
        sm6: Response,
        nonce: str,
        ck: Secret,
        ik: Secret,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Row 1: a challenge came. Replace what was unfinished, install the new set, hold SM6 back."""
        tables = self._tables
        subscriber = self._subject(exchange)
        known = subscriber in tables.subscribers.all_of(subscriber.impi)
        self.supersede(subscriber, now, out)
        self._yield_ports(exchange, now, out)
        full = not known and not self.room_for(subscriber.impi, exchange.reading.flow)
        lack = None
        if exchange.live is None and not full:
            ends = partial(self.supersede, now=now, out=out)
            lack = tables.load.make_room(exchange.txn.flow.remote.address, now, ends)
        if full or lack is not None:
            live: LiveSet | Refusal = Refusal.TOO_MANY_FLOWS if full else Refusal.OVERLOADED
        else:
            live = self._temporary(exchange, subscriber, nonce, ck, ik, now)
        if isinstance(live, Refusal):
            exchange.attempt.feed(Step.REJECTED)
            out.append(exchange.reading.failed(live.words, live.status, live))
            detail, headers = (lack.word, [tables.load.retry_after()]) if lack else ("", [])
            self._answers.refuse(exchange.txn, exchange.live, live, now, out, detail=detail, headers=headers)
            return
        if subscriber not in tables.subscribers.all_of(subscriber.impi):
            self._make_room(subscriber, now, out)
            tables.subscribers.add(subscriber)
        sm6.add("Security-Server", live.said[0])
        if isinstance(live.attempt.state, Yielding):
            subscriber.yielding = live
            tables.agenda.note(Micros(now + TIME_TO_HEAR), self._when_heard, live)
            self._answers.send(exchange.txn, exchange.live, sm6, now, out)
            return
        self._lives.begin(live, now, out)
        self._waiting[live.life.set_id] = Waiting(exchange, live, sm6)
        tables.agenda.note(live.life.expires_at, self._when_over, live.life.set_id)
        out.append(InstallSas(live.sa_set))

    def _yielded(self, live: LiveSet, now: Micros, out: list[Action]) -> None:
        """The UE has heard of the challenge: its old sets make room (RRG-02, ADR 0016)."""
        owner = live.owner
        if not isinstance(live.attempt.state, Yielding):
            return
        if not owner.sets or self._lost(live):  # they have ended meanwhile, or somebody was faster
            self.feed(live.attempt, Step.SUPERSEDED, now, out, live=live)
            return
        self.feed(live.attempt, Step.YIELDED, now, out, live=live)
        self._replacing[live.life.set_id] = live
        self._tables.agenda.note(live.life.expires_at, self._when_over, live.life.set_id)
        out.append(InstallSas(live.sa_set))

    def resume(self, live: LiveSet) -> None:
        """Wait for SM7 over a temporary set that a predecessor of this node has installed (MGP-14)."""
        self._tables.agenda.note(live.life.expires_at, self._when_over, live.life.set_id)

    def installed(self, set_id: int, now: Micros, out: list[Action]) -> None:
        """The set stands: SM6 may leave. Late news of a set that is gone is ignored."""
        waiting, replacing = self._waiting.pop(set_id, None), self._replacing.pop(set_id, None)
        if replacing is not None and isinstance(replacing.attempt.state, Replacing):
            self.feed(replacing.attempt, _INSTALLED, now, out)
            self._tables.touch(replacing.owner)
        if waiting is not None:
            exchange = waiting.exchange
            self._tables.touch(waiting.live.owner)
            self.feed(
                exchange.attempt,
                _INSTALLED,
                now,
                out,
                reply=lambda: self._answers.send(exchange.txn, exchange.live, waiting.sm6, now, out),
            )

    def not_installed(self, set_id: int, reason: str, now: Micros, out: list[Action]) -> None:
        """Nothing of the set stands (ERR-24)."""
        waiting, replacing = self._waiting.get(set_id), self._replacing.pop(set_id, None)
        if replacing is not None and isinstance(replacing.attempt.state, Replacing):
            self.feed(replacing.attempt, Step.NOT_INSTALLED, now, out)
            self._lives.release(replacing, Trigger.RELEASED, now, out)
        if waiting is not None:
            self.feed(
                waiting.exchange.attempt, Step.NOT_INSTALLED, now, out, live=waiting.live, detail=reason
            )
            self._lives.release(waiting.live, Trigger.RELEASED, now, out)

    def reject(self, exchange: Exchange, now: Micros, out: list[Action]) -> None:
        """A final answer that is no success, or none: the attempt is over, and what it denied (ERR-03)."""
        attempt, live, denied = exchange.attempt, exchange.live, exchange.denies
        if isinstance(attempt.state, Forwarded | Confirming):
            self.feed(attempt, Step.REJECTED, now, out, live=live, exchange=exchange)
        if denied is not None and isinstance(denied.attempt.state, OPEN):
            self.feed(denied.attempt, Step.ABANDONED, now, out, live=denied)

    def feed(
        self,
        attempt: Attempt,
        step: Step,
        now: Micros,
        out: list[Action],
        *,
        live: LiveSet | None = None,
        exchange: Exchange | None = None,
        reply: Callable[[], None] | None = None,
        detail: str = "",
    ) -> None:
        """Take a step and carry out its row.

        Args:
            attempt: the authentication.
            step: what happened.
            now: the moment.
            out: actions.
            live: its temporary set, where it has one.
            exchange: the REGISTER whose end a set is to outlive.
            reply: answers or forwards that REGISTER, as the row demands.
            detail: for the refusal of a REGISTER whose SM6 is still held back.
        """
        todo = attempt.feed(step)
        if live is not None and attempt.over:
            self._tables.touch(live.owner)
        if live is not None and live.owner.yielding is live:
            live.owner.yielding = None  # every step leads on from there
        for do in todo:
            if do is _RELEASE:
                assert live is not None, "only challenged attempts have rows that release"
                trigger = Trigger.EXPIRED if step is Step.EXPIRED else Trigger.RELEASED
                self._lives.release(live, trigger, now, out)
            elif do is _RELEASE_LATER:
                assert live is not None, "only challenged attempts have rows that release"
                assert exchange is not None, "a REGISTER that waits for an answer brought the step"
                exchange.doomed += (live,)
            elif do is _REPLACE:
                assert live is not None, "it is the set that replaces others"
                self._lives.replace(live, now, out)
            elif reply is not None:
                reply()
            elif live is not None:
                self._give_up(live.life.set_id, detail or step.value, now, out)

    def _give_up(self, set_id: int, detail: str, now: Micros, out: list[Action]) -> None:
        """Answer the REGISTER whose SM6 was held back with an error of our own."""
        waiting = self._waiting.pop(set_id, None)
        if waiting is not None:
            txn, live = waiting.exchange.txn, waiting.exchange.live
            out.append(waiting.exchange.reading.failed(detail, 500, Refusal.SA_INSTALL_FAILED))
            self._answers.refuse(txn, live, Refusal.SA_INSTALL_FAILED, now, out, detail=detail)

    def _await_over(self, set_id: int, now: Micros, out: list[Action]) -> None:
        """reg-await-auth has run out (TMR-01, MGP-07)."""
        live = self._tables.sets.by_id(set_id)
        if live is None or live.life.stage is not _TEMPORARY:
            return
        if live.attempt.over:
            self._lives.release(live, Trigger.EXPIRED, now, out)
        else:
            self.feed(live.attempt, Step.EXPIRED, now, out, live=live)
            out.append(Report(RegistrationFailed(live.owner.impi, Step.EXPIRED.value, flow=live.owner.flow)))

    def _subject(self, exchange: Exchange) -> Subscriber:
        """The registration that a challenge is for: known, or beginning with it."""
        tables, reading = self._tables, exchange.reading
        over = exchange.live.owner if exchange.live else None
        known = tables.subscribers.meant(reading.impi, reading.flow, over)
        if known is not None:
            return known
        flow, name = reading.flow or ALONE, exchange.token
        if tables.subscribers.behind(name) is not None:  # SM1 was for one that has another name by now
            name = token(tables.entropy)
        path = path_uri(name, tables.config.core)
        return Subscriber(reading.impi, name, path, tables.config.registrar, flow)

    def _counted(self, impi: Impi) -> list[Subscriber]:
        """The registrations that are counted: emergency must not fail for the others, nor they for it."""
        return [s for s in self._tables.subscribers.all_of(impi) if not s.flow.sos]

    def _make_room(self, subscriber: Subscriber, now: Micros, out: list[Action]) -> None:
        """A flood of attempts under new names evicts attempts alone, the oldest first (MGP-05, UNP-05)."""
        most = self._tables.config.limits.flows_per_impi
        if subscriber.flow.sos or len(self._tables.subscribers.all_of(subscriber.impi)) < most:
            return
        counted = self._counted(subscriber.impi)
        if len(counted) < most:
            return
        oldest = next(s for s in counted if s.pending)
        self.supersede(oldest, now, out)

    def _yield_ports(self, exchange: Exchange, now: Micros, out: list[Action]) -> None:
        """A UE tries again under another name, with ports or SPIs of its attempt: that attempt ends."""
        assert isinstance(exchange.attempt.state, Forwarded), "a challenge answers SM1"
        flow, terms = exchange.txn.flow, exchange.attempt.state.proposal.choice.terms
        for held in holders(self._tables, flow, terms):
            if held is not None and not Taker(exchange.reading.impi).barred_by(held):
                self.supersede(held.owner, now, out)

    def supersede(self, subscriber: Subscriber, now: Micros, out: list[Action]) -> None:
        """End what an earlier, unfinished procedure of this registration has left (MGP-05)."""
        if subscriber.yielding is not None:
            self.feed(subscriber.yielding.attempt, Step.SUPERSEDED, now, out, live=subscriber.yielding)
        unfinished = [live for live in subscriber.sets if self._tables.rules.gives_way(live)]
        for old in unfinished:
            if not old.attempt.over:
                self.feed(old.attempt, Step.SUPERSEDED, now, out, live=old)
        if unfinished:
            self._lives.happen(SetEvent.CHALLENGE, subscriber, now, out)

    def _lost(self, live: LiveSet) -> bool:
        """Whether another subscriber has by now what a set was to have (SA-15, SA-22)."""
        taker, sets = Taker(live.owner.impi, renewing=live.owner), self._tables.sets
        ports = any(taker.barred_by(sets.holder_of_client_port(*key)) for key in live.keys)
        return ports or any(
            taker.barred_by(sets.holder_of_spi(live.sa_set.ue, spi)) for spi in live.terms[:2]
        )

    def _temporary(
        self, exchange: Exchange, subscriber: Subscriber, nonce: str, ck: Secret, ik: Secret, now: Micros
    ) -> LiveSet | Refusal:
        """The temporary set of a challenge, or why there can be none (SA-16, SA-22, RRG-03, MGP-04)."""
        tables, config = self._tables, self._tables.config
        assert isinstance(exchange.attempt.state, Forwarded), "a challenge answers SM1"
        proposal = exchange.attempt.state.proposal
        suite, terms = proposal.choice
        flow = exchange.txn.flow
        pcscf, ue = flow.local.address, flow.remote.address
        repeated = [live for live in subscriber.sets if repeats(terms, live.terms)]
        in_place = bool(repeated) and proposal.carrier is not None
        if in_place and config.reuse == "reject":
            return Refusal.PORTS_REUSED  # RRG-02: a new set is asked for, and with it new values
        taker = Taker(subscriber.impi, renewing=subscriber) if in_place else NOBODY
        if any(taken(tables, flow, terms, taker)):
            return Refusal.PORT_COLLISION  # somebody was faster than SM1's answer
        if len(subscriber.sets) - len(repeated) >= config.limits.sets_per_impi:
            return Refusal.TOO_MANY_SETS
        set_id = tables.number()
        pc = tables.sets.free_pc(
            pcscf, Endpoint(ue, terms.port_s), _rotated(config.port_pc, subscriber, set_id)
        )
        if pc is None:
            return Refusal.PORT_COLLISION
        spi_pc, spi_ps = draw_spis(tables.entropy, Barred(tables.rules.spi, tables.sets, terms), config.share)
        server = ServerList.announce(Terms(spi_pc, spi_ps, pc, config.port_ps), config.policy.priority)
        sa_set = SaSet(
            set_id=set_id,
            impi=subscriber.impi,
            end=_PCSCF,
            ue=ue,
            pcscf=pcscf,
            ports=Ports(terms.port_c, terms.port_s, pc, config.port_ps),
            spis=Spis(terms.spi_c, terms.spi_s, spi_pc, spi_ps),
            suite=suite,
            keys=expand(suite, ck, ik),
        )
        step = Step.IN_PLACE if in_place else _CHALLENGED
        exchange.attempt.challenge(Challenge(server, nonce, set_id), step)
        life = tables.rules.life(set_id, expires_at=Micros(now + REG_AWAIT_AUTH))
        return LiveSet(sa_set, life, subscriber, server, exchange.attempt, proposal.carrier)


def _rotated(pool: tuple[Port, ...], subscriber: Subscriber, number: int) -> tuple[Port, ...]:
    """The pool, beginning behind the port used last, so that a port rests as long as it can (MSG-07)."""
    start = pool.index(subscriber.sets[-1].sa_set.ports.pc) + 1 if subscriber.sets else number
    start %= len(pool)
    return pool[start:] + pool[:start]
