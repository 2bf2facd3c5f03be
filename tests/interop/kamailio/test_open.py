"""Where Kamailio fails open: what should be protected, or refused, and is not."""

from pathlib import Path

import pytest
from tests.interop.ear import heard
from tests.interop.kamailio.bed import PCSCF, UES, Bed, kamailio, network, ue_file
from tests.interop.kamailio.pcscf import SERVER_PORT
from tests.interop.programs import DOMAIN, Program

pytestmark = pytest.mark.guest

ECHO = f"sip:echo@{DOMAIN}"


def start(bed: Bed, number: int, *words: str) -> Program:
    """`twopair ue` with these words on the host of a subscriber."""
    file = ue_file(bed, number, UES[bed.version][number])
    return bed.programs.start(f"ue{number + 1}", "ue", "-c", str(file), *words)


def test_the_answer_to_a_message_leaves_in_the_clear(tmp_path: Path) -> None:
    """SA-21, MSG-01: the module finds no set for it, and the answer goes where Via says, unprotected."""
    with network(tmp_path) as bed:
        log = kamailio(bed, "MESSAGE_WITHOUT_CONTACT")
        ue = start(bed, 0, "message", "--json", "--timeout", "5", ECHO, "hello")
        outcome = ue.result()
        assert outcome == {"ok": False, "reason": "no outcome within 5 s"}
        leaked = [packet for packet in heard(bed.ear).beside_5060 if packet.line == "SIP/2.0 200 OK"]
        assert leaked
        assert {packet.src for packet in leaked} == {(PCSCF[4], SERVER_PORT)}
        assert "ipsec_forward(): Error filling in contact data" in log.read_text()


def test_its_own_100_leaves_in_the_clear(tmp_path: Path) -> None:
    """SA-21, MSG-01: what the module is not asked about is sent to port_us, from port_ps, unprotected."""
    with network(tmp_path) as bed:
        kamailio(bed, "ITS_OWN_100")
        ue = start(bed, 0, "call", "--json", "--timeout", "10", f"sip:nobody@{DOMAIN}")
        ue.end()
        leaked = heard(bed.ear).beside_5060
        assert leaked
        assert {(packet.src, packet.line.lower()[:18]) for packet in leaked} == {
            ((PCSCF[4], SERVER_PORT), "sip/2.0 100 trying")
        }


def test_the_sas_of_a_user_who_left_stay(tmp_path: Path) -> None:
    """MGP-10, MGU-12: a 200 without Contact ends nothing at the module."""
    with network(tmp_path) as bed:
        log = kamailio(bed)
        ue = start(bed, 0, "message", "--json", ECHO, "hello")
        assert ue.result()["status"] == 200
        assert ue.end()[0] == 0
        assert "proto esp" not in bed.xfrm("state", "ue1")
        assert bed.xfrm("state").count("proto esp") == 4
        assert "cannot get the Contact header" in log.read_text()


def test_a_challenge_without_set_when_its_ports_run_out(tmp_path: Path) -> None:
    """SA-01, ERR-24: the 401 goes out without Security-Server; our UE does not answer it (AKA-25)."""
    with network(tmp_path) as bed:
        kamailio(bed, pairs=1)
        first = start(bed, 0, "register", "--json")
        assert first.result()["ok"]
        second = start(bed, 1, "register", "--json")
        outcome = second.result()
        assert not outcome["ok"]
        assert "without a usable Security-Server" in outcome["reason"]
        assert bed.xfrm("state").count("proto esp") == 4
