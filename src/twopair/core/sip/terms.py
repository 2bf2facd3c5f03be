"""Words of the four transaction tables (RFC 3261 §17 with RFC 6026)."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from twopair.base import Micros

Out: TypeAlias = list[Any]
"""The node's list of actions, appended to in the order of execution; `Send` and `Report` are added here."""


class State(Enum):
    """Where a transaction stands; which states exist depends on the table."""

    NEW = "new"
    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    REOPENING = "reopening"  # its stream ended before anything was heard (MSG-06)
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"

    __hash__ = object.__hash__


class ClientOn(Enum):
    """What can happen to a client transaction."""

    START = "request from the user"
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    FLOW_FAILED = "transport error"
    FLOW_CLOSED = "the stream was closed"
    TIMER_A = "timer A"
    TIMER_B = "timer B"
    TIMER_D = "timer D"
    TIMER_E = "timer E"
    TIMER_F = "timer F"
    TIMER_K = "timer K"
    TIMER_M = "timer M"
    GIVEN_UP = "no way is left"
    TIMER_LOST = "no answer on a new stream"
    TIMER_AGAIN = "another stream may be tried"

    __hash__ = object.__hash__


class Why(Enum):
    """What kept a request from being answered."""

    NO_STREAM = "no connection"
    UNREACHABLE = "its datagram did not arrive"
    LOST = "lost with its connection"
    SILENT = "no answer yet, though it was sent again"
    UNAVAILABLE = "it says that it is out of service"
    TIMER = "no answer in time"
    ABANDONED = "given up by its user"

    __hash__ = object.__hash__


class Trouble(NamedTuple):
    """Why a request has no answer.

    Args:
        why: the kind.
        words: for people, of the driver; may be empty.
    """

    why: Why
    words: str = ""


class ServerOn(Enum):
    """What can happen to a server transaction; responses are those its user sends."""

    REQUEST = "request"
    ACK = "ACK"
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    ABANDONED = "no way is left to answer"
    TIMER_TRYING = "200 ms without an answer"
    TIMER_G = "timer G"
    TIMER_H = "timer H"
    TIMER_I = "timer I"
    TIMER_J = "timer J"
    TIMER_L = "timer L"

    __hash__ = object.__hash__


On: TypeAlias = ClientOn | ServerOn

Step: TypeAlias = Callable[[Any, Any, Any, Micros, Out], None]
"""Something a row does: (transaction, message or None, its flow or None, now, out)."""


class Row:
    """One row of a table. It is not changed once its table stands.

    Args:
        to: next state; it is entered before the steps are taken.
        does: the steps, in order; what the user is told comes after what is sent.
        clause: where the rule stands.

    Attributes:
        then: the rows of the next state, by trigger.
    """

    __slots__ = ("clause", "does", "then", "to")

    then: Mapping[Any, "Row"]

    def __init__(self, to: State, does: tuple[Step, ...], clause: str) -> None:
        self.to = to
        self.does = does
        self.clause = clause


class Machine:
    """One of the four tables. A (state, trigger) in neither mapping is a mistake of ours: `IllegalStep`.

    Args:
        name: for people.
        table: what happens.
        ignored: what may come and changes nothing, with the reason.

    Attributes:
        rows: the table by state, and then by trigger.
    """

    __slots__ = ("ignored", "name", "rows", "table")

    def __init__(
        self,
        name: str,
        table: Mapping[tuple[State, Any], Row],
        ignored: Mapping[tuple[State, Any], str],
    ) -> None:
        self.name = name
        self.table = table
        self.ignored = ignored
        rows: dict[State, dict[Any, Row]] = {state: {} for state in State}
        for (state, on), row in table.items():
            rows[state][on] = row
            row.then = rows[row.to]
        self.rows: Mapping[State, Mapping[Any, Row]] = rows

    def __repr__(self) -> str:
        return f"<{self.name}>"
