"""Kamailio's I-CSCF and S-CSCF with our HSS over Cx; our P-CSCF in front, our UEs (24.229 §5; 29.228)."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.interop.kamailio_cores import cores
from tests.interop.programs import LAB, NEEDS_ROOT, Program, Programs
from tests.interop.ue_shell import UeShell, ue_file

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT, pytest.mark.timeout(240)]

ALICE, BOB = cores.USERS[1], cores.USERS[2]
TIMES = int(os.environ.get("TWOPAIR_TIMES", "1"))


class Standing(NamedTuple):
    """Cores, P-CSCF and two UEs that are not registered yet."""

    network: Programs
    folder: Path
    hss: Program
    pcscf: Program
    alice: UeShell
    bob: UeShell

    def log(self, role: str) -> str:
        return (self.folder / f"{role}.log").read_text()


@pytest.fixture
def standing(network: Programs, tmp_path: Path) -> Iterator[Standing]:
    hss = cores.start_hss(network, tmp_path)
    cores.start_cores(network, tmp_path)
    watching = tmp_path / "pcscf.toml"
    watching.write_text((LAB / "pcscf.toml").read_text() + "\n[watch]\nreg_event = true\n")
    pcscf = network.start("pcscf", "pcscf", "-v", "-c", str(watching))
    assert pcscf.line().startswith("ready pcscf ")
    ahead = tmp_path / "card-1.sqn"
    ahead.write_text(json.dumps([1 << 20] * 32))  # further on than the HSS has ever been
    file = ue_file(tmp_path, 1, "udp")
    file.write_text(file.read_text().replace("[identity]", f'[identity]\nsqn_file = "{ahead}"'))
    yield Standing(
        network,
        tmp_path,
        hss,
        pcscf,
        UeShell(network, "ue1", file),
        UeShell(network, "ue2", ue_file(tmp_path, 2, "tcp")),
    )
    assert "Traceback" not in pcscf.end(signal.SIGTERM)[2]
    code, _, said = hss.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in said


@pytest.mark.parametrize("time_", range(TIMES))
def test_life_before_the_cores_of_others(standing: Standing, time_: int) -> None:
    """AKA-16, AKA-17, PCS-07, PCS-13, RRG-02, MGP-10: registration to network-initiated de-registration."""
    alice, bob = standing.alice, standing.bob
    first = alice.does("register")
    assert first["associated"] == [ALICE]
    assert "resynchronisation of" in standing.log("scscf"), "SIP-Authorization had RAND and AUTS"
    assert bob.does("register")["associated"] == [BOB]
    second = alice.does("register")
    assert second["port_ps"] == first["port_ps"]
    assert second["spi_ps"] != first["spi_ps"]

    assert alice.does(f"message {BOB} over Kamailio")["status"] == 200
    heard = bob.hears("message")
    assert (heard["from"], heard["text"]) == (ALICE, "over Kamailio")

    alice.begins(f"call {BOB}")
    assert bob.hears("call", stage="ringing")["from"] == ALICE
    bob.does("answer")
    assert alice.outcome("call")["status"] == 200
    bob.does("hangup")
    alice.hears("call", stage="ended")

    ordered = standing.network.start(
        "home", "home", "deregister", "-c", str(standing.folder / "home.toml"), BOB
    )
    code, said, error = ordered.end()
    assert code == 0, said + error
    until(lambda: "command 304 answered with 2001" in standing.hss.log())
    until(lambda: "by the network: unregistered" in standing.pcscf.log())  # by NOTIFY of Kamailio (MGP-11)
    assert alice.tries(f"message {BOB} anybody there?")["status"] in {404, 480}
    assert bob.does("register")["associated"] == [BOB]
    alice.does("deregister")
    assert bob.tries(f"message {ALICE} gone?")["status"] in {404, 480}


def until(true: object, within_s: float = 10) -> None:
    over = time.monotonic() + within_s
    while not true():  # type: ignore[operator]
        assert time.monotonic() < over
        time.sleep(0.05)
