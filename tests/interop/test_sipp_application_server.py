"""SIPp as application server of our home network: it hears of registrations, and takes calls."""

import signal
from pathlib import Path

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs
from tests.interop.sipp_party import Sipp
from tests.interop.ue_shell import UeShell, ue_file

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT]

ALICE = f"sip:alice@{DOMAIN}"
MAILBOX = f"sip:mailbox@{DOMAIN}"
SERVER = "10.20.0.9:5070"
SERVICE = f"""
[[service]]
name = "mailbox"
server = "sip:{SERVER}"
default_handling = "terminated"
service_info = "box 7"
[[service.point]]
method = "REGISTER"
[[service.point]]
uri = "^sip:mailbox@"
"""


def test_sipp_serves(tmp_path: Path) -> None:
    """24.229 §5.4.1.7, §5.7.2: REGISTER at the server; a call that the server takes; REGISTER at the end."""
    alias = f'aliases = ["{ALICE}"]'
    text = (LAB / "home.toml").read_text()
    assert alias in text
    file = tmp_path / "home.toml"
    file.write_text(text.replace(alias, f'{alias}\nservices = ["mailbox"]') + SERVICE)
    with Programs() as network:
        for name in ("pcscf", "home", "far", "ue1"):
            network.host(name)
        network.on_bridge("pcscf", "10.10.0.1/16")
        network.on_bridge("ue1", "10.10.1.1/16")
        for name, address in (("pcscf", "10.20.0.1"), ("home", "10.20.0.2"), ("far", "10.20.0.9")):
            network.on_bridge(name, f"{address}/24", "core")
        services = [
            network.start("home", "home", "-c", str(file)),
            network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml")),
        ]
        for service in services:
            assert service.line().startswith("ready ")
        alice = UeShell(network, "ue1", ue_file(tmp_path, 1, "udp"))

        def told(expires: str) -> Sipp:
            keys = {"user": ALICE, "expires": expires}
            return Sipp(network, "far", "hears_of_registration", SERVER, tmp_path, keys)

        with told("600000"):
            alice.does("register")
        with Sipp(
            network, "far", "answers_for", SERVER, tmp_path, {"uri": MAILBOX, "served": ALICE, "case": "orig"}
        ):
            assert alice.does(f"call {MAILBOX}")["status"] == 200
            alice.does("hangup")
            alice.hears("call", stage="ended")
        with told("0"):
            alice.does("deregister")
        alice.ends()
        for service in services:
            code, _, err = service.end(signal.SIGTERM)
            assert code == 0
            assert "Traceback" not in err
