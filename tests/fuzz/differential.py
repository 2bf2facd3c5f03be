"""Header lines in C against the same in Python: equal values, equal errors, for as many inputs as one likes.

    python -m tests.fuzz.differential 10000000 --seed 1 --jobs 2

Inputs are real messages after cuts, splices, changed octets and moved lines, and octets by chance. Each is
read, asked for every value, edited as a relay does and written, once in C and once in Python. What C
declines goes Python's way both times, so the share that C has answered is counted, too. An input that makes
a difference is printed, and ends the run.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.lines_module import environment


def main(arguments: list[str] | None = None) -> int:
    """Run the chunks, in processes that have the C module; 0 if no input made a difference."""
    parser = argparse.ArgumentParser(prog="differential")
    parser.add_argument("inputs", type=int)
    parser.add_argument("--seed", type=int, default=0, help="of the first chunk; the others follow")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--flavour", default="plain", help="see tests/fuzz/lines_module.py")
    options = parser.parse_args(arguments)
    if "TWOPAIR_TEST_LINES" not in os.environ:
        command = [sys.executable, "-m", "tests.fuzz.differential", *(arguments or sys.argv[1:])]
        os.execve(sys.executable, command, environment(options.flavour))
    from benchmarks.machine import machine_line  # noqa: PLC0415
    from tests.fuzz.both_ways import CHUNK, Tally, run_chunk  # noqa: PLC0415  # with the module of the environment

    print(machine_line(), flush=True)
    started = time.monotonic()
    total = Tally()
    sizes = [CHUNK] * (options.inputs // CHUNK) + [options.inputs % CHUNK] * (options.inputs % CHUNK > 0)
    with ProcessPoolExecutor(options.jobs) as pool:
        results = pool.map(run_chunk, range(options.seed, options.seed + len(sizes)), sizes)
        for tally in results:
            if tally.found:
                data, python, c = tally.found
                print(f"{data!r}\nPython: {python!r}\nC:      {c!r}")
                pool.shutdown(cancel_futures=True)
                return 1
            total = Tally(
                total.inputs + tally.inputs,
                total.messages + tally.messages,
                total.sampled + tally.sampled,
                total.answered + tally.answered,
            )
    share, seconds = 100 * total.answered / max(total.sampled, 1), time.monotonic() - started
    print(
        f"{total.inputs:,} inputs, {total.messages:,} of them messages, of which C has read {share:.0f} %: "
        f"no difference. {seconds:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
