"""The attempt table of the P-CSCF (33.203 §7.2, §7.3; 24.229 §5.2.2.2)."""

import pytest

from twopair.base import IllegalStep, Port, Spi, Suite
from twopair.core.registration.pcscf import (
    BRINGS_DATA,
    TABLE,
    Attempt,
    Challenge,
    Challenged,
    Confirming,
    Do,
    Ended,
    Forwarded,
    Installing,
    Proposal,
    Replacing,
    State,
    Step,
    Yielding,
)
from twopair.core.secagree import Choice, Offer, ServerList, Terms

UE = Terms(Spi(1000), Spi(1001), Port(6100), Port(6101))
OURS = Terms(Spi(2000), Spi(2001), Port(5064), Port(5062))
SUITE = Suite("hmac-sha-1-96", "null")
PROPOSAL = Proposal(Offer.make(UE, [SUITE]), Choice(SUITE, UE), None)
CHALLENGE = Challenge(ServerList.make(OURS, [SUITE]), "nonce", 7)
STATES: dict[type[State], State] = {
    Forwarded: Forwarded(PROPOSAL),
    Installing: Installing(PROPOSAL, CHALLENGE),
    Yielding: Yielding(PROPOSAL, CHALLENGE),
    Replacing: Replacing(PROPOSAL, CHALLENGE),
    Challenged: Challenged(PROPOSAL, CHALLENGE),
    Confirming: Confirming(PROPOSAL, CHALLENGE),
    Ended: Ended(Step.ACCEPTED),
}


def attempt(state: type[State]) -> Attempt:
    made = Attempt(PROPOSAL)
    made.state = STATES[state]
    return made


@pytest.mark.parametrize(("state", "step"), [key for key in TABLE if key[1] not in BRINGS_DATA])
def test_each_row_is_walked(state: type[State], step: Step) -> None:
    """FLOW-01, ERR-03, ERR-10, ERR-24, MGP-05..MGP-07: each row leads where it says."""
    walked = attempt(state)
    row = TABLE[state, step]
    assert walked.feed(step) == row.do
    assert type(walked.state) is row.state
    assert row.clause


@pytest.mark.parametrize(
    ("state", "step"), [(s, t) for s in STATES for t in Step if (s, t) not in TABLE or t in BRINGS_DATA]
)
def test_what_has_no_row_is_our_own_mistake(state: type[State], step: Step) -> None:
    with pytest.raises(IllegalStep):
        attempt(state).feed(step)


def test_the_challenge_is_taken_once_and_brings_its_data() -> None:
    """FLOW-01: first the set, then SM6."""
    taken = attempt(Forwarded)
    assert taken.challenge(CHALLENGE) == (Do.INSTALL,)
    assert taken.state == Installing(PROPOSAL, CHALLENGE)
    with pytest.raises(IllegalStep):
        taken.challenge(CHALLENGE)


def test_data_is_carried_to_the_end() -> None:
    """AGR-31: SM7 is compared with what SM1 and SM6 said."""
    whole = attempt(Forwarded)
    whole.challenge(CHALLENGE)
    whole.feed(Step.INSTALLED)
    whole.feed(Step.ANSWERED)
    assert whole.state == Confirming(PROPOSAL, CHALLENGE)
    assert not whole.over
    assert whole.feed(Step.ACCEPTED) == (Do.CONFIRM,)
    assert whole.over


def test_every_state_is_reached_and_nothing_leaves_the_end() -> None:
    assert {row.state for row in TABLE.values()} | {Forwarded} == set(STATES)
    assert not [key for key in TABLE if key[0] is Ended]


def test_every_end_after_a_challenge_confirms_or_releases_the_set() -> None:
    """ERR-31: no row ends an attempt and leaves its temporary set behind."""
    freeing = {Do.CONFIRM, Do.RELEASE, Do.RELEASE_LATER}
    for (state, step), row in TABLE.items():
        without = state in (Forwarded, Yielding)  # nothing is installed yet
        if row.state is Ended and not without and step is not Step.NOT_INSTALLED:
            assert freeing & set(row.do), (state, step)
