"""sngrep receives what a running P-CSCF exports; what it writes, tshark reads as the dialog on both legs."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.loopback_programs import DOMAIN, OWN, Running, programs_in, told

pytestmark = [pytest.mark.slow, pytest.mark.peer]

SNGREP, TSHARK = shutil.which("sngrep"), shutil.which("tshark")
UE, OTHER_UE, GM, CORE, HOME = (f"{OWN}{host}" for host in ("1.1", "1.2", "0.1", "2.1", "2.2"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with programs_in(tmp_path) as programs:
        yield programs


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Sngrep:
    """A capture server that writes a file."""

    def __init__(self, folder: Path, port: int) -> None:
        assert SNGREP is not None, "tools/system-packages test installs it"
        self.file = folder / f"{port}.pcap"
        words = [SNGREP, "-F", "-N", "-q", "-L", f"udp:127.0.0.1:{port}", "-O", str(self.file)]
        self._program = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        over = time.monotonic() + 20
        while f":{port:04X} " not in Path("/proc/net/udp").read_text():
            assert time.monotonic() < over
            time.sleep(0.05)

    def end(self) -> list[tuple[str, ...]]:
        """Of each message: source, destination, first line, Call-ID."""
        time.sleep(1)  # what was sent last is read
        self._program.send_signal(signal.SIGTERM)
        self._program.wait(20)
        assert TSHARK is not None, "tools/system-packages test installs it"
        fields = ["ip.src", "ip.dst", "sip.Request-Line", "sip.Status-Line", "sip.Call-ID"]
        shown = [word for name in fields for word in ("-e", name)]
        words = [TSHARK, "-r", str(self.file), "-d", "udp.port==1-65535,sip", "-Y", "sip", "-T", "fields"]
        done = subprocess.run([*words, *shown], capture_output=True, text=True, check=True)
        return [_message(*line.split("\t")) for line in done.stdout.splitlines()]


def _message(src: str, dst: str, request: str, status: str, call_id: str) -> tuple[str, ...]:
    line = request.removesuffix(" SIP/2.0").partition(" ")[0] if request else status.removeprefix("SIP/2.0 ")
    return src, dst, line, call_id


def test_a_call_as_sngrep_sees_it(running: Running) -> None:
    port = free_port()
    sngrep = Sngrep(running.folder, port)
    running.change("[ipsec]", f'[export]\nhep = "127.0.0.1:{port}"\ncapture_id = 7\n[ipsec]')
    running.serve("home")
    pcscf = running.serve("pcscf")
    bob = running.start("ue", "-c", "ue2.toml", "wait", "--answer", "0.1", "--json")
    running.logged(f"Registered impi=00101{2:010d}")
    alice = running.shell(1)
    told(alice, "register")
    told(alice, f"call sip:bob@{DOMAIN}")
    told(alice, "hangup")
    pcscf.send_signal(signal.SIGTERM)
    assert pcscf.wait(20) == 0
    bob.kill()
    messages = sngrep.end()
    text = "\n".join(map(str, messages))
    (call_id,) = {call for *_, line, call in messages if line == "INVITE"}
    invite = [(src, dst) for src, dst, line, call in messages if line == "INVITE"]
    assert invite[:2] == [(UE, GM), (CORE, HOME)], text
    assert invite[-2:] == [(HOME, CORE), (GM, OTHER_UE)], text
    for method in ("ACK", "BYE"):
        assert (UE, GM, method, call_id) in messages, text
        assert (GM, OTHER_UE, method, call_id) in messages, text
    assert (GM, UE, "200 OK", call_id) in messages, text
    assert (HOME, CORE, "401 Unauthorized") in [message[:3] for message in messages], text
    assert "ck=" not in sngrep.file.read_bytes().decode("latin-1").replace('ck="(hidden)"', "")
