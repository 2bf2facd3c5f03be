"""The home network as one node: I-CSCF, S-CSCF and HSS behind one core address."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from twopair.base import (
    Bind,
    Endpoint,
    Entropy,
    Flow,
    IllegalStep,
    Impi,
    Micros,
    Refusal,
    Refused,
    Report,
    WireError,
    token,
)
from twopair.core.sip import CORE, ClientTransaction, ServerTransaction, TransactionLayer, Trouble
from twopair.nodes.actions import Action
from twopair.nodes.cx import Reason, Sar
from twopair.nodes.events import (
    Dismiss,
    Event,
    HssAnswered,
    Ppr,
    Reauthenticate,
    Received,
    Rtr,
    SendMessage,
    Start,
    StreamClosed,
    StreamOpened,
    Woke,
)
from twopair.nodes.facts import Ordered
from twopair.nodes.homenet.borders import Borders
from twopair.nodes.homenet.chains import Chains
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.forwarding import Branch, Forwarding
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.icscf import Icscf
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.inquiries import Inquiries
from twopair.nodes.homenet.inquiry import Inquiry, assign, readable
from twopair.nodes.homenet.network_user import NetworkUser, OwnMessage
from twopair.nodes.homenet.proxy import Proxy, answer_flow
from twopair.nodes.homenet.reg_event import RegEvent, Watcher
from twopair.nodes.homenet.registrar import Registrar
from twopair.nodes.homenet.registration_request import RegisterRequest
from twopair.nodes.homenet.routing import Decision, Ours, Routing, Watches
from twopair.nodes.homenet.rules import RULES, Rules
from twopair.nodes.homenet.scscf import Scscf
from twopair.nodes.homenet.store import SubscriberStore
from twopair.nodes.homenet.streams import Streams
from twopair.nodes.homenet.targets import Fork, Onward
from twopair.nodes.homenet.third_party import ThirdParty, ThirdPartyRegister
from twopair.nodes.homenet.verdict import Answer, Denied
from twopair.wire.reginfo import ContactEvent
from twopair.wire.sip import Request, Response, make_response, parse

_NOT_OURS: Final = "the home network has no such wish or event"

TOLD: Final = {Reason.PERMANENT_TERMINATION: ContactEvent.REJECTED}
"""What a user is told of a registration that the HSS ends; else to register anew (24.229 §5.4.1.5)."""


class HomeNetwork:
    """A `Node` that registers users and carries requests between them.

    Args:
        config: domain, address, rules.
        subscribers: who may register, with their keys; None where an HSS elsewhere has them (`AskHss`).
        entropy: where RAND, tags and branches come from.
        rules: what it decides by; services have all of them.

    Attributes:
        hss: its own, None where there is none.
    """

    def __init__(
        self,
        config: HomeConfig,
        subscribers: SubscriberStore | None,
        entropy: Entropy,
        rules: Rules = RULES,
    ) -> None:
        self._config = config
        self._entropy = entropy
        self._layer = TransactionLayer(self, lambda _flow: CORE)
        registrar = Registrar(config.flows_per_impi)
        self.hss = None if subscribers is None else Hss(subscribers, entropy, rules, dict(config.services))
        self._inquiries = Inquiries(self.hss)
        self._icscf = Icscf(config.scscf_name)
        self._scscf = Scscf(config, registrar, rules)
        self._borders = Borders(config)
        self._chains = Chains(entropy)
        self._routing = Routing(config, self._icscf, registrar, self._borders, self._chains)
        self._proxy = Proxy(config.core, entropy, self._layer, self._borders, self._chains)
        self._proxy.without_server = self._without_server
        self._user = NetworkUser(config, entropy, self._routing, self._proxy, self._layer, self._inquiries)
        self._reg_event = RegEvent(config, entropy, registrar, self._layer, self._proxy)
        self._third_party = ThirdParty(config, entropy, self._layer, self._proxy, registrar, self._dismiss)
        self._own: dict[type, Callable[[Any, int, Micros, list[Action]], None]] = {
            OwnMessage: self._user.answered,
            Watcher: self._reg_event.answered,
            ThirdPartyRegister: self._third_party.answered,
        }
        self._registrar = registrar
        self._streams = Streams()

    # Node

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Take one event."""
        out: list[Action] = []
        match event:
            case Received(flow, data):
                self._received(flow, data, now, out)
            case HssAnswered() | Rtr() | Ppr():
                self._from_hss(event, now, out)
            case Woke():
                self._wake(now, out)
            case StreamOpened(flow):
                self._streams.open(flow)
            case StreamClosed(flow):
                self._streams.close(flow)
            case SendMessage():
                self._user.send(event, now, out)
            case Dismiss():
                self._dismiss(event, now, out)
            case Reauthenticate(who, within_s):
                impi = self._user_of(who)
                count = self._scscf.reauthenticate(impi, within_s, now)
                out.append(Report(Ordered(who, count, self._reg_event.watching(impi) if count else 0)))
            case Start():
                out.append(Bind(self._config.core))
            case _:
                raise IllegalStep(_NOT_OURS)
        self._tell_changes(now, out)
        return list(self._streams.mended(out))

    def next_deadline(self) -> Micros | None:
        """Moment at which `Woke` is to be fed, or None."""
        parts = (self._layer, self._scscf, self._proxy, self._inquiries, self._reg_event)
        waiting = (part.next_deadline() for part in parts)
        return min((when for when in waiting if when is not None), default=None)

    @property
    def transactions(self) -> int:
        """SIP transactions kept now."""
        return len(self._layer)

    # TransactionUser

    def on_request(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """Register, forward or answer."""
        self._streams.came(request, flow)
        if request.method == "REGISTER":
            self._register(txn, request, flow, now, out)
        else:
            self._route(txn, request, flow.remote, now, out)

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Send the ACK to a 2xx on; one that cannot be routed is dropped, as nothing answers an ACK."""

        def decided(decision: Decision, _now: Micros, out: list[Action]) -> None:
            if isinstance(decision, Fork):
                decision = decision.groups[0][0]  # which of them, only a Route could tell
            if isinstance(decision, Onward):
                self._proxy.forward_ack(decision.request, decision.hop, out)
            elif isinstance(decision, Denied):
                out.append(Report(Refused(decision.refusal, flow, decision.detail)))

        decide = self._routing.decide(ack, flow.remote, now)
        self._inquiries.run(lambda _: readable(decide, Refusal.MALFORMED_SIP), decided, now, out)

    def on_cancel(
        self,
        cancelled: ServerTransaction,
        cancel_txn: ServerTransaction,
        request: Request,
        flow: Flow,
        now: Micros,
        out: list[Action],
    ) -> None:  # fmt: skip
        """Answer the CANCEL and cancel onwards (RFC 3261 §16.10)."""
        self._answer(cancel_txn, Answer(200), now, out)
        if isinstance(cancelled.owner, Forwarding) and not cancelled.answered:
            self._proxy.cancel(cancelled.owner, now, out)

    def on_response(
        self, txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """Send a response back, or take it as the outcome of a MESSAGE of ours."""
        if isinstance(txn.owner, Branch):
            self._proxy.on_response(txn.owner, response, now, out)
        elif response.status >= 200:
            self._own_answered(txn.owner, response.status, now, out)

    def on_silence(self, txn: ClientTransaction, now: Micros, out: list[Action]) -> None:
        """Nothing has come so far: it may still come, and twice is worse than late."""

    def on_timeout(self, txn: ClientTransaction, _trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No answer came: as 408 (RFC 3261 §16.8)."""
        if isinstance(txn.owner, Branch):
            self._proxy.on_timeout(txn.owner, now, out)
        else:
            self._own_answered(txn.owner, 408, now, out)

    def _own_answered(self, owner: object, status: int, now: Micros, out: list[Action]) -> None:
        """A request of ours has an outcome; a CANCEL has no owner, and nobody waits for its answer."""
        if (take := self._own.get(type(owner))) is not None:
            take(owner, status, now, out)

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Drop it (RFC 6026 §7.2)."""
        out.append(Report(Refused(Refusal.UNMATCHED_RESPONSE, flow, str(response.status))))

    def on_terminated(
        self, txn: ClientTransaction | ServerTransaction, now: Micros, out: list[Action]
    ) -> None:
        """Nothing here lives longer than its transactions."""

    # messages

    def _received(self, flow: Flow, data: bytes, now: Micros, out: list[Action]) -> None:
        if not flow.transport.reliable:
            self._message(flow, data, now, out)
            return
        for message in self._streams.messages(flow, data, out):
            self._message(flow, message, now, out)

    def _message(self, flow: Flow, data: bytes, now: Micros, out: list[Action]) -> None:
        try:
            message = parse(data)
        except WireError as error:
            out.append(Report(Refused(Refusal.MALFORMED_SIP, flow, str(error))))
            return
        self._layer.receive(message, flow, now, out)

    def _register(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """I-CSCF, then S-CSCF; a P-CSCF outside the trust domain is told no keys, nor believed (AKA-30)."""
        if not self._borders.inside(flow.remote):
            self._answer(txn, Denied(Refusal.OUTSIDE_TRUST_DOMAIN, str(flow.remote)), now, out)
            return
        try:
            wanted = RegisterRequest.parse(request)
        except WireError as error:
            self._answer(txn, Denied(Refusal.BAD_REQUEST, str(error)), now, out)
            return
        room = self._inquiries.run(
            lambda at: readable(self._registered(wanted, flow.remote, at)),
            lambda answer, at, to: self._has_registered(txn, request, answer, at, to),
            now,
            out,
            wanted.impi,
        )
        if not room:
            self._answer(txn, Denied(Refusal.OVERLOADED, "requests that wait for the HSS"), now, out)

    def _has_registered(
        self,
        txn: ServerTransaction,
        request: Request,
        answer: Answer | Denied,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Answer a REGISTER, and tell of what it has changed."""
        response = self._answer(txn, answer, now, out)
        self._tell_changes(now, out, request, response)

    def _tell_changes(
        self,
        now: Micros,
        out: list[Action],
        asked: Request | None = None,
        answered: Response | None = None,
    ) -> None:
        """Application servers hear of registrations, and whoever watches them."""
        if self._scscf.changes:
            self._third_party.tell(self._scscf.changes, now, out, asked, answered)
            self._reg_event.tell(self._scscf.changes, now, out)

    def _registered(self, wanted: RegisterRequest, source: Endpoint, now: Micros) -> Inquiry[Answer | Denied]:
        assigned = yield from self._icscf.register(wanted.impi, wanted.impu)
        if isinstance(assigned, Refusal):
            return Denied(assigned, wanted.impi)
        return (yield from self._scscf.register(wanted, source, now))

    def _route(
        self, txn: ServerTransaction, request: Request, source: Endpoint, now: Micros, out: list[Action]
    ) -> None:
        decide = self._routing.decide(request, source, now)
        self._inquiries.run(
            lambda _: readable(decide),
            lambda decision, at, to: self._routed(txn, request, decision, at, to),
            now,
            out,
        )

    def _routed(
        self, txn: ServerTransaction, request: Request, decision: Decision, now: Micros, out: list[Action]
    ) -> None:
        if isinstance(decision, Watches):
            self._watch(txn, request, now, out)
        elif isinstance(decision, Onward | Fork):
            self._proxy.forward(txn, decision, now, out)
        elif isinstance(decision, Ours):
            answer = self._user.answer(request)
            self._answer(txn, answer, now, out)
            taken = isinstance(answer, Answer) and request.method == "MESSAGE"
            if taken and decision.user == self._config.echo:
                self._user.echo(request, now, out)
        else:
            self._answer(txn, decision, now, out)

    def _without_server(self, branch: Branch, now: Micros, out: list[Action]) -> bool:
        """Go on with a request as if a server had not been asked (24.229 §5.4.3.2, SESSION_CONTINUED)."""
        chain, forwarding = self._chains.get(branch.service), branch.forwarding
        if chain is None:
            return False

        def decided(decision: Decision, at: Micros, to: list[Action]) -> None:
            if isinstance(decision, Onward | Fork):
                self._proxy.resume(forwarding, decision, at, to)
            elif not forwarding.server.answered:
                self._routed(forwarding.server, forwarding.server.request, decision, at, to)

        self._inquiries.run(lambda at: readable(self._routing.go_on(chain, at)), decided, now, out)
        return True

    def _watch(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> None:
        try:
            if self._borders.inside(txn.flow.remote):
                denied = self._reg_event.subscribe(txn, request, now, out)
            else:
                denied = Denied(Refusal.OUTSIDE_TRUST_DOMAIN, str(txn.flow.remote))
        except WireError as error:
            denied = Denied(Refusal.BAD_REQUEST, str(error))
        if denied is not None:
            self._answer(txn, denied, now, out)

    def _from_hss(self, event: HssAnswered | Rtr | Ppr, now: Micros, out: list[Action]) -> None:
        """What an HSS elsewhere answers, or begins."""
        match event:
            case HssAnswered():
                self._inquiries.answered(event, now, out)
            case Rtr(impi):  # the HSS need not be told what it has said (29.228 §6.1.3)
                told = TOLD.get(event.reason, ContactEvent.DEACTIVATED)
                out += [Report(fact) for fact, _ in list(self._scscf.dismiss(impi, told, None))]
            case Ppr(impi, profile):
                self._scscf.renew(impi, profile)

    def _dismiss(self, order: Dismiss, now: Micros, out: list[Action]) -> None:
        impi = self._user_of(order.who)
        ended = list(self._scscf.dismiss(impi, order.event, order.retry_after_s))
        out.append(Report(Ordered(order.who, len(ended), self._reg_event.watching(impi) if ended else 0)))
        for fact, sar in ended:
            out.append(Report(fact))
            if sar is not None:
                self._tell(sar, now, out)

    def _user_of(self, who: str) -> Impi:
        """The user of that IMPI or IMPU."""
        return self._registrar.owner(identity_key(who)) or Impi(who)

    def _answer(
        self, txn: ServerTransaction, answer: Answer | Denied, now: Micros, out: list[Action]
    ) -> Response:
        """Send our own answer and report what it means."""
        status = answer.refusal.status if isinstance(answer, Denied) else answer.status
        response = make_response(txn.request, status, to_tag=token(self._entropy, 4), headers=answer.headers)
        flow = answer_flow(txn)
        txn.respond(response, flow, now, out)
        if isinstance(answer, Denied):
            out.append(Report(Refused(answer.refusal, flow, answer.detail)))
        else:
            out.extend(Report(fact) for fact in answer.facts)
        return response

    def _wake(self, now: Micros, out: list[Action]) -> None:
        self._layer.wake(now, out)
        self._proxy.wake(now, out)
        self._inquiries.wake(now, out)
        self._reg_event.wake(now, out)
        for fact, sar in list(self._scscf.expire(now)):
            out.append(Report(fact))
            if sar is not None:
                self._tell(sar, now, out)

    def _tell(self, sar: Sar, now: Micros, out: list[Action]) -> None:
        """The registration is over, whatever the HSS says to it."""
        self._inquiries.run(lambda _: assign(sar), lambda _answer, _now, _out: None, now, out, sar.impi)
