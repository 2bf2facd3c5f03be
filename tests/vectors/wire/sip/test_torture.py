"""The 49 torture messages of RFC 4475, each with the reaction that it asks of this layer.

What it asks of nodes (420, 483, 415, …) is said in the data file and tested with the nodes.
"""

import pytest
from tests.vectors.wire.sip.torture import BY_NAME, MESSAGES, Torture

from twopair.base import WireError
from twopair.wire.sip import (
    CSeq,
    NameAddr,
    Request,
    Response,
    SipUri,
    StreamFramer,
    UnfitRequest,
    Via,
    check_request,
    make_response,
    parse,
)

READERS = {"Via": Via.parse, "CSeq": CSeq.parse, "NameAddr": NameAddr.parse}
READABLE = [m for m in MESSAGES if m.parse in ("request", "response")]
SOUND = [m for m in READABLE if not m.check and not m.fails]


def name(message: Torture) -> str:
    return f"{message.section} {message.name}"


def request(key: str) -> Request:
    message = parse(BY_NAME[key].data)
    assert isinstance(message, Request)
    return message


def test_all_of_them_are_here() -> None:
    """13 valid, 19 invalid, 1 + 15 + 1 of the layers above."""
    sections = [m.section.rpartition(".")[0] for m in MESSAGES]
    counts = {section: sections.count(section) for section in dict.fromkeys(sections)}
    assert counts == {"3.1.1": 13, "3.1.2": 19, "3.2": 1, "3.3": 15, "3.4": 1}
    assert len(BY_NAME) == 49


@pytest.mark.parametrize("torture", READABLE, ids=name)
def test_read_and_judged(torture: Torture) -> None:
    message = parse(torture.data)
    assert isinstance(message, Request if torture.parse == "request" else Response)
    for header, value in torture.read.items():
        assert message.get(header) == value
    if isinstance(message, Request):
        fault = check_request(message)
        assert (fault.status if fault else 0) == torture.check


@pytest.mark.parametrize("torture", SOUND, ids=name)
def test_what_is_accepted_can_be_read_and_comes_back(torture: Torture) -> None:
    message = parse(torture.data)
    again = message.to_bytes()
    assert again.startswith(torture.data[: torture.data.index(b"\r\n\r\n")])
    assert parse(again).to_bytes() == again
    assert [Via.parse(via).branch for via in message.values("Via")]
    for header in ("From", "To", "Contact", "Route", "Record-Route"):
        for value in message.values(header):
            address = NameAddr.parse(value)
            if address.uri.lower().startswith("sip"):
                assert SipUri.parse(str(address.sip_uri)) == address.sip_uri
    assert message.cseq.number >= 0
    assert message.call_id


@pytest.mark.parametrize("torture", [m for m in MESSAGES if m.fails], ids=name)
def test_what_has_no_value_is_noticed_when_read(torture: Torture) -> None:
    """Docs/adr/0006: grammar errors in a header are noticed by who reads it."""
    header, reader = torture.fails
    values = parse(torture.data).values(header)
    with pytest.raises(WireError):
        assert [READERS[reader](value) for value in values]


@pytest.mark.parametrize("torture", [m for m in MESSAGES if m.parse == "unfit"], ids=name)
def test_unfit_but_400_can_be_answered(torture: Torture) -> None:
    with pytest.raises(UnfitRequest) as caught:
        parse(torture.data)
    answer = parse(make_response(caught.value.request, 400, to_tag="x").to_bytes())
    assert isinstance(answer, Response)
    assert answer.status == 400
    assert answer.top_via == caught.value.request.top_via
    assert answer.call_id.startswith(torture.name)


@pytest.mark.parametrize("torture", [m for m in MESSAGES if m.parse == "error"], ids=name)
def test_what_is_discarded(torture: Torture) -> None:
    with pytest.raises(WireError) as caught:
        parse(torture.data)
    assert not isinstance(caught.value, UnfitRequest)


@pytest.mark.parametrize("key", ["ncl", "mcl01", "inv2543"])
def test_a_stream_cannot_go_on_behind_them(key: str) -> None:
    """RFC 3261 §18.3; RFC 4475 §3.1.2.3, §3.3.9: on a stream the frame is lost."""
    with pytest.raises(WireError):
        StreamFramer().feed(BY_NAME[key].data)


def test_a_stream_cuts_two_requests() -> None:
    """RFC 4475 §3.1.1.8."""
    data = BY_NAME["dblreq"].data
    first, second = StreamFramer().feed(data)
    assert data.startswith(first + b"\r\n" + second)
    assert second.startswith(b"INVITE sip:joe@example.com")
    assert len(parse(second).body) == 150


def test_tortuous_values() -> None:
    """RFC 4475 §3.1.1.1, §3.1.1.9: white space in every legal place, and a semicolon in a user part."""
    message = request("wsinv")
    vias = [Via.parse(via) for via in message.values("Via")]
    assert [(via.transport, via.host, via.branch) for via in vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    contact = NameAddr.parse(message.get("Contact") or "")
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert NameAddr.parse(message.get("To") or "").tag == "1918181833n"
    uri = SipUri.parse(request("semiuri").uri)
    assert (uri.user, uri.host, uri.params) == ("user;par=u%40example.net", "example.com", {})


def test_escapes_are_compared_but_not_undone() -> None:
    """RFC 4475 §3.1.1.3 to §3.1.1.5; RFC 3261 §19.1.4."""
    to = NameAddr.parse(request("esc01").get("To") or "").sip_uri
    assert to.user == "%75se%72"
    assert to.key == "sip:user@example.com"
    contacts = [NameAddr.parse(c).sip_uri.key for c in request("escnull").values("Contact")]
    assert contacts == ["sip:%00@host5.example.com", "sip:%00%00@host5.example.com"]
    assert request("esc02").method == "RE%47IST%45R"
    assert len(request("esc02").values("Contact")) == 2


def test_a_contact_parameter_is_not_the_uris() -> None:
    """RFC 4475 §3.3.12, §3.3.13."""
    of_header, of_uri = (
        NameAddr.parse(request(key).get("Contact") or "") for key in ("cparam01", "cparam02")
    )
    assert "unknownparam" in of_header.params
    assert "unknownparam" not in of_header.sip_uri.params
    assert "unknownparam" in of_uri.sip_uri.params


def test_bodies_end_where_content_length_says() -> None:
    """RFC 4475 §3.1.1.8, §3.1.1.11."""
    assert request("dblreq").body == b""
    parts = request("mpart01").body
    assert parts.endswith(b"\xff\x00\xfe\r\n--7a9cbec02ceef655--\r\n")
