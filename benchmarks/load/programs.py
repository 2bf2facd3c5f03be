"""The P-CSCF program as it is measured: by which interpreter, from which wheel, with which configuration."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.load.phone import DOMAIN, Place
from benchmarks.load.process import Program
from benchmarks.machine import interpreter

CONFIGURATION: Final = """\
[node]
name = "pcscf1.{domain}"
visited_network = "{domain}"
[gm]
addresses = ["{place.gm}"]
[core]
address = "{place.core}"
registrar = "sip:{place.home}:5060"
[security]
algorithms = ["hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/null"]
[limits]
register_rate = 1000000
register_burst = 1000000
register_rate_per_source = 1000000
register_burst_per_source = 1000000
[ipsec]
backend = "{backend}"
[store]
url = "memory:"
"""

ENVIRONMENT: Final[dict[str, dict[str, str]]] = {"pure": {"TWOPAIR_PURE": "1"}, "compiled": {}}
"""What makes an installation the wheel of that name."""


class Wheel(NamedTuple):
    """An installation of the program.

    Args:
        name: ``pure`` or ``compiled``.
        python: interpreter of the environment that it is installed in.
        environment: what is set for it beside what this process has.
    """

    name: str
    python: Path
    environment: dict[str, str]

    def program(self, *words: str) -> list[str]:
        """The command that runs `twopair`."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return ["env", *settings, str(self.python.with_name("twopair")), *words]

    def says(self) -> str:
        """What it says of itself, in one line."""
        done = subprocess.run(self.program("--version"), check=True, capture_output=True, text=True)
        return done.stdout.strip()


def start(
    wheel: Wheel, place: Place, directory: Path, within: Iterable[str] = (), workers: int = 1
) -> Program:
    """The program, serving.

    Args:
        wheel: which one.
        place: where.
        directory: of its own, for its files.
        within: command that it is started by, as ``taskset``.
        workers: how many processes it is to be.
    """
    directory.mkdir()
    file = directory / "pcscf.toml"
    text = CONFIGURATION.format(domain=DOMAIN, place=place, backend="memory")
    file.write_text(text.replace("[node]", f"[node]\nworkers = {workers}"))
    command = [*within, *wheel.program("pcscf", "-c", str(file))]
    return Program(command, directory / "pcscf.log", ready="ready")


def core_for_programs() -> tuple[str, ...]:
    """Command that puts what is measured on a core of its own, where there is one."""
    return ("taskset", "-c", "1") if (os.cpu_count() or 1) > 1 else ()


def wheels(named: Iterable[str] | None = None) -> list[Wheel]:
    """The wheels to measure.

    Args:
        named: ``NAME=PATH`` for each: an interpreter that has `twopair` installed, or a folder with an
            unpacked wheel for the interpreter that runs this. Without any: the one that runs this, pure,
            and compiled if that is what it has.
    """
    if named:
        return [
            Wheel(name, *_found(name, Path(path)))
            for name, _, path in (text.partition("=") for text in named)
        ]
    here = Path(sys.executable)
    compiled = Wheel("compiled", here, ENVIRONMENT["compiled"])
    return [Wheel("pure", here, ENVIRONMENT["pure"]), *([compiled] if "compiled" in compiled.says() else [])]


def described(wheel: Wheel) -> str:
    """What the program and its interpreter say of themselves."""
    return f"{wheel.says()}; {interpreter(wheel.python)}"


def _found(name: str, path: Path) -> tuple[Path, dict[str, str]]:
    """Interpreter and environment of a wheel."""
    if path.is_dir():
        return Path(sys.executable), {**ENVIRONMENT[name], "PYTHONPATH": str(path.absolute())}
    return path, ENVIRONMENT[name]
