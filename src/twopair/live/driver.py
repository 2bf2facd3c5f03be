"""Runs one node in the real world: performs its actions in order, feeds it what comes of them.

A node says what to do and waits for nothing; the driver does it and waits for nothing either. Only
the event loop waits: for sockets, and for the one deadline of the node.
"""

import logging
from asyncio import AbstractEventLoop, TimerHandle, get_running_loop
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from twopair.backends.contract import InstallError, IpsecBackend
from twopair.base import (
    Bind,
    CloseStream,
    Flow,
    Micros,
    OpenStream,
    Received,
    Report,
    Send,
    StreamClosed,
    Transport,
    Unbind,
    Woke,
)
from twopair.core.locate import Answer, Fault, Resolve, Resolved
from twopair.core.registration.kept import Forget, Keep, KeptRegistration, Recalled
from twopair.core.sa import ARROWS, InstallSas, RemoveSas, SaSet, SasInstalled, SasRefused
from twopair.live.clock import monotonic
from twopair.live.ports import Ports
from twopair.live.quarantine import Quarantine
from twopair.live.sockets import Guard, SocketFactory, ThisHost, reason_of
from twopair.live.unbound import Unbound
from twopair.nodes.events import Event
from twopair.nodes.node import Node
from twopair.nodes.wishes import Start

_log = logging.getLogger(__name__)

_SHORTEST_SLEEP_S: Final = 0.001


class Tap(Protocol):
    """Someone who sees what is sent and received."""

    def __call__(self, flow: Flow, data: bytes, /, *, sent: bool) -> None:
        """A datagram, or the next octets of a stream; none at its end."""
        ...


class Bounded(Protocol):
    """Something that may be done until a moment, and not after it.

    Attributes:
        until: that moment; it is moved by others while time passes.
    """

    until: Micros


class _Always:
    until = Micros(2**63 - 1)


def _nobody(_action: object) -> None:
    """Nothing outlives this process."""


FactListener = Callable[[object], None]
"""Someone who hears the facts that a node reports."""


