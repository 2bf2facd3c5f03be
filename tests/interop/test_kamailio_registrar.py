"""Kamailio as registrar and S-CSCF behind our P-CSCF."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.interop.auc import impi_of
from tests.interop.kamailio import registrar
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs
from tests.interop.ue_shell import UeShell, ue_file

pytestmark = [
    pytest.mark.lab,
    pytest.mark.peer,
    NEEDS_ROOT,
]

ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"


class Standing(NamedTuple):
    """Two registered UEs behind our P-CSCF and Kamailio."""

    log: Path
    alice: UeShell
    bob: UeShell


@pytest.fixture(params=["udp", "tcp"])
def standing(network: Programs, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Standing]:
    log = registrar.start(network, tmp_path)
    pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
    assert pcscf.line().startswith("ready pcscf ")
    ues = [UeShell(network, f"ue{number}", ue_file(tmp_path, number, request.param)) for number in (1, 2)]
    for ue, impu in zip(ues, (ALICE, BOB), strict=True):
        assert ue.does("register")["associated"] == [impu]
    yield Standing(log, *ues)
    assert "Traceback" not in pcscf.end(signal.SIGTERM)[2]


def sends(sender: UeShell, identity: str, receiver: UeShell, to: str) -> None:
    """A MESSAGE arrives, with the identity that the P-CSCF asserts (PCS-10)."""
    assert sender.does(f"message {to} two pairs")["status"] == 200
    message = receiver.hears("message")
    assert (message["from"], message["text"]) == (identity, "two pairs")


def registers(log: str) -> dict[str, list[str]]:
    """For each user, what integrity-protected said in its REGISTERs."""
    assert "not from a P-CSCF" not in log
    said: dict[str, list[str]] = {}
    for impi, protected in re.findall(r"REGISTER .* of (.*), protected (.*), Path ", log):
        said.setdefault(impi, []).append(protected)
    return said


def test_messages_re_registration_and_de_registration(standing: Standing) -> None:
    """PCS-01, PCS-07, PCS-08, PCS-13, RRG-01, RRG-02, INT-02, MGP-10."""
    log, alice, bob = standing
    sends(alice, ALICE, bob, BOB)
    sends(bob, BOB, alice, ALICE)
    first, second = alice.does("register"), alice.does("register")
    for fixed in ("port_us", "port_ps"):
        assert first[fixed] == second[fixed]
    for new in ("port_uc", "port_pc", "spi_uc", "spi_us", "spi_pc", "spi_ps"):
        assert first[new] != second[new]
    sends(bob, BOB, alice, ALICE)
    sends(alice, ALICE, bob, BOB)
    bob.ends()
    assert alice.tries(f"message {BOB} anybody there?")["status"] == 480
    alice.ends()
    assert registers(log.read_text()) == {
        impi_of(1): ["no", "yes", *["yes", "yes"] * 2, "yes"],
        impi_of(2): ["no", "yes", "yes"],
    }


def test_calls(standing: Standing) -> None:
    """PCS-12, PCS-14, PCS-15: Record-Route of another proxy stands beside ours; BYE of each, CANCEL."""
    log, alice, bob = standing
    for leaver, other in ((alice, bob), (bob, alice)):
        alice.begins(f"call {BOB}")
        assert bob.hears("call", stage="ringing")["from"] == ALICE
        bob.does("answer")
        assert alice.outcome("call")["status"] == 200
        assert alice.does("say within the call")["status"] == 200
        assert bob.hears("message")["text"] == "within the call"
        leaver.does("hangup")
        for ue in (leaver, other):
            ue.hears("call", stage="ended")
    alice.begins(f"call {BOB}")
    alice.hears("call", stage="ringing")
    alice.does("hangup")
    assert bob.hears("call", stage="ended")["status"] == 487
    assert alice.outcome("call")["status"] == 487
    alice.ends()
    bob.ends()
    assert re.search(r"200 to INVITE, Record-Route <sip:10\.20\.0\.2;lr;ftag=", log.read_text()), (
        "without a port: 5060 is meant"
    )
