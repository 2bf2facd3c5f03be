"""Every row of the attacker table, shown twice: with all defences it fails, with one missing it succeeds."""

from typing import Any

import pytest

from twopair.attack.attack import Attack
from twopair.attack.defences import DEFENCES
from twopair.attack.table import ATTACKS, ROWS, Row, attacks_of
from twopair.attack.trial import try_in_world
from twopair.base import Transport


def cases(*, undefended: bool) -> list[Any]:
    return [
        pytest.param(attack, transport, id=f"{attack.name}, {transport.value}")
        for attack in ATTACKS.values()
        for transport in attack.transports
        if attack.without or not undefended
    ]


@pytest.mark.parametrize(("attack", "transport"), cases(undefended=False))
@pytest.mark.parametrize("ip", [4, 6])
def test_defended_it_fails(attack: Attack, transport: Transport, ip: int) -> None:
    """Section 11; ERR-30, ERR-31: nothing is gained, and nothing is left behind after four minutes."""
    trial = try_in_world(attack, transport, ip=ip)
    assert trial.made, "the attacker had no occasion"
    assert trial.got == ""
    assert trial.left == ""


@pytest.mark.parametrize(("attack", "transport"), cases(undefended=True))
@pytest.mark.parametrize("ip", [4, 6])
def test_undefended_it_succeeds(attack: Attack, transport: Transport, ip: int) -> None:
    """So the scenario bites: it is the defence that stops it."""
    assert try_in_world(attack, transport, without=attack.without, ip=ip).got


@pytest.mark.parametrize(("attack", "transport"), cases(undefended=True))
def test_each_missing_defence_is_needed(attack: Attack, transport: Transport) -> None:
    """Where two defences must be missing, either of them alone stops the attack: depth, not decoration."""
    for name in attack.without if len(attack.without) > 1 else ():
        others = tuple(other for other in attack.without if other != name)
        assert try_in_world(attack, transport, without=others).got == "", name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_has_an_attack(row: Row) -> None:
    """One that is shown to succeed undefended, or a reason why there is none."""
    made = attacks_of(row)
    assert made
    assert bool(row.unproven) != any(attack.without for attack in made)


def test_every_attack_has_a_row() -> None:
    assert {attack.row for attack in ATTACKS.values()} == {row.name for row in ROWS}
    assert len(ROWS) == 27


def test_every_defence_is_missed_somewhere() -> None:
    """No switch that nothing uses."""
    assert {name for attack in ATTACKS.values() for name in attack.without} == set(DEFENCES)
