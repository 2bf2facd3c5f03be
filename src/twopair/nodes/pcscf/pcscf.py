"""The P-CSCF: its parts put together, events in, actions out (33.203 §7; 24.229 §5.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from twopair.base import (
    CloseStream,
    Entropy,
    Flow,
    Micros,
    Received,
    Refusal,
    Refused,
    Report,
    Send,
    StreamClosed,
    StreamOpened,
    Transport,
    WireError,
    Woke,
)
from twopair.core.locate import Resolved
from twopair.core.registration.kept import KeptRegistration
from twopair.core.registration.pcscf_sets import SetEvent
from twopair.core.sa import SasInstalled, SasRefused, Stage, Trigger
from twopair.core.sip import (
    CORE,
    GM,
    IN_CLEAR,
    ClientTransaction,
    ServerTransaction,
    Timers,
    TransactionLayer,
    Trouble,
    Why,
)
from twopair.nodes.actions import Action
from twopair.nodes.events import Drain, Event, Recalled, Reconfigured, Start
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.gm.access import Door, binds
from twopair.nodes.pcscf.gm.admission import Admission
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.streams import CLEAR_IDLE
from twopair.nodes.pcscf.located import Continuing
from twopair.nodes.pcscf.media.made import Media
from twopair.nodes.pcscf.register import sending
from twopair.nodes.pcscf.register.attempts import Attempts
from twopair.nodes.pcscf.register.challenge import Challenges
from twopair.nodes.pcscf.register.confirm import Confirmations
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.register.finals import Finals
from twopair.nodes.pcscf.register.keeping import Keeping
from twopair.nodes.pcscf.register.request import Registrations
from twopair.nodes.pcscf.relay.calls import Calls
from twopair.nodes.pcscf.relay.downward import Downward
from twopair.nodes.pcscf.relay.extensions import unknown_tags
from twopair.nodes.pcscf.relay.relayed import Relay, SessionRelay
from twopair.nodes.pcscf.relay.release import Releases
from twopair.nodes.pcscf.relay.responses import Responses
from twopair.nodes.pcscf.relay.upward import Upward
from twopair.nodes.pcscf.rules import RULES, Rules
from twopair.nodes.pcscf.snapshot import RegistrationView, snapshot
from twopair.nodes.pcscf.tables import Tables
from twopair.nodes.pcscf.tally import Tally, tally
from twopair.nodes.pcscf.watch.watches import Watch, Watches
from twopair.wire.sip import Request, Response, check_request

PONG: Final = b"\r\n"
"""Answer to a keep-alive of two CRLF on a connection (RFC 5626 §3.5.1)."""

_UDP: Final = Transport.UDP
_CORE: Final = Door.CORE
_NEWLY_ESTABLISHED: Final = Stage.NEWLY_ESTABLISHED
_TIMERS: Final[dict[Door | None, Timers]] = {Door.CORE: CORE, Door.CLEAR: IN_CLEAR}
"""Of what comes and goes there; all else is Gm, inside SA sets (TMR-04)."""


class Pcscf:
    """A P-CSCF as a node.

    Args:
        config: see `PcscfConfig`.
        entropy: for tokens and SPIs.
        rules: what it checks; services have all of them.

    Attributes:
        traffic: how many messages it has received and sent.
        releases: ends sessions at both ends (PCS-19).
    """

    def __init__(self, config: PcscfConfig, entropy: Entropy, rules: Rules = RULES) -> None:
        layer = TransactionLayer(
            self,
            self._timers_for,
            answer_flow=self._answer_flow,
            comes_again=self._comes_again,
            reach=self._reach,
            limit=lambda: self.tables.config.limits.transactions,
        )
        self.tables = tables = Tables(config, entropy, layer, rules)
        self._layer = layer
        self._doors = tables.doors
        self.traffic = tables.traffic
        self._answers = Answers(tables)
        self._admission = Admission(tables, self._answers)
        self._calls = calls = Calls(tables)
        self.releases = releases = Releases(tables, self._answers, calls)
        self._lives = Lives(tables, releases.sets_lost)
        media = Media(tables, self._answers, calls, releases)
        self._bearers = media.bearers
        self._attempts = Attempts(tables, self._answers, self._lives)
        self._registrations = Registrations(tables, self._answers, self._attempts)
        self._challenges = Challenges(self._answers, self._attempts, rules.secrets)
        self._keeping = Keeping(tables, self._attempts, self._lives)
        self._confirmations = Confirmations(tables, self._answers, self._attempts, self._lives)
        self._upward = Upward(tables, self._answers, calls)
        self._downward = Downward(tables, self._answers, calls)
        self._responses = Responses(tables, self._answers, calls)
        self._watches = Watches(tables, self._answers, self._lives, releases)
        self._finals = Finals(tables, self._answers, self._challenges, self._confirmations)
        tables.core.located = Continuing(tables, self._responses, self._confirmations, self._watches).located
        self._events: dict[type, Callable[[Any, Micros, list[Action]], None]] = {
            Received: self._received,
            StreamOpened: self._stream_opened,
            StreamClosed: self._stream_closed,
            SasInstalled: lambda e, now, out: self._attempts.installed(e.set_id, now, out),
            SasRefused: lambda e, now, out: self._attempts.not_installed(e.set_id, e.reason, now, out),
            Woke: self._woke,
            Recalled: self._recalled,
            Resolved: tables.core.answered,
            Start: self._start,
            Reconfigured: tables.reconfigure,
            Drain: tables.drain,
            **media.takes,
        }

    # The node

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Take one event; see `twopair.nodes.Node`."""
        out: list[Action] = []
        self._events[type(event)](event, now, out)
        if self.tables.touched:
            if self._watches.wanted:
                self._watches.look(self.tables.touched, now, out)
            if self._bearers is not None:
                self._bearers.look(self.tables.touched, out)
            self._keeping.flush(out)
        for action in out:
            if type(action) is Send and action.data is not PONG:
                self.traffic.goes(action.data)
        return out

    def next_deadline(self) -> Micros | None:
        """When `Woke` is wanted."""
        transactions, errands = self._layer.next_deadline(), self.tables.agenda.next_deadline()
        if transactions is None or errands is None:
            return errands if transactions is None else transactions
        return min(transactions, errands)

    @property
    def transactions(self) -> int:
        """SIP transactions kept now."""
        return len(self._layer)

    @property
    def under_way(self) -> int:
        """Requests that wait for their final response; looks at every transaction."""
        return self._layer.unanswered

    def registered(self, now: Micros) -> int:
        """Registrations that stand; looks at every one."""
        return sum(of.registered(now) for of in self.tables.subscribers)

    def kept(self) -> Mapping[str, KeptRegistration]:
        """All that a successor is to know, by key (MGP-14)."""
        return self._keeping.all()

    def snapshot(self, now: Micros) -> Iterator[RegistrationView]:
        """Registrations and their sets, for people; see `twopair.nodes.pcscf.snapshot`."""
        return snapshot(self.tables, now)

    def tally(self, now: Micros) -> Iterator[Tally | None]:
        """How much there is of everything; see `twopair.nodes.pcscf.tally`."""
        return tally(self.tables, now)

    def _recalled(self, event: Recalled, now: Micros, out: list[Action]) -> None:
        self._keeping.recall(event.values, now, out)
        self._watches.resume(now)

    def _start(self, _event: Start, _now: Micros, out: list[Action]) -> None:
        """Protected ports are closed to clear text before they are bound (SA-09, SA-21)."""
        out += binds(self._doors)

    def _woke(self, _event: Woke, now: Micros, out: list[Action]) -> None:
        self._layer.wake(now, out)
        self.tables.agenda.wake(now, out)

    # Streams

    def _stream_opened(self, event: StreamOpened, now: Micros, out: list[Action]) -> None:
        flow, streams = event.flow, self.tables.streams
        door = self._doors.get(flow.local)
        ours = streams.opened(flow)
        if door is _CORE:
            if not ours:
                streams.enter(flow, None, now, core=True)
        elif door is Door.CLIENT or ours:
            if ours and door is Door.CLEAR:
                self.tables.agenda.note(Micros(now + CLEAR_IDLE), self._idle, flow)
            return
        live = self.tables.sets.at(flow) if door is Door.SERVER else None
        if door is Door.SERVER and live is None:
            out += (Report(Refused(Refusal.NO_SA_SET, flow)), CloseStream(flow))
        elif door is Door.CLEAR and (lack := streams.lack(flow.remote.address)) is not None:
            out += (Report(Refused(Refusal.OVERLOADED, flow, lack.word)), CloseStream(flow))
        else:
            streams.enter(flow, live, now)
            if live is None:
                self.tables.agenda.note(Micros(now + CLEAR_IDLE), self._idle, flow)

    def _idle(self, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A connection in the clear that says nothing is closed."""
        stream = self.tables.streams.get(flow)
        if stream is None or stream.live is not None:
            return
        if stream.heard + CLEAR_IDLE <= now:
            self.tables.streams.close(flow, out)
        else:
            self.tables.agenda.note(Micros(stream.heard + CLEAR_IDLE), self._idle, flow)

    def _stream_closed(self, event: StreamClosed, now: Micros, out: list[Action]) -> None:
        self.tables.core.lost(event.flow)
        self._lives.lose(event.flow, now, out)

    # Messages

    def _received(self, event: Received, now: Micros, out: list[Action]) -> None:
        flow, data = event.flow, event.data
        if flow.transport is _UDP:
            if len(data) > 4 or data.strip(b"\r\n\0"):  # else a keep-alive
                self._admission.take(data, flow, now, out)
            return
        stream = self.tables.streams.get(flow)
        if stream is None:
            return  # the last octets of a connection that we have closed
        stream.heard = now
        try:
            messages = stream.framer.feed(data)
        except WireError as error:
            out.append(Report(Refused(Refusal.STREAM_BROKEN, flow, error.what)))
            out.append(CloseStream(flow))
            self._lives.lose(flow, now, out)
            return
        if stream.framer.pings:
            stream.framer.pings = 0
            out.append(Send(flow, PONG))
        for octets in messages:
            self._admission.take(octets, flow, now, out)

    # What transactions ask for

    def _timers_for(self, flow: Flow) -> Timers:
        return _TIMERS.get(self._doors.get(flow.local), GM)

    def _reach(self, flow: Flow, now: Micros, out: list[Action]) -> bool:
        return self.tables.reach(flow, now, out)

    def _answer_flow(self, request: Request, flow: Flow) -> Flow:
        return self._answers.way_of(request, flow)

    def _comes_again(self, before: Flow, flow: Flow) -> bool:
        """Whether the answer goes with a request that is repeated on another connection: in the clear only.

        Inside SAs it stays with the set of the request (RRG-07); there a set has one connection (MSG-07).
        """
        door = self._doors.get(before.local)
        clear = door in (Door.CLEAR, _CORE) and door is self._doors.get(flow.local)
        return clear and before.local.address == flow.local.address

    def _live(self, flow: Flow, now: Micros, out: list[Action]) -> LiveSet | None:
        """The set a new message came over; one that was only confirmed is taken into use (row 3, MGP-02)."""
        live = self.tables.sets.at(flow)
        if live is not None and live.life.stage is _NEWLY_ESTABLISHED:
            self._lives.happen(SetEvent.OVER_NEW, live.owner, now, out)
        return live

    def on_request(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """A new request, which access has let in."""
        core = self._doors[flow.local] is _CORE
        live = None
        if core:
            self._admission.from_core(request, flow)
        else:
            live = self._live(flow, now, out)
        fault = check_request(request)
        unknown = unknown_tags(request, self.tables.known_tags)
        if fault is not None:
            self._answers.refuse(txn, live, fault.refusal, now, out, detail=fault.words)
        elif unknown:
            refusal, headers = Refusal.BAD_PROXY_EXTENSION, [("Unsupported", unknown)]
            self._answers.refuse(txn, live, refusal, now, out, detail=unknown, headers=headers)
        elif core:
            if request.method != "NOTIFY" or not self._watches.take(txn, request, now, out):
                self._downward.take(txn, request, now, out)
        elif live is None or request.method == "REGISTER":
            self._registrations.take(txn, request, live, now, out)
        else:
            self._upward.take(txn, request, live, now, out)

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """An ACK to a 2xx."""
        if self._doors[flow.local] is _CORE:
            self._downward.ack(ack, flow, now, out)
            return
        live = self._live(flow, now, out)
        if live is not None:
            self._upward.ack(ack, live, flow, now, out)

    def on_cancel(
        self,
        cancelled: ServerTransaction,
        cancel_txn: ServerTransaction,
        request: Request,
        flow: Flow,
        now: Micros,
        out: list[Action],
    ) -> None:
        """A CANCEL of an INVITE that we know."""
        live = None if self._doors[flow.local] is _CORE else self._live(flow, now, out)
        self._responses.cancel(cancelled, cancel_txn, request, live, now, out)

    def on_response(
        self, txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: list[Action]
    ) -> None:
        """A response to what we forwarded, or to a CANCEL of ours, which asks for nothing more."""
        if self._doors[flow.local] is not _CORE:
            self._live(flow, now, out)
        else:
            self.tables.core.heard(txn.flow)
        owner = txn.owner
        if isinstance(owner, Relay):
            if isinstance(owner, SessionRelay) and owner.txn.refused and 200 <= response.status < 300:
                self.releases.came_late(owner, response, now, out)
            else:
                self._responses.take(txn, owner, response, now, out)
        elif isinstance(owner, Exchange):
            self._finals.take(owner, response, now, out)
            if response.status >= 200:
                txn.owner = None  # it absorbs repetitions for a while, and has no further need of it

        elif isinstance(owner, Watch) and response.status >= 200:
            self._watches.answered(owner, response, now, out)

    def on_silence(self, txn: ClientTransaction, now: Micros, out: list[Action]) -> None:
        """Nothing has come back so far."""
        if isinstance(txn.owner, Relay):
            self._responses.silent(txn, txn.owner, now, out)
        elif isinstance(txn.owner, Exchange) and txn is txn.owner.client and txn.owner.ways:
            sending.elsewhere(txn.owner, Why.SILENT, self.tables, now, out)

    def on_timeout(self, txn: ClientTransaction, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """Nothing came back."""
        owner = txn.owner
        if isinstance(owner, Relay):
            self._responses.lost(txn, owner, trouble.why, now, out)
        elif isinstance(owner, Exchange) and sending.answered_by_none(
            owner, txn, trouble.why, self.tables, now, out
        ):
            self.tables.wait_no_more(owner)
            self._confirmations.unanswered(owner, now, out)
        elif isinstance(owner, Watch):
            self._watches.unanswered(owner, now, out)

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A response that answers nothing of ours is dropped (RFC 3261 §18.1.2)."""
        self._live(flow, now, out)
        out.append(Report(Refused(Refusal.UNMATCHED_RESPONSE, flow, str(response.status))))

    def on_terminated(
        self, txn: ClientTransaction | ServerTransaction, now: Micros, out: list[Action]
    ) -> None:
        """A transaction is over: sets that were to outlive it may go now (MGP-06, MGP-10)."""
        owner = txn.owner
        if isinstance(owner, SessionRelay):
            if txn is owner.txn:  # no further answers: what rang beside the one that answered is over
                self._calls.failed(owner, now, out)
        elif isinstance(owner, Exchange) and txn is owner.txn:
            for live in owner.doomed:
                self._lives.release(live, Trigger.RELEASED, now, out)
