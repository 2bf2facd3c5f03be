"""The INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026 §8.4)."""

from typing import Final

from twopair.core.sip.client_steps import (
    acknowledge,
    deliver,
    double_a,
    end,
    insist,
    keep_ack,
    let_go,
    reopen,
    resend,
    send,
    send_again,
    start_a,
    start_b,
    start_d,
    start_lost,
    start_m,
    tell_silence,
    time_out,
    time_out_lost,
    wait_a_moment,
)
from twopair.core.sip.terms import ClientOn as On
from twopair.core.sip.terms import Machine, Row, State

_ANSWERED: Final = (acknowledge, deliver, keep_ack, start_d)
_UNANSWERED: Final = (time_out, let_go, end)
_GONE: Final = (time_out_lost, let_go, end)
_REOPENED: Final = (send_again, start_lost)
_UNHEARD: Final = (resend, double_a, tell_silence)
_TAKEN: Final = (deliver, let_go, start_m)

INVITE_CLIENT: Final = Machine(
    "INVITE client",
    table={
        (State.NEW, On.START): Row(State.CALLING, (send, start_a, start_b), "RFC 3261 §17.1.1.2"),
        (State.CALLING, On.TIMER_A): Row(State.CALLING, _UNHEARD, "RFC 3261 §17.1.1.2"),
        (State.CALLING, On.TIMER_B): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.1.2"),
        (State.CALLING, On.FLOW_FAILED): Row(State.REOPENING, (insist,), "RFC 3261 §17.1.4, MGP-14"),
        (State.CALLING, On.FLOW_CLOSED): Row(State.REOPENING, _REOPENED, "RFC 3261 §18.2.2, MSG-06"),
        (State.CALLING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.1.2"),
        (State.CALLING, On.SUCCESS): Row(State.ACCEPTED, _TAKEN, "RFC 6026 §8.4"),
        (State.CALLING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.1.2"),
        (State.REOPENING, On.TIMER_A): Row(State.REOPENING, _UNHEARD, "RFC 3261 §17.1.1.2"),
        (State.REOPENING, On.TIMER_B): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.1.2"),
        (State.REOPENING, On.FLOW_CLOSED): Row(State.REOPENING, _REOPENED, "RFC 3261 §18.2.2, MSG-06"),
        (State.REOPENING, On.FLOW_FAILED): Row(State.REOPENING, (wait_a_moment,), "RFC 3261 §17.1.4, MSG-06"),
        (State.REOPENING, On.TIMER_AGAIN): Row(State.REOPENING, (reopen,), "RFC 3261 §18.2.2, MSG-06"),
        (State.REOPENING, On.GIVEN_UP): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.4"),
        (State.REOPENING, On.TIMER_LOST): Row(State.TERMINATED, _GONE, "RFC 3261 §17.1.4"),
        (State.REOPENING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.1.2"),
        (State.REOPENING, On.SUCCESS): Row(State.ACCEPTED, _TAKEN, "RFC 6026 §8.4"),
        (State.REOPENING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.1.2"),
        (State.PROCEEDING, On.PROVISIONAL): Row(State.PROCEEDING, (deliver,), "RFC 3261 §17.1.1.2"),
        (State.PROCEEDING, On.SUCCESS): Row(State.ACCEPTED, _TAKEN, "RFC 6026 §8.4"),
        (State.PROCEEDING, On.FAILURE): Row(State.COMPLETED, _ANSWERED, "RFC 3261 §17.1.1.2"),
        (State.PROCEEDING, On.FLOW_FAILED): Row(State.TERMINATED, _UNANSWERED, "RFC 3261 §17.1.4"),
        (State.COMPLETED, On.FAILURE): Row(State.COMPLETED, (resend,), "RFC 3261 §17.1.1.2"),
        (State.COMPLETED, On.TIMER_D): Row(State.TERMINATED, (end,), "RFC 3261 §17.1.1.2"),
        (State.ACCEPTED, On.SUCCESS): Row(State.ACCEPTED, (deliver,), "RFC 6026 §8.4"),
        (State.ACCEPTED, On.TIMER_M): Row(State.TERMINATED, (end,), "RFC 6026 §8.4"),
    },
    ignored={
        (State.PROCEEDING, On.FLOW_CLOSED): "the peer has the request; the answer takes a new stream",
        (State.PROCEEDING, On.TIMER_LOST): "lapsed: the peer has the request",
        (State.PROCEEDING, On.TIMER_A): "lapsed: a response stops retransmissions",
        (State.PROCEEDING, On.TIMER_B): "lapsed: the user's timer C takes over",
        (State.COMPLETED, On.TIMER_A): "lapsed",
        (State.COMPLETED, On.TIMER_B): "lapsed",
        (State.COMPLETED, On.PROVISIONAL): "overtaken by the final response",
        (State.COMPLETED, On.SUCCESS): "a second final response (RFC 3261 §17.1.1.2)",
        (State.COMPLETED, On.TIMER_LOST): "lapsed",
        (State.COMPLETED, On.FLOW_CLOSED): "the user has its final response",
        (State.COMPLETED, On.FLOW_FAILED): "the user has its final response",
        (State.ACCEPTED, On.TIMER_A): "lapsed",
        (State.ACCEPTED, On.TIMER_B): "lapsed",
        (State.ACCEPTED, On.PROVISIONAL): "overtaken by the final response",
        (State.ACCEPTED, On.FAILURE): "a second final response (RFC 6026 §8.4)",
        (State.ACCEPTED, On.TIMER_LOST): "lapsed",
        (State.ACCEPTED, On.FLOW_CLOSED): "the user has its final response",
        (State.ACCEPTED, On.FLOW_FAILED): "the user has its final response",
        (State.TERMINATED, On.TIMER_LOST): "lapsed",
        (State.PROCEEDING, On.TIMER_AGAIN): "lapsed",
        (State.COMPLETED, On.TIMER_AGAIN): "lapsed",
        (State.ACCEPTED, On.TIMER_AGAIN): "lapsed",
        (State.TERMINATED, On.TIMER_AGAIN): "lapsed",
        (State.TERMINATED, On.TIMER_A): "lapsed",
        (State.TERMINATED, On.TIMER_B): "lapsed",
        (State.TERMINATED, On.TIMER_D): "lapsed: ended early to make room",
        (State.TERMINATED, On.TIMER_M): "lapsed: ended early to make room",
    },
)
