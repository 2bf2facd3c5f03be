"""The server transaction of any method but INVITE (RFC 3261 §17.2.2)."""

from typing import Final

from twopair.core.sip.server_steps import deliver, end, let_go, resend, send, start_j
from twopair.core.sip.terms import Machine, Row, State
from twopair.core.sip.terms import ServerOn as On

_ANSWERED: Final = (send, let_go, start_j)

OTHER_SERVER: Final = Machine(
    "non-INVITE server",
    table={
        (State.NEW, On.REQUEST): Row(State.TRYING, (deliver,), "RFC 3261 §17.2.2"),
        (State.TRYING, On.PROVISIONAL): Row(State.PROCEEDING, (send,), "RFC 3261 §17.2.2"),
        (State.TRYING, On.SUCCESS): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.2.2"),
        (State.TRYING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.2.2"),
        (State.TRYING, On.ABANDONED): Row(State.TERMINATED, (let_go, end), "RFC 4320 §4.2"),
        (State.PROCEEDING, On.ABANDONED): Row(State.TERMINATED, (let_go, end), "RFC 4320 §4.2"),
        (State.PROCEEDING, On.REQUEST): Row(State.PROCEEDING, (resend,), "RFC 3261 §17.2.2"),
        (State.PROCEEDING, On.PROVISIONAL): Row(State.PROCEEDING, (send,), "RFC 3261 §17.2.2"),
        (State.PROCEEDING, On.SUCCESS): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.2.2"),
        (State.PROCEEDING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.2.2"),
        (State.COMPLETED, On.REQUEST): Row(State.COMPLETED, (resend,), "RFC 3261 §17.2.2"),
        (State.COMPLETED, On.TIMER_J): Row(State.TERMINATED, (end,), "RFC 3261 §17.2.2"),
    },
    ignored={
        (State.TRYING, On.REQUEST): "retransmitted, and not answered yet (RFC 3261 §17.2.2)",
        (State.COMPLETED, On.PROVISIONAL): "the user has answered (RFC 3261 §17.2.2)",
        (State.COMPLETED, On.SUCCESS): "the user has answered (RFC 3261 §17.2.2)",
        (State.COMPLETED, On.FAILURE): "the user has answered (RFC 3261 §17.2.2)",
        (State.COMPLETED, On.ABANDONED): "the user has answered",
        (State.TERMINATED, On.ABANDONED): "over",
        (State.TERMINATED, On.TIMER_J): "lapsed: ended early to make room",
        (State.TERMINATED, On.PROVISIONAL): "the user has answered",
        (State.TERMINATED, On.SUCCESS): "the user has answered",
        (State.TERMINATED, On.FAILURE): "the user has answered",
    },
)
