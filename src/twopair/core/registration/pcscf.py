"""One authentication at the P-CSCF, from SM1 to SM12 (33.203 §6.1, §7.2, §7.3; 24.229 §5.2.2.2).

A re-registration is a new `Attempt` beside the live SA sets. The life of the sets is another table
(`pcscf_sets`), the meaning of each answer a third (`pcscf_integrity`). All that decides what happens
next is in `TABLE`; the owner carries out what a row says, in order.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from twopair.base import IllegalStep
from twopair.core.secagree import Choice, Offer, ServerList


class Step(Enum):
    """What can happen to an attempt; the owner translates messages, outcomes and deadlines."""

    CHALLENGED = "401 with ck and ik from the core"  # SM5
    IN_PLACE = "the same, but the new set has ports or SPIs of live ones, which it is to replace"
    YIELDED = "the UE has had the time to hear of it, and says no more over the old set"
    INSTALLED = "the temporary set stands"
    NOT_INSTALLED = "the temporary set could not be installed"
    ANSWERED = "REGISTER over the temporary set, all checks passed"  # SM7
    TAMPERED = "REGISTER over the temporary set, but Security-Verify or Security-Client differs"
    ABANDONED = "the UE told over an older set that the challenge is no use"
    ACCEPTED = "200 from the core"  # SM11
    REJECTED = "another final answer from the core, or none"
    SUPERSEDED = "a newer challenge for the same IMPI"
    EXPIRED = "reg-await-auth has run out"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_CHALLENGED: Final = Step.CHALLENGED


class Do(Enum):
    """What the owner does when a row says so."""

    INSTALL = "install the temporary set; SM6 waits for the outcome"
    REPLACE = "remove the sets whose ports or SPIs it has, install the temporary set in their place"
    SEND_SM6 = "answer SM1 with 401"
    REFUSE = "answer the REGISTER that is waiting with an error of our own"
    FORWARD = "send the REGISTER on to the core"  # SM8
    CONFIRM = "the temporary set is established"
    RELEASE = "remove the temporary set at once"
    RELEASE_LATER = "remove the temporary set when the server transaction has ended"

    __hash__ = object.__hash__


class Proposal(NamedTuple):
    """What SM1 put on the table.

    Args:
        offer: Security-Client of SM1, to be found again in SM7 (AGR-31).
        choice: algorithms, and the UE's SPIs and ports.
        carrier: the SA set SM1 came over, None for one in the clear (rows 5 and 6 of the event table).
    """

    offer: Offer
    choice: Choice
    carrier: int | None


class Challenge(NamedTuple):
    """What SM6 adds.

    Args:
        server: Security-Server of SM6, to be found again in Security-Verify of SM7 (AGR-31).
        nonce: the text of the nonce, by which an answer to this challenge is known (INT-03).
        set_id: the temporary set.
    """

    server: ServerList
    nonce: str
    set_id: int


@dataclass(slots=True, unsafe_hash=True)
class Forwarded:
    """SM2 is on its way to the core. Nothing is installed."""

    proposal: Proposal


@dataclass(slots=True, unsafe_hash=True)
class Installing:
    """SM5 came; the temporary set is being installed (FLOW-01)."""

    proposal: Proposal
    challenge: Challenge


@dataclass(slots=True, unsafe_hash=True)
class Yielding:
    """SM6 has left over a set that the temporary one is to replace; the old set still stands (RRG-02)."""

    proposal: Proposal
    challenge: Challenge


@dataclass(slots=True, unsafe_hash=True)
class Replacing:
    """The old sets are gone, the temporary one is being installed in their place."""

    proposal: Proposal
    challenge: Challenge


@dataclass(slots=True, unsafe_hash=True)
class Challenged:
    """SM6 has left; SM7 is awaited for as long as reg-await-auth lasts (TMR-01)."""

    proposal: Proposal
    challenge: Challenge


@dataclass(slots=True, unsafe_hash=True)
class Confirming:
    """SM8 is on its way to the core."""

    proposal: Proposal
    challenge: Challenge


@dataclass(slots=True, unsafe_hash=True)
class Ended:
    """Nothing more can come of it; `step` is what ended it."""

    step: Step


State = Forwarded | Installing | Yielding | Replacing | Challenged | Confirming | Ended


class Row(NamedTuple):
    """Next state, what to do, and where the rule stands."""

    state: type[State]
    do: tuple[Do, ...]
    clause: str


TABLE: Final[dict[tuple[type[State], Step], Row]] = {
    (Forwarded, Step.CHALLENGED): Row(Installing, (Do.INSTALL,), "24.229 §5.2.2.2, row 1; FLOW-01"),
    (Forwarded, Step.ACCEPTED): Row(Ended, (), "24.229 §5.1.1.4.2, RRG-05"),
    (Forwarded, Step.REJECTED): Row(Ended, (), "33.203 §7.3.1, FLOW-07"),
    (Installing, Step.INSTALLED): Row(Challenged, (Do.SEND_SM6,), "24.229 §5.2.2.2, FLOW-01"),
    (Installing, Step.NOT_INSTALLED): Row(Ended, (Do.REFUSE,), "33.203 §7.1, ERR-24"),
    (Installing, Step.SUPERSEDED): Row(Ended, (Do.RELEASE, Do.REFUSE), "33.203 §7.3.1.4, MGP-05"),
    (Installing, Step.EXPIRED): Row(Ended, (Do.RELEASE, Do.REFUSE), "24.229 §7.8, MGP-07"),
    (Forwarded, Step.IN_PLACE): Row(Yielding, (Do.SEND_SM6,), "33.203 §7.4, RRG-02, FLOW-04"),
    (Yielding, Step.YIELDED): Row(Replacing, (Do.REPLACE,), "33.203 §7.4, RRG-02, RRG-03"),
    (Yielding, Step.ABANDONED): Row(Ended, (), "24.229 §5.1.1.5.3, ERR-03, ERR-30"),
    (Yielding, Step.SUPERSEDED): Row(Ended, (), "33.203 §7.3.1.4, MGP-05"),
    (Replacing, Step.INSTALLED): Row(Challenged, (), "33.203 §7.4, RRG-02"),
    (Replacing, Step.NOT_INSTALLED): Row(Ended, (), "33.203 §7.1, ERR-24"),
    (Replacing, Step.SUPERSEDED): Row(Ended, (Do.RELEASE,), "33.203 §7.3.1.4, MGP-05"),
    (Replacing, Step.EXPIRED): Row(Ended, (Do.RELEASE,), "24.229 §7.8, MGP-07"),
    (Challenged, Step.ANSWERED): Row(Confirming, (Do.FORWARD,), "33.203 §7.2, INT-02"),
    (Challenged, Step.TAMPERED): Row(Ended, (Do.RELEASE_LATER, Do.REFUSE), "33.203 §7.3.2.3, ERR-10"),
    (Challenged, Step.ABANDONED): Row(Ended, (Do.RELEASE,), "24.229 §5.1.1.5.3, ERR-03"),
    (Challenged, Step.SUPERSEDED): Row(Ended, (Do.RELEASE,), "33.203 §7.3.1.4, MGP-05"),
    (Challenged, Step.EXPIRED): Row(Ended, (Do.RELEASE,), "24.229 §7.8, MGP-07, ERR-06"),
    (Confirming, Step.ANSWERED): Row(Confirming, (Do.FORWARD,), "33.203 §7.2, FLOW-08"),
    (Confirming, Step.TAMPERED): Row(Ended, (Do.RELEASE_LATER, Do.REFUSE), "33.203 §7.3.2.3, ERR-10"),
    (Confirming, Step.ABANDONED): Row(Ended, (Do.RELEASE,), "24.229 §5.1.1.5.3, ERR-03"),
    (Confirming, Step.ACCEPTED): Row(Ended, (Do.CONFIRM,), "33.203 §7.2, FLOW-06; rows 5, 6"),
    (Confirming, Step.REJECTED): Row(Ended, (Do.RELEASE_LATER,), "33.203 §7.3.1.1, MGP-06"),
    (Confirming, Step.SUPERSEDED): Row(Ended, (Do.RELEASE,), "33.203 §7.3.1.4, MGP-05"),
    (Confirming, Step.EXPIRED): Row(Ended, (Do.RELEASE,), "24.229 §7.8, TMR-05"),
}


BRINGS_DATA: Final = frozenset({Step.CHALLENGED, Step.IN_PLACE})
"""Steps that bring the challenge."""

_ONWARD: Final[dict[type[State], type[Replacing | Challenged | Confirming]]] = {
    state: state for state in (Replacing, Challenged, Confirming)
}


class Attempt:
    """One authentication in progress.

    Args:
        proposal: what SM1 put on the table, all checks passed; or the state in which a predecessor of this
            node has left it (MGP-14).
    """

    __slots__ = ("state",)

    def __init__(self, proposal: Proposal | Challenged | Ended) -> None:
        self.state: State = Forwarded(proposal) if isinstance(proposal, Proposal) else proposal

    @property
    def over(self) -> bool:
        """Whether nothing more can come of it."""
        return isinstance(self.state, Ended)

    def challenge(self, challenge: Challenge, step: Step = Step.CHALLENGED) -> tuple[Do, ...]:
        """Take one of the steps that bring data: CHALLENGED, or IN_PLACE.

        Raises:
            IllegalStep: a challenge was there before, or the attempt is over.
        """
        if not isinstance(self.state, Forwarded):
            raise IllegalStep(f"attempt: {step.name} while {type(self.state).__name__}")
        onward = Installing if step is _CHALLENGED else Yielding
        self.state = onward(self.state.proposal, challenge)
        return TABLE[Forwarded, step].do

    def feed(self, step: Step) -> tuple[Do, ...]:
        """Take any other step and return what the owner must do, in order.

        Raises:
            IllegalStep: `TABLE` has no such row.
        """
        state = self.state
        row = TABLE.get((type(state), step))
        if row is None or step in BRINGS_DATA:
            raise IllegalStep(f"attempt: {step.name} while {type(state).__name__}")
        if row.state is Ended:
            self.state = Ended(step)
        else:
            assert not isinstance(state, Forwarded | Ended), "rows lead on from a challenge"
            self.state = _ONWARD[row.state](state.proposal, state.challenge)
        return row.do


ANSWERED: Final = Attempt(Ended(Step.ACCEPTED))
"""The attempt of every set that was established before this node began; nothing changes it."""
