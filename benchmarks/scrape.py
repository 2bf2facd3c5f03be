"""What a scrape costs a P-CSCF, and for how long the longest part of it holds signalling up.

Run: ``python -m benchmarks.scrape [UEs…]``, up to 60,000. Registrations are made on the bench; the scrape
comes over HTTP, as Prometheus asks, from a task of the same process; what any question costs is told, too.
Goal: the longest turn does not grow with the number of UEs.
"""

import asyncio
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time

from tests.unit.live.http.bed import Heard, Store, ask, watched
from tests.unit.nodes.pcscf.bed import Ue

from benchmarks.machine import machine_line
from benchmarks.pcscf_node import settle
from twopair.live.collector import spare_what_stays
from twopair.live.service.running import Running

TIMES = 30


async def longest_turn(until: asyncio.Task[float]) -> float:
    """Seconds between two turns of somebody who always has something to do."""
    longest, before = 0.0, perf_counter()
    while not until.done():
        await asyncio.sleep(0)
        now = perf_counter()
        longest, before = max(longest, now - before), now
    return longest


async def asked(running: Running, path: str) -> float:
    """Seconds of CPU for one question."""
    before = thread_time()
    await ask(running, path)
    return thread_time() - before


async def measure(folder: Path, count: int) -> None:
    """One line of figures."""
    bed = Heard()
    async with watched(folder, bed, Store()) as running:
        for number in range(count):
            bed.register(Ue(number))
            bed.actions.clear()
            if number % 500 == 499:
                settle(bed)
        spare_what_stays()
        alone = median([await asked(running, "/health") for _ in range(TIMES)])
        cpu = median([await asked(running, "/metrics") for _ in range(TIMES)])
        turns = [await longest_turn(asyncio.create_task(asked(running, "/metrics"))) for _ in range(TIMES)]
    print(
        f"{count:>6} UEs: scrape {cpu * 1e3:5.1f} ms of CPU, any question {alone * 1e3:.1f} ms, "
        f"longest turn {median(turns) * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    print(machine_line())
    for text in sys.argv[1:] or ("10", "10000"):
        with TemporaryDirectory() as name:
            asyncio.run(measure(Path(name), int(text)))
