"""Days with a name server that lies, is late and is silent, and with a dead server before the living one."""

import os

from twopair.core.locate import Place
from twopair.swarm.named import NamedDay, run

DAYS = int(os.environ.get("TWOPAIR_NAMED_DAYS", "15"))


def test_days() -> None:
    """PCS-06, RFC 3263: all laws hold; in calm everybody registers past the dead server."""
    days = [NamedDay(seed) for seed in range(DAYS)]
    verdicts = [day.run() for day in days]
    assert [f"{v.law}: {v.detail}; seed {v.seed}" for v in verdicts if not v.ok] == []
    assert sum(day.zone.asked for day in days) > 10 * DAYS
    assert len({v.digest for v in verdicts}) == DAYS
    assert sum(len(day.zone.named) for day in days) > 2 * DAYS, "nobody was lied to"


def test_the_same_day_again() -> None:
    assert run(3).digest == run(3).digest


def test_places_are_what_the_zone_has() -> None:
    assert Place("icscf.home.example") == NamedDay(0).plan.pcscf.registrar