class Driver:
    """One node, its sockets and its IPsec back end, on the running event loop.

    A mistake of ours inside the node (`IllegalStep`, any exception) is logged and counted, and the
    service goes on for everyone else.

    Args:
        node: what to run.
        backend: installs its SA sets.
        place: where its sockets are made.
        guard: called with each socket of a protected endpoint before it is bound, where the back end
            needs that beside `close`.
        clock: what the node is told as `now`.
        hears_errors: whether the node is told of datagrams that did not arrive; for a UE, whose sockets
            are its own. A port that many UEs share stays deaf to what anybody may forge (UNP-06).
        tenure: after it nothing is done, whatever comes: another host may serve (ADR 20).

    Attributes:
        counters: what went wrong, by name: ``illegal_step``, ``bind_failed``, ``send_failed``,
            ``unreachable``, ``no_such_flow``, ``listener_failed``, ``after_tenure``; others have theirs here.
        dropped: tells which datagrams were lost at its sockets, see `Ports`.
        failures: the endpoints that could not be bound at start; later ones are logged.
        installed: called with each SA set that was installed.
        outside: who performs, by kind of action, what a store, a name server, an HSS or the like is asked;
            none of them waits, and answers come back by `feed`. At first nobody keeps anything.
        taps: see every message; there are none, and no cost, unless somebody wants to.
    """

    def __init__(
        self,
        node: Node,
        backend: IpsecBackend,
        *,
        place: SocketFactory | None = None,
        guard: Guard | None = None,
        clock: Callable[[], Micros] = monotonic,
        hears_errors: bool = False,
        tenure: Bounded | None = None,
    ) -> None:
        self._tenure = tenure or _Always()
        self.node = node
        self.backend = backend
        self.counters: Counter[str] = Counter()
        self.failures: list[Unbound] = []
        self._starting = False
        self.taps: list[Tap] = []
        self.installed: list[Callable[[SaSet], None]] = []
        self._guard = guard
        self._clock = clock
        self._loop: AbstractEventLoop = get_running_loop()
        self._events: deque[Event] = deque()
        self._ports = Ports(
            place or ThisHost(),
            loop=self._loop,
            take=self._take,
            note=self._events.append,
            counters=self.counters,
            hears_errors=hears_errors,
            may_send=lambda: self._clock() <= self._tenure.until,
        )
        self.dropped = self._ports.dropped
        self._listeners: list[FactListener] = []
        self._quarantine = Quarantine(backend, self._loop)
        self._sets: dict[int, SaSet] = {}
        self._busy = False
        self._timer: TimerHandle | None = None
        self._timer_at: Micros | None = None
        self.outside: dict[type, Callable[[Any], None]] = {
            Keep: _nobody,
            Forget: _nobody,
            Report: self._report,
            Resolve: self._unresolved,
        }
        self._perform_alone: dict[type, Callable[[Any], None]] = {
            Bind: self._bind,
            Unbind: self._unbind,
            OpenStream: lambda action: self._ports.open(action.flow, action.within),
            CloseStream: self._close_stream,
            InstallSas: self._install,
            RemoveSas: self._remove,
        }

    @property
    def sets(self) -> Mapping[int, SaSet]:
        """The installed SA sets by the names the node gave them."""
        return self._sets

    def listen(self, listener: FactListener) -> None:
        """Have `listener` called with every fact the node reports from now on."""
        self._listeners.append(listener)

    def start(self, recalled: Sequence[KeptRegistration] = ()) -> None:
        """Feed `Start`; the node binds its fixed ports. What could not be bound is in `failures`.

        Args:
            recalled: what a predecessor kept, as far as its SA sets stand in the back end (MGP-14).
        """
        if recalled:
            for kept in (kept for value in recalled for kept in value.sets):
                self._sets[kept.sa_set.set_id] = kept.sa_set
            self._take((Recalled(recalled),))
        self._starting = True
        self.feed(Start())
        self._starting = False

    def feed(self, event: Event) -> None:
        """Give the node an event from outside: a user's wish."""
        self._take((event,))

    def stop(self) -> None:
        """Close every socket, at once, and forget the deadline. The back end is left as it is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._timer_at = None
        self._quarantine.stop()
        self._ports.close_all()

    # What can befall a host

    def skip(self, amount: Micros) -> None:
        """Set the node's clock forward: what is due until then is due now. Sockets notice nothing."""
        clock = self._clock
        self._clock = lambda: Micros(clock() + amount)
        self._take((Woke(),))

    def cut(self) -> None:
        """Break every TCP connection, with an RST; this node is told, as its peers are by theirs."""
        self._ports.abort_all("connection reset")
        self._take(())

    def restart(self, node: Node) -> None:
        """Switch off without a word, and on with another node: no socket and no SA set is left (AKA-18)."""
        self._ports.flush()
        for set_id in list(self._sets):  # first, so that nothing can be sent any more
            self.backend.remove(set_id)
        self._sets.clear()
        self.stop()
        self._events.clear()
        self._quarantine.leave_all()
        self.node = node
        self.feed(Start())

    # Events in, actions out

    def _take(self, events: Iterable[Event]) -> None:
        """Feed events one after the other, each with what its actions cause; then send, and set the timer."""
        caused, step = self._events, self._step
        if self._busy:
            caused.extend(events)
            return
        self._busy = True
        try:
            for event in events:
                step(event)
                while caused:
                    step(caused.popleft())
            self._flush()
            while caused:
                step(caused.popleft())
                if not caused:
                    self._flush()
        finally:
            self._busy = False
        self._settle()

    def _step(self, event: Event) -> None:
        if self.taps and isinstance(event, Received):
            self._show(event.flow, event.data, sent=False)
        elif isinstance(event, StreamClosed):
            self._ends(event.flow)
        now = self._clock()
        if now > self._tenure.until:
            self.counters["after_tenure"] += 1
            return
        try:
            actions = self.node.feed(event, now)
        except Exception:  # ours, never the peer's: no reason to end the service for everyone
            self.counters["illegal_step"] += 1
            _log.exception("the node failed on %s", type(event).__name__)
            return
        for action in actions:
            try:
                if type(action) is Send:
                    if self.taps:
                        self._show(action.flow, action.data, sent=True)
                    self._ports.send(action.flow, action.data)
                elif type(action) in self.outside:
                    self.outside[type(action)](action)
                else:
                    self._ports.flush()
                    self._perform_alone[type(action)](action)
            except Exception:  # the actions after it still count
                self.counters["illegal_step"] += 1
                _log.exception("could not carry out %s", type(action).__name__)

    def _flush(self) -> None:
        """Send what the actions so far were to send: together, for that is cheaper."""
        try:
            self._ports.flush()
        except Exception:
            self.counters["illegal_step"] += 1
            _log.exception("could not send")

    def _close_stream(self, action: CloseStream) -> None:
        self._ports.close(action.flow)
        self._ends(action.flow)

    def _ends(self, flow: Flow) -> None:
        """A stream is over: whoever looks is told, too."""
        if self.taps:
            self._show(flow, b"", sent=False)

    def _show(self, flow: Flow, data: bytes, *, sent: bool) -> None:
        """Show it to all who look; whoever fails at it is no reason not to go on."""
        for tap in self.taps:
            try:
                tap(flow, data, sent=sent)
            except Exception:
                self.counters["listener_failed"] += 1
                _log.exception("a tap failed")

    # The deadline

    def _settle(self) -> None:
        """Set the timer to the node's deadline; done once per burst of events, not per event.

        A timer that is set too early does no harm, so it is only ever moved forward.
        """
        deadline = self.node.next_deadline()
        if deadline is None or (self._timer_at is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        delay_s = (deadline - self._clock()) / 1_000_000
        self._timer = self._loop.call_later(max(delay_s, _SHORTEST_SLEEP_S), self._woken)

    def _woken(self) -> None:
        self._timer = self._timer_at = None
        deadline = self.node.next_deadline()
        if deadline is not None and deadline <= self._clock():
            self._take((Woke(),))
        else:
            self._settle()

    # Actions that are more than a socket call

    def _bind(self, action: Bind) -> None:
        local = action.local
        try:
            if action.protected:  # closed first: not one clear datagram may slip in (SA-21)
                self._quarantine.close(local)
            else:
                self._quarantine.open(local)
            guard = self._guard if action.protected else None
            self._ports.bind(local, listen=action.listen, guard=guard, last=action.last)
        except OSError as error:
            self._quarantine.open(local)
            self.counters["bind_failed"] += 1
            if self._starting:
                self.failures.append(Unbound(local, error))
            else:
                _log.error("cannot bind %s: %s", local, reason_of(error))

    def _unbind(self, action: Unbind) -> None:
        """Unbind; a protected port stays closed for a while."""
        self._ports.unbind(action.local)
        self._quarantine.leave(action.local)

    def _install(self, action: InstallSas) -> None:
        sa_set = action.sa_set
        try:
            self.backend.install(sa_set)
        except InstallError as error:
            self._events.append(SasRefused(sa_set.set_id, str(error)))
        except Exception:
            _log.exception("SA set %d", sa_set.set_id)
            self._events.append(SasRefused(sa_set.set_id, "the back end failed"))
        else:
            self._sets[sa_set.set_id] = sa_set
            self._tell(self.installed, sa_set)
            self._events.append(SasInstalled(sa_set.set_id))

    def _remove(self, action: RemoveSas) -> None:
        """Take a set out, and its connections with it (RRG-10).

        They are aborted: a FIN could not leave without its SA, and would only keep the port in use.
        """
        sa_set = self._sets.pop(action.set_id, None)
        if sa_set is not None and self._ports.connected:
            for arrow in ARROWS:
                flow = sa_set.flow(Transport.TCP, arrow.ports.src, arrow.ports.dst)
                self._ports.abort(flow, "its SA set was removed")
        self.backend.remove(action.set_id)

    def _unresolved(self, action: Resolve) -> None:
        """Nobody knows names, unless somebody else performs it."""
        self._events.append(Resolved(action.question, Answer((), 60, Fault.SILENT)))

    def _report(self, action: Report) -> None:
        self._tell(self._listeners, action.fact)

    def _tell(self, listeners: Sequence[Callable[[Any], None]], what: object) -> None:
        for listener in listeners:
            try:
                listener(what)
            except Exception:
                self.counters["listener_failed"] += 1
                _log.exception("a listener failed")
