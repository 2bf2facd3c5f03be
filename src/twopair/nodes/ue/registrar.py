"""Registering: one attempt at a time (24.229 §5.1.1; FLOW-05, MGU-01).

`twopair.core.registration.ue.TABLE` says what to do at each step, the functions in `steps.py` do it;
here answers, outcomes and deadlines become steps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from twopair.base import SECOND, Flow, Impu, Micros, Refusal, Refused, Report, Transport
from twopair.core.registration.pcscf_sets import established_until
from twopair.core.registration.ue import (
    Answering,
    Idle,
    Installing,
    Purpose,
    Registering,
    Round,
    State,
    Step,
    bounded,
    row,
    step_of,
)
from twopair.core.registration.ue_timing import refresh_at
from twopair.core.sa import Stage
from twopair.core.sip import Trouble
from twopair.nodes.actions import Action
from twopair.nodes.facts import Deregistered
from twopair.nodes.ue.challenge import Invalid, judge
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.gm import Asker, Gm
from twopair.nodes.ue.happening import Happening
from twopair.nodes.ue.opening import begin, leave_carrier, listen_at
from twopair.nodes.ue.reasons import reason_of
from twopair.nodes.ue.registration import Registration, delta_seconds
from twopair.nodes.ue.sets import LiveSet
from twopair.nodes.ue.steps import PERFORM
from twopair.wire.sip import Response

_BOUNDED_REFUSALS = {Step.CHALLENGED, Step.FALSE_NETWORK, Step.OUT_OF_SYNC}


@dataclass(frozen=True, slots=True)
class Exchange(Asker):
    """One REGISTER and the wait for its answer; an answer to an earlier one is no news."""

    registrar: "Registrar"
    call_id: str
    cseq: int

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final response came."""
        if self.registrar.awaits(self.call_id, self.cseq):
            self.registrar.answered(response, flow, now, out)

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """Timer F fired, or the connection failed."""
        if self.registrar.awaits(self.call_id, self.cseq):
            self.registrar.unanswered(trouble, now, out)


