"""The INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1)."""

from typing import Final

from twopair.core.sip.server_steps import (
    deliver,
    double_g,
    end,
    let_go,
    pass_ack,
    resend,
    send,
    send_trying,
    start_g,
    start_h,
    start_i,
    start_l,
    start_trying,
)
from twopair.core.sip.terms import Machine, Row, State
from twopair.core.sip.terms import ServerOn as On

_REFUSED: Final = (send, let_go, start_g, start_h)

INVITE_SERVER: Final = Machine(
    "INVITE server",
    table={
        (State.NEW, On.REQUEST): Row(State.PROCEEDING, (start_trying, deliver), "RFC 3261 §17.2.1"),
        (State.PROCEEDING, On.REQUEST): Row(State.PROCEEDING, (resend,), "RFC 3261 §17.2.1"),
        (State.PROCEEDING, On.TIMER_TRYING): Row(State.PROCEEDING, (send_trying,), "RFC 3261 §17.2.1"),
        (State.PROCEEDING, On.PROVISIONAL): Row(State.PROCEEDING, (send,), "RFC 3261 §17.2.1"),
        (State.PROCEEDING, On.SUCCESS): Row(State.ACCEPTED, (send, let_go, start_l), "RFC 6026 §7.1"),
        (State.PROCEEDING, On.FAILURE): Row(State.COMPLETED, _REFUSED, "RFC 3261 §17.2.1"),
        (State.PROCEEDING, On.ABANDONED): Row(State.TERMINATED, (let_go, end), "RFC 4320 §4.2"),
        (State.COMPLETED, On.REQUEST): Row(State.COMPLETED, (resend,), "RFC 3261 §17.2.1"),
        (State.COMPLETED, On.TIMER_G): Row(State.COMPLETED, (resend, double_g), "RFC 3261 §17.2.1"),
        (State.COMPLETED, On.TIMER_H): Row(State.TERMINATED, (end,), "RFC 3261 §17.2.1"),
        (State.COMPLETED, On.ACK): Row(State.CONFIRMED, (start_i,), "RFC 3261 §17.2.1"),
        (State.CONFIRMED, On.TIMER_I): Row(State.TERMINATED, (end,), "RFC 3261 §17.2.1"),
        (State.ACCEPTED, On.SUCCESS): Row(State.ACCEPTED, (send,), "RFC 6026 §7.1"),
        (State.ACCEPTED, On.ACK): Row(State.ACCEPTED, (pass_ack,), "RFC 6026 §7.1"),
        (State.ACCEPTED, On.TIMER_L): Row(State.TERMINATED, (end,), "RFC 6026 §7.1"),
    },
    ignored={
        (State.PROCEEDING, On.ACK): "an ACK of nothing",
        (State.COMPLETED, On.TIMER_TRYING): "lapsed",
        (State.COMPLETED, On.PROVISIONAL): "the user has answered (RFC 3261 §17.2.1)",
        (State.COMPLETED, On.SUCCESS): "the user has answered (RFC 3261 §17.2.1)",
        (State.COMPLETED, On.FAILURE): "the user has answered (RFC 3261 §17.2.1)",
        (State.CONFIRMED, On.REQUEST): "overtaken by the ACK (RFC 3261 §17.2.1)",
        (State.CONFIRMED, On.ACK): "retransmitted (RFC 3261 §17.2.1)",
        (State.CONFIRMED, On.TIMER_TRYING): "lapsed",
        (State.CONFIRMED, On.TIMER_G): "lapsed",
        (State.CONFIRMED, On.TIMER_H): "lapsed",
        (State.CONFIRMED, On.PROVISIONAL): "the user has answered",
        (State.CONFIRMED, On.SUCCESS): "the user has answered",
        (State.CONFIRMED, On.FAILURE): "the user has answered",
        (State.ACCEPTED, On.REQUEST): "retransmitted (RFC 6026 §7.1)",
        (State.ACCEPTED, On.TIMER_TRYING): "lapsed",
        (State.ACCEPTED, On.PROVISIONAL): "the user has answered",
        (State.ACCEPTED, On.FAILURE): "the user has answered",
        (State.COMPLETED, On.ABANDONED): "the user has answered",
        (State.CONFIRMED, On.ABANDONED): "the user has answered",
        (State.ACCEPTED, On.ABANDONED): "the user has answered",
        (State.TERMINATED, On.ABANDONED): "over",
        (State.TERMINATED, On.TIMER_TRYING): "lapsed",
        (State.TERMINATED, On.TIMER_G): "lapsed",
        (State.TERMINATED, On.TIMER_H): "lapsed",
        (State.TERMINATED, On.TIMER_I): "lapsed: ended early to make room",
        (State.TERMINATED, On.TIMER_L): "lapsed: ended early to make room",
        (State.TERMINATED, On.PROVISIONAL): "the user has answered",
        (State.TERMINATED, On.SUCCESS): "nobody waits for it any more (RFC 6026 §7.1)",
        (State.TERMINATED, On.FAILURE): "the user has answered",
    },
)
