"""SIPp as the home network of our P-CSCF: challenges a UE of ours and checks what reaches the core."""

import signal
from pathlib import Path

import pytest
from tests.interop.auc import challenges, impi_of
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs
from tests.interop.sipp_party import Sipp
from tests.interop.ue_shell import UeShell, ue_file

pytestmark = [
    pytest.mark.lab,
    pytest.mark.peer,
    NEEDS_ROOT,
]

REGISTRAR, OTHER = "10.20.0.2:5060", "10.20.0.2:5070"
ALICE, TEL, CAROL = f"sip:alice@{DOMAIN}", "tel:+4930123456", "sip:carol@far.example"
ROUTES = f"<sip:orig@{OTHER};lr>, <sip:beyond@10.20.0.7;lr>"


def registrar(network: Programs, folder: Path) -> Sipp:
    """SIPp that expects UE 1 to register and to de-register."""
    challenge = next(challenges(1))
    keys = {
        "domain": DOMAIN,
        "visited": DOMAIN,
        "impi": impi_of(1),
        "associated": f"<{ALICE}>, <{TEL}>",
        "service_route": ROUTES,
        "nonce": challenge.nonce,
        "ck": challenge.ck,
        "ik": challenge.ik,
        "response": challenge.response,
    }
    return Sipp(network, "home", "registrar", REGISTRAR, folder, keys)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_registration_and_messages(network: Programs, tmp_path: Path, transport: str) -> None:
    """PCS-01..PCS-03, PCS-07, PCS-08, PCS-10, PCS-13, PCS-14, AGR-36, INT-01, INT-02, AKA-05, AKA-08.

    The MESSAGE of the UE has exactly the Service-Route and the identity; that of the core arrives by Path.
    """
    with registrar(network, tmp_path) as core:
        pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
        assert pcscf.line().startswith("ready ")
        alice = UeShell(network, "ue1", ue_file(tmp_path, 1, transport))
        assert alice.does("register")["associated"] == [ALICE, TEL]
        keys = {"uri": CAROL, "asserted": ALICE, "service_route": ROUTES}
        with Sipp(network, "home", "gets_message", OTHER, tmp_path, keys):
            assert alice.does(f"message {CAROL} over two pairs")["status"] == 200
        keys = {"path": core.noted("path"), "target": core.noted("target"), "called": ALICE, "sender": CAROL}
        with Sipp(network, "home", "sends_message", OTHER, tmp_path, keys, to="10.20.0.1:5060"):
            message = alice.hears("message")
        assert (message["from"], message["text"].strip()) == (CAROL, "from the core")
        alice.ends()
    code, _, err = pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in err
