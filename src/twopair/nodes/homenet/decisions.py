"""What the S-CSCF does with a REGISTER: one table (TS 24.229 §5.4.1.2; INT-05..INT-07, UNP-03)."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from twopair.nodes.homenet.challenges import OpenChallenge
from twopair.nodes.homenet.registration_request import RegisterRequest


class Relation(Enum):
    """How the REGISTER relates to an open challenge: that of its nonce, or of its registration."""

    ANSWER = "same Call-ID and same nonce"
    CONFUSED = "one of the two is the same, the other not"
    OTHER = "neither, or no challenge is open"

    __hash__ = object.__hash__


class Content(Enum):
    """What its Authorization brings."""

    RESPONSE = "a response"
    AUTS = "AUTS"
    NOTHING = "neither"

    __hash__ = object.__hash__


class Step(Enum):
    """What is done."""

    VERIFY = "compare the response with XRES"
    RESYNC = "fetch a vector with AUTS, challenge again"
    REJECT = "403, everything stays as it was"
    CHALLENGE = "fetch a vector, challenge"
    REFRESH = "take it as it is, or challenge, by configuration"

    __hash__ = object.__hash__


class Row(NamedTuple):
    """One decision and where it comes from."""

    step: Step
    clause: str


_UNPROTECTED: Final = "33.203 §5.1.2, UNP-03: without protection always challenged"
_RESYNC: Final = "24.229 §5.4.1.2.3A, INT-07; 33.102 §6.3.5"
_NO_ANSWER: Final = "24.229 §5.4.1.2.3A, INT-07: the UE found the MAC wrong (AKA-20)"
_NOT_OURS: Final = "24.229 §5.4.1.2.2, INT-05: the Call-ID and the nonce must be those of the challenge"
_REFRESH: Final = "24.229 §5.4.1.2.2, INT-05; AKA-08: a response here is the last one repeated"

TABLE: Final[dict[tuple[bool, Relation, Content], Row]] = {
    # integrity-protected="yes"
    (True, Relation.ANSWER, Content.RESPONSE): Row(Step.VERIFY, "24.229 §5.4.1.2.2, INT-05"),
    (True, Relation.ANSWER, Content.AUTS): Row(Step.RESYNC, _RESYNC),
    (True, Relation.ANSWER, Content.NOTHING): Row(Step.REJECT, _NO_ANSWER),
    (True, Relation.CONFUSED, Content.RESPONSE): Row(Step.CHALLENGE, _NOT_OURS),
    (True, Relation.CONFUSED, Content.AUTS): Row(Step.CHALLENGE, _NOT_OURS),
    (True, Relation.CONFUSED, Content.NOTHING): Row(Step.CHALLENGE, _NOT_OURS),
    (True, Relation.OTHER, Content.RESPONSE): Row(Step.REFRESH, _REFRESH),
    (True, Relation.OTHER, Content.AUTS): Row(Step.CHALLENGE, "33.102 §6.3.5, AKA-17: no stored RAND"),
    (True, Relation.OTHER, Content.NOTHING): Row(Step.REFRESH, _REFRESH),
    # everything else
    (False, Relation.ANSWER, Content.RESPONSE): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.ANSWER, Content.AUTS): Row(Step.RESYNC, _RESYNC),
    (False, Relation.ANSWER, Content.NOTHING): Row(Step.REJECT, _NO_ANSWER),
    (False, Relation.CONFUSED, Content.RESPONSE): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.CONFUSED, Content.AUTS): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.CONFUSED, Content.NOTHING): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.OTHER, Content.RESPONSE): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.OTHER, Content.AUTS): Row(Step.CHALLENGE, _UNPROTECTED),
    (False, Relation.OTHER, Content.NOTHING): Row(Step.CHALLENGE, _UNPROTECTED),
}


def decide(
    request: RegisterRequest,
    challenge: OpenChallenge | None,
    table: Mapping[tuple[bool, Relation, Content], Row] = TABLE,
) -> Step:
    """The step for this REGISTER, given the open challenge that it may answer."""
    return table[request.protected, _relation(request, challenge), _content(request)].step


def _relation(request: RegisterRequest, challenge: OpenChallenge | None) -> Relation:
    if challenge is None:
        return Relation.OTHER
    nonce = request.authorization.nonce if request.authorization else ""
    same = (request.call_id == challenge.call_id) + (nonce == challenge.nonce)
    return (Relation.OTHER, Relation.CONFUSED, Relation.ANSWER)[same]


def _content(request: RegisterRequest) -> Content:
    authorization = request.authorization
    if authorization is None:
        return Content.NOTHING
    if authorization.auts:
        return Content.AUTS
    return Content.RESPONSE if authorization.response else Content.NOTHING
