"""What is measured: a program with its load, whose works return CPU time for each of what they did."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.load import programs, relay
from benchmarks.load.network import WINDOW, Network
from benchmarks.load.phone import Phone, Place
from benchmarks.load.process import Program, settle
from benchmarks.load.programs import Wheel

WARMING: Final = 48
"""Exchanges at the beginning of each turn that are not counted: other programs have used the core before."""

REST_S: Final = 0.02
STEP: Final = 7919
REGISTERING: Final = 5
"""UEs that register at a time: of ten, none may begin anew before it is through."""

UNITS: Final = {
    "registration": 96,
    "re-registration": 96,
    "MESSAGE up": 240,
    "MESSAGE down": 240,
    "call up": 96,
    "call down": 96,
}
"""What a UE does, and how many times a round."""


class Meter:
    """CPU time of a program: of what it did in its turns, and of what it did beside (timers).

    Args:
        program: that is measured.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._began = program.cpu_s()
        self._counted = 0.0
        self._units = 0

    def per_unit(self, units: int, work: Callable[[], None]) -> float:
        """Microseconds for each."""
        settle(REST_S)
        before = self._program.cpu_s()
        work()
        settle(REST_S)
        spent = self._program.cpu_s() - before
        self._counted += spent
        self._units += units
        return spent / units * 1e6

    def uncounted(self, work: Callable[[], None]) -> None:
        """Do something that is not to be counted anywhere."""
        before = self._program.cpu_s()
        work()
        self._began += self._program.cpu_s() - before

    def beside(self) -> float:
        """Microseconds for each unit so far that were spent between the turns."""
        return (self._program.cpu_s() - self._began - self._counted) / max(self._units, 1) * 1e6


class PcscfStand:
    """A P-CSCF program with its UEs.

    Args:
        wheel: that runs.
        place: of its own.
        directory: of its own, not there yet.
    """

    def __init__(self, wheel: Wheel, place: Place, directory: Path) -> None:
        self.program = programs.start(wheel, place, directory, programs.core_for_programs())
        self.network = Network(place)
        self.idle_kb = self.program.resident_kb()
        self.meter = Meter(self.program)
        self._turn = 0

    def populate(self, number: int) -> float:
        """Let that many new UEs register; microseconds for each."""
        phones = self.network.grow(number)
        return self.meter.per_unit(number, lambda: self.network.run(self.network.register, phones))

    def works(self) -> dict[str, Callable[[], float]]:
        """What can be measured, by its name in `UNITS`."""
        begins = self.network.begins()
        return {name: self._work(begins[name], units) for name, units in UNITS.items()}

    def resident_kb(self) -> float:
        """Memory for each UE."""
        return (self.program.resident_kb() - self.idle_kb) / len(self.network.phones)

    def close(self) -> None:
        """End it."""
        self.network.close()
        self.program.end()

    def _work(self, begin: Callable[[Phone], None], units: int) -> Callable[[], float]:
        window = WINDOW
        if begin in (self.network.register, self.network.register_again):
            window = min(REGISTERING, max(1, len(self.network.phones) // 2))

        def do(number: int) -> Callable[[], None]:
            return lambda: self.network.run(begin, islice(self._phones(), number), window)

        def measured() -> float:
            self.meter.uncounted(do(WARMING))
            return self.meter.per_unit(units, do(units))

        return measured

    def _phones(self) -> Iterator[Phone]:
        phones = self.network.phones
        while True:
            self._turn += STEP
            yield phones[self._turn % len(phones)]


class RelayStand:
    """Kamailio as plain relay.

    Args:
        directory: of its own, not there yet.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.program = relay.start(directory, programs.core_for_programs())
        self.traffic = relay.Traffic()
        self.meter = Meter(self.program)

    def works(self) -> dict[str, Callable[[], float]]:
        """``MESSAGE`` and ``call``."""
        wanted = {"MESSAGE": ("MESSAGE", UNITS["MESSAGE up"]), "call": ("INVITE", UNITS["call up"])}
        return {name: self._work(*what) for name, what in wanted.items()}

    def close(self) -> None:
        """End it."""
        self.traffic.close()
        self.program.end()

    def _work(self, method: str, units: int) -> Callable[[], float]:
        def measured() -> float:
            self.meter.uncounted(lambda: self.traffic.run(method, WARMING))
            return self.meter.per_unit(units, lambda: self.traffic.run(method, units))

        return measured
