"""The event table 5.4: which sets each event moves (24.229 §5.2.2.2; MGP-01)."""

import pytest

from twopair.base import Micros, seconds
from twopair.core.registration.pcscf_sets import (
    EVENTS,
    SIXTY_FOUR_T1,
    Place,
    SetEvent,
    ending,
    established_until,
    in_use,
    newly_established,
    place,
    step,
)
from twopair.core.sa import SaSetLife, Stage

NOW = Micros(1_000_000_000)
FAR = Micros(NOW + seconds(600_000))


def sets(**stages: Stage) -> dict[str, SaSetLife]:
    return {name: SaSetLife(number, FAR, stage) for number, (name, stage) in enumerate(stages.items(), 1)}


def after(
    event: SetEvent, held: dict[str, SaSetLife], subject: str = "", carrier: str = ""
) -> dict[str, Stage]:
    subject_id = held[subject].set_id if subject else None
    carrier_id = held[carrier].set_id if carrier else None
    step(event, list(held.values()), NOW, subject=subject_id, carrier=carrier_id)
    return {name: life.stage for name, life in held.items()}


def test_row_1_removes_an_earlier_temporary_set_and_nothing_else() -> None:
    """MGP-05, ERR-30."""
    held = sets(old=Stage.OLD, used=Stage.IN_USE, new=Stage.NEWLY_ESTABLISHED, temporary=Stage.TEMPORARY)
    assert after(SetEvent.CHALLENGE, held) == {
        "old": Stage.OLD,
        "used": Stage.IN_USE,
        "new": Stage.NEWLY_ESTABLISHED,
        "temporary": Stage.DELETED,
    }


def test_row_3_takes_the_new_set_and_gives_the_old_one_64_t1() -> None:
    """TMR-03, MGP-02."""
    held = sets(used=Stage.IN_USE, new=Stage.NEWLY_ESTABLISHED)
    assert after(SetEvent.OVER_NEW, held) == {"used": Stage.OLD, "new": Stage.IN_USE}
    assert held["used"].expires_at == NOW + SIXTY_FOUR_T1
    assert held["new"].expires_at == FAR


def test_row_3_never_lengthens_an_old_set() -> None:
    """TMR-03: min(lifetime, 64*T1)."""
    held = sets(used=Stage.IN_USE, new=Stage.NEWLY_ESTABLISHED)
    held["used"].expires_at = Micros(NOW + seconds(5))
    step(SetEvent.OVER_NEW, list(held.values()), NOW)
    assert held["used"].expires_at == NOW + seconds(5)


def test_row_4_takes_the_new_set_while_the_old_one_drains() -> None:
    held = sets(used=Stage.IN_USE, new=Stage.NEWLY_ESTABLISHED)
    assert ending(list(held.values())) == FAR - SIXTY_FOUR_T1
    assert after(SetEvent.OLD_ENDING, held) == {"used": Stage.OLD, "new": Stage.IN_USE}
    assert ending(list(held.values())) is None


def test_row_4_at_once_where_nothing_is_in_use() -> None:
    assert ending([SaSetLife(1, FAR, Stage.NEWLY_ESTABLISHED)]) == 0


def test_row_5_keeps_the_carrier_in_use() -> None:
    """MGP-02: SM12 alone does not switch."""
    held = sets(used=Stage.IN_USE, temporary=Stage.TEMPORARY)
    assert after(SetEvent.REAUTHENTICATED, held, "temporary", "used") == {
        "used": Stage.IN_USE,
        "temporary": Stage.NEWLY_ESTABLISHED,
    }


def test_row_5_deletes_all_other_old_sets_at_once() -> None:
    held = sets(old=Stage.OLD, used=Stage.IN_USE, unused=Stage.NEWLY_ESTABLISHED, temporary=Stage.TEMPORARY)
    assert after(SetEvent.REAUTHENTICATED, held, "temporary", "used") == {
        "old": Stage.DELETED,
        "used": Stage.IN_USE,
        "unused": Stage.DELETED,
        "temporary": Stage.NEWLY_ESTABLISHED,
    }


def test_row_5_keeps_an_old_carrier() -> None:
    held = sets(old=Stage.OLD, carrier=Stage.OLD, used=Stage.IN_USE, temporary=Stage.TEMPORARY)
    assert after(SetEvent.REAUTHENTICATED, held, "temporary", "carrier") == {
        "old": Stage.DELETED,
        "carrier": Stage.OLD,
        "used": Stage.IN_USE,
        "temporary": Stage.NEWLY_ESTABLISHED,
    }


def test_row_6_leaves_only_the_new_set() -> None:
    """MGP-08: an initial authentication replaces all there was."""
    held = sets(old=Stage.OLD, used=Stage.IN_USE, unused=Stage.NEWLY_ESTABLISHED, temporary=Stage.TEMPORARY)
    assert after(SetEvent.AUTHENTICATED, held, "temporary") == {
        "old": Stage.DELETED,
        "used": Stage.DELETED,
        "unused": Stage.DELETED,
        "temporary": Stage.IN_USE,
    }


@pytest.mark.parametrize("event", SetEvent)
def test_every_row_can_be_walked_from_every_place(event: SetEvent) -> None:
    """No row asks of a set what the table of its life does not know."""
    stages = [Stage.TEMPORARY, Stage.NEWLY_ESTABLISHED, Stage.IN_USE, Stage.OLD]
    for number, stage in enumerate(stages, 1):
        for subject in (None, number):
            for carrier in (None, number):
                life = SaSetLife(number, FAR, stage)
                wanted = EVENTS[event].get(place(life, subject, carrier), ())
                assert bool(step(event, [life], NOW, subject=subject, carrier=carrier)) == bool(wanted)


def test_a_subject_is_the_temporary_set_only() -> None:
    assert place(SaSetLife(1, FAR, Stage.TEMPORARY), 1, None) is Place.SUBJECT
    assert place(SaSetLife(1, FAR, Stage.IN_USE), 1, None) is Place.IN_USE


def test_lifetime_is_the_longer_one() -> None:
    """TMR-02: registration plus 30 s, or what the previous set had."""
    previous = SaSetLife(1, Micros(NOW + seconds(100)), Stage.IN_USE)
    assert established_until(previous, 60, NOW) == NOW + seconds(100)
    assert established_until(previous, 80, NOW) == NOW + seconds(110)
    assert established_until(None, 60, NOW) == NOW + seconds(90)


def test_the_sets_of_a_subscriber_by_their_stage() -> None:
    held = sets(used=Stage.IN_USE, new=Stage.NEWLY_ESTABLISHED)
    assert in_use(list(held.values())) is held["used"]
    assert newly_established(list(held.values())) is held["new"]
    assert in_use([]) is None
