"""What a request must have before anything is done with it (RFC 3261 §8.1.1)."""

import pytest

from twopair.base import Refusal
from twopair.wire.sip import Request, check_request, parse

GOOD = (
    "MESSAGE sip:bob@ims.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    "From: <sip:alice@ims.example>;tag=1\r\n"
    "To: <sip:bob@ims.example>\r\n"
    "Call-ID: 1\r\n"
    "CSeq: 1 MESSAGE\r\n"
    "Max-Forwards: 70\r\n"
    "\r\n"
)


def verdict(text: str) -> int:
    request = parse(text.encode())
    assert isinstance(request, Request)
    fault = check_request(request)
    return 0 if fault is None else fault.status


def test_a_good_request() -> None:
    assert verdict(GOOD) == 0


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("SIP/2.0\r\n", "SIP/7.0\r\n", 505),
        ("Call-ID: 1\r\n", "", 400),
        ("Call-ID: 1\r\n", "Call-ID: 1\r\ni: 2\r\n", 400),
        ("To: <sip:bob@ims.example>\r\n", "", 400),
        ("From: <sip:alice@ims.example>", "From: alice", 400),
        ("From: <sip:alice@ims.example>", "From: <sip:alice@ims example>", 400),
        ("From: <sip:alice@ims.example>", "From: <weird:thing>", 0),
        ("1 MESSAGE", "1 INVITE", 400),
        ("1 MESSAGE", "4294967296 MESSAGE", 400),
        ("Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n", "", 400),
        ("branch=z9hG4bK1", 'branch="', 400),
        ("Max-Forwards: 70", "Max-Forwards: 256", 400),
        ("Max-Forwards: 70", "Max-Forwards: x", 400),
        ("Max-Forwards: 70", "Max-Forwards: 10000", 400),
        ("Max-Forwards: 70", "Max-Forwards: 000255", 0),
        ("Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 70", 400),
        ("Max-Forwards: 70\r\n", "", 0),
        ("MESSAGE sip:bob@ims.example", "MESSAGE sip:bob@ims.example?Route=x", 400),
        ("MESSAGE sip:bob@ims.example", "MESSAGE bob", 400),
        ("From: <sip:alice@ims.example>", 'From: "A, B" <sip:alice@ims.example;x=y>', 0),
        ("MESSAGE sip:bob", "MESSAGE http:bob", 416),
        ("MESSAGE sip:bob", "MESSAGE <sip:bob", 400),
        ("MESSAGE sip:bob@ims.example", "MESSAGE tel:+1555", 0),
        ("MESSAGE sip:bob@ims.example", "MESSAGE sip:", 400),
    ],
)
def test_faults(old: str, new: str, status: int) -> None:
    assert verdict(GOOD.replace(old, new, 1)) == status


def test_each_refusal_by_its_name() -> None:
    for old, new, refusal in (
        ("SIP/2.0\r\n", "SIP/3.0\r\n", Refusal.VERSION_NOT_SUPPORTED),
        ("MESSAGE sip:bob", "MESSAGE im:bob", Refusal.UNKNOWN_SCHEME),
        ("Call-ID: 1\r\n", "", Refusal.BAD_REQUEST),
    ):
        request = parse(GOOD.replace(old, new, 1).encode())
        assert isinstance(request, Request)
        fault = check_request(request)
        assert fault is not None
        assert fault.refusal is refusal
