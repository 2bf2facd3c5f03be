"""Two workers beside one: CPU for each MESSAGE, and what they could carry on a core each.

    python -m benchmarks.workers [UES] [--rounds N] [--wheel NAME=PATH]… [--record FILE]

Two programs, with one worker and with two, have as many UEs at the same addresses, and take turns. Each
worker has a core; so has each of two processes that play UEs and home network, and send to both workers
alike, all of it at once, so that as many exchanges are under way at each worker. On a machine with two cores
load and workers share them, and messages a second would say how fast the load is. What is counted is the CPU
time of each worker, in which no waiting is, while all cores are busy: that has in it what workers cost each
other (caches, locks of the kernel), and what the load takes from their caches, which counts against two. As
many workers as cores carry, on cores of their own, what the one with most to do carries::

    capacity of two : capacity of one = CPU of the one : the larger CPU of the two, for as many messages

The hash gives none of them exactly half of the UEs; that counts against two, too. Goal: at least 1.8.
"""

import os
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from itertools import cycle, islice
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.load import programs
from benchmarks.load.network import Network
from benchmarks.load.phone import Place
from benchmarks.load.process import Program, settle
from benchmarks.load.programs import Wheel, described, wheels
from benchmarks.machine import machine_line
from benchmarks.record import Record
from benchmarks.rounds import Rounds, Spread

UES: Final = 2_000
ROUNDS: Final = 11
UNITS: Final = 1_500
"""MESSAGEs of each process in each turn, in each direction."""

WINDOW: Final = 24
"""Exchanges that are under way at each worker."""

STEP: Final = 7919
GENERATORS: Final = 2
GOAL: Final = 1.8
_END: Final = "end"
FIRST_PLACE: Final = 100
"""Behind those of `benchmarks.load`, which may run at the same time."""


def places(stand: int) -> list[Place]:
    """Of the processes that play UEs: each has ports and a home network of its own, at the same P-CSCF."""
    own = [Place.on_loopback(FIRST_PLACE + GENERATORS * stand + n) for n in range(GENERATORS)]
    return [one._replace(gm=own[0].gm, core=own[0].core) for one in own]


class Generator:
    """A process that plays a part of the UEs.

    Args:
        number: which one; it has a core of that number.
        place: its own.
        registrar: where the P-CSCF sends REGISTER.
        ues: how many each of them plays.
        window: how many of them are busy at a time.
    """

    def __init__(self, number: int, place: Place, registrar: str, ues: int, window: int) -> None:
        self._pipe, theirs = Pipe()
        arguments = (theirs, number, place, registrar, ues, window)
        self._process = Process(target=_play, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def tell(self, word: str) -> None:
        """Have it do something."""
        self._pipe.send(word)

    def done(self) -> None:
        """Wait until it has. Raises RuntimeError if it failed."""
        try:
            self._pipe.recv()
        except EOFError:
            raise RuntimeError("the load has ended: see above") from None

    def end(self) -> None:
        """End it. That our end is closed is not seen: processes that were started later have it, too."""
        with suppress(OSError):  # it has ended by itself
            self._pipe.send(_END)
        self._process.join(5)
        self._pipe.close()


def _play(pipe: Connection, number: int, place: Place, registrar: str, ues: int, window: int) -> None:
    os.sched_setaffinity(0, {number})
    network = Network(place)
    network.grow(ues * number)  # others play them
    own = network.grow(ues)
    turns = cycle(own[STEP * n % len(own)] for n in range(len(own)))

    def register() -> None:
        with network.answering_at(registrar):
            network.run(network.register, own, window)

    def work() -> None:
        network.run(network.message_up, islice(turns, UNITS), window)
        network.run(network.message_down, islice(turns, UNITS), window)

    does: dict[str, Callable[[], None]] = {"register": register, "work": work}
    try:
        while (word := pipe.recv()) != _END:
            does[word]()
            pipe.send("done")
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        network.close()


class Stand:
    """A program with its load.

    Args:
        wheel: that runs.
        number: of the stand.
        workers: of the program.
        ues: how many.
        directory: of its own, not there yet.
    """

    def __init__(self, wheel: Wheel, number: int, workers: int, ues: int, directory: Path) -> None:
        own = places(number)
        self._program = programs.start(wheel, own[0], directory, workers=workers)
        self._pids = self._program.workers() if workers > 1 else [self._program.pid]
        for core, pid in enumerate(self._pids):
            Program.pin(pid, (core + 1) % GENERATORS)
        self._loads: list[Generator] = []
        for n, place in reversed([*enumerate(own)]):  # each is the registrar for its own UEs
            window = WINDOW * workers // GENERATORS
            self._loads.append(Generator(n, place, own[0].home, ues // GENERATORS, window))
            self._loads[-1].tell("register")
            self._loads[-1].done()

    def measured(self) -> list[float]:
        """CPU of each worker for a turn of all the load, in seconds."""
        before = [Program.cpu_of(pid) for pid in self._pids]
        for load in self._loads:
            load.tell("work")
        for load in self._loads:
            load.done()
        settle(0.05)
        return [Program.cpu_of(pid) - one for pid, one in zip(self._pids, before, strict=True)]

    def close(self) -> None:
        """End it."""
        for load in self._loads:
            load.end()
        self._program.end()


def measure(wheel: Wheel, ues: int, rounds: int, directory: Path) -> Spread:
    """Print what both cost, and how many times one two carry; gives that."""
    messages = 2 * UNITS * GENERATORS
    spent: dict[int, list[list[float]]] = {1: [], 2: []}
    with ExitStack() as opened:
        works: dict[str, Callable[[], float]] = {}
        for number, workers in enumerate(spent):
            stand = Stand(wheel, number, workers, ues, directory / f"{wheel.name}-{workers}")
            opened.callback(stand.close)
            works[f"{workers}"] = partial(_largest, stand, spent[workers])
        found = Rounds.run(works, rounds)
    one, two = (Spread.of(sum(turn) / messages * 1e6 for turn in spent[of][1:]) for of in spent)
    share = Spread.of(max(turn) / sum(turn) for turn in spent[2][1:])
    print(f"{wheel.name}: {wheel.says()}")
    print(f"  CPU for a MESSAGE with its 200: one worker {one:.1f} µs, two together {two:.1f} µs")
    print(f"  of two, the one with more to do has {share:.2f} of it")
    carried = found.ratio("1", "2")
    print(f"  two carry {carried:.2f} times what one does; goal: {GOAL}", flush=True)
    return carried


def _largest(stand: Stand, spent: list[list[float]]) -> float:
    spent.append(stand.measured())
    return max(spent[-1])


def main() -> None:
    """Print machine, then a table for each wheel."""
    parser = ArgumentParser(prog="python -m benchmarks.workers")
    parser.add_argument("ues", type=int, nargs="?", default=UES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--wheel", action="append", metavar="NAME=PATH")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep the figures there")
    wanted = parser.parse_args()
    print(machine_line())
    if (os.cpu_count() or 1) < 2:
        print("two workers want two cores: nothing is measured")
        return
    with TemporaryDirectory() as name:
        figures = {
            wheel.name: {"two workers : one": measure(wheel, wanted.ues, wanted.rounds, Path(name))}
            for wheel in wheels(wanted.wheel)
        }
    if wanted.record:
        record = Record.read(wanted.record)
        record.add(figures, {wheel.name: described(wheel) for wheel in wheels(wanted.wheel)})
        record.write(wanted.record)


if __name__ == "__main__":
    main()
