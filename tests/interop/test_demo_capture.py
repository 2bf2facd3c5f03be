"""The capture and key log of the demo, read by Wireshark and by scapy: every algorithm, both IP versions."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP
from scapy.packet import Packet
from tests.interop.test_scapy_esp import scapys

from twopair.base import Micros, Spi, Suite, Transport
from twopair.core.esp import SUITES
from twopair.core.sa import ARROWS
from twopair.demo.files import capture, key_lines
from twopair.demo.run import Outcome, Wanted, play
from twopair.demo.scenarios import SCENARIOS
from twopair.nodes.pcscf.config import PORT_PC, PORT_PS
from twopair.wire import ip, pcap
from twopair.wire.sip import Request

TSHARK = shutil.which("tshark")
pytestmark = [pytest.mark.lab, pytest.mark.peer]
GMAC = Suite("aes-gmac", "null")
OUTER = {4: IP, 6: IPv6}


@cache
def runs(suite: Suite, version: int) -> tuple[Outcome, Outcome]:
    """Figure 1 over UDP and over TCP."""
    over = (Wanted(transport, suite, version, "userspace") for transport in (Transport.UDP, Transport.TCP))
    first, second = (play(SCENARIOS["figure1"], wanted) for wanted in over)
    return first, second


def tshark(path: Path, options: Sequence[str], shown: str, *fields: str) -> list[list[str]]:
    """One line of fields for each packet that the filter shows."""
    assert TSHARK is not None, "tools/system-packages test installs it"
    words = [word for name in fields for word in ("-e", name)]
    result = subprocess.run(
        [TSHARK, "-r", str(path), *options, "-Y", shown, "-T", "fields", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "UAT" not in result.stderr
    return [line.split("\t") for line in result.stdout.splitlines()]


def with_keys(lines: str) -> list[str]:
    """Options that have tshark open ESP, and take what it finds for SIP whatever port the UE has."""
    words = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"]
    words += [f"uat:esp_sa:{line}" for line in lines.splitlines() if not line.startswith("#")]
    decoded = [f"{table}.port=={port},sip" for table in ("udp", "tcp") for port in (PORT_PS, *PORT_PC)]
    return [option for word in words for option in ("-o", word)] + [o for d in decoded for o in ("-d", d)]


def whole_packets(outcome: Outcome) -> list[bytes]:
    """The packets on Gm, fragments put together."""
    reassembly, found = ip.Reassembly(), []
    for moment, packet in outcome.recording.wire:
        header = ip.parse(packet)
        whole = reassembly.add(packet, header, moment) if header.is_fragment else packet
        if whole is not None:
            found.append(whole)
    return found


def said(outcome: Outcome, *, clear_only: bool = False) -> list[str]:
    """Method or status of every message on Gm, in order."""
    messages = [one.seen.message for one in outcome.evidence.gm if not clear_only or one.seen.sa is None]
    return [m.method if isinstance(m, Request) else str(m.status) for m in messages]


@pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("suite", [s for s in SUITES if s != GMAC], ids=str)
def test_tshark_decrypts_everything(suite: Suite, version: int, tmp_path: Path) -> None:
    """SA-02, KEY-01..KEY-07: with the key log every ICV is good, and the same messages are found."""
    both = runs(suite, version)
    path = tmp_path / "gm.pcap"
    path.write_bytes(capture(outcome.recording for outcome in both))
    options = with_keys(key_lines(outcome.recording for outcome in both))
    esp = sum(header.protocol == 50 for o in both for header in map(ip.parse, whole_packets(o)))
    assert esp > 40
    checked = tshark(path, options, "esp", "esp.icv_good", "udp.dstport", "tcp.dstport")
    assert len(checked) == esp
    assert {good for good, *_ in checked} == {"1"}
    assert all(udp or tcp for _, udp, tcp in checked)
    read = tshark(path, options, "sip", "sip.Method", "sip.Status-Code")
    assert [method or status for method, status in read] == said(both[0]) + said(both[1])


@pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_without_keys_only_sm1_and_sm6_are_read(suite: Suite, version: int, tmp_path: Path) -> None:
    """SA-21: and the TCP connection that carries them, to the unprotected port."""
    both = runs(suite, version)
    path = tmp_path / "gm.pcap"
    path.write_bytes(capture(outcome.recording for outcome in both))
    read = tshark(path, [], "sip", "sip.Method", "sip.Status-Code")
    assert {method or status for method, status in read} == {"REGISTER", "401"}
    clear = said(both[0], clear_only=True) + said(both[1], clear_only=True)
    assert [method or status for method, status in read] == clear
    ports = tshark(path, [], "(tcp || udp) && !esp", "tcp.port", "udp.port")
    assert ports
    assert all("5060" in (tcp or udp).split(",") for tcp, udp in ports)


@pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_scapy_decrypts_everything(suite: Suite, version: int) -> None:
    """SA-02, KEY-01..KEY-07: every ESP packet, AES-GMAC too; confidential ones show nothing without keys."""
    for outcome in runs(suite, version):
        sas = {
            (sa.selector.dst, sa.spi): scapys(sa)
            for sa_set in outcome.recording.sets
            for sa in (sa_set.association(arrow) for arrow in ARROWS)
        }
        opened = [
            _opened(packet, version, sas)
            for packet in whole_packets(outcome)
            if ip.parse(packet).protocol == 50
        ]
        assert len(opened) == sum(p.esp is not None for p in outcome.recording.packets)
        assert all(UDP in inner or TCP in inner for inner in opened)
        assert any(b"MESSAGE sip:" in bytes(inner) for inner in opened)
        if suite.ealg != "null":
            wire = b"".join(p for _, p in outcome.recording.wire if ip.parse(p).protocol == 50)
            assert b"SIP/2.0" not in wire


def _opened(packet: bytes, version: int, sas: Mapping[tuple[str, Spi], Any]) -> Packet:
    outer = OUTER[version](packet)
    return sas[outer.dst, outer[ESP].spi].decrypt(outer, verify=True)


def test_gmac_is_a_comment_in_the_key_log() -> None:
    """KEY-02: Wireshark's ESP has no AES-GMAC; the log says so."""
    lines = key_lines(outcome.recording for outcome in runs(GMAC, 4)).splitlines()
    assert len(lines) == 16
    assert all(line.startswith("# ") and "Wireshark has no aes-gmac" in line for line in lines)


def test_the_capture_has_the_time_of_day() -> None:
    """Both runs in one file, in order, with clocks that other tools understand."""
    times = [one.time for one in pcap.read(capture(o.recording for o in runs(SUITES[0], 4)))]
    assert times == sorted(times)
    assert times[0] > Micros(1_700_000_000_000_000)
