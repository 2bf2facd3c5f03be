"""Which messages the UE takes, by the way they came (33.203 §7.1; SA-26, UNP-02, UNP-04)."""

from twopair.base import Flow, Refusal
from twopair.core.sa import Stage
from twopair.nodes.ue.gm import Gm, Pending
from twopair.nodes.ue.sets import LiveSet
from twopair.wire.sip import Request, Response


def refusal_of(message: Request | Response, flow: Flow, live: LiveSet | None, gm: Gm) -> Refusal | None:
    """Why a message is dropped, None if it is taken.

    Args:
        message: what came.
        flow: how it came.
        live: the set of that flow, None for one in the clear.
        gm: of the UE.
    """
    if isinstance(message, Response):
        return _response_refusal(message, flow, live, gm)
    if live is None:
        return Refusal.CLEAR_TO_UE
    return Refusal.SET_NOT_USABLE if live.life.stage is Stage.TEMPORARY else None


def _response_refusal(response: Response, flow: Flow, live: LiveSet | None, gm: Gm) -> Refusal | None:
    """In the clear only what answers our unprotected REGISTER, on the port it left from (UNP-02, MSG-05).

    Over a set: anything that answers us; over a temporary one only answers to its own SM7 (FLOW-07).
    """
    txn = gm.layer.client_of(response)
    if txn is None:
        return Refusal.UNMATCHED_RESPONSE
    pending = txn.owner
    assert isinstance(pending, Pending), "every request of a UE has one"
    if live is None:
        if pending.live is not None:
            return Refusal.CLEAR_ANSWER_TO_PROTECTED
        return None if flow.local == txn.flow.local else Refusal.NO_SA_SET
    if live.life.stage is Stage.TEMPORARY and pending.live is not live:
        return Refusal.SET_NOT_USABLE
    return None
