"""The words of the transaction tables (RFC 3261 §17, RFC 6026 §7)."""

from enum import Enum, auto
from typing import NamedTuple


class State(Enum):
    """Where a transaction is; CALLING and TRYING are the first states of clients."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()

    __hash__ = object.__hash__


class Trigger(Enum):
    """What happens to a transaction; statuses come from the peer at a client, from the user at a server."""

    PROVISIONAL = auto()  # 1xx
    SUCCESS = auto()  # 2xx
    FAILURE = auto()  # 3xx to 6xx
    REQUEST = auto()  # the request again, at a server
    ACK = auto()  # at an INVITE server
    RESEND = auto()  # timers A, E, G
    TIMEOUT = auto()  # timers B, F, H
    LINGER = auto()  # timers D, I, J, K, L, M
    SILENCE = auto()  # 200 ms without a response of the user
    FLOW_FAILED = auto()  # the connection could not be opened

    __hash__ = object.__hash__


TIMER_TRIGGERS = frozenset({Trigger.RESEND, Trigger.TIMEOUT, Trigger.LINGER, Trigger.SILENCE})
"""Timers are never cancelled: one that comes when no row wants it is ignored."""


class Effect(Enum):
    """What a row does, in its order."""

    PASS = auto()  # give the message to the user
    SEND = auto()  # send the user's response
    AGAIN = auto()  # send once more what was sent last
    ACK = auto()  # acknowledge a final response other than 2xx
    PASS_ACK = auto()  # give an ACK to the user
    TRYING = auto()  # send 100
    RESEND_LATER = auto()  # next retransmission, interval doubled up to T2 (A: without bound)
    RESEND_SLOWLY = auto()  # next retransmission after T2
    LINGER_TIMEOUT = auto()  # stay for 64*T1 (J on UDP, L, M)
    LINGER_T4 = auto()  # stay for T4 on UDP, not at all on TCP (I, K)
    LINGER_D = auto()  # stay for 64*T1 on UDP, not at all on TCP (D, J)
    GIVE_UP_LATER = auto()  # timer H
    FAILED = auto()  # tell the user that no final response will come

    __hash__ = object.__hash__


class Row(NamedTuple):
    """Next state, effects, and where it stands."""

    state: State
    effects: tuple[Effect, ...]
    clause: str


Table = dict[tuple[State, Trigger], Row]
