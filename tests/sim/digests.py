"""Whether days are the same on the compiled wheel as in pure Python, octet for octet.

Run: ``python -m tests.sim.digests [DAYS [FIRST_SEED]]``; each day on both, in processes of their own.
"""

import os
import subprocess
import sys

from tools.wheels import TESTED, for_tests

A_DAY = "from twopair.wheel import kind\nfrom twopair.swarm import run\nprint(kind())\n"
A_DAY += "for seed in range({first}, {first} + {days}):\n    print(seed, run(seed).digest, flush=True)\n"


def start(kind: str, days: int, first: int) -> subprocess.Popen[str]:
    """A process that lives through these days and says the digest of each."""
    environment = os.environ | {"TWOPAIR_PURE": str(int(kind == "pure")), "PYTHONPATH": str(TESTED)}
    code = A_DAY.format(first=first, days=days)
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


def differing(days: int, first: int = 0) -> list[str]:
    """What differs: lines of pure Python that are not those of the compiled wheel."""
    said = []
    for process, kind in [(start(kind, days, first), kind) for kind in ("pure", "compiled")]:
        lines = process.communicate()[0].splitlines()
        assert not process.returncode
        assert lines[0] == kind
        assert len(lines) == 1 + days
        said.append(lines[1:])
    return [f"{pure} | {compiled}" for pure, compiled in zip(*said, strict=True) if pure != compiled]


if __name__ == "__main__":
    for_tests()
    days, first = (*map(int, sys.argv[1:]), *(2000, 0)[len(sys.argv) - 1 :])
    found = differing(days, first)
    print("\n".join(found) or f"{days} days from seed {first} on: equal digests on both wheels")
    sys.exit(bool(found))
