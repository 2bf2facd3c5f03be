"""The program alone under load, for others that only want to know what it costs here and now."""

import os
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.load.phone import Place
from benchmarks.load.process import pin
from benchmarks.load.programs import wheels
from benchmarks.load.stand import PcscfStand

ROUNDS: Final = 5


def costs_us(directory: Path, ues: int) -> tuple[float, float, float]:
    """Microseconds of CPU for a registration, a MESSAGE up and one down, each with its 200.

    Args:
        directory: of its own, not there yet.
        ues: how many there are.
    """
    before = os.sched_getaffinity(0)
    pin(0)
    stand = PcscfStand(wheels()[0], Place.on_loopback(0), directory)
    try:
        stand.populate(ues)
        works = stand.works()
        registration, up, down = (
            median(works[name]() for _ in range(ROUNDS))
            for name in ("registration", "MESSAGE up", "MESSAGE down")
        )
        return registration, up, down
    finally:
        stand.close()
        os.sched_setaffinity(0, before)
