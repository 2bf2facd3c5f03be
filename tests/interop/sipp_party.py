"""SIPp plays a scenario of tests/interop/sipp on a host of a network of programs."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.interop.programs import Program, Programs

SCENARIOS: Final = Path(__file__).with_name("sipp")
PATIENCE_S: Final = 15


class Sipp:
    """One running scenario; it checks what it gets. As a context it must have ended well at the end.

    Args:
        network: where the host is.
        host: name of the host.
        scenario: name of the file in tests/interop/sipp, without its ending.
        at: own address and port, ``10.20.0.2:5060``.
        folder: where its logs go.
        keys: what the scenario calls by name.
        to: address and port of the peer, for a scenario that begins.
        calls: how many times it is played.
        text: the scenario itself, where it is none of the files.
    """

    def __init__(
        self,
        network: Programs,
        host: str,
        scenario: str,
        at: str,
        folder: Path,
        keys: Mapping[str, str] | None = None,
        to: str = "",
        calls: int = 1,
        text: str = "",
    ) -> None:
        self._files = {kind: folder / f"{scenario}.{kind}" for kind in ("error", "message", "log")}
        file = SCENARIOS / f"{scenario}.xml"
        if text:
            file = folder / f"{scenario}.xml"
            file.write_text(text)
        address, port = at.split(":")
        logs = [word for kind, file in self._files.items() for word in (f"-{kind}_file", str(file))]
        named = [word for name, value in (keys or {}).items() for word in ("-key", name, value)]
        self.program: Program = network.run(
            host,
            *("sipp", *([to] if to else []), "-sf", str(file)),
            *("-i", address, "-p", port, "-m", str(calls), "-l", "1", "-nostdin", "-f", "3600"),
            *(
                "-timeout",
                f"{PATIENCE_S * calls}s",
                "-timeout_error",
                "-trace_err",
                "-trace_msg",
                "-trace_logs",
            ),
            *(*logs, *named),
        )
        if not to:
            self.program.bound(int(port))

    def noted(self, name: str, within_s: float = PATIENCE_S) -> str:
        """What the scenario logged under a name, as soon as it has."""
        over = time.monotonic() + within_s
        while time.monotonic() < over:
            for line in self._text("log").splitlines():
                if line.startswith(f"{name} "):
                    return line.removeprefix(f"{name} ")
            time.sleep(0.01)
        raise AssertionError(f"{name} was not logged\n{self.messages}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It must end well; where something else went wrong, that is told what it saw."""
        if error is None:
            self.succeeds()
            return
        self.program.kill()
        error.add_note(f"{self._text('error')}\n{self.messages}")

    def succeeds(self) -> None:
        """It ends well; what went wrong, as an error, if it does not."""
        code, out, err = self.program.end(within_s=PATIENCE_S + 5)
        told = f"exit code {code}\n{self._text('error')}\n{err}\n{self.messages or out}"
        assert code == 0, told

    @property
    def messages(self) -> str:
        """What it received and sent so far."""
        return self._text("message")

    def _text(self, kind: str) -> str:
        file = self._files[kind]
        return file.read_text() if file.exists() else ""
