"""One authentication at the UE, from SM1 to SM12 (33.203 §6.1, §7.2, §7.3; 24.229 §5.1.1).

What happens next is in `TABLE`; the owner carries out what a row says, in order. What exists only in
one state lives in that state's own dataclass. A re-registration and a de-registration are the same
procedure beside a live SA set.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from twopair.base import Flow, IllegalStep, Refusal
from twopair.core.secagree import Offer, Terms

MAX_INVALID_CHALLENGES: Final = 2
"""Consecutive invalid challenges that are answered (AKA-24)."""

MAX_FRESH_STARTS: Final = 1
"""New attempts at once, with a new Call-ID, after one that was spoiled (AKA-25, ERR-09, ERR-10)."""

MAX_CHALLENGES: Final = 3
"""Valid challenges answered in one attempt: a network that is never content is left alone."""


class Purpose(Enum):
    """What a REGISTER is for."""

    REGISTER = "register"
    DEREGISTER = "deregister"

    __hash__ = object.__hash__


class Step(Enum):
    """What can happen to an attempt; the owner translates answers, outcomes and deadlines."""

    CHALLENGED = "401 that the card accepts, with an agreement that can be used"
    FALSE_NETWORK = "401 whose AUTN has a wrong MAC"
    OUT_OF_SYNC = "401 whose sequence number is not fresh"
    NO_AGREEMENT = "401 without a usable Security-Server"
    UNACCEPTABLE = "401 that must not be answered"
    INSTALLED = "the temporary set stands"
    NOT_INSTALLED = "the temporary set could not be installed"
    ACCEPTED = "200"
    TOO_BRIEF = "423 with a longer interval"
    COLLIDED = "403: the client port that was offered is in use"
    DISAGREED = "494: the P-CSCF found the agreement missing or tampered with"
    REJECTED = "403, 420, or another answer that a repetition would not change"
    UNAVAILABLE = "408, 5xx, or no answer at all"
    SILENT = "no answer to a REGISTER over an established set"
    EXPIRED = "the temporary set's lifetime has run out"

    __hash__ = object.__hash__


class Do(Enum):
    """What the owner does when a row says so."""

    INSTALL = "install the temporary set; SM7 waits for the outcome"
    SEND_SM7 = "answer the challenge over the temporary set"
    ANSWER_INVALID = "tell the network that its challenge is no use, with a new offer"
    AGAIN = "start anew at once, with a new Call-ID"
    AGAIN_IN_CLEAR = "start anew at once, without the set that seems dead"
    LONGER = "repeat with the interval the registrar asks for"
    DROP = "remove the temporary set"
    ADOPT = "take the temporary set into use"
    REFRESH = "lengthen the lifetimes of what stands"
    FAIL = "report the failure; what stood before still stands"
    LATER = "try again after a while"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Round:
    """What the REGISTER requests of one attempt have in common.

    Args:
        purpose: to register or to de-register.
        expires_s: interval asked for.
        call_id: of all requests of the attempt; a fresh start has another (AKA-09, AKA-25).
        from_tag: tag of From.
        cseq: number of the latest request.
        carrier: flow of requests that are not answers to a challenge: in the clear, or of the set in use.
        protected: whether `carrier` belongs to a set (MGU-02).
        terms: SPIs and ports offered.
        offer: Security-Client made of them; the same in SM1 and SM7 (AGR-24).
        invalid: consecutive invalid challenges so far.
        challenges: valid challenges so far.
        fresh_starts: how often it began anew.
        doubt: what was wrong with the latest challenge; None where it was valid, or there was none.
    """

    purpose: Purpose
    expires_s: int
    call_id: str
    from_tag: str
    cseq: int
    carrier: Flow
    protected: bool
    terms: Terms
    offer: Offer
    invalid: int = 0
    challenges: int = 0
    fresh_starts: int = 0
    doubt: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """No attempt is under way."""


@dataclass(frozen=True, slots=True)
class Registering:
    """SM1, or an answer to an invalid challenge, has been sent."""

    round: Round


@dataclass(frozen=True, slots=True)
class Installing:
    """SM6 was valid; the temporary set is being installed.

    Args:
        round: of the attempt.
        set_id: the temporary set.
        authorization: value of Authorization for SM7.
    """

    round: Round
    set_id: int
    authorization: str


@dataclass(frozen=True, slots=True)
class Answering:
    """SM7 has been sent over the temporary set; the same data as before."""

    round: Round
    set_id: int
    authorization: str


State = Idle | Registering | Installing | Answering


class Row(NamedTuple):
    """The state that the actions lead to, what to do, and where the rule stands."""

    state: type[State]
    do: tuple[Do, ...]
    clause: str


TABLE: Final[dict[tuple[type[State], Step], Row]] = {
    (Registering, Step.CHALLENGED): Row(Installing, (Do.INSTALL,), "24.229 §5.1.1.5.1, MGU-03"),
    (Registering, Step.FALSE_NETWORK): Row(
        Registering, (Do.ANSWER_INVALID,), "24.229 §5.1.1.5.3, AKA-20, ERR-03"
    ),
    (Registering, Step.OUT_OF_SYNC): Row(
        Registering, (Do.ANSWER_INVALID,), "24.229 §5.1.1.5.3, AKA-21, ERR-04"
    ),
    (Registering, Step.NO_AGREEMENT): Row(Registering, (Do.AGAIN,), "24.229 §5.1.1.5.1, AKA-25, ERR-12"),
    (Registering, Step.UNACCEPTABLE): Row(Idle, (Do.FAIL,), "33.203 §7.3.2.2, AGR-40, AKA-03, AKA-24"),
    (Registering, Step.ACCEPTED): Row(Idle, (Do.REFRESH,), "24.229 §5.1.1.4.2, RRG-05"),
    (Registering, Step.TOO_BRIEF): Row(Registering, (Do.LONGER,), "24.229 §5.1.1.2.1, UEP-14"),
    (Registering, Step.COLLIDED): Row(Registering, (Do.AGAIN,), "33.203 §7.1, SA-22, ERR-09"),
    (Registering, Step.DISAGREED): Row(Idle, (Do.FAIL,), "33.203 §7.3.2.1, ERR-08"),
    (Registering, Step.REJECTED): Row(Idle, (Do.FAIL,), "24.229 §5.1.1.2.1, UEP-14"),
    (Registering, Step.UNAVAILABLE): Row(Idle, (Do.LATER, Do.FAIL), "24.229 §5.1.1.2.1, UEP-13, ERR-25"),
    (Registering, Step.SILENT): Row(Registering, (Do.AGAIN_IN_CLEAR,), "24.229 §5.1.1.2.1, MGU-10"),
    (Installing, Step.INSTALLED): Row(Answering, (Do.SEND_SM7,), "24.229 §5.1.1.5.1, MSG-09"),
    (Installing, Step.NOT_INSTALLED): Row(Idle, (Do.DROP, Do.FAIL), "33.203 §7.1, SA-01, ERR-24"),
    (Installing, Step.EXPIRED): Row(Idle, (Do.DROP, Do.FAIL), "24.229 §7.8, TMR-01"),
    (Answering, Step.CHALLENGED): Row(Installing, (Do.DROP, Do.INSTALL), "24.229 §5.1.1.5.1, ERR-02"),
    (Answering, Step.FALSE_NETWORK): Row(
        Registering, (Do.DROP, Do.ANSWER_INVALID), "24.229 §5.1.1.5.3, ERR-03"
    ),
    (Answering, Step.OUT_OF_SYNC): Row(
        Registering, (Do.DROP, Do.ANSWER_INVALID), "24.229 §5.1.1.5.3, ERR-04"
    ),
    (Answering, Step.NO_AGREEMENT): Row(Registering, (Do.DROP, Do.AGAIN), "24.229 §5.1.1.5.1, AKA-25"),
    (Answering, Step.UNACCEPTABLE): Row(Idle, (Do.DROP, Do.FAIL), "33.203 §7.3.2.2, AGR-40"),
    (Answering, Step.ACCEPTED): Row(Idle, (Do.ADOPT,), "24.229 §5.1.1.5.1, MGU-04"),
    (Answering, Step.TOO_BRIEF): Row(Registering, (Do.DROP, Do.LONGER), "24.229 §5.1.1.2.1, UEP-14"),
    (Answering, Step.DISAGREED): Row(Registering, (Do.DROP, Do.AGAIN), "33.203 §7.3.2.3, ERR-10"),
    (Answering, Step.REJECTED): Row(Idle, (Do.DROP, Do.FAIL), "33.203 §7.3.1.1, ERR-02, MGU-07"),
    (Answering, Step.UNAVAILABLE): Row(
        Idle, (Do.DROP, Do.LATER, Do.FAIL), "33.203 §7.3.1.4, ERR-01, ERR-05, ERR-15, ERR-25"
    ),
    (Answering, Step.EXPIRED): Row(Idle, (Do.DROP, Do.LATER, Do.FAIL), "24.229 §7.8, MGU-07, ERR-31"),
}


def row(state: State, step: Step) -> Row:
    """What to do at a step.

    Raises:
        IllegalStep: the table has no such row; the owner is wrong, not the peer.
    """
    found = TABLE.get((type(state), step))
    if found is None:
        raise IllegalStep(f"registration: {step.name} while {type(state).__name__}")
    return found


STATUS_STEPS: Final[dict[int, Step]] = {
    408: Step.UNAVAILABLE,
    423: Step.TOO_BRIEF,
    494: Step.DISAGREED,
}
"""Final answers other than 2xx and 401 that are not simply rejections (UEP-13, UEP-14, UEP-16)."""


def step_of(status: int) -> Step:
    """The step that a final status other than 401 means (24.229 §5.1.1.2.1, §5.1.1.5)."""
    if status < 300:
        return Step.ACCEPTED
    return STATUS_STEPS.get(status, Step.UNAVAILABLE if 500 <= status < 600 else Step.REJECTED)


def bounded(step: Step, attempt: Round) -> Step:
    """The step itself, or the one that ends the attempt where repetition has gone on long enough."""
    spent = {
        Step.CHALLENGED: attempt.challenges >= MAX_CHALLENGES,
        Step.FALSE_NETWORK: attempt.invalid >= MAX_INVALID_CHALLENGES,
        Step.OUT_OF_SYNC: attempt.invalid >= MAX_INVALID_CHALLENGES,
        Step.NO_AGREEMENT: attempt.fresh_starts >= MAX_FRESH_STARTS,
    }.get(step, False)
    if spent:
        return Step.UNACCEPTABLE
    if step in (Step.DISAGREED, Step.COLLIDED) and attempt.fresh_starts >= MAX_FRESH_STARTS:
        return Step.REJECTED
    return step
