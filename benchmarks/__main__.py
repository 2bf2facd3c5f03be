"""Every benchmark, one after the other, then what was reached.

    python -m benchmarks [--quick] [--record FILE] [--wheel NAME=PATH]…

``--quick`` is the P-CSCF program beside Kamailio's relay, in few rounds: some minutes.
"""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import goals
from benchmarks.record import default_file

EACH: Final = (
    ("benchmarks.sip_parse",),
    ("benchmarks.transactions",),
    ("benchmarks.pcscf_node",),
    ("benchmarks.world",),
    ("benchmarks.driver",),
    ("benchmarks.system_calls",),
    ("benchmarks.memory",),
    ("benchmarks.keeping",),
    ("benchmarks.cluster",),
    ("benchmarks.scrape",),
    ("benchmarks.esp",),
    ("benchmarks.xfrm",),
    ("benchmarks.flood",),
    ("benchmarks.memory",),
    ("benchmarks.workers",),
    ("benchmarks.load", "--resident"),
    ("benchmarks.guest",),
)
QUICK: Final = (("benchmarks.load", "10", "1000", "--rounds", "7"),)
RECORDING: Final = frozenset({"benchmarks.load", "benchmarks.guest", "benchmarks.workers"})
"""Those that keep their figures, and measure both wheels."""


def main() -> int:
    """Run each in a process of its own; the exit code is that of the first one that failed."""
    parser = ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--record", type=Path, metavar="FILE")
    parser.add_argument("--wheel", action="append", default=[], metavar="NAME=PATH")
    wanted = parser.parse_args()
    failed = 0
    with TemporaryDirectory() as directory:
        passing = Path(directory) / "quick.json"
        file = wanted.record or (passing if wanted.quick else default_file())
        further = ["--record", str(file), *(word for one in wanted.wheel for word in ("--wheel", one))]
        for module, *words in QUICK if wanted.quick else EACH:
            print(f"\n== {module}", flush=True)
            command = [sys.executable, "-m", module, *words, *(further if module in RECORDING else [])]
            failed = failed or subprocess.run(command, check=False).returncode
        print("\n== goals", flush=True)
        goals.show(file)
    return failed


if __name__ == "__main__":
    sys.exit(main())
