"""The attempt table of the UE (24.229 §5.1.1; 33.203 §7.2, §7.3)."""

import re
from dataclasses import replace

import pytest

from twopair.base import Endpoint, Flow, IllegalStep, Port, Spi, Transport
from twopair.core.registration.ue import (
    TABLE,
    Answering,
    Do,
    Idle,
    Installing,
    Purpose,
    Registering,
    Round,
    State,
    Step,
    bounded,
    row,
    step_of,
)
from twopair.core.secagree import Offer, Terms

TERMS = Terms(Spi(4097), Spi(4098), Port(6100), Port(6101))
ROUND = Round(
    purpose=Purpose.REGISTER,
    expires_s=600,
    call_id="c",
    from_tag="t",
    cseq=1,
    carrier=Flow(Transport.UDP, Endpoint("10.0.1.1", Port(6000)), Endpoint("10.0.0.1", Port(5060))),
    protected=False,
    terms=TERMS,
    offer=Offer.parse([]),
)
STATES: list[State] = [Idle(), Registering(ROUND), Installing(ROUND, 1, "a"), Answering(ROUND, 1, "a")]


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
@pytest.mark.parametrize("step", Step)
def test_rows_and_gaps(state: State, step: Step) -> None:
    """FLOW-05: a step without a row is our own mistake; every row names its clause."""
    if (type(state), step) in TABLE:
        found = row(state, step)
        assert re.search(r"\b(33\.203|24\.229) §\d", found.clause)
    else:
        with pytest.raises(IllegalStep):
            row(state, step)


def test_every_state_is_reached_and_left() -> None:
    """FLOW-05: from SM1 every state is reached, and from every state an attempt can end."""
    reached: set[type[State]] = {Registering}
    for _ in STATES:
        reached |= {found.state for (state, _), found in TABLE.items() if state in reached}
    assert reached == {type(state) for state in STATES}
    for state in (Registering, Installing, Answering):
        assert any(at is state and found.state is Idle for (at, _), found in TABLE.items())


def test_no_way_out_leaves_a_temporary_set() -> None:
    """ERR-31, MGU-07: from Installing and Answering one either goes on, or adopts the set, or drops it."""
    for (state, step), found in TABLE.items():
        if state is Answering or (state is Installing and step is not Step.INSTALLED):
            assert found.do[0] in {Do.DROP, Do.ADOPT}, (state, step)


def test_no_other_set_is_touched_by_a_failure() -> None:
    """ERR-30: only the answer that concludes, or silence (MGU-10), may change what stood before."""
    for (_, step), found in TABLE.items():
        if {Do.ADOPT, Do.REFRESH, Do.AGAIN_IN_CLEAR} & set(found.do):
            assert step in {Step.ACCEPTED, Step.SILENT}


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (200, Step.ACCEPTED),
        (202, Step.ACCEPTED),
        (302, Step.REJECTED),
        (403, Step.REJECTED),
        (408, Step.UNAVAILABLE),
        (420, Step.REJECTED),
        (423, Step.TOO_BRIEF),
        (494, Step.DISAGREED),
        (500, Step.UNAVAILABLE),
        (503, Step.UNAVAILABLE),
        (603, Step.REJECTED),
    ],
)
def test_steps_of_statuses(status: int, step: Step) -> None:
    """UEP-13, UEP-14, UEP-16, ERR-02, ERR-10."""
    assert step_of(status) is step


def test_bounds() -> None:
    """AKA-24, AKA-25, ERR-10: nothing is repeated for ever."""
    spent = replace(ROUND, invalid=2, challenges=3, fresh_starts=1)
    for step in (Step.CHALLENGED, Step.FALSE_NETWORK, Step.OUT_OF_SYNC, Step.NO_AGREEMENT):
        assert bounded(step, ROUND) is step
        assert bounded(step, spent) is Step.UNACCEPTABLE
    assert bounded(Step.DISAGREED, spent) is Step.REJECTED
    assert bounded(Step.ACCEPTED, spent) is Step.ACCEPTED
