"""-v and -vv: every message with its flow and SA, and no key in any of it (AKA-32)."""

import logging
import re
from asyncio import sleep, timeout
from base64 import b64encode
from itertools import pairwise

import pytest
from tests.unit.live.loopback import OPC, K, Loopback, on_loopback, user

from twopair.base import Endpoint, Flow, Port, Transport
from twopair.live.message_log import MessageLog, hidden, without_keys

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(7)))
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


def told(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(r.getMessage() for r in caplog.records if r.name == "twopair.messages")


@TRANSPORTS
def test_a_line_for_each_message_with_its_sa(caplog: pytest.LogCaptureFixture, transport: str) -> None:
    caplog.set_level(logging.INFO, "twopair.messages")

    async def body(net: Loopback) -> None:
        net.pcscf.taps.append(MessageLog(net.pcscf.sets, whole=False))
        async with net.ue(1, transport=transport) as ue:
            await ue.register()
            await ue.message(user(1), "to myself")

    on_loopback(body)
    lines = told(caplog).splitlines()
    steps = [
        "in the clear: REGISTER",
        "401 Unauthorized",
        "SA1-up: REGISTER",
        "200 OK",
        "SA1-up: MESSAGE",
        "SA2-dn: MESSAGE",
    ]
    at = [next(n for n, line in enumerate(lines) if step in line) for step in steps]
    assert all(before < after for before, after in pairwise(at))
    assert all(line.startswith("127.") and (" -> " in line or " <- " in line) for line in lines)
    back = "SA2-dn" if transport == "udp" else "SA1-dn"
    assert any(f"{back}: SIP/2.0 200 OK" in line for line in lines)


@TRANSPORTS
def test_whole_messages_without_their_keys(caplog: pytest.LogCaptureFixture, transport: str) -> None:
    """AKA-32: no key in hex, base64 or raw in what P-CSCF, home network and UE log, DEBUG included."""
    caplog.set_level(logging.DEBUG, "twopair")
    raw: list[bytes] = []

    async def body(net: Loopback) -> None:
        for driver in (net.pcscf, net.home):
            shown = MessageLog(driver.sets, whole=True)

            def tap(flow: Flow, data: bytes, *, sent: bool, shown: MessageLog = shown) -> None:
                raw.append(data)
                shown(flow, data, sent=sent)

            driver.taps.append(tap)
        async with net.ue(1, transport=transport) as ue:
            ue._driver.taps.append(MessageLog(ue._driver.sets, whole=True))
            await ue.register()
            await ue.deregister()

    on_loopback(body)
    keys = set(re.findall(rb'\b[ci]k="([0-9a-f]{32})"', b"".join(raw)))
    assert len(keys) >= 2, "the 401 of the home network has them"
    text = caplog.text + told(caplog)
    assert 'ck="(hidden)"' in text
    assert 'ik="(hidden)"' in text
    for digits in [*(key.decode() for key in keys), K, OPC]:
        octets = bytes.fromhex(digits)
        for form in (digits, digits.upper(), b64encode(octets).decode(), octets.decode("latin-1")):
            assert form not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Digest ck="ab", ik="cd"', 'Digest ck="(hidden)", ik="(hidden)"'),
        ("Digest nonce=x,CK=ab,Ik = cd", 'Digest nonce=x,CK="(hidden)",Ik = "(hidden)"'),
        ('Digest ck=\n "ab", ik\n\t=\n cd', 'Digest ck=\n "(hidden)", ik\n\t=\n "(hidden)"'),
        ('Digest ck="a\n b"', 'Digest ck="(hidden)"'),
        ('Digest ck="never ends', 'Digest ck="(hidden)"'),
        ('Digest nonce="ckik", opaque="tick"', 'Digest nonce="ckik", opaque="tick"'),
    ],
)
def test_keys_are_hidden_however_they_are_written(text: str, shown: str) -> None:
    assert hidden(text) == shown


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"MESSAGE sip:a SIP/2.0\r\n\r\nck=1", b"MESSAGE sip:a SIP/2.0\r\n\r\nck=1"),
        (b"SIP/2.0 401 x\r\nA: CK=1\r\n\r\nck=1", b'SIP/2.0 401 x\r\nA: CK="(hidden)"\r\n\r\nck=1'),
        (b"SIP/2.0 401 x\r\nA: \xffiK =\r\n 1", b'SIP/2.0 401 x\r\nA: \xffiK =\r\n "(hidden)"'),
        (b"SIP/2.0 401 x\r\nA: \xc3\xbc,ik=1", b'SIP/2.0 401 x\r\nA: \xc3\xbc,ik="(hidden)"'),
    ],
)
def test_keys_are_taken_out_of_octets(message: bytes, told: bytes) -> None:
    """AKA-32: whatever the head has beside them; the body is as it was."""
    assert without_keys(message) == told


def test_what_a_peer_writes_begins_no_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "twopair.messages")
    MessageLog({}, whole=True)(FLOW, b"MESSAGE sip:\x1b[2J\rfoo SIP/2.0\r\n\r\n", sent=True)
    assert "\x1b" not in told(caplog)
    assert "\r" not in told(caplog)


def test_what_began_on_a_stream_goes_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """A peer that closes amid messages fills nothing; a new stream of the same ports begins anew."""
    caplog.set_level(logging.INFO, "twopair.messages")
    log = MessageLog({}, whole=False)
    stream = FLOW._replace(transport=Transport.TCP)
    for number in range(100):
        one = stream._replace(remote=Endpoint("10.0.1.1", Port(1000 + number)))
        log(one, b"MESSAGE sip:half SIP/2.0\r\nCall", sent=False)
        log(one, b"", sent=False)
    assert not log._cut.begun
    log(stream, b"MESSAGE sip:half SIP/2.0\r\nCall", sent=False)
    log(stream, b"", sent=False)
    log(stream, b"MESSAGE sip:whole SIP/2.0\r\nContent-Length: 0\r\n\r\n", sent=False)
    assert [line.rpartition(": ")[2] for line in told(caplog).splitlines()] == ["MESSAGE sip:whole SIP/2.0"]


def test_the_driver_tells_of_the_end_of_streams() -> None:
    """Whoever closes them."""
    ended: list[Flow] = []

    async def body(net: Loopback) -> None:
        log = MessageLog(net.pcscf.sets, whole=False)

        def tap(flow: Flow, data: bytes, *, sent: bool) -> None:
            log(flow, data, sent=sent)
            if not data:
                ended.append(flow)

        net.pcscf.taps.append(tap)
        async with net.ue(1, transport="tcp") as ue:
            await ue.register()
            assert log._cut.begun
            await ue.deregister()
        async with timeout(5):
            while log._cut.begun:
                await sleep(0.02)

    on_loopback(body)
    assert {flow.transport for flow in ended} == {Transport.TCP}


def test_nothing_costs_where_nobody_looks() -> None:
    """The driver of a service has no tap unless asked."""

    async def body(net: Loopback) -> None:
        assert not net.pcscf.taps

    on_loopback(body)
