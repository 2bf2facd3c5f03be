"""A UE of ours that does what a test says: `twopair ue shell` on a host of a network of programs."""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.interop.programs import LAB, Programs

SPIS: Final = ("spi_uc", "spi_us", "spi_pc", "spi_ps")
"""Of a registration's result: all new in each of them (RRG-02)."""


def ue_file(folder: Path, number: int, transport: str) -> Path:
    """The file of examples/lab for the n-th UE, with that transport on Gm."""
    text = (LAB / f"ue{number}.toml").read_text()
    file = folder / f"ue{number}.toml"
    file.write_text(re.sub(r'transport = "\w+"', f'transport = "{transport}"', text))
    return file


class UeShell:
    """A UE on a host, and what it has said.

    Args:
        network: where the host is.
        host: its name.
        file: of the UE.
    """

    def __init__(self, network: Programs, host: str, file: Path) -> None:
        self._program = network.start(host, "ue", "-c", str(file), "shell", "--json")
        assert self._program.line().startswith("ready ")
        self._events: list[dict[str, Any]] = []
        self._results: dict[str, dict[str, Any]] = {}
        self._failed = False

    def does(self, command: str) -> dict[str, Any]:
        """Have a command done, and give its result, which must be good."""
        result = self.tries(command)
        assert result["ok"], result
        return result

    def tries(self, command: str) -> dict[str, Any]:
        """Have a command done, and give its result."""
        self._program.say(command)
        return self.outcome(command.split(maxsplit=1)[0])

    def begins(self, command: str) -> None:
        """Have a command done, and do not wait for it."""
        self._program.say(f"{command} &")

    def outcome(self, command: str) -> dict[str, Any]:
        """The result of a command, once it is there."""
        while command not in self._results:
            self._read()
        result = self._results.pop(command)
        self._failed |= not result["ok"]
        return result

    def hears(self, event: str, **values: object) -> dict[str, Any]:
        """The next event of that name with these values; those before it are forgotten."""
        wanted = {"event": event, **values}
        while True:
            while self._events:
                found = self._events.pop(0)
                if found.items() >= wanted.items():
                    return found
            self._read()

    def ends(self) -> None:
        """Have it de-register and end; the exit code tells whether any command failed."""
        self._program.say("quit")
        code, _, err = self._program.end()
        assert (bool(code), err) == (self._failed, "")

    def _read(self) -> None:
        """One more line of it."""
        values = json.loads(self._program.line())
        if "event" in values:
            self._events.append(values)
        else:
            self._results[values["command"]] = values
