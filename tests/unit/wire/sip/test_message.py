"""Messages: what is kept to the byte, what edits change, what is no message (RFC 3261 §7)."""

import pytest

from twopair.base import WireError
from twopair.wire.sip import CSeq, Request, Response, UnfitRequest, Via, make_request, make_response, parse

REQUEST = (
    b"MESSAGE sip:bob@ims.example SIP/2.0\r\n"
    b"v : SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKb , SIP/2.0/TCP [2001:DB8::1]:6101;branch=z9hG4bKa\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKz\r\n"
    b"f:<sip:alice@ims.example>;tag=1\r\n"
    b"TO:  <sip:bob@ims.example>\r\n"
    b"i: -starts-with-a-dash\r\n"
    b"cseq:\t0009\r\n MESSAGE\r\n"
    b"X-Odd\t:  as it \xff is  \r\n"
    b"P-Associated-URI: <sip:a@b>\r\n"
    b"Route: <sip:p1;lr>,<sip:p2,;lr>\r\n"
    b"Subject:\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
    b"hello"
)


def the_request() -> Request:
    message = parse(REQUEST)
    assert isinstance(message, Request)
    return message


def test_an_untouched_message_comes_back_to_the_byte() -> None:
    assert the_request().to_bytes() == REQUEST
    assert the_request().copy().to_bytes() == REQUEST


def test_names_in_any_spelling() -> None:
    """Q-13; RFC 3261 §7.3.1, §7.3.3: case, compact forms, white space before the colon."""
    message = the_request()
    assert message.get("From") == message.get("f") == message.get("FROM") == "<sip:alice@ims.example>;tag=1"
    assert message.get("x-odd") == "as it \udcff is"
    assert message.get("Subject") == ""
    assert message.get("Absent") is None
    assert message.call_id == "-starts-with-a-dash"


def test_a_folded_line_is_one_value() -> None:
    message = the_request()
    assert message.get("CSeq") == "0009 MESSAGE"
    assert message.cseq == CSeq(9, "MESSAGE")


def test_lists_over_lines_and_commas() -> None:
    """RFC 3261 §7.3.1; a comma inside <> separates nothing."""
    message = the_request()
    assert [Via.parse(v).host for v in message.values("Via")] == ["10.0.0.1", "2001:DB8::1", "10.0.0.9"]
    assert message.values("Route") == ["<sip:p1;lr>", "<sip:p2,;lr>"]
    assert len(message.get_all("Via")) == 2
    assert message.top_via.branch == "z9hG4bKb"


def test_pop_value_takes_elements_one_by_one() -> None:
    message = the_request()
    popped = [message.pop_value("Via") for _ in range(4)]
    assert [v and Via.parse(v).branch for v in popped] == ["z9hG4bKb", "z9hG4bKa", "z9hG4bKz", None]
    assert message.get("Via") is None
    assert b"10.0.0" not in message.to_bytes()


def test_pop_value_leaves_other_lines_alone() -> None:
    message = the_request()
    message.pop_value("Route")
    assert message.get_all("Route") == ["<sip:p2,;lr>"]
    assert message.to_bytes() == REQUEST.replace(b"<sip:p1;lr>,", b"")


def test_push_add_set_remove() -> None:
    message = the_request()
    message.push("Via", "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKn")
    assert message.top_via.host == "10.9.9.9"
    message.add("Path", "<sip:p;lr>")
    message.set("Path", "<sip:q;lr>")
    message.set("Via", "SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKs")
    assert message.get_all("Via") == ["SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKs"]
    assert message.top_via.branch == "z9hG4bKs"
    assert message.remove("route") == 1
    assert message.remove("route") == 0
    assert list(message.names())[-1] == "path"
    again = parse(message.to_bytes())
    assert again.get("Path") == "<sip:q;lr>"
    assert again.body == b"hello"


def test_push_of_an_absent_header_goes_to_the_top() -> None:
    message = the_request()
    message.push("Max-Forwards", "70")
    assert next(iter(message.names())) == "max-forwards"


def test_a_copy_is_independent() -> None:
    message = the_request()
    other = message.copy()
    other.remove("Via")
    other.uri = "sip:else@where"
    assert message.to_bytes() == REQUEST
    assert other.start_line == "MESSAGE sip:else@where SIP/2.0"


def test_content_length_follows_the_body() -> None:
    message = the_request()
    message.body = b"hello, world"
    assert b"Content-Length: 12\r\n" in message.to_bytes()
    without = parse(REQUEST.replace(b"Content-Length: 5\r\n", b""))
    assert b"Content-Length: 5\r\n" in without.to_bytes()


def test_octets_behind_the_body_are_not_ours() -> None:
    """RFC 3261 §18.3: over UDP they are dropped."""
    assert parse(REQUEST + b"tail").body == b"hello"


def test_line_ends_before_the_start_line() -> None:
    """RFC 3261 §7.5."""
    assert parse(b"\r\n\r\n" + REQUEST).to_bytes() == REQUEST


def test_a_response_copies_what_it_must() -> None:
    """RFC 3261 §8.2.6."""
    request = the_request()
    request.add("Record-Route", "<sip:p1;lr>")
    response = make_response(request, 200, to_tag="2", headers=[("Contact", "<sip:bob@1.2.3.4>")])
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (200, "OK")
    for name in ("Via", "From", "Call-ID", "CSeq", "Record-Route"):
        assert response.get_all(name) == request.get_all(name)
    assert response.get("To") == "<sip:bob@ims.example>;tag=2"
    assert response.get("Contact") == "<sip:bob@1.2.3.4>"
    assert make_response(request, 404).get("Record-Route") is None
    assert make_response(request, 100, to_tag="2").get("To") == "<sip:bob@ims.example>"


