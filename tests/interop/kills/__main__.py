"""Kills a P-CSCF again and again under load, and says who noticed.

    python -m tests.interop.kills [--backend kernel|userspace] [--kills N] [--ues N] [--seed N]

With ESP in the kernel it boots a guest that has it; with ``userspace`` it runs here, as root. The exit code
is 1 if a registration, a call or a message was lost.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from benchmarks.machine import machine_line
from tests.interop.kills.attempts import table
from tests.interop.kills.course import Outcome, follow
from tests.interop.kills.outage import URL, follow_without_redis
from tests.interop.kills.plan import Plan
from tests.uml import shown_in_guest

PACE = {"userspace": (8.0, 0.5, 15.0), "kernel": (4.0, 0.5, 12.0)}
"""Messages and re-registrations per second, and the longest pause: what a guest carries is less."""

MOST_LINES = 40
_GUEST_S_PER_KILL = 30


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m tests.interop.kills", description=__doc__)
    options.add_argument("--backend", choices=sorted(PACE), default="kernel")
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--ues", type=int, default=200)
    options.add_argument("--seed", type=int, default=int(time()))
    options.add_argument("--messages-per-s", type=float)
    options.add_argument("--registrations-per-s", type=float)
    options.add_argument("--pause-s", type=float)
    options.add_argument("--fork", action="store_true", help="fork P-CSCFs from one that is loaded")
    options.add_argument("--outage-s", type=float, help="keep it in Redis, which is away for so long before")
    options.add_argument("--logs", type=Path, help="a folder in which files and logs of every message stay")
    return options


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    chosen = parser().parse_args(arguments)
    messages, registrations, pause_s = PACE[chosen.backend]
    plan = Plan(
        chosen.backend,
        chosen.kills,
        chosen.ues,
        chosen.seed,
        chosen.messages_per_s or messages,
        chosen.registrations_per_s or registrations,
        chosen.pause_s or pause_s,
        verbose=chosen.logs is not None,
        forked=chosen.fork or chosen.backend == "kernel",
        **({} if chosen.outage_s is None else {"url": URL}),
    )
    if plan.backend == "kernel" and "TWOPAIR_GUEST" not in os.environ:
        again = [sys.executable, "-m", "tests.interop.kills", *arguments, "--seed", str(plan.seed)]
        return shown_in_guest(again, timeout_s=1200 + _GUEST_S_PER_KILL * plan.kills)
    print(machine_line())
    print(plan.words, flush=True)
    with TemporaryDirectory() as folder:
        if chosen.logs:
            chosen.logs.mkdir(parents=True, exist_ok=True)
        place = chosen.logs or Path(folder)
        if chosen.outage_s is None:
            outcome = follow(plan, place, _say)
        else:
            outcome = follow_without_redis(plan, chosen.outage_s, place, _say)
    for line in told(outcome):
        print(line)
    return 1 if outcome.lost else 0


def _say(line: str) -> None:
    print(line, flush=True)


def told(outcome: Outcome) -> list[str]:
    """The table of a run, and its verdict."""
    downs = sorted(kill.ready - kill.at for kill in outcome.kills)
    lines = [
        f"{len(outcome.kills)} kills, {outcome.early} of them while it started",
        f"ready after {downs[len(downs) // 2]:.2f} s in the median, {downs[-1]:.2f} s at most",
        *table(outcome.rows, "at a kill"),
    ]
    lines.append(f"{outcome.twice} messages came twice")
    lines += [f"LOST {line}" for line in outcome.lost[:MOST_LINES]]
    lines.append(f"{len(outcome.lost)} losses" if outcome.lost else "nothing and nobody was lost")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
