"""The network of the matrix: a UE behind its SA sets, P-CSCF, home network, SIPp behind it."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Self

from tests.interop.calls.plans import PLANS, text
from tests.interop.programs import DOMAIN, LAB, Programs
from tests.interop.sipp_party import Sipp
from tests.interop.ue_shell import UeShell, ue_file

ALICE, CAROL = f"sip:alice@{DOMAIN}", "sip:carol@far.example"
FAR: Final = "10.20.0.9:5060"
ROUTE: Final = f'\n[[route]]\ndomain = "far.example"\nnext = "{FAR}"\n'
TRANSPORTS: Final = ("udp", "tcp")


class Cell(NamedTuple):
    """One cell of the matrix: the transport on Gm, and what happens."""

    transport: str
    plan: str


CELLS: Final = tuple(Cell(transport, plan) for transport in TRANSPORTS for plan in PLANS)


class Matrix:
    """A registered UE with preconditions, and whoever it calls.

    Args:
        transport: of SIP on Gm.
        folder: for files.
    """

    def __init__(self, transport: str, folder: Path) -> None:
        self._network = network = Programs()
        self._folder = folder
        for name in ("pcscf", "home", "far", "ue1"):
            network.host(name)
        network.on_bridge("pcscf", "10.10.0.1/16")
        network.on_bridge("ue1", "10.10.1.1/16")
        for name, address in (("pcscf", "10.20.0.1"), ("home", "10.20.0.2"), ("far", "10.20.0.9")):
            network.on_bridge(name, f"{address}/24", "core")
        home = folder / "home.toml"
        home.write_text((LAB / "home.toml").read_text() + ROUTE)
        self._services = [
            network.start("home", "home", "-c", str(home)),
            network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml")),
        ]
        for service in self._services:
            assert service.line().startswith("ready ")
        file = ue_file(folder, 1, transport)
        file.write_text(f"{file.read_text()}\n[call]\npreconditions = true\n")
        self._alice = UeShell(network, "ue1", file)
        self._alice.does("register")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._network:
            if kind is None:
                self._end()

    def _end(self) -> None:
        self._alice.ends()
        for service in self._services:
            code, _, err = service.end(signal.SIGTERM)
            assert code == 0, err
            assert "Traceback" not in err, err

    def calls(self, plan: str, count: int = 1) -> None:
        """So many calls by that plan, one after the other; raises where one fails, at either end."""
        name = plan.replace(" ", "-")
        with Sipp(self._network, "far", name, FAR, self._folder, calls=count, text=text(plan)):
            for _ in range(count):
                assert self._alice.does(f"call {CAROL}")["status"] == 200
                self._alice.hears("call", stage="ended")


def whole(total: int, folder: Path, tell: Callable[[str], None]) -> None:
    """At least so many calls over all cells; raises where one fails."""
    each = -(-total // len(CELLS))
    for transport in TRANSPORTS:
        place = folder / transport
        place.mkdir()
        with Matrix(transport, place) as matrix:
            for plan in PLANS:
                begun = time.monotonic()
                matrix.calls(plan, each)
                tell(f"{transport:4} {plan:26} {each:4} calls  {time.monotonic() - begun:6.1f} s")
    tell(f"{each * len(CELLS)} calls, none failed")
