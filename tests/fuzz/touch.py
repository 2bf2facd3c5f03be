"""What the fuzzers do with any octets: read all there is to read, edit, write, cut.

A `WireError` is an answer; any other exception, and a law that does not hold, is a find.
"""

from collections.abc import Callable
from typing import Final

from benchmarks.sip_parse import REGISTER
from tests.vectors.wire.sip.torture import MESSAGES

from twopair.base import WireError
from twopair.wire.sip import (
    Challenge,
    Credentials,
    CSeq,
    Message,
    NameAddr,
    Request,
    Response,
    SipUri,
    StreamFramer,
    UnfitRequest,
    Via,
    check_request,
    first_element,
    make_response,
    parse,
    parse_params,
    split_list,
)

SEEDS: Final = (REGISTER, *(message.data for message in MESSAGES))

READERS: Final[tuple[Callable[[str], object], ...]] = (
    Via.parse,
    NameAddr.parse,
    SipUri.parse,
    CSeq.parse,
    Credentials.parse,
    Challenge.parse,
    parse_params,
)


def touch(data: bytes) -> None:
    """Everything, once."""
    _datagram(data)
    _stream(data)


def _datagram(data: bytes) -> None:
    try:
        message = parse(data)
    except UnfitRequest as error:
        _answer(error.request)
        return
    except WireError:
        return
    written = message.to_bytes()
    again = parse(written)
    assert again.to_bytes() == written
    assert (again.start_line, again.body) == (message.start_line, message.body)
    assert list(again.headers()) == list(message.headers())
    for name, value in message.headers():
        _value(value)
        assert [element for line in message.get_all(name) for element in split_list(line)] == message.values(
            name
        )
    _typed(message)
    _branch(again, message)
    if isinstance(message, Request):
        check_request(message)
        _answer(message)
    _edit(message.copy())
    assert message.to_bytes() == written


def _value(value: str) -> None:
    assert value.startswith(first_element(value))
    for reader in READERS:
        try:
            made = reader(value)
        except WireError:
            continue
        if isinstance(made, Via | NameAddr | SipUri | CSeq):
            assert reader(str(made)) == made, value
        elif isinstance(made, Credentials | Challenge):
            assert str(reader(str(made))) == str(made), value  # white space at the edge may go


def _typed(message: Message) -> None:
    for read in (
        lambda: message.call_id,
        lambda: message.cseq,
        lambda: (message.top_via.branch, message.top_via.params, message.top_via.sent_by),
        lambda: NameAddr.parse(message.get("To") or "").sip_uri.key,
    ):
        try:
            read()
        except WireError:
            continue


def _branch(fresh: Message, message: Message) -> None:
    """The short way to the branch and the long way meet."""
    try:
        long = message.top_via.branch
    except WireError:
        return
    assert fresh.branch == long


def _answer(request: Request) -> None:
    response = parse(make_response(request, 400, to_tag="t").to_bytes())
    assert isinstance(response, Response)
    assert response.get_all("Via") == request.get_all("Via")


def _edit(message: Message) -> None:
    vias = message.values("Via")
    assert [message.pop_value("Via") for _ in vias] == vias
    assert message.pop_value("Via") is None
    message.push("Via", "SIP/2.0/UDP h;branch=z9hG4bK1")
    message.set("Max-Forwards", "69")
    message.remove("Route")
    message.add("Route", "<sip:p;lr>")
    message.body += b"more"
    again = parse(message.to_bytes())
    assert again.top_via.branch == "z9hG4bK1"
    assert again.get_all("Max-Forwards") == ["69"]
    assert again.get_all("Route") == ["<sip:p;lr>"]
    assert again.body == message.body


def _stream(data: bytes) -> None:
    """Whatever the chunks: the same messages, and a fault at the same place."""
    size = 1 + (data[0] if data else 0) % 64
    whole = _cut([data])
    assert _cut([data[i : i + size] for i in range(0, len(data), size)]) == whole


def _cut(chunks: list[bytes]) -> tuple[list[bytes], bool]:
    framer = StreamFramer(most_head=1024, most_message=1500)
    messages: list[bytes] = []
    try:
        for chunk in chunks:
            messages += framer.feed(chunk)
        framer.feed(b"")  # a fault behind whole messages is told by the next call
    except WireError:
        return messages, True
    return messages, False
