"""Media of a call between UEs run over rtpengine, and nothing of them beside it (24.229 §6.7)."""

import re
from contextlib import ExitStack
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any

import pytest
from tests.interop.programs import NEEDS_ROOT, Programs
from tests.interop.test_bearers import Place

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT]

MEDIA = """
[media]
relay = "required"
rtpengine = ["127.0.0.1:22222"]
"""
DAEMON = (
    *("rtpengine", "--table=-1", "--interface=gm/10.10.0.1", "--interface=core/10.20.0.1"),
    *("--listen-ng=127.0.0.1:22222", "--foreground", "--log-stderr", "--log-level=3"),
    *("--port-min=30000", "--port-max=30100", "--num-threads=1"),
)
RULE = re.compile(r"permit (?:in|out) 17 from (\S+) to (\S+) (\d+)")
PACKETS = 50


def rtp(number: int) -> bytes:
    """A packet of 20 ms of silence (RFC 3550 §5.1), payload type 0."""
    header = bytes((0x80, 0)) + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big")
    return header + (7).to_bytes(4, "big") + b"\xff" * 160


class Speaker:
    """One end of the media: where it receives, and where the relay receives what it sends."""

    def __init__(self, network: Programs, leg: dict[str, Any], opened: ExitStack) -> None:
        down, up = (RULE.fullmatch(rule) for rule in leg["flows"][0])
        assert down is not None
        assert up is not None
        self.relay = up[2], int(up[3])
        self.name = {"10.10.1.1": "ue1", "10.10.1.2": "ue2"}[down[2]]
        with network.namespace(self.name).entered():
            self.socket = opened.enter_context(socket(AF_INET, SOCK_DGRAM))
        self.socket.bind((down[2], int(down[3])))
        self.socket.settimeout(10)

    def hears(self) -> tuple[set[int], set[tuple[str, int]]]:
        """Numbers of the packets that came, and from where."""
        numbers: set[int] = set()
        sources: set[tuple[str, int]] = set()
        while len(numbers) < PACKETS:
            data, source = self.socket.recvfrom(2048)
            numbers.add(int.from_bytes(data[2:4], "big"))
            sources.add(source)
        return numbers, sources


def test_media_run_over_the_relay(network: Programs, tmp_path: Path) -> None:
    """Both ways, and both UEs see nothing but the relay's address towards them."""
    network.run("pcscf", *DAEMON)
    place = Place(network, tmp_path, MEDIA)
    legs = place.call()
    with ExitStack() as opened:
        one, other = (Speaker(network, leg, opened) for leg in legs)
        assert {one.name, other.name} == {"ue1", "ue2"}
        for speaker, listener in ((one, other), (other, one)):
            assert speaker.relay[0] == "10.10.0.1"
            for number in range(PACKETS):
                speaker.socket.sendto(rtp(number), speaker.relay)
            numbers, sources = listener.hears()
            assert numbers == set(range(PACKETS))
            assert sources == {listener.relay}
    place.alice.does("hangup")
    place.bob.hears("call", stage="ended")


def test_a_relay_that_is_gone_ends_the_call_that_needs_it(network: Programs, tmp_path: Path) -> None:
    """`required`: 500 to the INVITE, after the relay was asked for 1.75 s."""
    place = Place(network, tmp_path, MEDIA)
    result = place.alice.tries("call sip:bob@ims.mnc001.mcc001.3gppnetwork.org")
    assert (result["ok"], result.get("status")) == (False, 500)
