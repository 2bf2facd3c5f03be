"""What every figure carries: machine, interpreter, date and command."""

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path


def machine_line() -> str:
    """One line: processor, cores, kernel, Python, date, command."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    command = " ".join(["python", *sys.orig_argv[1:]])
    return (
        f"# {cpu}, {cores} cores, Linux {platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {command}"
    )
