"""No text makes a reader slow: eight times the worst that each expression can meet costs eight times as much.

A reader that tries a piece twice costs 64 times as much.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from tests.growth import BOUND, growth

from twopair.base import WireError
from twopair.core.sip.trust import ACCESS, drop_provided, wants_privacy
from twopair.wire.sip import (
    Credentials,
    CSeq,
    NameAddr,
    SipUri,
    StreamFramer,
    TelUri,
    Via,
    addresses,
    first_element,
    make_request,
    parse,
    parse_params,
    same_uri,
    split_list,
    unquote,
    uri_key,
    without_quoted,
)

SIZE = 7_500

TEXTS: dict[str, Callable[[int], str]] = {
    "escaped quotes that never end": lambda n: ',"' + '\\"' * (n // 2),
    "quotes": lambda n: '"a",' * (n // 4),
    "opening brackets": lambda n: ",a" + "<" * n,
    "closing brackets": lambda n: ",a" + ">" * n,
    "white space in the middle": lambda n: 'a="x";b=' + " " * n + 'c"',
    "white space before an equal sign": lambda n: "Digest " + " " * n + "=",
    "semicolons": lambda n: "SIP/2.0/UDP h;" + ";" * n,
    "branches without value": lambda n: "SIP/2.0/UDP h;" + "branch= ;" * (n // 9),
    "branches in white space": lambda n: "SIP/2.0/UDP h;" + (";branch" + " " * 50) * (n // 57),
    "tabs behind a host": lambda n: "SIP/2.0/UDP h" + "\t" * n + "x",
    "at signs": lambda n: "sip:" + "@" * n,
    "colons": lambda n: "sip:" + ":" * n,
    "digits": lambda n: "1" * n + " X",
    "a method": lambda n: "1 " + "x" * n + " ",
    "backslashes": lambda n: '"' + "\\" * n + '"',
    "commas": lambda n: "," * n,
    "percent signs": lambda n: "sip:" + "%41" * (n // 3) + "@h",
    "addresses without commas": lambda n: "<sip:a@b>" * (n // 9),
    "a quote behind addresses": lambda n: "<sip:a@b>" * (n // 18) + '"' + "x" * (n // 2),
    "text behind addresses": lambda n: "<sip:a@b><sip:a@b>" + "x" * n,
    "visual separators": lambda n: "tel:+" + "-." * (n // 2) + "x",
    "parameters of a number": lambda n: "tel:+1" + ";a=1-1" * (n // 6),
    "a bracket behind an address, and quotes that never end": lambda n: '<sip:a@b>;x<"' + '\\"' * (n // 2),
    "a claim, and quotes that never end": lambda n: 'a;network-provided"' + '\\"' * (n // 2),
    "claims in white space": lambda n: "a" + ("; " + " " * 50 + "network-provide") * (n // 67),
    "headers of a URI": lambda n: "sip:a@h?" + "b=c&" * (n // 4),
}
READERS: tuple[Callable[[str], object], ...] = (
    Via.parse,
    lambda text: Via.parse(text).branch,
    NameAddr.parse,
    lambda text: SipUri.parse(text).key,
    CSeq.parse,
    Credentials.parse,
    parse_params,
    split_list,
    first_element,
    unquote,
    uri_key,
    lambda text: same_uri(text, text.upper()),
    lambda text: addresses([text]),
    lambda text: TelUri.parse(text).key,
    without_quoted,
    lambda text: drop_provided(make_request("MESSAGE", "sip:a@b", [(ACCESS, text)])),
    lambda text: wants_privacy(make_request("MESSAGE", "sip:a@b", [("Privacy", text)])),
)

HEAD = b"MESSAGE sip:a@b SIP/2.0\r\n"
HEADS: dict[str, Callable[[int], bytes]] = {
    "folds": lambda n: HEAD + b"Subject: a" + b"\r\n x" * (n // 4),
    "folded white space": lambda n: HEAD + b"Subject: a\r\n b" + b" " * n + b"c\r\n d",
    "white space behind a name": lambda n: HEAD + b"a" + b" " * n + b"b: c",
    "spaces in the request line": lambda n: b"MESSAGE " + b" " * n,
    "words in the request line": lambda n: b"MESSAGE " + b"x " * (n // 2) + b"SIP/2.0",
    "empty lines": lambda n: b"\r\n" * (n // 2) + HEAD,
    "folded Content-Length": lambda n: HEAD + b"l:" + b"\r\n " * (n // 4) + b"x",
    "white Content-Length": lambda n: HEAD + b"l:" + b" " * n + b"x\r\nl: 0",
    "Content-Lengths": lambda n: HEAD + b"l: 0\r\n" * (n // 6) + b"l: 0",
    "elements to pop": lambda n: HEAD + b"Via: " + b",".join([b"SIP/2.0/UDP h"] * (n // 14)),
}


def tolerant(call: Callable[[], object]) -> Callable[[], object]:
    """A reader may refuse what it is given."""

    def attempt() -> None:
        with suppress(WireError):
            call()

    return attempt


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_values(text: Callable[[int], str]) -> None:
    for reader in READERS:

        def work(n: int, reader: Callable[[str], object] = reader) -> Callable[[], object]:
            made = text(n)
            return tolerant(lambda: reader(made))

        assert growth(work, SIZE) < BOUND


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_messages(head: Callable[[int], bytes]) -> None:
    def read(data: bytes) -> None:
        message = parse(data)
        assert sum(1 for _ in message.headers()) == len(message.names())
        for _ in message.values("Via")[:20]:  # no node takes out more; each writes the rest anew
            message.pop_value("Via")

    def parsed(n: int) -> Callable[[], object]:
        data = head(n) + b"\r\n\r\n"
        return tolerant(lambda: read(data))

    def framed(n: int) -> Callable[[], object]:
        data = head(n) + b"\r\n\r\n"
        return tolerant(lambda: StreamFramer().feed(data))

    assert growth(parsed, SIZE) < BOUND
    assert growth(framed, SIZE) < BOUND


def test_a_stream_in_small_pieces() -> None:
    """RFC 3261 §18.3: octet by octet costs no more than in proportion."""

    def work(n: int) -> Callable[[], object]:
        data = HEAD + b"X: " + b"y" * n + b"\r\nl: 0\r\n\r\n"

        def feed() -> None:
            framer = StreamFramer()
            for at in range(len(data)):
                framer.feed(data[at : at + 1])

        return feed

    assert growth(work, 4_000) < BOUND


def test_many_messages_in_one_chunk() -> None:
    def work(n: int) -> Callable[[], object]:
        data = (HEAD + b"l: 0\r\n\r\n") * n + b"part"
        return lambda: StreamFramer().feed(data)

    assert growth(work, 1_000) < BOUND


def test_a_reader_that_tries_twice_is_found() -> None:
    """The measure itself: work that grows with the square is above the bound."""

    def work(n: int) -> Callable[[], object]:
        def quadratic() -> None:
            text = "x" * n
            for _ in range(n // 10):
                text = text[1:] + "y" * len(text)
                text = text[:n]

        return quadratic

    assert growth(work, 10_000) > BOUND
