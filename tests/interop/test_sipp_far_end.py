"""SIPp in another network, behind our home network: it calls and is called, and checks what it gets."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs
from tests.interop.sipp_party import Sipp
from tests.interop.ue_shell import UeShell, ue_file

pytestmark = [
    pytest.mark.lab,
    pytest.mark.peer,
    NEEDS_ROOT,
]

ALICE, CAROL = f"sip:alice@{DOMAIN}", "sip:carol@far.example"
HOME, FAR, BESIDE = "10.20.0.2:5060", "10.20.0.9:5060", "10.20.0.9:5070"
ROUTE = f'\n[[route]]\ndomain = "far.example"\nnext = "{FAR}"\n'


class Standing:
    """A registered UE, its network, and a host in another network.

    Args:
        transport: of SIP on Gm.
        folder: for files.
    """

    def __init__(self, network: Programs, transport: str, folder: Path) -> None:
        self._network, self._folder = network, folder
        for name in ("pcscf", "home", "far", "ue1"):
            network.host(name)
        network.on_bridge("pcscf", "10.10.0.1/16")
        network.on_bridge("ue1", "10.10.1.1/16")
        for name, address in (("pcscf", "10.20.0.1"), ("home", "10.20.0.2"), ("far", "10.20.0.9")):
            network.on_bridge(name, f"{address}/24", "core")
        file = folder / "home.toml"
        file.write_text((LAB / "home.toml").read_text() + ROUTE)
        self.services = [
            network.start("home", "home", "-c", str(file)),
            network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml")),
        ]
        for service in self.services:
            assert service.line().startswith("ready ")
        self.alice = UeShell(network, "ue1", ue_file(folder, 1, transport))
        self.alice.does("register")

    def caller(self, plan: str, at: str = FAR) -> Sipp:
        """SIPp calls Alice."""
        keys = {"user": ALICE, "caller": CAROL, "plan": plan}
        return Sipp(self._network, "far", "calls", at, self._folder, keys, to=HOME)

    def called(self, plan: str) -> Sipp:
        """SIPp awaits a call of Alice."""
        keys = {"uri": CAROL, "caller": ALICE, "plan": plan}
        return Sipp(self._network, "far", "is_called", FAR, self._folder, keys)

    def sends_message(self) -> Sipp:
        """SIPp sends Alice a MESSAGE."""
        keys = {"user": ALICE, "sender": CAROL}
        return Sipp(self._network, "far", "sends_message_to_user", FAR, self._folder, keys, to=HOME)

    def is_sent_message(self) -> Sipp:
        """SIPp awaits a MESSAGE of Alice."""
        keys = {"uri": CAROL, "sender": ALICE}
        return Sipp(self._network, "far", "is_sent_message", FAR, self._folder, keys)


@pytest.fixture(scope="module", params=["udp", "tcp"])
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with Programs() as network:
        standing = Standing(network, request.param, tmp_path_factory.mktemp("far"))
        yield standing
        standing.alice.ends()
        for service in standing.services:
            code, _, err = service.end(signal.SIGTERM)
            assert code == 0
            assert "Traceback" not in err


@pytest.mark.parametrize("plan", ["leave", "wait"])
def test_sipp_calls(standing: Standing, plan: str) -> None:
    """PCS-12..PCS-15, PCS-17: 180, 200, ACK, and BYE of the caller, or of the UE."""
    alice = standing.alice
    with standing.caller(plan):
        assert alice.hears("call", stage="ringing")["from"] == CAROL
        alice.does("answer")
        if plan == "wait":
            alice.does("hangup")
        alice.hears("call", stage="ended")


def test_sipp_cancels(standing: Standing) -> None:
    """RFC 3261 §9, §16.10."""
    with standing.caller("cancel"):
        assert standing.alice.hears("call", stage="ended")["status"] == 487


def test_sipp_is_declined(standing: Standing) -> None:
    with standing.caller("refused"):
        standing.alice.hears("call", stage="ringing")
        standing.alice.does("hangup")
        standing.alice.hears("call", stage="ended")


def test_sipp_finds_the_ue_busy(standing: Standing) -> None:
    with standing.caller("wait"):
        standing.alice.hears("call", stage="ringing")
        standing.alice.does("answer")
        standing.caller("busy", BESIDE).succeeds()
        standing.alice.does("hangup")
        standing.alice.hears("call", stage="ended")


@pytest.mark.parametrize("plan", ["leave", "wait"])
def test_sipp_is_called(standing: Standing, plan: str) -> None:
    """PCS-08, PCS-10, PCS-12, PCS-15, PCS-17: answered, and BYE of SIPp, or of the UE."""
    alice = standing.alice
    with standing.called(plan) as called:
        assert alice.does(f"call {CAROL}")["status"] == 200
        if plan == "wait":
            alice.does("hangup")
        alice.hears("call", stage="ended")
    ok = called.messages.split("SIP/2.0 200 OK\n")[1]
    assert "\nRecord-Route: <sip:10.20.0.2:5060;lr>, <sip:" in ok, "all values in one line (RFC 3261 §7.3.1)"
    assert re.match(r"Via: SIP/2\.0/UDP 10\.20\.0\.2:5060;[^,\n]+, [^,\n]+, [^,\n]+\n", ok)


def test_the_ue_cancels(standing: Standing) -> None:
    """RFC 3261 §9, §16.10."""
    alice = standing.alice
    with standing.called("ring"):
        alice.begins(f"call {CAROL}")
        alice.hears("call", stage="ringing")
        alice.does("hangup")
        assert alice.outcome("call")["status"] == 487
        alice.hears("call", stage="ended")


def test_sipp_is_busy(standing: Standing) -> None:
    with standing.called("busy"):
        assert standing.alice.tries(f"call {CAROL}")["status"] == 486
        standing.alice.hears("call", stage="ended")


def test_sipp_is_sent_a_message(standing: Standing) -> None:
    """PCS-08, PCS-10, PCS-17."""
    with standing.is_sent_message():
        assert standing.alice.does(f"message {CAROL} two pairs")["status"] == 200


def test_sipp_sends_a_message(standing: Standing) -> None:
    """24.229 §4.4: what SIPp asserts is not believed, so its From is all that the UE is told."""
    with standing.sends_message():
        message = standing.alice.hears("message")
    assert (message["from"], message["text"].strip()) == (CAROL, "from afar")
