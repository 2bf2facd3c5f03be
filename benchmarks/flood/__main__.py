"""Registered UEs while a flood of SM1 from invented addresses comes in; what becomes of memory and CPU.

    python -m benchmarks.flood [RATE SECONDS SOURCES UES]

P-CSCF and home network are programs with the limits that they have unless told otherwise, ESP is in user
space, each in a network namespace; needs root. Half of the flood is in the name of subscribers, and is
challenged. Goals: UEs that are registered succeed in everything they do, and memory is bounded.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.flood.measure import Figures, Flood, measure
from benchmarks.machine import machine_line


def shown(flood: Flood, figures: Figures) -> None:
    """Print it."""
    told, source = figures.phones, figures.source
    print(
        f"{source['sent']:,} REGISTERs in {flood.seconds} s from {flood.sources:,} invented addresses "
        f"({source['sent'] / flood.seconds:,.0f}/s), {flood.ues} UEs registered before"
    )
    for what in ("messages", "registrations"):
        well, count = told[f"{what}_well"], told[what]
        median, slowest = told[f"{what}_median_s"] * 1000, told[f"{what}_slowest_s"]
        print(f"  {what:<14} {well:,} of {count:,} well ({100 * well / count:.1f} %), ", end="")
        print(f"median {median:.0f} ms, slowest {slowest:.2f} s")
    before, at_end, most = (kb / 1024 for kb in figures.rss_kb)
    print(f"  P-CSCF memory  {before:.0f} MB before, {at_end:.0f} MB after, {most:.0f} MB at most")
    print(f"  P-CSCF CPU     {100 * figures.cpu:.0f} % of a core during the flood")
    kinds = ", ".join(f"{status} {count:,}" for status, count in sorted(source["answers"].items()))
    share = source["answered_octets"] / max(1, source["octets"])
    print(f"  answers        {kinds}; {share:.3f} octets for each that came")
    for line in figures.log:
        print(f"  log: {line}")


def main() -> int:
    """Exit code 1 where a registered UE did not succeed."""
    flood = Flood(*map(int, sys.argv[1:5]))
    print(machine_line())
    with TemporaryDirectory() as name:
        figures = measure(flood, Path(name))
    shown(flood, figures)
    told = figures.phones
    return int(any(told[what] != told[f"{what}_well"] for what in ("messages", "registrations")))


if __name__ == "__main__":
    sys.exit(main())
