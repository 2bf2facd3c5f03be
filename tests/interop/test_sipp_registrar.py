"""SIPp as the home network of our P-CSCF: challenges a UE of ours and checks what reaches the core."""

import json
import os
import signal
from pathlib import Path

import pytest
from tests.interop.auc import challenges, impi_of
from tests.interop.programs import DOMAIN, LAB, Program, Programs
from tests.interop.sipp_party import Sipp

pytestmark = [
    pytest.mark.lab,
    pytest.mark.peer,
    pytest.mark.skipif(os.geteuid() != 0, reason="programs in namespaces of their own need root"),
]

REGISTRAR, OTHER = "10.20.0.2:5060", "10.20.0.2:5070"
ALICE, CAROL = f"sip:alice@{DOMAIN}", "sip:carol@far.example"
ROUTES = f"<sip:orig@{OTHER};lr>, <sip:beyond@10.20.0.7;lr>"
OVER = pytest.mark.parametrize("transport", ["udp", "tcp"])


def registrar(network: Programs, folder: Path) -> Sipp:
    """SIPp that expects UE 1 to register and to de-register."""
    challenge = next(challenges(1))
    keys = {
        "domain": DOMAIN,
        "visited": DOMAIN,
        "impi": impi_of(1),
        "associated": f"<{ALICE}>, <tel:+4930123456>",
        "service_route": ROUTES,
        "nonce": challenge.nonce,
        "ck": challenge.ck,
        "ik": challenge.ik,
        "response": challenge.response,
    }
    return Sipp(network, "home", "registrar", REGISTRAR, folder, keys)


def pcscf(network: Programs) -> Program:
    program = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
    assert program.line().startswith("ready pcscf ")
    return program


def ends_well(program: Program) -> None:
    code, _, err = program.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in err


def ue(network: Programs, folder: Path, transport: str, *action: str) -> Program:
    file = folder / "ue.toml"
    file.write_text((LAB / "ue1.toml").read_text().replace('"udp"', f'"{transport}"'))
    return network.start("ue1", "ue", "-c", str(file), *action, "--json")


@OVER
def test_a_message_of_the_ue_has_service_route_and_identity(
    network: Programs, tmp_path: Path, transport: str
) -> None:
    """PCS-01..PCS-03, PCS-07, PCS-08, PCS-10, AGR-36, INT-01, INT-02; AKA-05, AKA-08 at the UE."""
    core = registrar(network, tmp_path)
    keys = {"uri": CAROL, "asserted": ALICE, "service_route": ROUTES}
    hop = Sipp(network, "home", "gets_message", OTHER, tmp_path, keys)
    service = pcscf(network)
    alice = ue(network, tmp_path, transport, "message", CAROL, "over two pairs")
    assert json.loads(alice.line()) == {"ok": True, "to": CAROL, "status": 200}
    assert alice.end() == (0, "", "")
    hop.succeeds()
    core.succeeds()
    ends_well(service)


@OVER
def test_a_message_of_the_core_arrives_by_path(network: Programs, tmp_path: Path, transport: str) -> None:
    """PCS-01, PCS-13, PCS-14, MSG-01."""
    core = registrar(network, tmp_path)
    service = pcscf(network)
    alice = ue(network, tmp_path, transport, "wait", "--count", "1")
    assert alice.line().startswith("ready ")
    keys = {"path": core.noted("path"), "target": core.noted("target"), "called": ALICE, "sender": CAROL}
    Sipp(network, "home", "sends_message", OTHER, tmp_path, keys, to="10.20.0.1:5060").succeeds()
    message = json.loads(alice.line())
    assert (message["from"], message["text"].strip()) == (CAROL, "from the core")
    assert alice.end() == (0, "", "")
    core.succeeds()
    ends_well(service)
