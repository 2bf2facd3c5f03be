"""Kamailio as plain stateful relay: one UDP worker, `tm`, Record-Route. Configuration of our own."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from shutil import which
from typing import Final

from benchmarks.load.network import WINDOW
from benchmarks.load.octets import Party, field, status
from benchmarks.load.phone import ACCESS, ended
from benchmarks.load.process import Program, settle
from benchmarks.load.sockets import Sockets, keep_busy

RELAY: Final = ("127.3.0.1", 5060)
SINK: Final = ("127.3.0.2", 5070)
SOURCE: Final = ("127.3.0.3", 5080)

CONFIGURATION: Final = """\
debug=0
log_stderror=yes
children=1
auto_aliases=no
listen=udp:{relay}:5060
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {{
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("INVITE")) {{
        record_route();
    }}
    if (!t_relay_to_udp("{sink}", "{port}")) {{
        sl_reply_error();
    }}
}}
"""


def installed() -> str | None:
    """The program, if it is here."""
    return which("kamailio") or which("/usr/sbin/kamailio")


def start(directory: Path, within: Iterable[str] = ()) -> Program:
    """The relay, serving.

    Args:
        directory: for its files.
        within: command that it is started by, as ``taskset``.
    """
    program = installed()
    assert program is not None
    file, run = directory / "kamailio.cfg", directory / "run"
    file.write_text(CONFIGURATION.format(relay=RELAY[0], sink=SINK[0], port=SINK[1]))
    run.mkdir(exist_ok=True)
    command = [*within, program, "-f", str(file), "-DD", "-E", "-Y", str(run), "-w", str(directory)]
    relay = Program(command, directory / "kamailio.log")
    settle(1.5)
    relay.must_run()
    return relay


class Traffic:
    """Source and sink of the relay: MESSAGEs and calls of the same size as a UE's."""

    def __init__(self) -> None:
        self._sockets = Sockets()
        self._numbers = count(1)
        self._open: set[bytes] = set()
        self._source, self._sink = (
            Party(f"sip:{a}:{p}".encode(), f"{a}:{p}".encode(), b"User-Agent: load\r\n")
            for a, p in (SOURCE, SINK)
        )
        self._sockets.bind(SOURCE[1], self._at_source, SOURCE[0])
        self._sockets.bind(SINK[1], self._at_sink, SINK[0])

    def run(self, method: str, number: int, window: int = WINDOW) -> None:
        """That many of them, MESSAGE with its 200 or INVITE with all that a call has.

        Raises:
            RuntimeError: something was lost, or answered as it should not be.
        """
        left = iter(range(number))

        def begin() -> bool:
            if next(left, None) is None:
                return False
            turn = next(self._numbers)
            self._open.add(f"k{turn}".encode())
            self._sockets.send(SOURCE, RELAY, _request(method, turn))
            return True

        keep_busy(self._sockets, begin, self._open, window)

    def close(self) -> None:
        """Close the sockets."""
        self._sockets.close()

    def _at_sink(self, data: bytes) -> None:
        for response in self._sink.answers(data):
            self._sockets.send(SINK, RELAY, response)

    def _at_source(self, data: bytes) -> None:
        code = status(data)
        if code == 200 and field(data, b"CSeq").endswith(b"INVITE"):
            for request in self._source.follows(data):
                self._sockets.send(SOURCE, RELAY, request)
        elif code == 200:
            self._open.discard(field(data, b"Call-ID"))
        elif code > 200:
            raise RuntimeError(f"an answer that nobody wants: {data!r}")


def _request(method: str, number: int) -> bytes:
    """About as large as the one that a UE sends to the P-CSCF."""
    contact = f"Contact: <sip:{SOURCE[0]}:{SOURCE[1]}>\r\n" if method == "INVITE" else ""
    head = (
        f"{method} sip:someone@{SINK[0]} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {SOURCE[0]}:{SOURCE[1]};branch=z9hG4bKk{number}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:001010000000001@ims.example>;tag=k\r\nTo: <sip:someone@ims.example>\r\n"
        f"Call-ID: k{number}\r\nCSeq: 1 {method}\r\n{contact}"
        "P-Preferred-Identity: <sip:001010000000001@ims.example>\r\n"
        f"P-Access-Network-Info: {ACCESS}\r\n"
        f"X-Fill: {'y' * 280}\r\nUser-Agent: load\r\n"
    )
    return ended(head, method)
