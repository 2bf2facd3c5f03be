"""Instructions of the P-CSCF program for a registration and a MESSAGE: a busy machine does not change them.

    python -m benchmarks.instructions [--ues N] [--units N] [--wheel NAME=PATH]…

The program runs under callgrind (valgrind); UEs and home network are those of `benchmarks.load`. Counted is
what user space does, beginning after all UEs have registered once; the kernel's part is not seen. By object
says how much of it is the interpreter, the compiled modules, the C library.
"""

import subprocess
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.load import programs, sockets
from benchmarks.load.network import Network
from benchmarks.load.phone import Phone, Place
from benchmarks.load.programs import Wheel, described, wheels
from benchmarks.load.stand import STEP
from benchmarks.machine import machine_line

WORKS: Final = ("registration", "re-registration", "MESSAGE up", "MESSAGE down")
WARMING: Final = 60
WINDOW: Final = 5
SLOW: Final = 60.0
"""Seconds without an answer until one is lost: under callgrind everything takes fifty times as long."""


class Counted(Wheel):
    """A wheel whose program runs under callgrind."""

    def program(self, *words: str) -> list[str]:
        """See `Wheel`."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        counting = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--compress-strings=no"]
        counting.append("--callgrind-out-file=%q{COUNTED}/counted")
        script = str(self.python.with_name("twopair"))
        return ["env", "PYTHONHASHSEED=1", *settings, *counting, str(self.python), script, *words]


def cycled(phones: list[Phone], number: int, turns: Iterator[int]) -> Iterator[Phone]:
    """That many, in an order that has nothing to do with memory."""
    return (phones[turn * STEP % len(phones)] for turn in islice(turns, number))


def measure(wheel: Wheel, ues: int, units: int) -> None:
    """Lines for one wheel."""
    with TemporaryDirectory() as folder:
        place, turns = Place.on_loopback(0), count(1)
        counted = Counted(wheel.name, wheel.python, {**wheel.environment, "COUNTED": folder})
        program = programs.start(counted, place, Path(folder) / "pcscf")
        network = Network(place)
        phones = network.grow(ues)
        network.run(network.register, phones, WINDOW)
        for name, begin in ((name, network.begins()[name]) for name in WORKS):
            network.run(begin, cycled(phones, WARMING, turns), WINDOW)
            _control(program.pid, "--instr=on", "--zero")
            network.run(begin, cycled(phones, units, turns), WINDOW)
            _control(program.pid, f"--dump={name}", "--instr=off")
            (file,) = [one for one in Path(folder).glob("counted.*") if name in _trigger(one)]
            found = by_object(file)
            total = found.total() / units
            shares = ", ".join(f"{one} {n / units / total:.0%}" for one, n in found.most_common(4))
            print(f"  {wheel.name:9} {name:16} {total:>11,.0f} instructions: {shares}", flush=True)
            file.unlink()
        network.close()
        program.end()


def by_object(file: Path) -> Counter[str]:
    """Instructions by shared object, from a file of callgrind."""
    found: Counter[str] = Counter()
    name, called = "", False
    with file.open() as lines:
        for line in lines:
            if line.startswith("ob="):
                name = line[3:].rsplit("/", 1)[-1].strip()
            elif line.startswith("calls="):
                called = True  # the next line is what was called
            elif line[0].isdigit() or line[0] in "+-*":
                if not called:
                    found[name] += int(line.split()[1])
                called = False
    return found


def _trigger(file: Path) -> str:
    with file.open() as lines:
        return next((line for line in lines if line.startswith("desc: Trigger")), "")


def _control(pid: int, *words: str) -> None:
    for word in words:
        subprocess.run(["callgrind_control", word, str(pid)], check=True, capture_output=True)


def main() -> None:
    """All wheels that are asked for."""
    parser = ArgumentParser(prog="python -m benchmarks.instructions")
    parser.add_argument("--ues", type=int, default=60)
    parser.add_argument("--units", type=int, default=150)
    parser.add_argument("--wheel", action="append", metavar="NAME=PATH", help="pure=… and compiled=…")
    wanted = parser.parse_args()
    sockets.PATIENCE_S = SLOW
    print(machine_line())
    with sockets.loopback_of_its_own():
        for wheel in wheels(wanted.wheel):
            print(f"# {wheel.name}: {described(wheel)}")
            measure(wheel, wanted.ues, wanted.units)


if __name__ == "__main__":
    main()
