"""What a capture server is told: both legs, whole messages, no keys; and nobody waits for it."""

import asyncio
import logging
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.hep_reader import told
from tests.unit.live.loopback import CORE, Loopback, address, on_loopback, user

from twopair.base import Endpoint, Flow, Port, Secret, Transport
from twopair.live.hep_export import DROPPED, HepExport

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(7)))
STREAM = FLOW._replace(transport=Transport.TCP)
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        yield sock


def export(server: socket.socket, key: str | None = None) -> HepExport:
    host, port = server.getsockname()
    return HepExport(Endpoint(host, Port(port)), 228, Secret(key.encode()) if key else None, Counter())


def received(server: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(server.recv(70_000))
        except BlockingIOError:
            return found


def starts(packets: list[bytes]) -> list[str]:
    return [told(packet)["payload"].partition(b"\r\n")[0].decode() for packet in packets]


@TRANSPORTS
def test_both_legs_of_a_registration_and_a_message(server: socket.socket, transport: str) -> None:
    """AKA-32: the 401 of the home network has CK and IK, what is told of it has not."""
    raw: list[bytes] = []

    async def body(net: Loopback) -> None:
        net.pcscf.taps.append(lambda _flow, data, *, sent: raw.append(data))
        net.pcscf.taps.append(export(server))
        async with net.ue(1, transport=transport) as ue:
            await ue.register()
            await ue.message(user(1), "to myself")

    before = time.time_ns() // 1000
    on_loopback(body)
    packets = received(server)
    all_told = [told(packet) for packet in packets]
    assert all(before <= one["at"] <= time.time_ns() // 1000 for one in all_told)
    assert {one["capture_id"] for one in all_told} == {228}
    keys = set(re.findall(rb'\b[ci]k="([0-9a-f]{32})"', b"".join(raw)))
    assert len(keys) == 2, "the 401 of the home network has them"
    assert not [key for key in keys if key in b"".join(packets)]
    core = address(CORE)
    registers = [one for one in all_told if b"REGISTER" in one["payload"].partition(b"\r\n")[0]]
    assert len(registers) == 4
    assert [one["src"][0] == core for one in registers] == [False, True] * 2
    assert {one["protocol"] for one in registers if one["src"][0] == core} == {17}
    assert {one["protocol"] for one in registers if one["src"][0] != core} == {
        6 if transport == "tcp" else 17
    }
    assert len({one["correlation"] for one in registers}) == 1
    texts = [one for one in all_told if one["payload"].endswith(b"to myself")]
    assert len(texts) == 4, "from the UE, to the home network, back, and to the UE"
    for one in all_told:
        assert b"Call-ID: " + one["correlation"] + b"\r\n" in one["payload"]


def test_streams_are_told_message_by_message(server: socket.socket) -> None:
    of = export(server)
    whole = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nhi"
    of(STREAM, whole[:30], sent=False)
    assert received(server) == []
    of(STREAM, whole[30:] + b"\r\n\r\n" + whole, sent=False)
    assert [told(packet)["payload"] for packet in received(server)] == [whole, whole]
    of(STREAM, whole[:30], sent=False)
    of(STREAM, b"", sent=False)
    of(STREAM, whole, sent=False)
    assert [told(packet)["payload"] for packet in received(server)] == [whole]


def test_keep_alives_are_not_told(server: socket.socket) -> None:
    of = export(server)
    of(STREAM, b"\r\n\r\n", sent=False)
    of(STREAM, b"\r\n", sent=True)
    of(FLOW, b"\r\n\r\n", sent=False)
    of(FLOW, b"\0\0\0\0", sent=False)
    assert received(server) == []


@pytest.mark.parametrize(
    "message",
    [
        b"no SIP",
        b"\xff\xfe",
        b"MESSAGE sip:a SIP/2.0\r\nCall-ID: \xff\xfe\r\n\r\n",
        b"MESSAGE sip:a SIP/2.0\r\nCall-ID:\r\n\r\n",
    ],
)
def test_what_is_no_sip_is_told_as_it_is(server: socket.socket, message: bytes) -> None:
    export(server)(FLOW, message, sent=False)
    (packet,) = received(server)
    assert told(packet)["payload"] == message


def test_a_body_is_told_as_it_is(server: socket.socket) -> None:
    message = b'MESSAGE sip:a SIP/2.0\r\nX: ck="ab"\r\nContent-Length: 7\r\n\r\nck="cd"'
    export(server)(FLOW, message, sent=False)
    (packet,) = received(server)
    assert told(packet)["payload"] == message.replace(b'"ab"', b'"(hidden)"')


def test_the_key_that_the_server_wants(server: socket.socket) -> None:
    export(server, "hush")(FLOW, b"x", sent=True)
    (packet,) = received(server)
    assert told(packet)["auth_key"] == b"hush"
    assert told(packet)["src"] == ("10.0.0.1", 5060)


def test_nobody_receives(caplog: pytest.LogCaptureFixture) -> None:
    """Counted, and said in one line; when somebody does, it goes on."""
    caplog.set_level(logging.INFO, "twopair")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        place = sock.getsockname()
    counters: Counter[str] = Counter()
    of = HepExport(Endpoint(place[0], Port(place[1])), 1, None, counters)
    for _ in range(100):
        of(FLOW, b"x", sent=True)
    assert 50 <= counters[DROPPED] <= 100
    assert caplog.text.count("connection refused") == len(caplog.records) == 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.bind(place)
        of(FLOW, b"y", sent=True)
        assert starts(received(sock)) == ["y"]


def test_no_way_to_the_server_and_too_long_a_message(server: socket.socket) -> None:
    counters: Counter[str] = Counter()
    of = HepExport(Endpoint("2001:db8::1", Port(9)), 1, None, counters)
    of(FLOW, b"x", sent=True)
    assert counters[DROPPED] <= 1  # a machine with IPv6 sends it into the void
    of = HepExport(Endpoint(*server.getsockname()), 1, None, counters := Counter())
    of(FLOW, b"x" * 65_450, sent=True)  # fits into HEP3, not into a datagram
    of(FLOW, b"x" * 70_000, sent=True)
    assert counters[DROPPED] == 2
    of(FLOW, b"x" * 60_000, sent=True)
    assert len(received(server)) == 1


def test_a_server_that_does_not_read_is_not_waited_for(server: socket.socket) -> None:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    of = export(server)

    async def flood() -> None:
        async with asyncio.timeout(10):
            for _ in range(2000):
                of(FLOW, b"x" * 1000, sent=True)

    asyncio.run(flood())
    assert received(server)


def test_a_tap_that_fails_disturbs_nobody() -> None:
    def broken(_flow: Flow, _data: bytes, *, sent: bool) -> None:
        raise RuntimeError(sent)

    seen: list[bytes] = []

    async def body(net: Loopback) -> None:
        net.pcscf.taps += [broken, lambda _flow, data, *, sent: seen.append(data)]
        async with net.ue(1) as ue:
            await ue.register()
        assert net.pcscf.counters["listener_failed"] == len(seen) > 0

    on_loopback(body)
