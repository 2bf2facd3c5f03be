"""The program that moves the addresses of a P-CSCF, as its unit lets it run."""

import socket
import time
from pathlib import Path

import pytest
from tests.interop.programs import NEEDS_ROOT, Programs
from tests.interop.units import FAILOVER, PCSCF, as_the_unit, read

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT]

MOVE = Path(__file__).parents[2] / "examples/failover/move-address"
ADDRESS = "10.10.0.77"
GRATUITOUS = b"\x08\x06\x00\x01\x08\x00\x06\x04"


def moves(network: Programs, role: str, *units: Path) -> None:
    words = ["env", f"TWOPAIR_ADDRESSES={ADDRESS}/32@gm", "sh", str(MOVE), role, "a", "1"]
    code, _, said = network.run("pcscf", *as_the_unit(read(*units), user="daemon"), *words).end()
    assert code == 0, said


def announced(ear: socket.socket, within_s: float) -> bool:
    """Whether somebody said on the bridge by ARP where the address is."""
    octets = bytes(map(int, ADDRESS.split(".")))
    over = time.monotonic() + within_s
    while time.monotonic() < over:
        try:
            frame = ear.recv(2048)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            if frame[12:20] == GRATUITOUS and frame[28:32] == octets:
                return True
    return False


def test_with_the_drop_in_an_address_comes_neighbours_hear_of_it_and_it_goes(network: Programs) -> None:
    ear = network.ear()
    moves(network, "owner", PCSCF, FAILOVER)
    assert announced(ear, 10)
    moves(network, "standby", PCSCF, FAILOVER)
    code, said, _ = network.run("pcscf", "ip", "-brief", "address", "show", "dev", "gm").end()
    assert (code, ADDRESS in said) == (0, False)


def test_without_it_nobody_hears(network: Programs) -> None:
    ear = network.ear()
    moves(network, "owner", PCSCF)
    assert not announced(ear, 3)
