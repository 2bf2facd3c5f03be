"""S-CSCF as registrar: authenticates, binds, refreshes, releases (TS 24.229 §5.4.1)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from twopair.base import Endpoint, Impi, Impu, Micros, Refusal, seconds
from twopair.core.registration.flows import OUTBOUND, RegFlow, is_anew
from twopair.nodes.cx import Assignment, Profile, Result, Sar
from twopair.nodes.facts import BY_NETWORK, Deregistered, Registered
from twopair.nodes.homenet.accepted import associated, charging, state
from twopair.nodes.homenet.authentication import Authentication
from twopair.nodes.homenet.challenges import Challenges, OpenChallenge
from twopair.nodes.homenet.changes import Change
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.decisions import Step, decide
from twopair.nodes.homenet.inquiry import Inquiry, assign
from twopair.nodes.homenet.meant import confirmed, meant
from twopair.nodes.homenet.registrar import Binding, Registrar
from twopair.nodes.homenet.registration_request import RegisterRequest
from twopair.nodes.homenet.rules import RULES, Rules
from twopair.nodes.homenet.targets import preference
from twopair.nodes.homenet.unserved import TO_REGISTER
from twopair.nodes.homenet.verdict import Answer, Denied, Headers
from twopair.wire.reginfo import ContactEvent
from twopair.wire.sip import NameAddr, print_params

PATH: Final = "path"
"""Option tag of RFC 3327."""


class Case(NamedTuple):
    """What the steps of the table work on.

    Args:
        request: what was asked.
        flow: the name of the registration asked for, as the 200 would confirm it (MGU-09).
        open: the challenge that it may answer.
        source: where it came from.
        now: the moment.
    """

    request: RegisterRequest
    flow: RegFlow
    open: OpenChallenge | None
    source: Endpoint
    now: Micros


class Scscf:
    """The registrar of one home network.

    Args:
        config: domain, digest and expiry rules.
        registrar: its table of bindings, shared with the proxy.
        rules: what it decides by.

    Attributes:
        changes: what has become of registrations, for those who watch them; whoever tells them empties it.
    """

    def __init__(self, config: HomeConfig, registrar: Registrar, rules: Rules = RULES) -> None:
        self._rules = rules
        self._config = config
        self._registrar = registrar
        self._challenges = Challenges(config.flows_per_impi)
        self._authentication = Authentication(config, self._challenges)
        self._asked: set[Impi] = set()  # who is to be challenged, whatever `challenge_refresh` says
        self.changes: list[Change] = []
        self._options = frozenset({PATH, OUTBOUND} if config.outbound else {PATH})
        self._steps: dict[Step, Callable[[Case], Inquiry[Answer | Denied]]] = {
            Step.VERIFY: self._verify,
            Step.RESYNC: self._resync,
            Step.REJECT: self._reject,
            Step.CHALLENGE: self._challenge,
            Step.REFRESH: self._refresh,
        }

    def register(self, request: RegisterRequest, source: Endpoint, now: Micros) -> Inquiry[Answer | Denied]:
        """Answer one REGISTER of a known user (INT-05).

        Args:
            request: what was asked.
            source: where it came from; requests to the user go there if Path names no address.
            now: the moment.
        """
        if unknown := ", ".join(tag for tag in request.required if tag.lower() not in self._options):
            return Denied(Refusal.BAD_EXTENSION, unknown, (("Unsupported", unknown),))
        if 0 < request.expires_s < self._config.min_expires_s:
            least = (("Min-Expires", str(self._config.min_expires_s)),)
            return Denied(Refusal.INTERVAL_TOO_BRIEF, f"{request.expires_s} s", least)
        flow = confirmed(request, outbound=self._config.outbound)
        if flow is None:
            return Denied(Refusal.FIRST_HOP_LACKS_OUTBOUND, request.path[-1])
        nonce = request.authorization.nonce if request.authorization else ""
        open_ = self._challenges.answered(request.impi, flow, nonce, now)
        case = Case(request, flow, open_, source, now)
        return (yield from self._steps[decide(request, open_, self._rules.decisions)](case))

    def next_deadline(self) -> Micros | None:
        """Moment at which a challenge or a registration may end."""
        waiting = (self._challenges.next_deadline(), self._registrar.next_deadline())
        return min((when for when in waiting if when is not None), default=None)

    def expire(self, now: Micros) -> Iterator[tuple[Deregistered, Sar | None]]:
        """End what is over by now; gives the facts to report, and what the HSS is to be told."""
        self._challenges.expire(now)
        for impi, binding in self._registrar.ended(now):
            impu = binding.profile.impus[0]
            why, event = Assignment.TIMEOUT_DEREGISTRATION, ContactEvent.EXPIRED
            yield self._end(impi, impu, binding, why, "expired", event)

    def dismiss(
        self, impi: Impi, event: ContactEvent, retry_after_s: int | None
    ) -> Iterator[tuple[Deregistered, Sar | None]]:
        """End all registrations of a user, emergency apart (24.229 §5.4.1.5).

        Gives the facts to report, and what the HSS is to be told.
        """
        for binding in self._registrar.of(impi):
            if not binding.flow.sos:
                why, impu = Assignment.ADMINISTRATIVE_DEREGISTRATION, binding.profile.impus[0]
                yield self._end(impi, impu, binding, why, f"{BY_NETWORK}{event.value}", event, retry_after_s)

    def reauthenticate(self, impi: Impi, within_s: int, now: Micros) -> int:
        """Let the registrations of a user end soon, and challenge the next REGISTER (24.229 §5.4.1.6).

        Returns:
            how many there are.
        """
        there = [one for one in self._registrar.of(impi) if not one.flow.sos]
        for binding in there:
            shorter = self._registrar.shorten(impi, binding, Micros(now + seconds(within_s)))
            self.changes.append(Change(impi, shorter, ContactEvent.SHORTENED))
        if there:
            self._asked.add(impi)
        return len(there)

    def renew(self, impi: Impi, profile: Profile) -> None:
        """The user data of a registered user have changed (29.228 §6.2.2)."""
        self._registrar.renew(impi, profile)

    # steps of the table

    def _verify(self, case: Case) -> Inquiry[Answer | Denied]:
        assert case.open is not None, "only an open challenge can be answered"
        if not (yield from self._authentication.succeeds(case.request, case.open)):
            return Denied(Refusal.WRONG_RESPONSE, case.request.impi)
        self._asked.discard(case.request.impi)
        return (yield from self._accept(case, initial=case.open.initial))

    def _resync(self, case: Case) -> Inquiry[Answer | Denied]:
        assert case.open is not None, "only an open challenge can be answered"
        return (yield from self._authentication.resynchronise(case.request, case.open, case.now))

    def _reject(self, case: Case) -> Inquiry[Answer | Denied]:
        yield from ()
        return Denied(Refusal.CHALLENGE_REJECTED, case.request.impi)

    def _challenge(self, case: Case) -> Inquiry[Answer | Denied]:
        request = case.request
        if request.ends and not request.protected:
            return Denied(Refusal.UNPROTECTED_DEREGISTER, request.impi)
        makes = request.contact is not None and not request.ends
        if makes and not self._registrar.room_for(request.impi, case.flow):
            return Denied(Refusal.TOO_MANY_FLOWS, request.impi)
        initial = not request.protected
        return (yield from self._authentication.challenge(request, case.flow, case.now, initial=initial))

    def _refresh(self, case: Case) -> Inquiry[Answer | Denied]:
        """A protected REGISTER that answers nothing: a registered user may be believed (INT-05)."""
        known, request = self._registrar.of(case.request.impi), case.request
        same = [one for one in known if (one.call_id, one.cseq) == (request.call_id, request.cseq.number)]
        if same and not request.ends:  # SM8 once more, by a P-CSCF that has not lived to hear the answer
            return self._answer(case, same[0].flow)
        about = known if case.request.ends else meant(known, case.request, case.flow, initial=False)
        challenged = self._config.challenge_refresh or request.impi in self._asked
        if about and (case.request.ends or not challenged):
            return (yield from self._accept(case, initial=False))
        return (yield from self._challenge(case))

    # what the user asks for, now that they are who they say

    def _accept(self, case: Case, *, initial: bool) -> Inquiry[Answer | Denied]:
        request = case.request
        about = meant(self._registrar.of(request.impi), request, case.flow, initial=initial)
        if any(one.call_id == request.call_id and request.cseq.number <= one.cseq for one in about):
            return Denied(Refusal.BAD_REQUEST, "CSeq is not higher than before (RFC 3261 §10.3)")
        if request.contact is None:
            return self._answer(case, case.flow)
        if request.expires_s == 0:
            return (yield from self._release(case, about))
        flow = about[0].flow if about and not is_anew(case.flow, about[0].flow) else case.flow
        return (yield from self._bind(case, request.contact, flow))

    def _bind(self, case: Case, contact: NameAddr, flow: RegFlow) -> Inquiry[Answer | Denied]:
        request, registrar, now = case.request, self._registrar, case.now
        known = registrar.of(request.impi)
        if not known and registrar.users >= self._config.max_registrations:
            return Denied(Refusal.OVERLOADED, "registrations")
        if not registrar.room_for(request.impi, flow):
            return Denied(Refusal.TOO_MANY_FLOWS, request.impi)
        kind = Assignment.RE_REGISTRATION if known else Assignment.REGISTRATION
        saa = yield from assign(self._sar(request.impi, request.impu, kind))
        if saa.result is not Result.SUCCESS:
            return Denied(TO_REGISTER[saa.result], request.impi)
        expires_s = min(request.expires_s, self._config.max_expires_s)
        params = {name: value for name, value in contact.params.items() if name != "expires"}
        binding = Binding(
            contact=f"<{contact.uri}>{print_params(params)}",
            target=contact.uri,
            path=request.path,
            hop=request.hop or case.source,
            profile=saa.profile,
            call_id=request.call_id,
            cseq=request.cseq.number,
            expires_at=Micros(now + seconds(expires_s)),
            flow=flow,
            impu=request.impu,
            impi=request.impi,
            preference=preference(contact.params.get("q")),
        )
        gone = [one for one in registrar.bind(request.impi, binding) if not is_anew(flow, one.flow)]
        again = any(is_anew(flow, one.flow) for one in known)
        for one in gone:
            self.changes.append(Change(request.impi, one, ContactEvent.UNREGISTERED))
        self.changes.append(
            Change(request.impi, binding, ContactEvent.REFRESHED if again else ContactEvent.REGISTERED)
        )
        ended = [Deregistered(request.impi, "another took its place", one.flow) for one in gone]
        identities = associated(saa.profile)
        stands = Registered(request.impi, identities[0], expires_s, identities, flow)
        return self._answer(case, flow, charging(self._config, request), (*ended, stands))

    def _release(self, case: Case, about: Sequence[Binding]) -> Inquiry[Answer | Denied]:
        """De-registration of contacts; with the last one goes the implicit set (24.229 §5.4.1.4)."""
        impi, impu, why = case.request.impi, case.request.impu, Assignment.USER_DEREGISTRATION
        words, event = "de-registered by the user", ContactEvent.UNREGISTERED
        facts: list[Deregistered] = []
        for binding in about:
            fact, sar = self._end(impi, impu, binding, why, words, event)
            facts.append(fact)
            if sar is not None:
                yield from assign(sar)
        return self._answer(case, case.flow, facts=tuple(facts))

    def _end(
        self,
        impi: Impi,
        impu: Impu,
        binding: Binding,
        why: Assignment,
        words: str,
        event: ContactEvent,
        retry_after_s: int | None = None,
    ) -> tuple[Deregistered, Sar | None]:
        """A registration is over; the HSS is to hear of the last one of a user."""
        self.changes.append(Change(impi, binding, event, retry_after_s))
        last = self._registrar.release(impi, binding)
        if last:
            self._asked.discard(impi)
        return Deregistered(impi, words, binding.flow), self._sar(impi, impu, why) if last else None

    def _answer(self, case: Case, own: RegFlow, more: Headers = (), facts: tuple[object, ...] = ()) -> Answer:
        """A 200 with the state as it is now."""
        there = self._registrar.of(case.request.impi)
        headers = state(self._config, case.request, case.flow, own, there, case.now)
        return Answer(200, headers + more, facts)

    def _sar(self, impi: Impi, impu: Impu, assignment: Assignment) -> Sar:
        return Sar(impi, impu, self._config.scscf_name, assignment)
