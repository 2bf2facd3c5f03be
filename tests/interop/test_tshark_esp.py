"""Wireshark decrypts what the engine writes, with the key log we give it (KEY-01..KEY-09)."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.figure1_sets import FAMILIES, Dice, sa_set

from twopair.backends.userspace.engine import Engine
from twopair.base import Micros, Suite
from twopair.core.esp import SUITES
from twopair.core.sa import End
from twopair.wire import ip, pcap
from twopair.wire.keylog import line

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.peer
NOW = Micros(1_700_000_000_000_000)


def capture(path: Path, suite: Suite, version: int) -> list[str]:
    """Write what crosses the wire, a small datagram and a fragmented one; the key log."""
    a, b = FAMILIES[version]
    of = sa_set(End.UE, suite, ue=a, pcscf=b)
    engine = Engine(Dice())
    engine.install(of)
    data = pcap.file_header()
    for n, size in enumerate((0, 3000)):
        text = (
            f"MESSAGE sip:bob@ims SIP/2.0\r\nCall-ID: call-{n}\r\nContent-Length: {size}\r\n\r\n" + "x" * size
        )
        for packet in engine.from_host(ip.udp_datagram(a, of.ports.uc, b, of.ports.ps, text.encode())):
            data += pcap.record(NOW, packet)
    path.write_bytes(data)
    log = []
    for sa in (*of.outbound, *of.inbound):
        ends = (sa.selector.src, sa.selector.dst, sa.spi, suite)
        keys = sa.keys
        log.append(line(*ends, encryption=keys.encryption, integrity=keys.integrity, salt=keys.salt))
    return log


GMAC = Suite("aes-gmac", "null")


@pytest.mark.parametrize("suite", [suite for suite in SUITES if suite != GMAC], ids=str)
@pytest.mark.parametrize("version", [4, 6])
def test_tshark_decrypts_and_checks_the_icv(suite: Suite, version: int, tmp_path: Path) -> None:
    log = capture(tmp_path / "gm.pcap", suite, version)
    tables = [word for text in log for word in ("-o", f"uat:esp_sa:{text}")]
    fields = [word for name in ("sip.Call-ID", "esp.icv_good", "udp.dstport") for word in ("-e", name)]
    switches = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"]
    options = [word for s in switches for word in ("-o", s)] + tables
    show = ["-d", "udp.port==5062,sip", "-Y", "sip", "-T", "fields", *fields]
    assert TSHARK is not None, "tools/system-packages test installs it"
    result = subprocess.run(
        [TSHARK, "-r", str(tmp_path / "gm.pcap"), *options, *show],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "UAT" not in result.stderr
    assert result.stdout.splitlines() == ["call-0\t1\t5062", "call-1\t1\t5062"]


def test_gmac_is_named_as_what_wireshark_lacks(tmp_path: Path) -> None:
    """KEY-02: the log says so, in a line that Wireshark skips."""
    log = capture(tmp_path / "gm.pcap", GMAC, 4)
    assert len(log) == 4
    assert all(text.startswith("# ") and "no aes-gmac" in text for text in log)
