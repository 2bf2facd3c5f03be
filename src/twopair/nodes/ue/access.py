"""Which messages the UE takes, by the way they came (33.203 §7.1; SA-26, UNP-02, UNP-04)."""

from typing import Final, NamedTuple

from twopair.base import Flow, Refusal
from twopair.core.registration.pcscf_checks import Check
from twopair.core.sa import Stage
from twopair.core.sip import ClientTransaction
from twopair.nodes.ue.gm import Pending
from twopair.nodes.ue.sets import LiveSet


class Arrival(NamedTuple):
    """Evidence on a message.

    Args:
        flow: how it came.
        live: the set of that flow, None for one in the clear.
        response: whether it is a response.
        txn: the transaction of ours that it answers, None for a request and for what answers nothing.
    """

    flow: Flow
    live: LiveSet | None
    response: bool
    txn: ClientTransaction | None

    @property
    def asked_over(self) -> LiveSet | None:
        """The set that the request went over which this answers."""
        owner = self.txn.owner if self.txn is not None else None
        return owner.live if isinstance(owner, Pending) else None


def _answers_nothing(e: Arrival) -> Refusal | None:
    return Refusal.UNMATCHED_RESPONSE if e.response and e.txn is None else None


def _clear_request(e: Arrival) -> Refusal | None:
    return Refusal.CLEAR_TO_UE if not e.response and e.live is None else None


def _clear_answer(e: Arrival) -> Refusal | None:
    unsafe = e.live is None and e.asked_over is not None
    return Refusal.CLEAR_ANSWER_TO_PROTECTED if unsafe else None


def _other_port(e: Arrival) -> Refusal | None:
    """In the clear an answer comes to the port that the REGISTER left from."""
    stray = e.txn is not None and e.live is None and e.asked_over is None and e.flow.local != e.txn.flow.local
    return Refusal.NO_SA_SET if stray else None


def _stage(e: Arrival) -> Refusal | None:
    """A temporary set carries answers to its own SM7 and nothing else."""
    if e.live is None or e.live.life.stage is not Stage.TEMPORARY:
        return None
    return None if e.response and e.asked_over is e.live else Refusal.SET_NOT_USABLE


ARRIVAL_CHECKS: Final[tuple[Check[Arrival], ...]] = (
    Check("UNP-02 answer", "RFC 3261 §18.1.2", _answers_nothing),
    Check("UNP-02", "33.203 §7.1", _clear_request),
    Check("UNP-04", "33.203 §7.1", _clear_answer),
    Check("MSG-05", "24.229 §5.1.1.2.1", _other_port),
    Check("SA-26", "33.203 §7.1, FLOW-07", _stage),
)
"""Of every message, before anything else looks at it."""
