"""What the load answers and follows up is SIP as our own parser reads it."""

from benchmarks.load.octets import SDP, Party, answer, field, fields, status, uri
from benchmarks.load.phone import ANSWERED, Phone, Place, from_home

from twopair.wire.sip import Request, Response, check_request, parse

PLACE = Place.on_loopback(3)


def phone() -> Phone:
    made = Phone(70_000, PLACE)
    made.server = "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=1;spi-s=2;port-c=5064;port-s=5062"
    return made


def response(data: bytes) -> Response:
    message = parse(data)
    assert isinstance(message, Response)
    return message


def request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    assert check_request(message) is None
    return message


def test_each_request_is_whole() -> None:
    ue = phone()
    made = [
        ue.register(1, PLACE.clear),
        ue.register(2, PLACE.server, ANSWERED, verify=True),
        ue.requests("MESSAGE", 1),
        ue.requests("INVITE", 2),
        from_home("MESSAGE", 3, ue, "<sip:token@127.2.3.1:5060;lr>"),
        from_home("INVITE", 4, ue, "<sip:token@127.2.3.1:5060;lr>"),
    ]
    methods = [request(data).method for data in made]
    assert methods == ["REGISTER", "REGISTER", "MESSAGE", "INVITE", "MESSAGE", "INVITE"]


def test_ports_of_places_are_apart() -> None:
    ports = [{place.clear, place.server, *place.clients} for place in map(Place.on_loopback, range(8))]
    assert len(set[int]().union(*ports)) == sum(map(len, ports))


def test_a_phone_has_another_client_port_each_time() -> None:
    ue = phone()
    before = ue.client
    ue.renew()
    assert ue.old_client == before != ue.client
    assert f"port-c={ue.client};port-s={PLACE.server}" in ue.offer


def test_a_message_gets_200() -> None:
    asked = phone().requests("MESSAGE", 1)
    [ok] = Party(b"sip:h@127.0.0.1", b"127.0.0.1:5060").answers(asked)
    read = response(ok)
    assert (read.status, read.call_id, read.cseq.method) == (200, "m1", "MESSAGE")
    assert status(ok) == 200
    assert status(asked) == 0
    assert read.get_all("Via") == request(asked).get_all("Via")


def test_a_tag_is_not_given_twice() -> None:
    first = answer(phone().requests("MESSAGE", 1), b"200 OK")
    assert field(first, b"To").endswith(b">;tag=t")
    again = b"BYE sip:x SIP/2.0" + first[first.find(b"\r\n") :]
    assert field(answer(again, b"200 OK"), b"To") == field(first, b"To")


def test_a_call_is_followed_up_along_its_route() -> None:
    """RFC 3261 §12.1.2: the route set is Record-Route backwards, the target is Contact."""
    ue, far = phone(), Party(b"sip:far@127.0.0.9:5070", b"127.0.0.9:5070")
    invite = ue.requests("INVITE", 2).replace(
        b"Max-Forwards", b"Record-Route: <sip:b;lr>\r\nRecord-Route: <sip:a;lr>\r\nMax-Forwards"
    )
    ringing, ok = far.answers(invite)
    assert [status(one) for one in (ringing, ok)] == [180, 200]
    assert ok.endswith(SDP)
    ack, bye = (request(data) for data in ue.party().follows(ok))
    assert [one.method for one in (ack, bye)] == ["ACK", "BYE"]
    assert [one.cseq.number for one in (ack, bye)] == [1, 2]
    assert bye.get_all("Route") == ["<sip:a;lr>", "<sip:b;lr>"]
    assert bye.uri == "sip:far@127.0.0.9:5070"
    assert bye.get("To") == field(ok, b"To").decode()
    assert bye.get("Security-Verify") == ue.server
    assert far.answers(ack.to_bytes()) == ()
    assert [status(one) for one in far.answers(bye.to_bytes())] == [200]


def test_fields() -> None:
    data = b"SIP/2.0 200 OK\r\nTo: a <sip:b>;tag=x\r\nPath: one\r\nPath: two\r\n\r\nPath: body"
    assert field(data, b"Path") == b"one"
    assert fields(data, b"Path") == [b"one", b"two"]
    assert field(data, b"From") == b""
    assert uri(field(data, b"To")) == b"sip:b"
