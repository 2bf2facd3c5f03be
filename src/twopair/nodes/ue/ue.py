"""The UE as a node: events in, actions out (24.229 §5.1; 33.203 §7)."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from twopair.base import (
    Bind,
    CloseStream,
    Entropy,
    Flow,
    Micros,
    Received,
    Refusal,
    Refused,
    Report,
    StreamClosed,
    StreamOpened,
    Transport,
    Unreachable,
    WireError,
    Woke,
    token,
)
from twopair.core.registration.flows import RegFlow
from twopair.core.registration.pcscf_checks import first_refusal
from twopair.core.registration.ue import Idle, Purpose
from twopair.core.sa import SasInstalled, SasRefused, Stage
from twopair.core.secagree import draw_port
from twopair.core.sip import ClientTransaction, ServerTransaction, Trouble, Why
from twopair.nodes.actions import Action
from twopair.nodes.events import Event
from twopair.nodes.facts import Unreached
from twopair.nodes.ue.access import Arrival
from twopair.nodes.ue.answering import answer
from twopair.nodes.ue.calls import Calls
from twopair.nodes.ue.card import Card
from twopair.nodes.ue.config import FOREVER, UeConfig
from twopair.nodes.ue.departure import Departure
from twopair.nodes.ue.extensions import unknown_in
from twopair.nodes.ue.gm import Gm, Pending
from twopair.nodes.ue.held import Held
from twopair.nodes.ue.keep_alive import KeepAlive
from twopair.nodes.ue.message import send
from twopair.nodes.ue.probe import Probe
from twopair.nodes.ue.profile import Profile
from twopair.nodes.ue.reg_event import RegEvent
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.ue.rules import RULES, Rules
from twopair.nodes.ue.sets import LiveSet
from twopair.nodes.ue.shared import Shared
from twopair.nodes.ue.unusable import asks_to_begin_anew
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, Say, SendMessage, Start
from twopair.wire.sip import Request, Response, make_response, parse


class UserEquipment:
    """One UE with one card, registered at one P-CSCF; also each of several registrations (`Device`).

    Args:
        config: addresses, transport, algorithms.
        card: ISIM or USIM (AKA-18).
        entropy: ports, SPIs, branches, tags come from it.
        rules: what it checks; programs have all of them.
        shared: with its other registrations, if it has any.
    """

    def __init__(
        self,
        config: UeConfig,
        card: Card,
        entropy: Entropy,
        rules: Rules = RULES,
        shared: Shared | None = None,
    ) -> None:
        self.card = card
        port_us = draw_port(entropy, config.ports, ())
        assert port_us is not None, "an empty range is refused by the configuration"
        self.profile = Profile(config, card.impi, card.impus[0], card.domain, port_us, token(entropy))
        self._gm = Gm(config, self.profile, card, entropy, rules, user=self, shared=shared or Shared())
        self._registrar = Registrar(self._gm)
        self._calls = Calls(self._registrar)
        self._departure = Departure(self._calls, self._registrar)
        self._probe = Probe(self._registrar)
        self._keep_alive = KeepAlive(self._registrar, self._probe)
        self._reg_event = RegEvent(self._registrar, self._probe)
        self._held = Held()

    # -- Node ------------------------------------------------------------------------------------

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Take one event and say what to do, in order."""
        out: list[Action] = []
        self._TAKE[type(event)](self, event, now, out)
        self._held.serve(lambda request, flow, live: self._admitted(request, flow, live, now, out), out)
        self._calls.check(now, out)
        self._registrar.stop_orphans(now, out)
        self._departure.wake(now, out)
        self._keep_alive.begin(now)
        self._reg_event.check(now, out)
        return out

    def next_deadline(self) -> Micros | None:
        """Moment at which `Woke` is to be fed, or None."""
        of_layer = self._gm.layer.next_deadline()
        parts = (
            self._registrar,
            self._calls,
            self._departure,
            self._gm.waiting,
            self._keep_alive,
            self._reg_event,
        )
        deadline = min(self._probe.until, *(part.next_deadline() for part in parts))
        if of_layer is not None:
            deadline = min(deadline, of_layer)
        return None if deadline == FOREVER else deadline

    @property
    def transactions(self) -> int:
        """SIP transactions kept now."""
        return len(self._gm.layer)

    # -- as one of several registrations -----------------------------------------------------------

    @property
    def registered(self) -> bool:
        """Whether a registration stands."""
        return self._registrar.registration is not None

    @property
    def attempting(self) -> bool:
        """Whether an answer to a REGISTER is waited for."""
        return not isinstance(self._registrar.state, Idle)

    @property
    def retries(self) -> bool:
        """Whether the next attempt will be made by itself, as one has failed (UEP-13)."""
        return self._registrar.retry_at != FOREVER

    @property
    def active(self) -> bool:
        """Whether one stands, is being made, or will be."""
        return self.registered or self.attempting or self.retries

    @property
    def name(self) -> RegFlow:
        """Its name among others: as the home network has confirmed it, if it stands."""
        return self._gm.sets.flow

    @property
    def in_call(self) -> bool:
        """Whether there is a call over it."""
        return self._calls.busy

    def give_up(self, reason: str, now: Micros) -> Sequence[Action]:
        """End it here: the network knows (MGU-09)."""
        out: list[Action] = []
        self._registrar.give_up(reason, out)
        self._calls.check(now, out)
        self._registrar.stop_orphans(now, out)
        return out

    # -- events ----------------------------------------------------------------------------------

    def _start(self, _event: Start, _now: Micros, out: list[Action]) -> None:
        out.append(Bind(self.profile.server, protected=True))
        clear = self.profile.clear
        if clear is not None and self.profile.config.transport is Transport.UDP:
            out.append(Bind(clear, protected=False, listen=False))  # kept: if it is taken, that shows at once

    def _register(self, _event: Register, now: Micros, out: list[Action]) -> None:
        self._departure.call_off()
        self._registrar.wish(Purpose.REGISTER, now, out)

    def _deregister(self, _event: Deregister, now: Micros, out: list[Action]) -> None:
        self._departure.begin(now, out)

    def _send_message(self, event: SendMessage, now: Micros, out: list[Action]) -> None:
        send(self._registrar, event, now, out)

    def _call(self, event: Call, now: Micros, out: list[Action]) -> None:
        self._calls.call(event, now, out)

    def _answer(self, event: Answer, now: Micros, out: list[Action]) -> None:
        self._calls.answer(event, now, out)

    def _say(self, event: Say, now: Micros, out: list[Action]) -> None:
        self._calls.say(event, now, out)

    def _hang_up(self, event: HangUp, now: Micros, out: list[Action]) -> None:
        self._calls.hang_up(event, now, out)

    def _installed(self, event: SasInstalled, now: Micros, out: list[Action]) -> None:
        self._registrar.installed(event.set_id, now, out)

    def _sas_refused(self, event: SasRefused, now: Micros, out: list[Action]) -> None:
        self._registrar.not_installed(event.set_id, event.reason, now, out)

    def _woke(self, _event: Woke, now: Micros, out: list[Action]) -> None:
        self._gm.layer.wake(now, out)
        self._calls.wake(now, out)
        self._registrar.wake(now, out)
        self._probe.wake(now, out)
        self._keep_alive.wake(now, out)
        in_use = self._gm.sets.in_use
        for flow in self._gm.waiting.wake(now, out):
            if in_use is not None and self._gm.sets.find(flow) is in_use:
                self._probe.start(now, out)  # one silence is no proof (MGU-10)

    def _unreachable(self, event: Unreachable, now: Micros, out: list[Action]) -> None:
        """ICMP ends the wait for what went in the clear; over a set it is worth a question (UNP-06)."""
        flow = event.flow
        live = self._gm.sets.find(flow)
        out.append(Report(Unreached(flow.remote, event.reason, protected=live is not None)))
        if live is None:
            self._gm.layer.undeliverable(flow, now, out, f"{flow.remote}: {event.reason}")
        elif live is self._gm.sets.in_use:
            self._probe.start(now, out)

    def _stream_opened(self, event: StreamOpened, _now: Micros, _out: list[Action]) -> None:
        self._gm.streams.opened(event.flow)

    def _stream_closed(self, event: StreamClosed, now: Micros, out: list[Action]) -> None:
        """What went over a connection that stood may still be answered on a new one (MSG-06)."""
        streams, layer = self._gm.streams, self._gm.layer
        stood = streams.stands(event.flow)
        if not streams.closed(event.flow):
            return
        if stood:
            layer.flow_closed(event.flow, now, out)
            self._registrar.connection_lost(event.flow, out)
        else:
            layer.flow_failed(event.flow, now, out, event.reason)

    def _received(self, event: Received, now: Micros, out: list[Action]) -> None:
        flow, data = event.flow, event.data
        if flow.transport is Transport.UDP:
            if data.strip(b"\r\n"):
                self._message(data, flow, now, out)
            return
        live = self._gm.sets.find(flow)
        if live is not None and live is self._gm.sets.in_use:
            self._alive(now)  # a pong is no message
        try:
            messages = self._gm.streams.feed(flow, data)
        except WireError as error:
            out.append(Report(Refused(Refusal.STREAM_BROKEN, flow, error.what)))
            out.append(CloseStream(flow))
            self._gm.streams.closed(flow)
            self._gm.layer.flow_failed(flow, now, out, why=Why.LOST)
            return
        for message in messages:
            self._message(message, flow, now, out)

    # -- messages --------------------------------------------------------------------------------

    def _message(self, data: bytes, flow: Flow, now: Micros, out: list[Action]) -> None:
        try:
            message = parse(data)
        except WireError as error:
            out.append(Report(Refused(Refusal.MALFORMED_SIP, flow, error.what)))
            return
        live = self._gm.sets.find(flow)
        response = isinstance(message, Response)
        txn = self._gm.layer.client_of(message) if isinstance(message, Response) else None
        refusal = first_refusal(self._gm.rules.arrival, Arrival(flow, live, response, txn))
        if refusal is None:
            self._admitted(message, flow, live, now, out)
        elif (
            refusal is Refusal.SET_NOT_USABLE
            and live is not None
            and isinstance(message, Request)
            and self._held.keep(message, live, flow)  # it may have overtaken SM12
        ):
            return
        else:
            out.append(Report(Refused(refusal, flow)))

    def _admitted(
        self, message: Request | Response, flow: Flow, live: LiveSet | None, now: Micros, out: list[Action]
    ) -> None:
        if live is not None and live.life.stage is Stage.IN_USE:
            live.heard = True
            self._alive(now)
        self._gm.layer.receive(message, flow, now, out)
        self._gm.sets.drain(out)

    def _alive(self, now: Micros) -> None:
        """The P-CSCF has the set in use."""
        self._probe.heard()
        self._keep_alive.heard(now)

    # -- TransactionUser -------------------------------------------------------------------------

    def on_request(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """Serve a request; all but calls are answered at once (RFC 3261 §8.2)."""
        self._own(txn, flow)
        if unknown := unknown_in(request, self._gm.config):
            tag, headers = token(self._gm.entropy), [("Unsupported", unknown)]
            response = make_response(request, 420, to_tag=tag, headers=headers)
            self._gm.respond(txn, response, now, out)
        elif self._reg_event.serves(request):
            self._reg_event.take(txn, request, now, out)
        elif not (self._calls.serves(request) and self._calls.take(txn, request, now, out)):
            self._gm.respond(txn, answer(request, flow, self._gm, out), now, out)

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """The ACK to a 2xx of ours."""
        try:
            self._calls.acknowledged(ack, now, out)
        except WireError as error:
            out.append(Report(Refused(Refusal.MALFORMED_SIP, flow, error.what)))

    def on_cancel(
        self,
        cancelled: ServerTransaction,
        cancel_txn: ServerTransaction,
        request: Request,
        flow: Flow,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Answer it, and the INVITE with 487 if that still rings (RFC 3261 §9.2)."""
        self._own(cancel_txn, flow)
        self._gm.respond(cancel_txn, make_response(request, 200), now, out)
        self._calls.cancelled(request.call_id, now, out)

    def on_response(
        self, txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """Tell who asked."""
        self._gm.waiting.over(txn)
        pending, registration = self._pending(txn), self._registrar.registration
        if response.status < 200:
            pending.asker.progressed(response, now, out)
            return
        pending.asker.answered(response, flow, now, out)
        if pending.live is not None and asks_to_begin_anew(txn.method, response, registration):
            self._registrar.leave(pending.live, now, out)

    def on_silence(self, txn: ClientTransaction, now: Micros, out: list[Action]) -> None:
        """Nothing has come so far: the UE has no other set to try (MGU-04)."""

    def on_timeout(self, txn: ClientTransaction, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """Take another way if there is one, else tell who asked."""
        self._gm.waiting.over(txn)
        if not self._gm.another_way(txn, trouble, now, out):
            self._pending(txn).asker.unanswered(trouble, now, out)

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Judged before: `access` lets no such response through."""
        out.append(Report(Refused(Refusal.UNMATCHED_RESPONSE, flow)))

    def on_terminated(
        self, txn: ClientTransaction | ServerTransaction, now: Micros, out: list[Action]
    ) -> None:
        """A transaction is over; an old set may have waited for it (MGU-05)."""
        if isinstance(txn, ClientTransaction):
            self._gm.waiting.over(txn)
        live = txn.owner.live if isinstance(txn.owner, Pending) else txn.owner
        if isinstance(live, LiveSet):
            live.transactions -= 1
            self._gm.sets.drain(out)

    def _own(self, txn: ServerTransaction, flow: Flow) -> None:
        """Have the set that a request came over wait for the end of its transaction (MGU-05)."""
        live = self._gm.sets.find(flow)
        if live is not None:
            live.transactions += 1
            txn.owner = live

    @staticmethod
    def _pending(txn: ClientTransaction) -> Pending:
        assert isinstance(txn.owner, Pending), "every request of a UE has one"
        return txn.owner

    _TAKE: ClassVar[dict[type[Any], Callable[..., None]]] = {
        Start: _start,
        Register: _register,
        Deregister: _deregister,
        SendMessage: _send_message,
        Call: _call,
        Answer: _answer,
        Say: _say,
        HangUp: _hang_up,
        SasInstalled: _installed,
        SasRefused: _sas_refused,
        Woke: _woke,
        StreamOpened: _stream_opened,
        StreamClosed: _stream_closed,
        Unreachable: _unreachable,
        Received: _received,
    }
