"""Programs as an ordinary user may run them: on loopback, without ESP (ipsec.backend = "memory")."""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.interop.programs import DOMAIN, LAB, TWOPAIR

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
OWN = f"127.{16 + os.getppid() % 14 * 16 + _WORKER % 16}."
"""Addresses of this process, which may not be the only one that runs tests."""
MOVED = {"10.10.0.": f"{OWN}0.", "10.10.1.": f"{OWN}1.", "10.20.0.": f"{OWN}2.", '"userspace"': '"memory"'}


class Running:
    """Programs with their lines; all end with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs: list[subprocess.Popen[bytes]] = []
        for file in LAB.glob("*.toml"):
            text = file.read_text()
            for old, new in MOVED.items():
                text = text.replace(old, new)
            (folder / file.name).write_text(text)
        self.change("[ipsec]", '[admin]\nsocket = "admin"\n[ipsec]')

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """One more; its log goes into a file named like its command."""
        with (self.folder / f"{words[0]}.log").open("w") as log:
            program = subprocess.Popen(
                [*TWOPAIR, *words],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,  # a line that was read ahead would not be seen to be there
            )
        self._programs.append(program)
        return program

    def also(self, program: subprocess.Popen[bytes]) -> None:
        """One more that ends with the test."""
        self._programs.append(program)

    def serve(self, name: str) -> subprocess.Popen[bytes]:
        program = self.start(name, "-c", f"{name}.toml")
        assert line(program).startswith("ready ")
        return program

    def shell(self, number: int) -> subprocess.Popen[bytes]:
        """A UE that is told what to do."""
        program = self.start("ue", "-c", f"ue{number}.toml", "shell", "--json")
        assert line(program).startswith("ready ")
        return program

    def suites(self, number: int) -> list[str]:
        """Those of the sets of a UE, oldest first, as the P-CSCF has them."""
        asked = self.start("sas", "-c", "pcscf.toml", "--json", f"00101{number:010d}@{DOMAIN}")
        return [one["suite"] for ue in json.loads(asked.communicate(timeout=20)[0]) for one in ue["sets"]]

    def change(self, old: str, new: str, file: str = "pcscf.toml") -> None:
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new))

    def logged(self, words: str, of: str = "pcscf") -> str:
        """The line of a log with these words, once it is there."""
        over = time.monotonic() + 20
        while time.monotonic() < over:
            for found in (self.folder / f"{of}.log").read_text().splitlines():
                if words in found:
                    return found
            time.sleep(0.05)
        raise AssertionError((self.folder / f"{of}.log").read_text())

    def end(self) -> None:
        for program in self._programs:
            program.kill()
            program.communicate()


@contextmanager
def programs_in(folder: Path) -> Iterator[Running]:
    """Programs with the files of examples/lab, moved to loopback; their logs are there, too."""
    programs = Running(folder)
    try:
        yield programs
    finally:
        programs.end()


def line(program: subprocess.Popen[bytes]) -> str:
    assert program.stdout is not None
    assert select.select([program.stdout], [], [], 20)[0], "nothing said for 20 s"
    return program.stdout.readline().decode()


def say(ue: subprocess.Popen[bytes], words: str) -> None:
    """Give a command."""
    assert ue.stdin is not None
    ue.stdin.write(f"{words}\n".encode())


def told(ue: subprocess.Popen[bytes], words: str) -> dict[str, Any]:
    """What came of a command."""
    say(ue, words)
    while "command" not in (said := json.loads(line(ue))):
        pass
    assert said["ok"], said
    return dict(said)


__all__ = ["DOMAIN", "OWN", "Running", "line", "programs_in", "say", "told"]
