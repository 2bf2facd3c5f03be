"""Moves a P-CSCF between two hosts under load, and says who noticed.

    python -m tests.interop.moves [--backend kernel|userspace] [--moves N] [--ues N] [--seed N] [--lease-s S]

By turns the host that serves hands over, or is lost with its machine. With ESP in the kernel it boots a
guest that has it; with ``userspace`` it runs here, as root. The exit code is 1 if a registration, a call or a
message was lost, an IV of AES-GCM came twice, or a UE was not reached within 3 s.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Final

from benchmarks.machine import machine_line
from tests.interop.kills.attempts import table
from tests.interop.kills.plan import Plan
from tests.interop.moves.course import Outcome, follow
from tests.interop.two_hosts import REDIS
from tests.uml import shown_in_guest

WITHIN_S: Final = 3.0
"""In which time after a takeover all UEs are to have written and have been written to."""

_PAUSE_S: Final = 5.0
_GUEST_S_PER_MOVE: Final = 60
_MOST_LINES: Final = 40


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m tests.interop.moves", description=__doc__)
    options.add_argument("--backend", choices=("kernel", "userspace"), default="kernel")
    options.add_argument("--moves", type=int, default=8)
    options.add_argument("--ues", type=int, default=50)
    options.add_argument("--seed", type=int, default=int(time()))
    options.add_argument("--lease-s", type=float, default=3.0)
    return options


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    chosen = parser().parse_args(arguments)
    plan = Plan(chosen.backend, chosen.moves, chosen.ues, chosen.seed, 2.0, 0.3, _PAUSE_S, url=REDIS)
    if plan.backend == "kernel" and "TWOPAIR_GUEST" not in os.environ:
        again = [sys.executable, "-m", "tests.interop.moves", *arguments, "--seed", str(plan.seed)]
        return shown_in_guest(again, timeout_s=900 + _GUEST_S_PER_MOVE * plan.kills)
    print(machine_line())
    print(
        f"{plan.kills} moves, {plan.ues} UEs, ESP: {plan.backend}, lease {chosen.lease_s} s, seed {plan.seed}"
    )
    with TemporaryDirectory() as folder:
        outcome = follow(plan, chosen.lease_s, Path(folder), lambda line: print(line, flush=True))
    faults = list(judged(outcome))
    for line in told(outcome):
        print(line)
    for fault in faults[:_MOST_LINES]:
        print(f"LOST {fault}")
    print(f"{len(faults)} losses" if faults else "nothing and nobody was lost")
    return 1 if faults else 0


def judged(outcome: Outcome) -> Iterator[str]:
    """What must not be."""
    yield from outcome.lost
    yield from (f"{m.how}: not all were reached in time" for m in outcome.moves if m.reached_s > WITHIN_S)
    if outcome.nonces.twice:
        yield f"{outcome.nonces.twice} IVs came twice under one key"


def told(outcome: Outcome) -> Iterator[str]:
    """The tables of a run."""
    for how in ("handed over", "lost"):
        of_kind = [move for move in outcome.moves if move.how == how]
        if of_kind:
            serves = max(move.serves_s for move in of_kind)
            reached = max(move.reached_s for move in of_kind)
            words = f"serves after at most {serves:.2f} s, all reached both ways {reached:.2f} s after that"
            yield f"{how} {len(of_kind)} times: {words}"
    yield from table(outcome.rows, "at a move")
    opened, unknown, twice = outcome.nonces
    yield f"ESP packets opened with their keys: {opened}, not: {unknown}; IVs that came twice: {twice}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
