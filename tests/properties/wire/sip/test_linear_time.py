"""No text makes a reader slow: 60 kB of the worst that each expression can meet takes milliseconds.

A reader that tries a piece twice needs seconds for these; the bound leaves a slow machine ten times
what was measured.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from twopair.base import WireError
from twopair.wire.sip import (
    Credentials,
    CSeq,
    NameAddr,
    SipUri,
    StreamFramer,
    Via,
    first_element,
    parse,
    parse_params,
    split_list,
    unquote,
)

N = 60_000
BOUND_S = 0.25

TEXTS = {
    "escaped quotes that never end": ',"' + '\\"' * (N // 2),
    "quotes": '"a",' * (N // 4),
    "opening brackets": ",a" + "<" * N,
    "closing brackets": ",a" + ">" * N,
    "white space in the middle": 'a="x";b=' + " " * N + 'c"',
    "white space before an equal sign": "Digest " + " " * N + "=",
    "semicolons": "SIP/2.0/UDP h;" + ";" * N,
    "branches without value": "SIP/2.0/UDP h;" + "branch= ;" * (N // 9),
    "branches in white space": "SIP/2.0/UDP h;" + (";branch" + " " * 50) * (N // 57),
    "tabs behind a host": "SIP/2.0/UDP h" + "\t" * N + "x",
    "at signs": "sip:" + "@" * N,
    "colons": "sip:" + ":" * N,
    "digits": "1" * N + " X",
    "a method": "1 " + "x" * N + " ",
    "backslashes": '"' + "\\" * N + '"',
    "commas": "," * N,
    "percent signs": "sip:" + "%41" * (N // 3) + "@h",
}
READERS: tuple[Callable[[str], object], ...] = (
    Via.parse,
    lambda text: Via.parse(text).branch,
    NameAddr.parse,
    lambda text: SipUri.parse(text).identity,
    CSeq.parse,
    Credentials.parse,
    parse_params,
    split_list,
    first_element,
    unquote,
)

HEAD = b"MESSAGE sip:a@b SIP/2.0\r\n"
HEADS = {
    "folds": HEAD + b"Subject: a" + b"\r\n x" * (N // 4),
    "folded white space": HEAD + b"Subject: a\r\n b" + b" " * N + b"c\r\n d",
    "white space behind a name": HEAD + b"a" + b" " * N + b"b: c",
    "spaces in the request line": b"MESSAGE " + b" " * N,
    "words in the request line": b"MESSAGE " + b"x " * (N // 2) + b"SIP/2.0",
    "empty lines": b"\r\n" * (N // 2) + HEAD,
    "folded Content-Length": HEAD + b"l:" + b"\r\n " * (N // 4) + b"x",
    "white Content-Length": HEAD + b"l:" + b" " * N + b"x\r\nl: 0",
    "Content-Lengths": HEAD + b"l: 0\r\n" * (N // 6) + b"l: 0",
    "elements to pop": HEAD + b"Via: " + b",".join([b"SIP/2.0/UDP h"] * 1000),
}


def in_time(call: Callable[[], object]) -> None:
    """Processor time, so that a busy machine does not matter."""
    started = time.process_time()
    with suppress(WireError):
        call()
    assert time.process_time() - started < BOUND_S


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_values(text: str) -> None:
    for reader in READERS:
        in_time(lambda reader=reader: reader(text))  # type: ignore[misc]


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_messages(head: bytes) -> None:
    def read() -> None:
        message = parse(head + b"\r\n\r\n")
        assert sum(1 for _ in message.headers()) == len(message.names())
        for _ in message.values("Via"):
            message.pop_value("Via")

    in_time(read)
    in_time(lambda: StreamFramer().feed(head + b"\r\n\r\n"))


def test_a_stream_in_small_pieces() -> None:
    """RFC 3261 §18.3: octet by octet costs no more than in proportion."""
    framer = StreamFramer()
    data = HEAD + b"X: " + b"y" * 30_000 + b"\r\nl: 0\r\n\r\n"
    in_time(lambda: [framer.feed(data[at : at + 1]) for at in range(len(data))])


def test_ten_thousand_messages_in_one_chunk() -> None:
    one = HEAD + b"l: 0\r\n\r\n"
    in_time(lambda: StreamFramer().feed(one * 10_000 + b"part"))
