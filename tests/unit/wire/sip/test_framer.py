"""Streams cut into messages (RFC 3261 §18.3)."""

import pytest

from twopair.base import WireError
from twopair.wire.sip import StreamFramer

ONE = b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 3\r\n\r\nabc"
TWO = b"SIP/2.0 200 OK\r\nl : 0\r\n\r\n"


def test_messages_in_one_chunk() -> None:
    assert StreamFramer().feed(ONE + TWO + ONE) == [ONE, TWO, ONE]


def test_one_message_per_chunk() -> None:
    framer = StreamFramer()
    assert [framer.feed(chunk) for chunk in (ONE, TWO)] == [[ONE], [TWO]]


def test_octet_by_octet() -> None:
    framer = StreamFramer()
    got = [message for octet in ONE + b"\r\n\r\n" + TWO for message in framer.feed(bytes([octet]))]
    assert got == [ONE, TWO]


def test_keep_alives_are_skipped() -> None:
    """RFC 5626 §4.4.1: double CRLF; RFC 3261 §7.5."""
    framer = StreamFramer()
    assert framer.feed(b"\r\n\r\n") == []
    assert framer.feed(b"\r\n" + ONE + b"\r\n\r\n") == [ONE]
    assert framer.feed(TWO) == [TWO]


@pytest.mark.parametrize(
    "wrong",
    [
        b"MESSAGE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1001\r\n\r\n",
        b"x" * 504,
    ],
)
def test_what_cannot_be_cut(wrong: bytes) -> None:
    with pytest.raises(WireError):
        StreamFramer(most_head=500, most_message=1000).feed(wrong)


def test_a_folded_content_length() -> None:
    """RFC 3261 §7.3.1: a value may go on in the next line."""
    folded = b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length:\r\n  3\r\n\r\nabc"
    assert StreamFramer().feed(folded) == [folded]


@pytest.mark.parametrize("second", [b"l: 4\r\n", b"l: x\r\n", b"Content-Length: 3, 4\r\n", b"l:\r\n 4\r\n"])
def test_two_content_lengths_break_the_stream(second: bytes) -> None:
    """Whoever else reads the stream may take the other one: no frame is certain."""
    with pytest.raises(WireError):
        StreamFramer().feed(ONE.replace(b"\r\n\r\n", b"\r\n" + second + b"\r\n"))
    twice = ONE.replace(b"\r\n\r\n", b"\r\nl : 3\r\n\r\n")
    assert StreamFramer().feed(twice) == [twice]


def test_messages_before_a_fault_are_given() -> None:
    framer = StreamFramer()
    assert framer.feed(ONE + TWO + b"no SIP\r\n\r\n" + ONE) == [ONE, TWO]
    for _ in range(2):
        with pytest.raises(WireError):
            framer.feed(b"")


def test_limits_hold_alike_for_any_chunks() -> None:
    head = b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 0"
    exact = head + b"\r\n\r\n"
    for most, taken in ((len(head), [exact]), (len(head) - 1, None)):
        for size in (1, 7, len(exact)):
            framer, got = StreamFramer(most_head=most), []
            try:
                for at in range(0, len(exact), size):
                    got += framer.feed(exact[at : at + size])
            except WireError:
                assert taken is None
            else:
                assert got == taken


def test_limits_hold_for_the_sole_message_of_a_chunk_too() -> None:
    long = ONE.replace(b"sip:a@b", b"sip:" + b"a" * 600)
    with pytest.raises(WireError):
        StreamFramer(most_head=500, most_message=1000).feed(long)
