"""S-CSCF as registrar: authenticates, binds, refreshes, releases (TS 24.229 §5.4.1)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from twopair.base import Endpoint, Impi, Impu, Micros, Refusal, seconds
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.homenet.authentication import Authentication
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.cx import Assignment, Profile, Result, Saa, Sar
from twopair.nodes.homenet.decisions import Step, decide
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.registrar import Binding, OpenChallenge, Registrar
from twopair.nodes.homenet.registration_request import RegisterRequest
from twopair.nodes.homenet.routes import same_target
from twopair.nodes.homenet.rules import RULES, Rules
from twopair.nodes.homenet.verdict import Answer, Denied, Headers
from twopair.wire.sip import NameAddr, print_params


class Case(NamedTuple):
    """What the steps of the table work on."""

    request: RegisterRequest
    open: OpenChallenge | None
    source: Endpoint
    now: Micros


class Scscf:
    """The registrar of one home network.

    Args:
        config: domain, digest and expiry rules.
        hss: whom it asks for vectors and profiles.
        registrar: its tables, shared with the proxy.
        rules: what it decides by.
    """

    def __init__(self, config: HomeConfig, hss: Hss, registrar: Registrar, rules: Rules = RULES) -> None:
        self._rules = rules
        self._config = config
        self._hss = hss
        self._registrar = registrar
        self._authentication = Authentication(config, hss, registrar)
        self._steps: dict[Step, Callable[[Case], Answer | Denied]] = {
            Step.VERIFY: self._verify,
            Step.RESYNC: self._resync,
            Step.REJECT: self._reject,
            Step.CHALLENGE: self._challenge,
            Step.REFRESH: self._refresh,
        }

    def register(self, request: RegisterRequest, source: Endpoint, now: Micros) -> Answer | Denied:
        """Answer one REGISTER of a known user (INT-05).

        Args:
            request: what was asked.
            source: where it came from; requests to the user go there if Path names no address.
            now: the moment.
        """
        if request.unknown_options:
            tags = ", ".join(request.unknown_options)
            return Denied(Refusal.BAD_EXTENSION, tags, (("Unsupported", tags),))
        if 0 < request.expires_s < self._config.min_expires_s:
            least = (("Min-Expires", str(self._config.min_expires_s)),)
            return Denied(Refusal.INTERVAL_TOO_BRIEF, f"{request.expires_s} s", least)
        open_ = self._registrar.challenges.get(request.impi)
        if open_ is not None and open_.expires_at <= now:
            open_ = None
        return self._steps[decide(request, open_, self._rules.decisions)](Case(request, open_, source, now))

    def expire(self, now: Micros) -> Iterator[object]:
        """End what is over by now and tell the HSS; gives the facts to report."""
        for impi, binding in self._registrar.ended(now):
            self._assign(impi, binding.profile.impus[0], Assignment.TIMEOUT_DEREGISTRATION)
            yield Deregistered(impi, "expired")

    def _verify(self, case: Case) -> Answer | Denied:
        assert case.open is not None, "only an open challenge can be answered"
        if not self._authentication.succeeds(case.request, case.open):
            return Denied(Refusal.WRONG_RESPONSE, case.request.impi)
        return self._accept(case)

    def _resync(self, case: Case) -> Answer | Denied:
        assert case.open is not None, "only an open challenge can be answered"
        return self._authentication.resynchronise(case.request, case.open, case.now)

    def _reject(self, case: Case) -> Denied:
        return Denied(Refusal.CHALLENGE_REJECTED, case.request.impi)

    def _challenge(self, case: Case) -> Answer | Denied:
        if case.request.ends and not case.request.protected:
            return Denied(Refusal.UNPROTECTED_DEREGISTER, case.request.impi)
        return self._authentication.challenge(case.request, case.now)

    def _refresh(self, case: Case) -> Answer | Denied:
        """A protected REGISTER that answers nothing: a registered user may be believed (INT-05)."""
        known = case.request.impi in self._registrar.bindings
        if known and (case.request.ends or not self._config.challenge_refresh):
            return self._accept(case)
        return self._authentication.challenge(case.request, case.now)

    def _accept(self, case: Case) -> Answer | Denied:
        """The user is who they say; do what they ask."""
        request, binding = case.request, self._registrar.bindings.get(case.request.impi)
        known_call = binding is not None and binding.call_id == request.call_id
        if binding is not None and known_call and request.cseq.number <= binding.cseq:
            return Denied(Refusal.BAD_REQUEST, "CSeq is not higher than before (RFC 3261 §10.3)")
        if request.contact is None:
            return Answer(200, self._state(binding, case.now))
        if request.expires_s == 0:
            return self._release(request, request.contact, binding, case.now)
        return self._bind(request, request.contact, case.source, case.now)

    def _bind(
        self, request: RegisterRequest, contact: NameAddr, source: Endpoint, now: Micros
    ) -> Answer | Denied:
        known = request.impi in self._registrar.bindings
        if not known and len(self._registrar.bindings) >= self._config.max_registrations:
            return Denied(Refusal.OVERLOADED, "registrations")
        kind = Assignment.RE_REGISTRATION if known else Assignment.REGISTRATION
        saa = self._assign(request.impi, request.impu, kind)
        if saa.result is not Result.SUCCESS:
            return Denied(Refusal.UNKNOWN_SUBSCRIBER, request.impi)
        expires_s = min(request.expires_s, self._config.max_expires_s)
        params = {name: value for name, value in contact.params.items() if name != "expires"}
        binding = Binding(
            contact=f"<{contact.uri}>{print_params(params)}",
            target=contact.uri,
            path=request.path,
            hop=request.hop or source,
            profile=saa.profile,
            call_id=request.call_id,
            cseq=request.cseq.number,
            expires_at=Micros(now + seconds(expires_s)),
        )
        self._registrar.bind(request.impi, binding)
        headers = self._state(binding, now) + self._charging(request)
        associated = _associated(saa.profile)
        return Answer(200, headers, (Registered(request.impi, associated[0], expires_s, associated),))

    def _release(
        self, request: RegisterRequest, contact: NameAddr, binding: Binding | None, now: Micros
    ) -> Answer:
        """De-registration of the contact, and with it of the implicit set (24.229 §5.4.1.4)."""
        named = contact.uri == "*" or (binding is not None and same_target(contact.uri, binding.target))
        if binding is None or not named:
            return Answer(200, self._state(binding, now))
        self._registrar.release(request.impi)
        self._assign(request.impi, request.impu, Assignment.USER_DEREGISTRATION)
        return Answer(200, (), (Deregistered(request.impi, "de-registered by the user"),))

    def _state(self, binding: Binding | None, now: Micros) -> Headers:
        """Headers of a 200 that tell what is registered (24.229 §5.4.1.2.2F)."""
        if binding is None:
            return ()
        left_s = max(0, (binding.expires_at - now) // seconds(1))
        associated = ", ".join(f"<{impu}>" for impu in _associated(binding.profile))
        return (
            ("Contact", f"{binding.contact};expires={left_s}"),
            *(("Path", element) for element in binding.path),
            ("Service-Route", self._config.service_route),
            ("P-Associated-URI", associated),
        )

    def _charging(self, request: RegisterRequest) -> Headers:
        """P-Charging-Vector of the request with our side of the accounting (24.229 §5.4.1.2.2F)."""
        if not request.charging:
            return ()
        return (("P-Charging-Vector", f'{request.charging};term-ioi="{self._config.domain}"'),)

    def _assign(self, impi: Impi, impu: Impu, assignment: Assignment) -> Saa:
        return self._hss.server_assignment(Sar(impi, impu, self._config.scscf_name, assignment))


def _associated(profile: Profile) -> tuple[Impu, ...]:
    """The identities a user may use, the default one first."""
    return tuple(impu for impu in profile.impus if identity_key(impu) not in profile.barred)