class Registrar:
    """The registration of one UE, and the attempt under way.

    Attributes:
        gm: the UE's side of Gm.
        state: of the attempt.
        registration: what stands, or None.
        authorization: latest value that was accepted, or empty (AKA-08).
        failures: consecutive failed attempts (UEP-13).
        retry_at: when to try again, `FOREVER` for not at all.
        not_before: what the network has asked for by Retry-After (UEP-14).
        lineage: changes when a registration is gone or begun anew: what hung on the one before is lost.
        broken: why it last changed, in words.
    """

    def __init__(self, gm: Gm) -> None:
        self.gm = gm
        self.state: State = Idle()
        self.registration: Registration | None = None
        self.authorization = ""
        self.failures = 0
        self.retry_at = FOREVER
        self.not_before = Micros(0)
        self.lineage = 0
        self.broken = ""
        self._wanted: Purpose | None = None
        self._orphans: list[tuple[Flow, str]] = []

    # -- wishes ----------------------------------------------------------------------------------

    def wish(self, purpose: Purpose, now: Micros, out: list[Action]) -> None:
        """Register, re-register or de-register; a wish that comes during an attempt waits for its end.

        Args:
            purpose: which of them.
            now: the moment.
            out: actions.
        """
        if not isinstance(self.state, Idle):
            self._wanted = purpose
            return
        self.retry_at = FOREVER
        if purpose is Purpose.DEREGISTER and self.registration is None:
            out.append(Report(Deregistered(self.gm.profile.impi, "was not registered", self.gm.sets.flow)))
            return
        if purpose is Purpose.DEREGISTER and self.gm.config.sos:
            self.give_up("an emergency registration is left to expire (24.229 §5.1.6)", out)
            return
        begin(self, purpose, now, out)

    def need(self, now: Micros, out: list[Action]) -> None:
        """Somebody needs the registration that is waited for: it is tried now, unless that was forbidden."""
        if self.retry_at != FOREVER and now >= self.not_before:
            self.wish(Purpose.REGISTER, now, out)

    def leave(self, live: LiveSet, now: Micros, out: list[Action]) -> None:
        """The set in use is of no use for requests: register in the clear (UEP-15, UEP-16).

        An attempt that is under way is to bring another set; one that has failed is made again in its time.
        """
        if live is not self.gm.sets.in_use:
            return
        planned = not live.usable and self.retry_at != FOREVER
        live.usable = False
        if isinstance(self.state, Idle) and not planned:
            self.wish(Purpose.REGISTER, now, out)

    def exchange(self, attempt: Round) -> Exchange:
        """Who waits for the answer to the latest REGISTER of a round."""
        return Exchange(self, attempt.call_id, attempt.cseq)

    # -- what happens ----------------------------------------------------------------------------

    def awaits(self, call_id: str, cseq: int) -> bool:
        """Whether the answer to that REGISTER is what the attempt waits for."""
        state = self.state
        return isinstance(state, Registering | Answering) and (
            (state.round.call_id, state.round.cseq) == (call_id, cseq)
        )

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final answer to the latest REGISTER."""
        assert not isinstance(self.state, Idle), "asked by awaits()"
        if response.status == 401:
            self._challenged(response, flow, self.state.round, now, out)
            return
        step, refusal = step_of(response.status), None
        if step is Step.ACCEPTED and isinstance(self.state, Registering) and not self.state.round.protected:
            # an unprotected 200 proves nothing, and never makes a registration (UNP-03, UNP-04, VAR-60)
            step, refusal = Step.REJECTED, Refusal.CLEAR_OK
            out.append(Report(Refused(refusal, flow)))
        if step is Step.REJECTED and isinstance(self.state, Registering) and self.gm.rules.collided(response):
            step = Step.COLLIDED
        longest = delta_seconds(response.get("Min-Expires"), 0)
        if step is Step.TOO_BRIEF and longest <= self.state.round.expires_s:
            step = Step.REJECTED
        reason = reason_of(response, self.state.round)
        self.take(Happening(step, reason, response=response, refusal=refusal), now, out)

    def _challenged(
        self, response: Response, flow: Flow, attempt: Round, now: Micros, out: list[Action]
    ) -> None:
        verdict = judge(response, attempt, self.gm)
        if isinstance(verdict, Invalid):
            out.append(Report(Refused(verdict.refusal, flow, verdict.detail)))
            happening = Happening(
                verdict.step,
                verdict.words,
                response=response,
                verdict=verdict,
                refusal=verdict.refusal,
            )
        else:
            happening = Happening(Step.CHALLENGED, "challenged", response=response, verdict=verdict)
        if bounded(happening.step, attempt) is not happening.step and happening.step in _BOUNDED_REFUSALS:
            refusal = Refusal.TOO_MANY_CHALLENGES
            out.append(Report(Refused(refusal, flow)))
            happening = replace(happening, refusal=refusal, reason=refusal.words)
        self.take(happening, now, out)

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No answer to the latest REGISTER (ERR-01, ERR-05, ERR-25; MGU-10 where a set carried it)."""
        state = self.state
        silent = (
            isinstance(state, Registering)
            and state.round.protected
            and state.round.purpose is Purpose.REGISTER
        )
        reason = trouble.words or self._silence(state)
        self.take(Happening(Step.SILENT if silent else Step.UNAVAILABLE, reason), now, out)

    def _silence(self, state: State) -> str:
        """What silence means: below SIP nobody says why (FLOW-02, ERR-01, ERR-15)."""
        live = self.gm.sets.get(state.set_id) if isinstance(state, Answering) else None
        if live is None:
            return "no answer"
        return f"no answer over the new SA set, {live.sa_set.suite}: other keys or algorithms, or no ESP"

    def connection_lost(self, flow: Flow, out: list[Action]) -> None:
        """Should it be that of SM1 in the clear, the answer comes on a new one (RFC 3261 §18.2.2)."""
        state = self.state
        if isinstance(state, Registering) and state.round.carrier == flow:
            listen_at(self.gm, state.round, out)

    def installed(self, set_id: int, now: Micros, out: list[Action]) -> None:
        """The back end has installed a set."""
        if isinstance(self.state, Installing) and self.state.set_id == set_id:
            self.take(Happening(Step.INSTALLED, "installed"), now, out)

    def not_installed(self, set_id: int, reason: str, now: Micros, out: list[Action]) -> None:
        """The back end has refused a set; nothing of it stands."""
        if isinstance(self.state, Installing) and self.state.set_id == set_id:
            happening = Happening(Step.NOT_INSTALLED, reason, refusal=Refusal.SA_INSTALL_FAILED)
            self.take(happening, now, out)

    def take(self, happening: Happening, now: Micros, out: list[Action]) -> None:
        """Carry out the row for what happened."""
        state = self.state
        assert not isinstance(state, Idle), "nothing happens to an attempt that is not there"
        found = row(state, bounded(happening.step, state.round))
        for do in found.do:
            PERFORM[do](self, state, happening, now, out)
        assert isinstance(self.state, found.state), "the row names the state its actions lead to"
        if isinstance(self.state, Idle):
            purpose, self._wanted = self._wanted or self._needed_after(state.round), None
            if purpose is not None:
                self.wish(purpose, now, out)

    def _needed_after(self, attempt: Round) -> Purpose | None:
        """An attempt over a set that was found to be of no use meanwhile has brought no other (UEP-16)."""
        live, over_it = self.gm.sets.in_use, attempt.protected and attempt.purpose is Purpose.REGISTER
        stuck = over_it and live is not None and not live.usable and self.retry_at == FOREVER
        return Purpose.REGISTER if stuck else None

    # -- time ------------------------------------------------------------------------------------

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Do what is due: ends of lifetimes, of the registration, refresh, another try."""
        self._sets_expired(self.gm.sets.expire(now, out), now, out)
        standing = self.registration
        if standing is not None and standing.expires_at <= now:
            self.lost("the registration expired", out)
        if not isinstance(self.state, Idle):
            return
        standing = self.registration
        if self.retry_at <= now or (standing is not None and standing.refresh_at <= now):
            self.wish(Purpose.REGISTER, now, out)

    def _sets_expired(self, expired: list[LiveSet], now: Micros, out: list[Action]) -> None:
        state = self.state
        for live in expired:
            if isinstance(state, Installing | Answering) and live.sa_set.set_id == state.set_id:
                self.take(Happening(Step.EXPIRED, "no answer within the lifetime of the set"), now, out)
        if expired and self.registration is not None and self.gm.sets.in_use is None:
            self.lost("the SA set expired", out)

    def forsake(self, reason: str, now: Micros, out: list[Action]) -> None:
        """The set in use is of no use: forget what hung on it, and register from the beginning (MGU-10).

        An authentication that is under way already is to bring a new set: it goes on.
        """
        if isinstance(self.state, Idle):
            self.begin_anew(reason, now, out)
        elif isinstance(self.state, Registering) and self.state.round.protected:
            silent = self.state.round.purpose is Purpose.REGISTER
            self.take(Happening(Step.SILENT if silent else Step.UNAVAILABLE, reason), now, out)

    def begin_anew(self, reason: str, now: Micros, out: list[Action]) -> None:
        """Without any set, in the clear (MGU-10)."""
        self._lose_all(reason, out)
        begin(self, Purpose.REGISTER, now, out)

    def give_up(self, reason: str, out: list[Action]) -> None:
        """The registration is over for this end, without a word to the network, and with it any attempt."""
        if not isinstance(self.state, Idle):
            leave_carrier(self.gm, self.state.round, out)
            self.state, self._wanted = Idle(), None
        self.retry_at = FOREVER
        self._lose_all(reason, out)

    def _lose_all(self, reason: str, out: list[Action]) -> None:
        """Every set goes, and what hung on them."""
        self.forget(self.gm.sets, reason, out)
        if self.registration is not None:
            self.lost(reason, out)

    @property
    def leaving(self) -> bool:
        """Whether a de-registration of ours is under way."""
        return not isinstance(self.state, Idle) and self.state.round.purpose is Purpose.DEREGISTER

    def associate(self, identities: tuple[Impu, ...]) -> None:
        """The identities that may be used are these by now (24.229 §5.1.1.5A); none are ignored."""
        if self.registration is not None and identities:
            self.registration = replace(self.registration, associated=identities)

    def shorten(self, expires_s: int, now: Micros) -> None:
        """The registration ends earlier: it is renewed in time, and its sets do not outlive it (MGU-14)."""
        standing = self.registration
        if standing is None:
            return
        until = Micros(now + expires_s * SECOND)
        if until >= standing.expires_at:
            return
        due = min(standing.refresh_at, refresh_at(expires_s, now))
        self.registration = replace(standing, expires_s=expires_s, expires_at=until, refresh_at=due)
        for live in self.gm.sets:
            if live.life.stage is not Stage.TEMPORARY:
                live.life.shorten(established_until(None, expires_s, now))

    def dismissed(self, reason: str, out: list[Action]) -> None:
        """The network has ended the registration, and any attempt to go on with it (MGU-13).

        The sets stay for what is under way, and are of no use for requests: others come in the clear.
        """
        if not isinstance(self.state, Idle):
            leave_carrier(self.gm, self.state.round, out)
            self.state, self._wanted = Idle(), None
            self.gm.sets.release([one for one in self.gm.sets if one.life.stage is Stage.TEMPORARY], out)
        for live in self.gm.sets:
            live.usable = False
        self.authorization, self.failures, self.retry_at = "", 0, FOREVER
        self.lost(reason, out)

    def put_off(self, when: Micros) -> None:
        """Register again at that moment, not before (UEP-14)."""
        if self.gm.config.retries:
            self.retry_at = self.not_before = when

    def forget(self, sets: Iterable[LiveSet], reason: str, out: list[Action]) -> None:
        """Remove sets over which no answer will come any more."""
        for live in sets:
            self._orphans += [(live.flow(transport), reason) for transport in Transport]
            self.gm.sets.release([live], out)

    def stop_orphans(self, now: Micros, out: list[Action]) -> None:
        """What went over sets that were forsaken will not be answered: it fails now, not in 128 s (MGU-10).

        Calls are over by then; they are lost with the registration.
        """
        orphans, self._orphans = self._orphans, []
        for flow, reason in orphans:
            self.gm.layer.undeliverable(flow, now, out, reason)

    def lost(self, reason: str, out: list[Action]) -> None:
        """The registration is gone."""
        self.registration = None
        self.breaks(f"de-registered: {reason}")
        out.append(Report(Deregistered(self.gm.profile.impi, reason, self.gm.sets.flow)))
        self.gm.sets.flow = self.gm.config.flow

    def breaks(self, reason: str) -> None:
        """What hung on the registration is lost with it (24.229 §5.1.1.2.1; MGU-10)."""
        self.lineage += 1
        self.broken = reason

    def next_deadline(self) -> Micros:
        """When `wake` has something to do, `FOREVER` for never."""
        deadlines = [self.gm.sets.next_deadline() or FOREVER]
        standing = self.registration
        if standing is not None:
            deadlines.append(standing.expires_at)
        if isinstance(self.state, Idle):
            deadlines.append(self.retry_at)
            if standing is not None:
                deadlines.append(standing.refresh_at)
        return min(deadlines)
