"""The four transaction tables; all that a transaction does is in them (RFC 3261 §17, RFC 6026 §7)."""

from typing import Final

from twopair.core.sip.states import Effect, Row, State, Table, Trigger

INVITE_CLIENT: Final[Table] = {
    (State.CALLING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.PASS,), "RFC 3261 §17.1.1.2"),
    (State.CALLING, Trigger.SUCCESS): Row(
        State.ACCEPTED, (Effect.PASS, Effect.LINGER_TIMEOUT), "RFC 6026 §7.2"
    ),
    (State.CALLING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.ACK, Effect.PASS, Effect.LINGER_D), "RFC 3261 §17.1.1.2"
    ),
    (State.CALLING, Trigger.RESEND): Row(
        State.CALLING, (Effect.AGAIN, Effect.RESEND_LATER), "RFC 3261 §17.1.1.2, A"
    ),
    (State.CALLING, Trigger.TIMEOUT): Row(State.TERMINATED, (Effect.FAILED,), "RFC 3261 §17.1.1.2, B"),
    (State.CALLING, Trigger.FLOW_FAILED): Row(State.TERMINATED, (Effect.FAILED,), "RFC 3261 §17.1.4"),
    (State.PROCEEDING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.PASS,), "RFC 3261 §17.1.1.2"),
    (State.PROCEEDING, Trigger.SUCCESS): Row(
        State.ACCEPTED, (Effect.PASS, Effect.LINGER_TIMEOUT), "RFC 6026 §7.2"
    ),
    (State.PROCEEDING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.ACK, Effect.PASS, Effect.LINGER_D), "RFC 3261 §17.1.1.2"
    ),
    # The answer may come over a new connection to the Via port (MSG-06), so a lost one is not the end.
    (State.PROCEEDING, Trigger.FLOW_FAILED): Row(State.PROCEEDING, (), "RFC 3261 §18.2.2, MSG-06"),
    (State.COMPLETED, Trigger.FAILURE): Row(State.COMPLETED, (Effect.ACK,), "RFC 3261 §17.1.1.2"),
    (State.COMPLETED, Trigger.PROVISIONAL): Row(State.COMPLETED, (), "RFC 3261 §17.1.1.2"),
    (State.COMPLETED, Trigger.SUCCESS): Row(State.COMPLETED, (), "RFC 3261 §17.1.1.2"),
    (State.COMPLETED, Trigger.FLOW_FAILED): Row(State.TERMINATED, (), "RFC 3261 §17.1.4"),
    (State.COMPLETED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 3261 §17.1.1.2, D"),
    (State.ACCEPTED, Trigger.SUCCESS): Row(State.ACCEPTED, (Effect.PASS,), "RFC 6026 §7.2"),
    (State.ACCEPTED, Trigger.PROVISIONAL): Row(State.ACCEPTED, (), "RFC 6026 §7.2"),
    (State.ACCEPTED, Trigger.FAILURE): Row(State.ACCEPTED, (), "RFC 6026 §7.2"),
    (State.ACCEPTED, Trigger.FLOW_FAILED): Row(State.ACCEPTED, (), "RFC 6026 §7.2"),
    (State.ACCEPTED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 6026 §7.2, M"),
}

NON_INVITE_CLIENT: Final[Table] = {
    (State.TRYING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.PASS,), "RFC 3261 §17.1.2.2"),
    (State.TRYING, Trigger.SUCCESS): Row(
        State.COMPLETED, (Effect.PASS, Effect.LINGER_T4), "RFC 3261 §17.1.2.2"
    ),
    (State.TRYING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.PASS, Effect.LINGER_T4), "RFC 3261 §17.1.2.2"
    ),
    (State.TRYING, Trigger.RESEND): Row(
        State.TRYING, (Effect.AGAIN, Effect.RESEND_LATER), "RFC 3261 §17.1.2.2, E"
    ),
    (State.TRYING, Trigger.TIMEOUT): Row(State.TERMINATED, (Effect.FAILED,), "RFC 3261 §17.1.2.2, F"),
    (State.TRYING, Trigger.FLOW_FAILED): Row(State.TERMINATED, (Effect.FAILED,), "RFC 3261 §17.1.4"),
    (State.PROCEEDING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.PASS,), "RFC 3261 §17.1.2.2"),
    (State.PROCEEDING, Trigger.SUCCESS): Row(
        State.COMPLETED, (Effect.PASS, Effect.LINGER_T4), "RFC 3261 §17.1.2.2"
    ),
    (State.PROCEEDING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.PASS, Effect.LINGER_T4), "RFC 3261 §17.1.2.2"
    ),
    (State.PROCEEDING, Trigger.RESEND): Row(
        State.PROCEEDING, (Effect.AGAIN, Effect.RESEND_SLOWLY), "RFC 3261 §17.1.2.2, E"
    ),
    (State.PROCEEDING, Trigger.TIMEOUT): Row(State.TERMINATED, (Effect.FAILED,), "RFC 3261 §17.1.2.2, F"),
    (State.PROCEEDING, Trigger.FLOW_FAILED): Row(State.PROCEEDING, (), "RFC 3261 §18.2.2, MSG-06"),
    (State.COMPLETED, Trigger.PROVISIONAL): Row(State.COMPLETED, (), "RFC 3261 §17.1.2.2"),
    (State.COMPLETED, Trigger.SUCCESS): Row(State.COMPLETED, (), "RFC 3261 §17.1.2.2"),
    (State.COMPLETED, Trigger.FAILURE): Row(State.COMPLETED, (), "RFC 3261 §17.1.2.2"),
    (State.COMPLETED, Trigger.FLOW_FAILED): Row(State.TERMINATED, (), "RFC 3261 §17.1.4"),
    (State.COMPLETED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 3261 §17.1.2.2, K"),
}