def test_a_to_tag_is_given_once() -> None:
    request = the_request()
    request.set("To", '"tag=no" <sip:bob@ims.example;tag=no>;Tag=7')
    assert make_response(request, 200, to_tag="2").get("To") == request.get("To")


@pytest.mark.parametrize(
    ("to", "tagged"),
    [
        ("sip:bob@ims.example", "sip:bob@ims.example;tag=2"),
        ("sip:bob@ims.example;tag=7", "sip:bob@ims.example;tag=7"),
        ('"> tag=" <sip:bob@ims.example;tag=no>', '"> tag=" <sip:bob@ims.example;tag=no>;tag=2'),
        ("<sip:bob@ims.example>;stage=1", "<sip:bob@ims.example>;stage=1;tag=2"),
        ("garbled <tag", "garbled <tag"),
    ],
)
def test_a_tag_is_added_where_there_is_none(to: str, tagged: str) -> None:
    """RFC 3261 §8.2.6.2."""
    request = the_request()
    request.set("To", to)
    assert make_response(request, 200, to_tag="2").get("To") == tagged


def test_a_line_end_in_a_value_is_our_own_mistake() -> None:
    """Nothing that a peer sent can hold one: `parse` takes none."""
    for name, value in (("Subject", "a\nRoute: b"), ("Subject", "a\rb")):
        with pytest.raises(AssertionError):
            the_request().add(name, value)


def test_pop_value_skips_what_is_empty() -> None:
    message = parse(b"MESSAGE sip:a@b SIP/2.0\r\nRoute: ,\r\nRoute: , <sip:p> ,, <sip:q>\r\n\r\n")
    assert [message.pop_value("Route") for _ in range(3)] == ["<sip:p>", "<sip:q>", None]
    assert message.names() == ()


def test_made_requests_can_be_read() -> None:
    request = make_request("OPTIONS", "sip:a@b", [("Via", "SIP/2.0/UDP h;branch=z9hG4bK1")], b"x")
    again = parse(request.to_bytes())
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == ("OPTIONS", "sip:a@b", b"x")


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\n",
        b"MESSAGE sip:a@b\r\n\r\n",
        b"MESSAGE  sip:a@b SIP/2.0\r\n\r\n",
        b"SIP/2.0 20 OK\r\n\r\n",
        b"SIP/2.0 700 No\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nno colon\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nTo\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nSubject: a\nTo: b\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nSubject: a\rTo: b\r\n\r\n",
        b"MESSAGE sip:a@b\n SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"MESSAGE sip:a@b SIP/2.0\r\n: no name\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nna me: x\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\n folded: nothing\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\x00\x01\x02",
    ],
)
def test_what_is_no_message(wrong: bytes) -> None:
    with pytest.raises(WireError):
        parse(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        b"MESSAGE  sip:a@b SIP/2.0\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0 \r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\t\r\n\r\n",
        b"MESSAGE sip:a@b\t SIP/2.0\r\n\r\n",
        b"MESSAGE sip:a@b;x y SIP/2.0\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort",
        b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab",
    ],
)
def test_what_is_unfit_but_can_be_answered(wrong: bytes) -> None:
    """RFC 3261 §18.3: 400 where the sender can be told."""
    with pytest.raises(UnfitRequest) as caught:
        parse(wrong)
    assert caught.value.request.method == "MESSAGE"
    assert parse(make_response(caught.value.request, 400).to_bytes())


def test_equal_content_lengths_are_one() -> None:
    assert parse(b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 1\r\n\r\nab").body == b"a"


@pytest.mark.parametrize("start", [b"SIP/2.0 200 OK", b"SIP/2.0 200 ", b"SIP/2.0 200", b"SIP/2.0 599 a b c"])
def test_reason_phrases(start: bytes) -> None:
    message = parse(start + b"\r\n\r\n")
    assert isinstance(message, Response)
    assert message.status in (200, 599)


def test_absent_mandatory_headers_are_wire_errors() -> None:
    message = parse(b"MESSAGE sip:a@b SIP/2.0\r\n\r\n")
    for read in (lambda: message.call_id, lambda: message.cseq, lambda: message.top_via):
        with pytest.raises(WireError):
            read()


@pytest.mark.parametrize(
    "vias",
    [
        ["v: SIP/2.0/UDP a"],
        ["Via: SIP/2.0/UDP a, SIP/2.0/UDP b"],
        ["Via: SIP/2.0/UDP a", "Via: SIP/2.0/UDP b"],
    ],
)
@pytest.mark.parametrize("above", [[], ["Subject: 1"]])
def test_another_via_in_place_of_the_topmost(vias: list[str], above: list[str]) -> None:
    """As if it were popped and pushed (RFC 3261 §18.2.1)."""
    data = "\r\n".join(["OPTIONS sip:a@b SIP/2.0", *above, *vias, "Call-ID: 1", "", ""]).encode()
    one, other = parse(data), parse(data)
    stamped = Via.parse("SIP/2.0/UDP a;received=10.0.0.1")
    assert one.top_via.host == "a"
    one.restamp(stamped)
    other.pop_value("Via")
    other.push("Via", str(stamped))
    assert one.to_bytes() == other.to_bytes()
    assert one.top_via == stamped
