"""What a P-CSCF keeps of a registered UE: by a walk of its objects, and by resident size.

    python -m benchmarks.memory [WALKED [RESIDENT]]

Ciphers of user space first, for each SA. The walk (UEs: 4,096) counts every object once, at three moments: at
once, after 6 s (client transactions are over), and when all timers are. It sees neither what C libraries keep
nor what lies free between objects. Both are in the resident size (UEs: 100,000), of a process with node and
back end that register 1,000 UEs a second of its own clock. Goals: 6 kB after the timers, 12 kB while they
run; compiled 6.5 kB after.
"""

import gc
import subprocess
import sys
from pathlib import Path
from time import thread_time
from typing import Final

from tests.population import BACKENDS, TIMERS_OVER_S, Population
from tests.weight import Weight, weigh

from benchmarks.machine import machine_line
from twopair.base import SECOND, Port, Secret, Spi, Suite
from twopair.core.esp import SUITES, IvSpace, SecurityAssociation, Selector, Transform, make_transform
from twopair.crypto import expand
from twopair.live.collector import spare_what_stays
from twopair.live.entropy import OsEntropy
from twopair.live.service.ebb import give_back

ALGORITHMS: Final = (Suite("hmac-sha-1-96", "aes-cbc"), Suite("hmac-sha-1-96", "null"))
GALOIS: Final = (Suite("null", "aes-gcm"),)
MOMENTS: Final = ((0, "at once"), (6, "6 s later"), (TIMERS_OVER_S, "timers over"))
LEAST_SHOWN: Final = 16
PAGE: Final = 4096
CIPHERS: Final = 10_000
_SELECTOR: Final = Selector("10.0.0.1", Port(6100), "10.0.0.2", Port(5062))


def registered(kind: str, algorithms: tuple[Suite, ...], count: int) -> Population:
    """A P-CSCF with that many UEs."""
    population = Population(BACKENDS[kind](), algorithms)
    for number in range(count):
        population.register(number)
    return population


def walks(kind: str, algorithms: tuple[Suite, ...], count: int) -> list[Weight]:
    """What `count` UEs weigh beside as many others, at each moment."""
    found, populations = [], [registered(kind, algorithms, many) for many in (count, 2 * count)]
    passed = 0
    for at, _ in MOMENTS:
        for population in populations:
            population.wait((at - passed) * SECOND)
        passed = at
        gc.collect()
        few, many = (weigh(population.roots) for population in populations)
        found.append(many.minus(few))
    return found


def show(kind: str, algorithms: tuple[Suite, ...], count: int) -> None:
    """A line for each moment, then who holds what is left."""
    found = walks(kind, algorithms, count)
    for (_, words), weight in zip(MOMENTS, found, strict=True):
        print(
            f"{kind}, {algorithms[0]}, {words}: {weight.octets / count:,.0f} octets in "
            f"{weight.objects / count:.0f} objects per UE"
        )
    for place, octets in found[-1].by_place.most_common():
        if octets / count >= LEAST_SHOWN:
            print(f"    {octets / count:6,.0f}  {place}")


def resident() -> int:
    """Octets of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def grow(kind: str, suite: str, count: int) -> None:
    """In a process of its own: register, and say what has come with it."""
    algorithms = GALOIS if suite == str(GALOIS[0]) else ALGORITHMS
    population = registered(kind, algorithms, 64)
    spare_what_stays()  # as the program does
    before = resident()
    for number in range(64, 64 + count):
        population.register(number)
    said, passed = [], 0
    for at, words in MOMENTS:
        population.wait((at - passed) * SECOND)
        passed = at
        if at == TIMERS_OVER_S:
            give_back()  # as the program does after a rush
        said.append(f"{words} {(resident() - before) / count:,.0f}")
    print(f"{kind}, {algorithms[0]}, {count:,} UEs, octets resident per UE: {', '.join(said)}", flush=True)


def ciphers() -> None:
    """What an SA's ciphers cost once it has sent: octets resident, and the time to make them."""
    kept: list[list[Transform]] = []  # or the next would have the room of these
    for suite in SUITES:
        keys = expand(suite, Secret(bytes(16)), Secret(bytes(range(16))))
        sa = SecurityAssociation(Spi(999), _SELECTOR, suite, keys, IvSpace(0, 0))
        make_transform(sa, OsEntropy()).seal(999, 1, bytes(900), 17)  # what is loaded once is loaded
        before, begun = resident(), thread_time()
        kept.append([make_transform(sa, OsEntropy()) for _ in range(CIPHERS)])
        micros = (thread_time() - begun) / CIPHERS * 1e6
        for transform in kept[-1]:
            transform.seal(999, 1, b"", 17)
        octets = (resident() - before) / CIPHERS
        print(f"ciphers of {suite}: {octets:,.0f} octets resident, made in {micros:.1f} µs")


def main(walked: int, resident_ues: int) -> None:
    """Both ways of measuring, for both back ends that keep their own tables."""
    print(machine_line())
    ciphers()
    kinds = (("memory", ALGORITHMS), ("userspace", ALGORITHMS), ("userspace", GALOIS))
    for kind, algorithms in kinds:
        show(kind, algorithms, walked)
    for kind, algorithms in kinds:
        words = ["grow", kind, str(algorithms[0]), str(resident_ues)]
        subprocess.run([sys.executable, "-m", "benchmarks.memory", *words], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["grow"]:
        grow(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(*map(int, [*sys.argv[1:3], *("4096", "100000")[len(sys.argv) - 1 :]]))
