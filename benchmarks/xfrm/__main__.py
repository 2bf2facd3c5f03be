"""What IPsec in the kernel costs: sets in and out, packets beside our own engine, look-up among many sets.

    python -m benchmarks.xfrm [MOST_SETS]

Where this machine's kernel has no ESP, or may not be used, it runs in User-mode Linux: speeds mean nothing
there, ratios do. Goals: a set in and out at least 4 times faster than with a send per message and 30 times
faster than ``ip -batch``; look-up the same within 10 % up to 25,000 sets. For packets there is none: it is
said what user space costs beside the kernel.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.uml import lacking, run_in_guest

from benchmarks.machine import machine_line
from benchmarks.xfrm import carriage, installation, lookup
from twopair.backends.kernel.probe import probe
from twopair.base import DEFAULT_SUITES
from twopair.live.lab.namespace import Namespace
from twopair.live.prerequisite import PrerequisiteMissing


def measure(most: int) -> None:
    """Everything, in this kernel."""
    print(machine_line())
    installation.measure()
    carriage.measure()
    lookup.measure(most)


def possible() -> bool:
    """Whether this kernel can be measured."""
    try:
        namespace = Namespace()
    except PrerequisiteMissing:
        return False
    with namespace.entered():
        lacks = probe().lacking(DEFAULT_SUITES)
    namespace.close()
    return not lacks


def main() -> int:
    """Measure here, or in a guest."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else lookup.SETS[-1]
    if possible():
        measure(most)
        return 0
    if "TWOPAIR_GUEST" in os.environ or (why := lacking()):
        print(f"not measured: {why if 'TWOPAIR_GUEST' not in os.environ else 'the guest has no ESP'}")
        return 0
    with TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "benchmarks.xfrm", str(most)]
        finished = run_in_guest(command, Path(directory), timeout_s=600, memory="2G")
    print("# in User-mode Linux: ratios mean something, times do not")
    print(finished.output, end="")
    return finished.status or 0


if __name__ == "__main__":
    sys.exit(main())
