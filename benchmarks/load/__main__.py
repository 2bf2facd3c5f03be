"""CPU of the P-CSCF program per registration and per relayed MESSAGE, over UDP on loopback without ESP.

    python -m benchmarks.load [UEs…]

Another process plays UEs and home network. The back end is `memory`: SA sets are recorded, nothing is
encrypted, so that SIP, state and system calls alone are measured. Kamailio as plain stateful relay (one
worker, `tm`) carries MESSAGEs of the same size in the same run. Goals: 300 µs per registration, 70 µs per
MESSAGE with its 200, no more than Kamailio, and the same at 10 and 10,000 UEs within 10 %.
"""

import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from benchmarks.load.phones import CORE, DOMAIN, GM, HOME, Network
from benchmarks.load.process import Program, pin, settle
from benchmarks.load.relay import microseconds_per_message
from benchmarks.machine import machine_line

SAMPLE, WINDOW = 6_000, 16

CONFIGURATION = f"""\
[node]
name = "pcscf1.{DOMAIN}"
visited_network = "{DOMAIN}"
[gm]
addresses = ["{GM}"]
[core]
address = "{CORE}"
registrar = "sip:{HOME}:5060"
[security]
algorithms = ["hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/null"]
[limits]
register_rate = 1000000
register_burst = 1000000
register_rate_per_source = 1000000
register_burst_per_source = 1000000
[ipsec]
backend = "memory"
[store]
url = "memory:"
"""


def per_unit(program: Program, units: int, run: object) -> float:
    """Microseconds of CPU per unit."""
    settle()
    before = program.cpu_s()
    run()  # type: ignore[operator]
    return (program.cpu_s() - before) / units * 1e6


def measure(directory: Path, phones: int) -> tuple[float, float, float, float]:
    """First registration, another initial one, MESSAGE to the core, MESSAGE to the UE."""
    file = directory / "pcscf.toml"
    file.write_text(CONFIGURATION)
    command = [str(Path(sys.executable).with_name("twopair")), "pcscf", "-c", str(file)]
    if which("taskset"):
        command = ["taskset", "-c", "1", *command]
    program = Program(command, directory / "pcscf.log", ready="ready")
    network = Network(phones)
    try:
        idle_kb = program.resident_kb()
        first = per_unit(program, phones, lambda: network.register(network.phones, WINDOW))
        memory = (program.resident_kb() - idle_kb) / phones
        again = (network.phones * (2_000 // phones + 1))[:2_000]
        second = per_unit(program, len(again), lambda: network.register(again, min(WINDOW, phones // 2)))
        up = per_unit(program, SAMPLE, lambda: network.upward(SAMPLE, WINDOW))
        down = per_unit(program, SAMPLE, lambda: network.downward(SAMPLE, WINDOW))
        print(
            f"{phones:>6} UEs: registration {second:6.1f} µs (first ones {first:6.1f} µs), "
            f"MESSAGE with its 200 up {up:5.1f} µs, down {down:5.1f} µs"
            + (f", {memory:.1f} kB resident per UE" if phones >= 1_000 else ""),
            flush=True,
        )
        return first, second, up, down
    finally:
        network.close()
        program.end()


def main() -> None:
    """Print one line per number of UEs, then the relay beside it, then the ratios."""
    print(machine_line())
    pin(0)
    figures = {}
    with TemporaryDirectory() as name:
        directory = Path(name)
        for count in [int(text) for text in sys.argv[1:]] or [10, 10_000]:
            figures[count] = measure(directory, count)
        relay = microseconds_per_message(directory, SAMPLE, WINDOW)
    if relay is None:
        print("Kamailio is not installed: no relay to compare with (tools/system-packages bench)")
    else:
        print(f"Kamailio, one worker, tm: {relay:.1f} µs per MESSAGE with its 200")
        for count, (_, _, up, down) in figures.items():
            print(f"{count:>6} UEs: {(up + down) / 2 / relay:.2f} times Kamailio's relay")
    if len(figures) > 1:
        few, many = figures[min(figures)], figures[max(figures)]
        ratios = ", ".join(f"{b / a:.2f}" for a, b in zip(few[1:], many[1:], strict=True))
        print(f"{max(figures)} to {min(figures)} UEs: registration, MESSAGE up, down: {ratios}")


if __name__ == "__main__":
    main()
