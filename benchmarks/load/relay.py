"""Kamailio as plain stateful relay: one UDP worker, `tm`, one fixed next hop. Configuration of our own."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from shutil import which

from benchmarks.load.process import Program, settle
from benchmarks.load.sockets import Sockets, keep_busy
from twopair.wire.sip import Request, make_response, parse

RELAY, SINK, SOURCE = ("127.3.0.1", 5060), ("127.3.0.2", 5070), ("127.3.0.3", 5080)

CONFIGURATION = """\
debug=0
log_stderror=yes
children=1
auto_aliases=no
listen=udp:{relay}:5060
loadmodule "tm.so"
loadmodule "sl.so"
request_route {{
    if (!t_relay_to_udp("{sink}", "{port}")) {{
        sl_reply_error();
    }}
}}
"""


def microseconds_per_message(directory: Path, messages: int, window: int) -> float | None:
    """CPU of all its processes per relayed MESSAGE with its 200; None where Kamailio is not installed."""
    program = which("kamailio") or which("/usr/sbin/kamailio")
    if program is None:
        return None
    file = directory / "kamailio.cfg"
    file.write_text(CONFIGURATION.format(relay=RELAY[0], sink=SINK[0], port=SINK[1]))
    run = directory / "run"
    run.mkdir(exist_ok=True)
    command = [program, "-f", str(file), "-DD", "-E", "-Y", str(run), "-w", str(directory)]
    relay = Program(command, directory / "kamailio.log")
    sockets = Sockets()
    try:
        settle(1.5)
        traffic = _Traffic(sockets)
        traffic.run(max(window, messages // 10), window)
        before = relay.cpu_s()
        traffic.run(messages, window)
        return (relay.cpu_s() - before) / messages * 1e6
    finally:
        sockets.close()
        relay.end()


class _Traffic:
    """Sends MESSAGEs through the relay, answers them at the other side, counts the answers."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._numbers = count(1)
        self._finished = 0
        sockets.bind(SOURCE[1], self._answered, SOURCE[0])
        sockets.bind(SINK[1], self._answer, SINK[0])

    def run(self, messages: int, window: int) -> None:
        left = iter(range(messages))
        self._finished = 0

        def begin() -> bool:
            if next(left, None) is None:
                return False
            self._sockets.send(SOURCE, RELAY, _message(next(self._numbers)))
            return True

        done: Callable[[], int] = lambda: self._finished  # noqa: E731  one word for the loop
        keep_busy(self._sockets, begin, done, window)

    def _answer(self, data: bytes) -> None:
        request = parse(data)
        assert isinstance(request, Request)
        self._sockets.send(SINK, RELAY, make_response(request, 200, to_tag="s").to_bytes())

    def _answered(self, _data: bytes) -> None:
        self._finished += 1


def _message(number: int) -> bytes:
    """About as large as the one that a phone sends to the P-CSCF."""
    return (
        f"MESSAGE sip:someone@{SINK[0]} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {SOURCE[0]}:{SOURCE[1]};branch=z9hG4bKk{number}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:001010000000001@ims.example>;tag=k\r\nTo: <sip:someone@ims.example>\r\n"
        f"Call-ID: k{number}\r\nCSeq: 1 MESSAGE\r\n"
        "P-Preferred-Identity: <sip:001010000000001@ims.example>\r\n"
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01\r\n"
        f"X-Fill: {'y' * 280}\r\nUser-Agent: load\r\n"
        "Content-Type: text/plain\r\nContent-Length: 100\r\n\r\n" + "x" * 100
    ).encode()
