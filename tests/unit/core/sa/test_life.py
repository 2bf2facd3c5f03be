"""The life of a set: every row walked, every other step refused."""

import pytest

from twopair.base import IllegalStep, Micros
from twopair.core.sa import SaSetLife, Stage, Trigger
from twopair.core.sa.life import TABLE


def at(stage: Stage) -> SaSetLife:
    return SaSetLife(7, Micros(1000), stage)


@pytest.mark.parametrize(("stage", "trigger"), TABLE)
def test_each_row(stage: Stage, trigger: Trigger) -> None:
    assert at(stage).feed(trigger) is TABLE[stage, trigger][0]


@pytest.mark.parametrize(
    ("stage", "trigger"), [(s, t) for s in Stage for t in Trigger if (s, t) not in TABLE]
)
def test_no_other_step(stage: Stage, trigger: Trigger) -> None:
    life = at(stage)
    with pytest.raises(IllegalStep):
        life.feed(trigger)
    assert life.stage is stage


def test_every_stage_is_reached_and_deleted_has_no_way_out() -> None:
    reached = {Stage.TEMPORARY} | {row[0] for row in TABLE.values()}
    assert reached == set(Stage)
    assert not [stage for stage, _ in TABLE if stage is Stage.DELETED]


def test_a_set_is_not_in_use_because_sm12_was_sent() -> None:
    """MGP-02: confirmed and taken into use are two steps."""
    assert at(Stage.TEMPORARY).feed(Trigger.CONFIRMED) is Stage.NEWLY_ESTABLISHED


def test_every_row_names_a_clause() -> None:
    assert all(clause for _, clause in TABLE.values())


def test_lifetime_only_moves_the_way_it_says() -> None:
    """TMR-02 takes the maximum, TMR-03 the minimum."""
    life = at(Stage.IN_USE)
    life.extend(Micros(500))
    assert life.next_deadline() == 1000
    life.extend(Micros(2000))
    assert life.next_deadline() == 2000
    life.shorten(Micros(3000))
    assert life.next_deadline() == 2000
    life.shorten(Micros(1500))
    assert life.next_deadline() == 1500
    life.feed(Trigger.EXPIRED)
    assert life.next_deadline() is None
