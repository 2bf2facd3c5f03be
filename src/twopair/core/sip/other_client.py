"""The client transaction of any method but INVITE (RFC 3261 §17.1.2)."""

from typing import Final

from twopair.core.sip.client_steps import (
    deliver,
    double_e,
    end,
    insist,
    let_go,
    reopen,
    resend,
    send,
    send_again,
    start_e,
    start_f,
    start_k,
    start_lost,
    tell_silence,
    time_out,
    time_out_lost,
    wait_a_moment,
)
from twopair.core.sip.terms import ClientOn as On
from twopair.core.sip.terms import Machine, Row, State

_ANSWERED: Final = (deliver, let_go, start_k)
_UNANSWERED: Final = (time_out, let_go, end)
_GONE: Final = (time_out_lost, let_go, end)
_REOPENED: Final = (send_again, start_lost)
_UNHEARD: Final = (resend, double_e, tell_silence)

OTHER_CLIENT: Final = Machine(
    "non-INVITE client",
    table={
        (State.NEW, On.START): Row(State.TRYING, (send, start_e, start_f), "RFC 3261 §17.1.2.2"),
        (State.TRYING, On.TIMER_E): Row(State.TRYING, _UNHEARD, "RFC 3261 §17.1.2.2"),
        (State.TRYING, On.TIMER_F): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.2.2"),
        (State.TRYING, On.FLOW_FAILED): Row(State.REOPENING, (insist,), "RFC 3261 §17.1.4, MGP-14"),
        (State.TRYING, On.FLOW_CLOSED): Row(State.REOPENING, _REOPENED, "RFC 3261 §18.2.2, MSG-06"),
        (State.TRYING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.2.2"),
        (State.TRYING, On.SUCCESS): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.TRYING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.REOPENING, On.TIMER_E): Row(State.REOPENING, _UNHEARD, "RFC 3261 §17.1.2.2"),
        (State.REOPENING, On.TIMER_F): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.2.2"),
        (State.REOPENING, On.FLOW_CLOSED): Row(State.REOPENING, _REOPENED, "RFC 3261 §18.2.2, MSG-06"),
        (State.REOPENING, On.FLOW_FAILED): Row(State.REOPENING, (wait_a_moment,), "RFC 3261 §17.1.4, MSG-06"),
        (State.REOPENING, On.TIMER_AGAIN): Row(State.REOPENING, (reopen,), "RFC 3261 §18.2.2, MSG-06"),
        (State.REOPENING, On.GIVEN_UP): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.4"),
        (State.REOPENING, On.TIMER_LOST): Row(State.TERMINATED, _GONE, "RFC 3261 §17.1.4"),
        (State.REOPENING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.2.2"),
        (State.REOPENING, On.SUCCESS): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.REOPENING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.PROCEEDING, On.TIMER_E): Row(State.PROCEEDING, (resend, double_e), "RFC 3261 §17.1.2.2"),
        (State.PROCEEDING, On.TIMER_F): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.2.2"),
        (State.PROCEEDING, On.FLOW_FAILED): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.4"),
        (State.PROCEEDING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.2.2"),
        (State.PROCEEDING, On.SUCCESS): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.PROCEEDING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.2.2"),
        (State.COMPLETED, On.TIMER_K): Row(State.TERMINATED, (end,), "RFC 3261 §17.1.2.2"),
    },
    ignored={
        (State.PROCEEDING, On.FLOW_CLOSED): "the peer has the request; the answer takes a new stream",
        (State.PROCEEDING, On.TIMER_LOST): "lapsed: the peer has the request",
        (State.COMPLETED, On.PROVISIONAL): "overtaken by the final response",
        (State.COMPLETED, On.SUCCESS): "retransmitted (RFC 3261 §17.1.2.2)",
        (State.COMPLETED, On.FAILURE): "retransmitted (RFC 3261 §17.1.2.2)",
        (State.COMPLETED, On.FLOW_FAILED): "the user has its final response",
        (State.COMPLETED, On.FLOW_CLOSED): "the user has its final response",
        (State.COMPLETED, On.TIMER_LOST): "lapsed",
        (State.COMPLETED, On.TIMER_E): "lapsed",
        (State.COMPLETED, On.TIMER_F): "lapsed",
        (State.TERMINATED, On.TIMER_LOST): "lapsed",
        (State.PROCEEDING, On.TIMER_AGAIN): "lapsed",
        (State.COMPLETED, On.TIMER_AGAIN): "lapsed",
        (State.TERMINATED, On.TIMER_AGAIN): "lapsed",
        (State.TERMINATED, On.TIMER_E): "lapsed",
        (State.TERMINATED, On.TIMER_F): "lapsed",
        (State.TERMINATED, On.TIMER_K): "lapsed: ended early to make room",
    },
)
