"""Laws of SIP bytes: any bytes give a value or a WireError, and what is read comes back (RFC 3261 §7)."""

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from tests.growth import BOUND, growth

from twopair.base import WireError
from twopair.wire.sip import (
    Credentials,
    CSeq,
    NameAddr,
    Request,
    SipUri,
    StreamFramer,
    Via,
    check_request,
    make_request,
    parse,
    parse_params,
    split_list,
)

TOKENS = st.text("abcXYZ019-._", min_size=1, max_size=12)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=40).map(str.strip)
NAMES = st.sampled_from(
    ["Via", "From", "To", "Call-ID", "CSeq", "Route", "X-Own", "Subject", "P-Asserted-Identity"]
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
MESSAGES = st.builds(
    lambda method, user, headers, body: make_request(method, f"sip:{user}@h", headers, body).to_bytes(),
    TOKENS, TOKENS, HEADERS, st.binary(max_size=60),
)  # fmt: skip


def read_everything(data: bytes) -> None:
    """Parse, and touch every value there is a type for."""
    try:
        message = parse(data)
    except WireError:
        return
    assert parse(message.to_bytes()).to_bytes() == message.to_bytes()
    for name in message.names():
        message.get(name)
        for value in message.values(name):
            for reader in (
                Via.parse,
                NameAddr.parse,
                SipUri.parse,
                CSeq.parse,
                Credentials.parse,
                parse_params,
            ):
                try:
                    reader(value)
                except WireError:
                    continue
    if isinstance(message, Request):
        check_request(message)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    read_everything(data)


@given(MESSAGES, st.data())
def test_damaged_messages(data: bytes, draw: st.DataObject) -> None:
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 6))):
        at = draw.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = draw.draw(st.integers(0, 255))
    read_everything(bytes(damaged))


@given(MESSAGES)
def test_what_is_written_reads_the_same(data: bytes) -> None:
    message = parse(data)
    assert message.to_bytes() == data


@given(TOKENS, HEADERS, st.binary(max_size=60))
def test_headers_come_back_in_order(user: str, headers: list[tuple[str, str]], body: bytes) -> None:
    again = parse(make_request("MESSAGE", f"sip:{user}@h", headers, body).to_bytes())
    for name in {name for name, _ in headers}:
        assert again.get_all(name) == [value.strip(" \t") for have, value in headers if have == name]
    assert again.body == body


@given(st.lists(MESSAGES, max_size=4), st.data())
def test_any_cut_gives_the_same_messages(messages: list[bytes], draw: st.DataObject) -> None:
    stream = b"".join(messages)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer, got = StreamFramer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += framer.feed(stream[start:end])
    assert got == messages


@given(st.text('ab,;<>"\\ =', max_size=40))
def test_split_list_loses_nothing_but_commas(text: str) -> None:
    """Whatever the quoting, elements joined again hold every character but separators and white space."""
    joined = "".join(split_list(text))
    assert [c for c in joined if c not in ", "] == [c for c in text if c not in ", "]


def test_ten_thousand_mutations() -> None:
    """A fixed seed over realistic messages, so that every run takes the same hard road."""
    rng = random.Random(2003)
    base = (
        b"REGISTER sip:ims.example SIP/2.0\r\nv: SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1\r\n"
        b'f: "A, B" <sip:a@b;x=y>;tag=1\r\nTo: sip:a@b\r\nCSeq: 1 REGISTER\r\nCall-ID: x\r\nl: 4\r\n'
        b'Authorization: Digest username="u", nonce="", response=""\r\nContact: *\r\n folded\r\n\r\nbody'
    )
    pieces = [
        b"\r\n",
        b"\r",
        b"\n",
        b'"',
        b"<",
        b">",
        b",",
        b";",
        b"=",
        b":",
        b"\x00",
        b"\xff",
        b" ",
        b"\\",
        b"Via",
    ]
    for _ in range(10_000):
        data = bytearray(base)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(4)] = rng.choice(pieces)
        read_everything(bytes(data))


def test_many_headers_cost_in_proportion() -> None:
    """Hundreds or thousands of headers, every one of them read."""

    def work(headers: int) -> Callable[[], object]:
        lines = b"".join(b"X%05d: value%d\r\n" % (n, n % 10) for n in range(headers))
        data = b"MESSAGE sip:a@b SIP/2.0\r\n" + lines + b"Content-Length: 0\r\n\r\n"

        def read() -> None:
            parsed = parse(data)
            assert sum(1 for _ in parsed.headers()) == len(list(parsed.names()))

        return read

    assert growth(work, 500) < BOUND
