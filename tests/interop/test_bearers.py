"""Calls between UEs with real ESP, whose bearers come from a PCRF that is not ours (29.214; PCS-19)."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Program, Programs
from tests.interop.test_tshark_cx import dissected
from tests.interop.ue_shell import UeShell, ue_file
from tests.unit.live.policy.sample import voice_call

from twopair.live.diameter import base, rx
from twopair.live.diameter.local import RX
from twopair.live.diameter.message import REQUEST, Message, avp

pytestmark = [pytest.mark.lab, NEEDS_ROOT]

TABLES = """
[policy]
control = "required"
rx_realm = "pcc.example"
watch_signalling = true

[diameter]
origin_host = "pcscf.pcc.example"
realm = "pcc.example"

[[diameter.peer]]
host = "pcrf.pcc.example"
address = "10.20.0.2:3868"
"""
AUDIO = 0


class Pcrf:
    """The PCRF on the host of the home network."""

    def __init__(self, network: Programs) -> None:
        self.program = network.run("home", sys.executable, "-m", "tests.interop.pcrf", "10.20.0.2", "3868")
        assert self.program.line() == "ready"

    def hears(self) -> dict[str, Any]:
        """The next thing that it tells."""
        found: dict[str, Any] = json.loads(self.program.line())
        return found

    def asked(self, *, component: int) -> dict[str, Any]:
        """The next AAR for that component that knows both ends."""
        while True:
            told = self.hears()
            for one in told.get("components", []):
                if one["number"] == component and told["final"]:
                    return {**one, "session": told["session"]}

    def says(self, words: str) -> dict[str, Any]:
        """Ask the P-CSCF, and give its answer; what is heard before it is passed over."""
        self.program.say(words)
        while "answer" not in (told := self.hears()):
            pass
        return told


class Place:
    """Home network, PCRF, P-CSCF and two registered UEs."""

    def __init__(self, network: Programs, folder: Path, more: str = "") -> None:
        self.network = network
        self.pcrf = Pcrf(network)
        file = folder / "pcscf.toml"
        file.write_text((LAB / "pcscf.toml").read_text() + TABLES + more)
        self.services: list[Program] = []
        for host, role, config in (("home", "home", LAB / "home.toml"), ("pcscf", "pcscf", file)):
            service = network.start(host, role, "-c", str(config))
            assert service.line().startswith("ready ")
            self.services.append(service)
        self.alice, self.bob = (
            UeShell(network, f"ue{number}", ue_file(folder, number, "udp")) for number in (1, 2)
        )
        self.paths = []
        for ue in (self.alice, self.bob):
            ue.does("register")
            self.paths.append(self.pcrf.asked(component=0))

    def call(self) -> list[dict[str, Any]]:
        """Alice calls Bob; what the PCRF was asked of the two legs, at the end of the set-up."""
        self.alice.begins(f"call sip:bob@{DOMAIN}")
        self.bob.hears("call", stage="ringing")
        self.bob.does("answer")
        answered = self.alice.outcome("call")
        assert answered.get("status") == 200, answered
        return [self.pcrf.asked(component=1) for _ in range(2)]


@pytest.fixture
def place(network: Programs, tmp_path: Path) -> Iterator[Place]:
    made = Place(network, tmp_path)
    yield made
    for service in made.services:
        _code, _, log = service.end(signal.SIGTERM)
        assert "Traceback" not in log


def test_a_call_has_a_bearer_at_either_end(place: Place) -> None:
    """AAR with the media components of offer and answer; STR for each leg when it is over."""
    assert [path["usages"] for path in place.paths] == [[2], [2]]
    legs = place.call()
    assert len({leg["session"] for leg in legs}) == 2
    for leg in legs:
        assert leg["type"] == AUDIO
        down, up = leg["flows"][0]
        assert down.startswith("permit out 17 from 10.10.1.")
        assert up.startswith("permit in 17 from 10.10.1.")
    place.alice.does("hangup")
    place.bob.hears("call", stage="ended")
    over = {told["session"] for told in (place.pcrf.hears(), place.pcrf.hears())}
    assert over == {leg["session"] for leg in legs}


@pytest.mark.parametrize("words", ["abort", "lost"])
def test_a_call_that_loses_its_bearer_ends_at_both_ends(place: Place, words: str) -> None:
    """PCS-19: ASR, or RAR with the loss of every stream; BYE to both ends."""
    legs = place.call()
    answer = place.pcrf.says(f"{words} {legs[0]['session']}")
    assert answer["result"] == 2001
    place.alice.hears("call", stage="ended")
    place.bob.hears("call", stage="ended")


def test_a_signalling_path_that_is_lost_ends_the_calls_of_the_ue(place: Place) -> None:
    """24.229 §5.2.8.1.1."""
    place.call()
    answer = place.pcrf.says(f"abort {place.paths[0]['session']}")
    assert answer["answer"] == "AbortSessionAnswer"
    place.alice.hears("call", stage="ended")
    place.bob.hears("call", stage="ended")


@pytest.mark.peer
def test_tshark_reads_the_request(tmp_path: Path) -> None:
    """29.214 §5.6.1: the Media-Component-Description of a voice call, as another reader sees it."""
    avps = [avp(base.SESSION_ID, "s;1;2"), *rx.to_aar(voice_call(), first_of_session=True)]
    said = dissected(Message(rx.AA, RX.id, REQUEST, avps, 1, 1), tmp_path)
    for name in (
        *("3GPP Rx", "Media-Component-Description", "Media-Sub-Component", "Codec-Data"),
        *("permit out 17 from 10.30.0.9 to 10.10.1.1 49152", "Max-Requested-Bandwidth-UL", "41000"),
        *("AUDIO (0)", "ENABLED (2)", "RTCP (1)", "Framed-IP-Address", "Subscription-Id-Data"),
    ):
        assert name in said, name
    for fault in ("Malformed", "Expert Info (Error", "Unknown AVP"):
        assert fault not in said, said
