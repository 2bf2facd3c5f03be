"""The attacks of the attacker table on real packets: with all defences none succeeds."""

import asyncio

import pytest

from twopair.attack.in_lab import try_all_in_labs
from twopair.attack.table import ATTACKS, ROWS
from twopair.base import Transport

pytestmark = [pytest.mark.lab, pytest.mark.slow]


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_none_succeeds(transport: Transport) -> None:
    """Section 11 with real sockets and real ESP: each attack is made, and comes to nothing."""
    attacks = [attack for attack in ATTACKS.values() if transport in attack.real]
    trials = asyncio.run(try_all_in_labs(attacks, transport))
    assert [(trial.attack.name, trial.got) for trial in trials if not trial.ok] == []
    assert len(trials) == len(attacks)


def test_every_row_is_attacked_on_real_packets() -> None:
    assert {row.name for row in ROWS} == {attack.row for attack in ATTACKS.values() if attack.real}
