"""What UEs and a P-CSCF say to each other as programs, opened by Wireshark with the key log of the P-CSCF."""

import signal
import socket
from pathlib import Path

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs
from tests.interop.test_demo_capture import tshark, with_keys

from twopair.base import Micros
from twopair.wire import pcap

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT]

_ETHERNET, _IPV4, _OUTGOING = 14, 0x0800, 4


def captured(ear: socket.socket) -> bytes:
    """What the ear has heard, each packet once, as a capture file."""
    found = pcap.file_header()
    while True:
        try:
            frame, (_, kind, packet_type, *_) = ear.recvfrom(70_000)
        except BlockingIOError:
            return found
        if kind == _IPV4 and packet_type != _OUTGOING:
            found += pcap.record(Micros(1_700_000_000_000_000), frame[_ETHERNET:])


def test_wireshark_reads_what_the_programs_said(network: Programs, tmp_path: Path) -> None:
    """SA-02, KEY-01: with the file, and not without; rotated in between, both parts are needed."""
    config = tmp_path / "pcscf.toml"
    config.write_text(f'{(LAB / "pcscf.toml").read_text()}\n[log]\nkeys = "esp_sa"\n')
    ear = network.ear()
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready ")
    pcscf = network.start("pcscf", "pcscf", "-c", str(config))
    assert pcscf.line().startswith("ready ")
    to = f"sip:alice@{DOMAIN}"
    first = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "message", to, "over the first set")
    assert first.end()[0] == 0
    before = (tmp_path / "esp_sa").rename(tmp_path / "esp_sa.1")
    pcscf.signal(signal.SIGHUP)
    second = network.start("ue2", "ue", "-c", str(LAB / "ue2.toml"), "message", to, "over another set")
    second.end()
    code, _, log = pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "KEYS OF ALL SA SETS" in log
    capture = tmp_path / "gm.pcap"
    capture.write_bytes(captured(ear))
    keys = before.read_text(), (tmp_path / "esp_sa").read_text()
    assert all(keys)

    def read(lines: str) -> list[str]:
        found = tshark(capture, with_keys(lines), "sip.Method == MESSAGE", "ip.src", "sip.msg_body")
        return [source for source, *_ in found]

    assert read("") == []
    assert set(read("".join(keys))) >= {"10.10.1.1", "10.10.1.2"}
    assert "10.10.1.2" not in read(keys[0])
    checked = tshark(capture, with_keys("".join(keys)), "esp", "esp.icv_good")
    assert {good for (good,) in checked} == {"1"}
    text = [line for line in log.splitlines() if keys[0].splitlines()[0].split('"')[11][2:] in line]
    assert text == [], "no key is anywhere else"
