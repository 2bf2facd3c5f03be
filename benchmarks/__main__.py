"""Every benchmark, one after the other: ``python -m benchmarks``."""

import subprocess
import sys

EACH = (
    "benchmarks.sip_parse",
    "benchmarks.transactions",
    "benchmarks.pcscf_node",
    "benchmarks.world",
    "benchmarks.driver",
    "benchmarks.keeping",
    "benchmarks.cluster",
    "benchmarks.scrape",
    "benchmarks.esp",
    "benchmarks.xfrm",
    "benchmarks.load",
    "benchmarks.flood",
)


def main() -> int:
    """Run each in a process of its own; the exit code is that of the first one that failed."""
    failed = 0
    for module in EACH:
        print(f"\n== {module}", flush=True)
        failed = failed or subprocess.run([sys.executable, "-m", module], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