INVITE_SERVER: Final[Table] = {
    (State.PROCEEDING, Trigger.REQUEST): Row(State.PROCEEDING, (Effect.AGAIN,), "RFC 3261 §17.2.1"),
    (State.PROCEEDING, Trigger.SILENCE): Row(State.PROCEEDING, (Effect.TRYING,), "RFC 3261 §17.2.1"),
    (State.PROCEEDING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.SEND,), "RFC 3261 §17.2.1"),
    (State.PROCEEDING, Trigger.SUCCESS): Row(
        State.ACCEPTED, (Effect.SEND, Effect.LINGER_TIMEOUT), "RFC 6026 §7.1"
    ),
    (State.PROCEEDING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.SEND, Effect.RESEND_LATER, Effect.GIVE_UP_LATER), "RFC 3261 §17.2.1"
    ),
    (State.COMPLETED, Trigger.REQUEST): Row(State.COMPLETED, (Effect.AGAIN,), "RFC 3261 §17.2.1"),
    (State.COMPLETED, Trigger.RESEND): Row(
        State.COMPLETED, (Effect.AGAIN, Effect.RESEND_LATER), "RFC 3261 §17.2.1, G"
    ),
    (State.COMPLETED, Trigger.TIMEOUT): Row(State.TERMINATED, (), "RFC 3261 §17.2.1, H"),
    (State.COMPLETED, Trigger.ACK): Row(State.CONFIRMED, (Effect.LINGER_T4,), "RFC 3261 §17.2.1"),
    (State.CONFIRMED, Trigger.ACK): Row(State.CONFIRMED, (), "RFC 3261 §17.2.1"),
    (State.CONFIRMED, Trigger.REQUEST): Row(State.CONFIRMED, (), "RFC 3261 §17.2.1"),
    (State.CONFIRMED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 3261 §17.2.1, I"),
    (State.ACCEPTED, Trigger.REQUEST): Row(State.ACCEPTED, (), "RFC 6026 §7.1"),
    (State.ACCEPTED, Trigger.SUCCESS): Row(State.ACCEPTED, (Effect.SEND,), "RFC 6026 §7.1"),
    (State.ACCEPTED, Trigger.ACK): Row(State.ACCEPTED, (Effect.PASS_ACK,), "RFC 6026 §7.1"),
    (State.ACCEPTED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 6026 §7.1, L"),
}

NON_INVITE_SERVER: Final[Table] = {
    (State.TRYING, Trigger.REQUEST): Row(State.TRYING, (), "RFC 3261 §17.2.2"),
    (State.TRYING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.SEND,), "RFC 3261 §17.2.2"),
    (State.TRYING, Trigger.SUCCESS): Row(State.COMPLETED, (Effect.SEND, Effect.LINGER_D), "RFC 3261 §17.2.2"),
    (State.TRYING, Trigger.FAILURE): Row(State.COMPLETED, (Effect.SEND, Effect.LINGER_D), "RFC 3261 §17.2.2"),
    (State.PROCEEDING, Trigger.REQUEST): Row(State.PROCEEDING, (Effect.AGAIN,), "RFC 3261 §17.2.2"),
    (State.PROCEEDING, Trigger.PROVISIONAL): Row(State.PROCEEDING, (Effect.SEND,), "RFC 3261 §17.2.2"),
    (State.PROCEEDING, Trigger.SUCCESS): Row(
        State.COMPLETED, (Effect.SEND, Effect.LINGER_D), "RFC 3261 §17.2.2"
    ),
    (State.PROCEEDING, Trigger.FAILURE): Row(
        State.COMPLETED, (Effect.SEND, Effect.LINGER_D), "RFC 3261 §17.2.2"
    ),
    (State.COMPLETED, Trigger.REQUEST): Row(State.COMPLETED, (Effect.AGAIN,), "RFC 3261 §17.2.2"),
    (State.COMPLETED, Trigger.PROVISIONAL): Row(State.COMPLETED, (), "RFC 3261 §17.2.2"),
    (State.COMPLETED, Trigger.SUCCESS): Row(State.COMPLETED, (), "RFC 3261 §17.2.2"),
    (State.COMPLETED, Trigger.FAILURE): Row(State.COMPLETED, (), "RFC 3261 §17.2.2"),
    (State.COMPLETED, Trigger.LINGER): Row(State.TERMINATED, (), "RFC 3261 §17.2.2, J"),
}
