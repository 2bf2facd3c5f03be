"""What every figure carries: machine, interpreter, date and command."""

import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_FOLDERS: Final = re.compile(r"(?<![^\s=])(?:/[^/\s=]+)+/")
_BUILD: Final = """
import sys, sysconfig
from os.path import realpath
words = sysconfig.get_config_var("CONFIG_ARGS") or ""
if "/usr/share/python-wheels" in words:
    build = "Debian's build, with PGO and LTO"
else:
    has = [what for what, word in (("PGO", "--enable-optimizations"), ("LTO", "--with-lto")) if word in words]
    build = "built with " + " and ".join(has) if has else "built without PGO and LTO"
print(f"{sys.implementation.name} {sys.version.split()[0]}, {build}, {realpath(sys.executable)}")
"""
"""Debian's packages are built with both, and do not say so in sysconfig; they are known by their wheels."""


def interpreter(python: str | Path = sys.executable) -> str:
    """Which interpreter that is, in one line: version, how it was built, where it is."""
    words = [str(python), "-I", "-c", _BUILD]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def machine() -> str:
    """Processor, cores and kernel."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    return f"{cpu}, {cores} cores, Linux {platform.release()}"


def command() -> str:
    """The command that runs; of files elsewhere it has the names, not where they are on this machine."""
    return without_folders(" ".join(["python", *sys.orig_argv[1:]]))


def without_folders(words: str) -> str:
    """Words in which absolute paths are ``…/NAME``."""
    return _FOLDERS.sub("…/", words)


def machine_line() -> str:
    """One line: processor, cores, kernel, Python, date, command."""
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"# {machine()}, Python {platform.python_version()}, {moment}, {command()}"
