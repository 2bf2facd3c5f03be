"""CPU of the P-CSCF program beside Kamailio as plain stateful relay, by turns in one run.

    python -m benchmarks.load [UES…] [--rounds N] [--wheel NAME=PATH]… [--record FILE]

Another process, on another core, plays UEs and home network over UDP on loopback. The back end is `memory`:
SA sets are recorded, nothing is encrypted, so that SIP, state and system calls alone are measured. For each
wheel and each number of UEs one program stands beside the others; Kamailio (one worker, `tm`) carries
MESSAGEs and calls of the same size. Each does a little, then the next one, in many rounds: ratios are taken
round by round. A message that is lost ends the run. Goals: `benchmarks.goals`.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.load import relay
from benchmarks.load.phone import Place
from benchmarks.load.process import pin, settle
from benchmarks.load.programs import Wheel, described, wheels
from benchmarks.load.sockets import loopback_of_its_own
from benchmarks.load.stand import UNITS, PcscfStand, RelayStand
from benchmarks.machine import machine_line
from benchmarks.record import Record
from benchmarks.rounds import Rounds, Spread

SIZES: Final = (10, 1_000, 10_000, 100_000)
JUDGED_AT: Final = 1_000
CHUNK: Final = 250
TIMERS_S: Final = 150
"""After this nothing of an exchange is left: 64 times T1 of Gm are 128 s (24.229 §7.7)."""

MEANS: Final = {"MESSAGE": ("MESSAGE up", "MESSAGE down"), "call": ("call up", "call down")}
BESIDE: Final = {
    "MESSAGE": "MESSAGE",
    "registration": "MESSAGE",
    "re-registration": "MESSAGE",
    "call": "call",
}
"""What of the relay's each work is compared with."""


