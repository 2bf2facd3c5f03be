"""Session timers: who refreshes a call and when, and when it is over (RFC 4028 §7.2, §7.4, §10)."""

from enum import Enum
from typing import Final

from twopair.base import IllegalStep, Micros, seconds
from twopair.nodes.ue.config import FOREVER

BEFORE_THE_END: Final = seconds(32)
"""How long before the end of the interval a call without a refresh is given up, or a third of it (§10)."""

BREATH: Final = seconds(2)
"""Shortest wait before a refresh that failed is tried again."""


class State(Enum):
    """Who keeps a session alive."""

    IDLE = "no interval is agreed"
    REFRESHER = "we refresh"
    ASKED = "a refresh of ours is on its way"
    WATCHER = "the peer refreshes"
    OVER = "the interval has ended"

    __hash__ = object.__hash__


class On(Enum):
    """What can happen to a session."""

    OURS = "2xx sent or received that has us refresh"
    THEIRS = "2xx sent or received that has the peer refresh"
    NONE = "2xx received without an interval"
    DUE = "half of the interval has passed, or the wait after a refusal"
    PUT_OFF = "the refresh was refused, or could not be sent"
    END = "the interval is about to end"

    __hash__ = object.__hash__


_S = State
_ALIVE: Final = (_S.IDLE, _S.REFRESHER, _S.ASKED, _S.WATCHER)
TABLE: Final[dict[tuple[State, On], tuple[State, str]]] = {
    **{(state, On.OURS): (_S.REFRESHER, "RFC 4028 §7.2, §9") for state in _ALIVE},
    **{(state, On.THEIRS): (_S.WATCHER, "RFC 4028 §7.2, §9") for state in _ALIVE},
    **{(state, On.NONE): (_S.IDLE, "RFC 4028 §7.2") for state in _ALIVE},
    (_S.REFRESHER, On.DUE): (_S.ASKED, "RFC 4028 §7.4"),
    (_S.ASKED, On.PUT_OFF): (_S.REFRESHER, "RFC 4028 §7.4; RFC 3261 §14.1"),
    (_S.REFRESHER, On.END): (_S.OVER, "RFC 4028 §10"),
    (_S.ASKED, On.END): (_S.OVER, "RFC 4028 §10"),
    (_S.WATCHER, On.END): (_S.OVER, "RFC 4028 §10"),
}
"""How a session moves."""


class Session:
    """The session of one call, at one end.

    Attributes:
        state: who keeps it alive.
        interval_s: the interval that is agreed, in seconds.
        least_s: the largest Min-SE that a 422 has named.
        ends_at: when it is given up; `FOREVER` where no interval is agreed.
    """

    def __init__(self) -> None:
        self.state = State.IDLE
        self.interval_s = 0
        self.least_s = 0
        self.ends_at = FOREVER
        self._due_at = FOREVER

    @property
    def ours(self) -> bool:
        """Whether it is we who refresh."""
        return self.state in (State.REFRESHER, State.ASKED)

    def feed(self, on: On) -> None:
        """Take one step.

        Raises:
            IllegalStep: TABLE has no such row.
        """
        row = TABLE.get((self.state, on))
        if row is None:
            raise IllegalStep(f"session: {on.name} while {self.state.name}")
        self.state = row[0]

    def agree(self, interval_s: int, now: Micros, *, ours: bool) -> None:
        """A 2xx has gone or come: the interval begins, or begins anew."""
        self.feed(On.OURS if ours else On.THEIRS)
        interval = interval_s * 1_000_000
        self.interval_s = interval_s
        self.ends_at = Micros(now + interval - min(BEFORE_THE_END, interval // 3))
        self._due_at = Micros(now + interval // 2)

    def go_without(self) -> None:
        """A 2xx has come that grants no interval."""
        self.feed(On.NONE)
        self.interval_s, self.ends_at = 0, FOREVER

    def put_off(self, now: Micros, wait: int = 0) -> None:
        """A refresh failed: try again after a wait, without one when half of what is left has passed."""
        if self.state is State.ASKED:  # else the peer's own refresh has come meanwhile
            self.feed(On.PUT_OFF)
            self._due_at = Micros(now + (wait or max((self.ends_at - now) // 2, BREATH)))

    def due(self, now: Micros) -> On | None:
        """What is to be done by now."""
        if self.ends_at <= now and self.state is not State.OVER:
            return On.END
        return On.DUE if self.state is State.REFRESHER and self._due_at <= now else None

    def next_deadline(self) -> Micros:
        """When there is something to do."""
        if self.state is State.OVER:
            return FOREVER
        return min(self.ends_at, self._due_at) if self.state is State.REFRESHER else self.ends_at
