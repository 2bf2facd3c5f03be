"""Two ways to start a P-CSCF once more: as an operator does, and without loading the program anew."""

import gc
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

from tests.interop.programs import Program, Programs, end_with_parent

HOST: Final = "pcscf"
_LOAD_S: Final = 120.0


class Start(Protocol):
    """Starts P-CSCFs, one after the other."""

    def begin(self) -> None:
        """Start one."""
        ...

    def ready(self, within_s: float) -> None:
        """Wait until it says that it is ready."""
        ...

    def kill(self) -> None:
        """``kill -9``."""
        ...

    def log(self) -> str:
        """What it has logged."""
        ...


class Afresh:
    """Each is a process that loads everything."""

    def __init__(self, network: Programs, words: tuple[str, ...]) -> None:
        self._network = network
        self._words = words
        self._program: Program

    def begin(self) -> None:
        self._program = self._network.start(HOST, *self._words)

    def ready(self, within_s: float) -> None:
        assert self._program.line(within_s).startswith("ready ")

    def kill(self) -> None:
        self._program.kill()

    def log(self) -> str:
        return self._program.log()


class Forked:
    """Each is forked from a process that has loaded everything: for machines on which that takes seconds."""

    def __init__(self, network: Programs, words: tuple[str, ...], folder: Path) -> None:
        self._log = folder / "pcscf.stderr"
        self._loaded = network.run(HOST, sys.executable, "-m", __name__, str(self._log), *words)
        assert self._loaded.line(_LOAD_S) == "loaded"
        self._pid = 0

    def begin(self) -> None:
        self._loaded.say("start")
        while not (line := self._loaded.line()).startswith("started "):
            pass  # what the one before it has said
        self._pid = int(line.split()[1])

    def ready(self, within_s: float) -> None:
        assert self._loaded.line(within_s).startswith("ready "), self.log()

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._loaded.say("bury")
        while self._loaded.line() != "buried":
            pass

    def log(self) -> str:
        return self._log.read_text(errors="replace")


def _serve(log: Path, words: list[str]) -> None:
    """Start, and bury, what is asked for on stdin."""
    run = import_module("twopair.cli.main").run
    import_module("twopair.cli.services")  # which a command loads when it is called
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page
    print("loaded", flush=True)
    child = 0
    for line in sys.stdin:
        if line.strip() == "bury":
            os.waitpid(child, 0)
            print("buried", flush=True)
        elif child := os.fork():
            print(f"started {child}", flush=True)
        else:
            end_with_parent()
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            sys.argv = ["twopair", *words]
            run()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2:])
