"""What client and server transactions share: a table, a state, timers that are never cancelled."""

from typing import TYPE_CHECKING, Any, ClassVar

from twopair.base import Flow, IllegalStep, Micros, Send
from twopair.core.sip.matching import Key
from twopair.core.sip.states import TIMER_TRIGGERS, Effect, State, Table, Trigger
from twopair.core.sip.timers import Timers
from twopair.core.sip.user import Out
from twopair.wire.sip import Request

if TYPE_CHECKING:
    from twopair.core.sip.layer import TransactionLayer


class Transaction:
    """One transaction; made by the `TransactionLayer` only.

    `owner` is the user's to set: whatever it needs to go on when the answer comes.
    """

    __slots__ = (
        "_interval",
        "_last",
        "_layer",
        "flow",
        "key",
        "owner",
        "request",
        "state",
        "table",
        "timers",
    )

    def __init__(
        self, layer: "TransactionLayer", table: Table, state: State, key: Key, request: Request,
        flow: Flow, timers: Timers,
    ) -> None:  # fmt: skip
        self._layer = layer
        self.table = table
        self.state = state
        self.key = key
        self.request = request
        self.flow = flow
        self.timers = timers
        self.owner: Any = None
        self._last: Send | None = None  # what is sent again
        self._interval = timers.t1

    @property
    def invite(self) -> bool:
        """Whether it is an INVITE transaction."""
        return self.request.method == "INVITE"

    def step(self, trigger: Trigger, message: Any, now: Micros, out: Out) -> None:
        """Take the row for this trigger.

        Raises:
            IllegalStep: there is none, and the trigger is no timer.
        """
        row = self.table.get((self.state, trigger))
        if row is None:
            if trigger in TIMER_TRIGGERS:
                return
            raise IllegalStep(f"{type(self).__name__}: {trigger.name} while {self.state.name}")
        self.state = row[0]
        effects = self.EFFECTS
        for effect in row[1]:
            effects[effect](self, message, now, out)
        if self.state is State.TERMINATED:
            self._layer.forget(self, now, out)

    def again(self, _message: object, _now: Micros, out: Out) -> None:
        """Send once more what was sent last."""
        if self._last is not None:
            out.append(self._last)

    def resend_later(self, _message: object, now: Micros, _out: Out) -> None:
        """Set the next retransmission, on UDP."""
        if not self.flow.transport.reliable:
            self._layer.lanes.set(now, self._interval, (self, Trigger.RESEND))
            self._interval = self.longer()

    def longer(self) -> Micros:
        """The interval after this one: doubled, up to T2 (timers E and G)."""
        return Micros(min(2 * self._interval, self.timers.t2))

    def linger_timeout(self, _message: object, now: Micros, _out: Out) -> None:
        """Stay for 64*T1."""
        self._layer.lanes.set(now, self.timers.timeout, (self, Trigger.LINGER))

    def linger_d(self, message: object, now: Micros, out: Out) -> None:
        """Stay for 64*T1 on UDP, not at all on TCP."""
        self._linger(self.timers.timeout, message, now, out)

    def linger_t4(self, message: object, now: Micros, out: Out) -> None:
        """Stay for T4 on UDP, not at all on TCP."""
        self._linger(self.timers.t4, message, now, out)

    def _linger(self, after: Micros, _message: object, now: Micros, _out: Out) -> None:
        if self.flow.transport.reliable:
            self.state = self.table[self.state, Trigger.LINGER].state
        else:
            self._layer.lanes.set(now, after, (self, Trigger.LINGER))

    EFFECTS: ClassVar[dict[Effect, Any]] = {
        Effect.AGAIN: again,
        Effect.RESEND_LATER: resend_later,
        Effect.LINGER_TIMEOUT: linger_timeout,
        Effect.LINGER_T4: linger_t4,
        Effect.LINGER_D: linger_d,
    }