class Run:
    """All that stands beside each other.

    Args:
        installed: the wheels.
        sizes: numbers of UEs, ascending.
        directory: of its own.
        opened: ends the programs.
    """

    def __init__(self, installed: list[Wheel], sizes: list[int], directory: Path, opened: ExitStack) -> None:
        self.wheels = [wheel.name for wheel in installed]
        self.sizes = sizes
        self.relay = RelayStand(directory / "relay") if relay.installed() else None
        if self.relay:
            opened.callback(self.relay.close)
        self.stands: dict[tuple[str, int], PcscfStand] = {}
        for number, (wheel, size) in enumerate((w, s) for s in sizes for w in installed):
            folder = directory / f"{wheel.name}-{size}"
            self.stands[wheel.name, size] = stand = PcscfStand(wheel, Place.on_loopback(number), folder)
            opened.callback(stand.close)

    def populate(self) -> Rounds:
        """All UEs register for the first time, wheel beside wheel; costs of those with most UEs."""
        for (_, size), stand in self.stands.items():
            if size != self.sizes[-1]:
                stand.populate(size)
        chunk = min(CHUNK, self.sizes[-1])
        works: dict[str, Callable[[], float]] = {
            f"{wheel} first": partial(self.stands[wheel, self.sizes[-1]].populate, chunk)
            for wheel in self.wheels
        }
        if self.relay:
            works["relay MESSAGE"] = self.relay.works()["MESSAGE"]
        return Rounds.run(works, self.sizes[-1] // chunk - 1)

    def rounds(self, number: int) -> Rounds:
        """That many rounds of everything."""
        works = {f"relay {name}": work for name, work in self.relay.works().items()} if self.relay else {}
        for (wheel, size), stand in self.stands.items():
            works |= {f"{wheel} {size} {name}": work for name, work in stand.works().items()}
        rounds = Rounds.run(works, number)
        for wheel, size in self.stands:
            for name, parts in MEANS.items():
                rounds.add_mean(f"{wheel} {size} {name}", [f"{wheel} {size} {part}" for part in parts])
        return rounds

    def print(self, rounds: Rounds, first: Rounds) -> None:
        """What everything costs."""
        number = len(rounds.costs[f"{self.wheels[0]} {self.sizes[0]} call"])
        print(f"CPU in µs; median (least..most) of {number} rounds")
        for name in ("MESSAGE", "call") if self.relay else ():
            print(f"  {'Kamailio as relay':22} {name:16} {rounds.cost(f'relay {name}'):.1f}")
        for wheel, size in self.stands:
            for name in UNITS:
                cost = rounds.cost(f"{wheel} {size} {name}")
                ratio = self.relay and rounds.ratio(f"{wheel} {size} {name}", f"relay {_beside(name)}")
                print(
                    f"  {wheel:9} {size:>8,} UEs {name:16} {cost:.1f}"
                    + (f"   x {ratio:.2f}" if ratio else "")
                )
        for wheel in self.wheels:
            cost = first.cost(f"{wheel} first")
            print(f"  {wheel:9} first registrations, up to {self.sizes[-1]:,} UEs: {cost:.1f}")
        meters = {f"{wheel} {size}": stand.meter for (wheel, size), stand in self.stands.items()}
        meters |= {"relay": self.relay.meter} if self.relay else {}
        print("between the turns, as timers, for each exchange: ", end="")
        print(", ".join(f"{name} {meter.beside():.1f}" for name, meter in meters.items()))
        if repeated := sum(stand.network.repeated for stand in self.stands.values()):
            print(f"{repeated} answers came twice: somebody was kept waiting")

    def figures(self, rounds: Rounds, first: Rounds) -> dict[str, dict[str, Spread]]:
        """What is kept."""
        found: dict[str, dict[str, Spread]] = {}
        if self.relay:
            found["relay"] = {f"{name} µs": rounds.cost(f"relay {name}") for name in ("MESSAGE", "call")}
        for wheel in self.wheels:
            found[wheel] = dict(self._of(wheel, rounds, first))
        return found

    def _of(self, wheel: str, rounds: Rounds, first: Rounds) -> Iterator[tuple[str, Spread]]:
        few, most = self.sizes[0], self.sizes[-1]
        judged = JUDGED_AT if JUDGED_AT in self.sizes else few
        for name, beside in BESIDE.items():
            for size in self.sizes:
                yield f"{name}, {size} UEs, µs", rounds.cost(f"{wheel} {size} {name}")
            if self.relay:
                yield f"{name} : relay", rounds.ratio(f"{wheel} {judged} {name}", f"relay {beside}")
            if most > few:
                yield (
                    f"{name}, {most} UEs : {few}",
                    rounds.ratio(f"{wheel} {most} {name}", f"{wheel} {few} {name}"),
                )
        yield "first registration, µs", first.cost(f"{wheel} first")
        if self.relay:
            yield "first registration : relay", first.ratio(f"{wheel} first", "relay MESSAGE")

    def resident(self) -> dict[str, float]:
        """Memory for each UE in kB, once timers are over, where there are most."""
        settle(TIMERS_S)
        return {wheel: self.stands[wheel, self.sizes[-1]].resident_kb() for wheel in self.wheels}


def _beside(name: str) -> str:
    return BESIDE[next((mean for mean, parts in MEANS.items() if name in parts), name)]


def asked() -> Namespace:
    """The arguments."""
    parser = ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("ues", nargs="*", type=int, default=SIZES, help="numbers of UEs")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--wheel", action="append", metavar="NAME=PATH", help="pure=… and compiled=…")
    parser.add_argument("--resident", action="store_true", help="also wait until timers are over")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep the figures there")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and keep it if asked to."""
    wanted = asked()
    installed = wheels(wanted.wheel)
    said = {wheel.name: described(wheel) for wheel in installed}
    print(machine_line())
    for name, words in said.items():
        print(f"# {name}: {words}")
    if not relay.installed():
        print("Kamailio is not installed: no relay to compare with (tools/system-packages bench)")
    record = Record.read(wanted.record) if wanted.record else Record.now()
    pin(0)
    with ExitStack() as opened:
        opened.enter_context(loopback_of_its_own())
        directory = Path(opened.enter_context(TemporaryDirectory()))
        run = Run(installed, sorted(wanted.ues), directory, opened)
        first = run.populate()
        rounds = run.rounds(wanted.rounds)
        run.print(rounds, first)
        figures = run.figures(rounds, first)
        for name, each in run.resident().items() if wanted.resident else ():
            print(f"{name}: {each:.1f} kB resident for each of {run.sizes[-1]:,} UEs once timers are over")
            figures[name]["kB for each UE after timers"] = Spread(each, each, each)
    if wanted.record:
        record.add(figures, said)
        record.write(wanted.record)


if __name__ == "__main__":
    main()
