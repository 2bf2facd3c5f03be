"""Our P-CSCF beside Kamailio as P-CSCF, by turns, over ESP of the kernel: registration, MESSAGE, call.

    python -m benchmarks.guest [--rounds N] [--wheel NAME=PATH]… [--record FILE]

User-mode Linux, one processor: speeds mean nothing there, ratios do. One process plays UEs with SAs of their
own in the kernel, and the home network. It goes before all others whenever something has come for it, so for
as long as it sleeps, the P-CSCF under load has the processor, with all of its processes and what the kernel
does for them: that time is the figure. ESP of what a UE sends is opened before the sender is through with it,
and is counted for neither. A message that is lost ends the run. Goal: compiled, at most Kamailio's.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.uml import lacking, shown_in_guest

from benchmarks.guest.bed import UNITS, Bed, kamailios, ours
from benchmarks.load import relay
from benchmarks.load.programs import described, wheels
from benchmarks.machine import machine_line
from benchmarks.record import Record
from benchmarks.rounds import Rounds

TIMEOUT_S: Final = 1_200
MEMORY: Final = "4G"
MEANS: Final = {"MESSAGE": ("MESSAGE up", "MESSAGE down"), "call": ("call up", "call down")}
KEPT: Final = ("registration", "re-registration", "MESSAGE", "call")


def asked() -> Namespace:
    """The arguments."""
    parser = ArgumentParser(prog="python -m benchmarks.guest")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--wheel", action="append", metavar="NAME=PATH", help="pure=… and compiled=…")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep the figures there")
    return parser.parse_args()


def before_others() -> None:
    """Have the processor whenever this process wants it; what it has started stays as it was."""
    Path("/proc/sys/kernel/sched_rt_runtime_us").write_text("-1")
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def idle_share(before: list[int], after: list[int]) -> float:
    """Of the processor's time between two readings of /proc/stat."""
    spent = [b - a for a, b in zip(before, after, strict=True)]
    return spent[3] / max(sum(spent[:8]), 1)


def ticks() -> list[int]:
    """What the processor has done so far."""
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]


def measure(wanted: Namespace) -> None:
    """In this kernel."""
    installed = wheels(wanted.wheel)
    said = {wheel.name: described(wheel) for wheel in installed}
    print(machine_line())
    for name, words in said.items():
        print(f"# {name}: {words}")
    with ExitStack() as opened:
        directory = Path(opened.enter_context(TemporaryDirectory()))
        beds: dict[str, Bed] = {"Kamailio": kamailios(directory / "kamailio", wanted.rounds)}
        beds |= {wheel.name: ours(wheel, directory / wheel.name) for wheel in installed}
        before_others()
        for bed in beds.values():
            opened.callback(bed.close)
            bed.populate()
        works = {f"{who} {what}": work for who, bed in beds.items() for what, work in bed.works().items()}
        begun = ticks()
        rounds = Rounds.run(works, wanted.rounds)
        idle = idle_share(begun, ticks())
    show(rounds, list(beds), wanted.rounds, idle)
    if wanted.record:
        figures = {
            name: {f"{what} : P-CSCF": rounds.ratio(f"{name} {what}", f"Kamailio {what}") for what in KEPT}
            for name in said
        }
        record = Record.read(wanted.record)
        record.add(figures, said)
        record.write(wanted.record)


def show(rounds: Rounds, names: list[str], number: int, idle: float) -> None:
    """Print what each costs, and the ratios."""
    for name in names:
        for mean, parts in MEANS.items():
            rounds.add_mean(f"{name} {mean}", [f"{name} {part}" for part in parts])
    print(
        f"µs; median (least..most) of {number} rounds by turns; x: beside Kamailio. Idle: {idle:.1%} of all"
    )
    for what in dict.fromkeys((*UNITS, *MEANS)):
        for name in names:
            ratio = rounds.ratio(f"{name} {what}", f"Kamailio {what}")
            print(f"  {what:16} {name:9} {rounds.cost(f'{name} {what}'):9.0f}   x {ratio:.2f}")


def main() -> int:
    """Measure in a guest."""
    if "TWOPAIR_GUEST" in os.environ:
        measure(asked())
        return 0
    if (why := lacking()) or not relay.installed():
        print(f"not measured: {why or 'Kamailio is missing'}")
        return 0
    asked()
    return shown_in_guest(
        [sys.executable, "-m", "benchmarks.guest", *sys.argv[1:]], timeout_s=TIMEOUT_S, memory=MEMORY
    )


if __name__ == "__main__":
    sys.exit(main())
