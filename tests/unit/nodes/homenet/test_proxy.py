"""Requests between users, through Service-Route and Path (24.229 §5.4.3; RFC 3261 §16; RFC 3327)."""

from ipaddress import ip_address

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, DOMAIN, HOME, PCSCF, TEL_BOB, CoreSide

from twopair.base import Endpoint, Flow, Impu, Port, Received, Refusal, Send, Transport, seconds
from twopair.nodes.events import SendMessage
from twopair.nodes.facts import MessageAnswered
from twopair.nodes.homenet import HomeConfig
from twopair.wire.sip import Request, Response, make_response, parse

ROUTE = ("Route", "<sip:orig@10.20.0.2:5060;lr>")
ASSERTED = ("P-Asserted-Identity", f'"Alice" <{ALICE}>')


@pytest.fixture
def core() -> CoreSide:
    side = CoreSide()
    side.registered(side.alice)
    side.registered(side.bob)
    return side


def sent_request(core: CoreSide, request: Request) -> Request:
    """The one request that a request leads to."""
    (message,) = core.send(request)
    assert isinstance(message, Request)
    return message


def statuses(messages: list[Request | Response]) -> list[int]:
    return [message.status for message in messages if isinstance(message, Response)]


@pytest.mark.parametrize(
    "uri", [BOB, TEL_BOB, f"sip:+4930123456@{DOMAIN};user=phone", BOB.replace("ims", "IMS")]
)
def test_a_message_reaches_the_contact_of_the_other_user(core: CoreSide, uri: str) -> None:
    """24.229 §5.4.3.2, §5.4.3.3: Request-URI := Contact, Route := Path, P-Called-Party-ID."""
    received = core.request("MESSAGE", uri, ROUTE, ASSERTED, ("X-Unknown", " kept as it is"), body=b"hello")
    went = sent_request(core, received)
    assert went.uri == core.bob.contact
    assert went.values("Route") == [core.bob.path]
    assert went.get("P-Called-Party-ID") == f"<{uri}>"
    assert went.get("P-Asserted-Identity") == ASSERTED[1]
    assert went.get("Max-Forwards") == "68"
    assert went.get("X-Unknown") == "kept as it is"
    assert went.get("To") == f"<{uri}>"
    assert went.body == b"hello"
    assert [via.partition(";")[0] for via in went.values("Via")] == [
        "SIP/2.0/UDP 10.20.0.2:5060",
        "SIP/2.0/UDP 10.20.0.1:5060",
        "SIP/2.0/UDP 10.10.1.1:6101",
    ]
    assert went.get("Record-Route") is None


def test_the_answer_goes_back_the_same_way(core: CoreSide) -> None:
    """RFC 3261 §16.7."""
    received = core.request("MESSAGE", BOB, ROUTE, ASSERTED)
    went = sent_request(core, received)
    (back,) = core.send(make_response(went, 200, to_tag="b"))
    assert isinstance(back, Response)
    assert back.status == 200
    assert back.values("Via") == received.values("Via")


def test_both_directions(core: CoreSide) -> None:
    asserted = ("P-Asserted-Identity", f"<{BOB}>")
    went = sent_request(core, core.request("MESSAGE", ALICE, ROUTE, asserted))
    assert (went.uri, went.values("Route")) == (core.alice.contact, [core.alice.path])


def test_all_routes_of_a_path_are_taken_in_order(core: CoreSide) -> None:
    """RFC 3327 §5.3."""
    core.bob.path = "<sip:edge@10.20.0.7:5080;lr>, <sip:token@10.20.0.1;lr>"
    core.registered(core.bob)
    actions = core.home.feed(
        Received(Flow(Transport.UDP, HOME, PCSCF), core.request("MESSAGE", BOB).to_bytes()), core.now
    )
    (send,) = [action for action in actions if isinstance(action, Send)]
    assert send.flow == Flow(Transport.UDP, HOME, Endpoint("10.20.0.7", Port(5080)))
    message = parse(send.data)
    assert message.values("Route") == ["<sip:edge@10.20.0.7:5080;lr>", "<sip:token@10.20.0.1;lr>"]


def test_a_retransmission_is_not_forwarded_again(core: CoreSide) -> None:
    request = core.request("MESSAGE", BOB, ROUTE, ASSERTED)
    sent_request(core, request)
    assert core.send(request) == []


def test_nobody_answers_a_message(core: CoreSide) -> None:
    """RFC 4320 §4.2: repeated for 64*T1 of the core (TMR-04), then let go without a 408."""
    request = core.request("MESSAGE", BOB, ROUTE, ASSERTED)
    sent_request(core, request)
    repeated = core.later(seconds(40))
    assert {message.method for message in repeated if isinstance(message, Request)} == {"MESSAGE"}
    assert len(repeated) > 5
    assert statuses(repeated) == []
    assert core.later(seconds(100)) == []
    sent_request(core, request)


def test_nobody_answers_an_invite(core: CoreSide) -> None:
    """RFC 3261 §16.8."""
    sent_request(core, core.request("INVITE", BOB, ROUTE, ASSERTED))
    assert statuses(core.later(seconds(31.9))) == [100]
    assert statuses(core.later(seconds(0.2))) == [408]


def test_an_answer_goes_to_the_port_in_via(core: CoreSide) -> None:
    """RFC 3261 §18.2.2; with rport to the source port (RFC 3581)."""
    source = Endpoint("10.20.0.1", Port(40000))
    for rport, port in (("", 5060), (";rport", 40000)):
        request = core.request("OPTIONS", f"sip:{DOMAIN}")
        request.pop_value("Via")
        request.push("Via", f"SIP/2.0/UDP 10.20.0.1:5060;branch=z9hG4bKport{port}{rport}")
        actions = core.home.feed(Received(Flow(Transport.UDP, HOME, source), request.to_bytes()), core.now)
        (send,) = [action for action in actions if isinstance(action, Send)]
        assert send.flow.remote == Endpoint("10.20.0.1", Port(port))


class TestCall:
    """INVITE and what belongs to it."""

    def begin(self, core: CoreSide) -> tuple[Request, Request]:
        """The INVITE as received and as it went on."""
        invite = core.request(
            "INVITE", BOB, ROUTE, ASSERTED, ("Record-Route", "<sip:a-token@10.20.0.1:5060;lr>")
        )
        return invite, sent_request(core, invite)

    def test_record_route_keeps_us_in_the_dialog(self, core: CoreSide) -> None:
        _, went = self.begin(core)
        assert went.values("Record-Route") == ["<sip:10.20.0.2:5060;lr>", "<sip:a-token@10.20.0.1:5060;lr>"]

    def test_ringing_and_answer_go_back_and_every_200_does(self, core: CoreSide) -> None:
        """RFC 6026: 2xx to INVITE are forwarded as often as they come."""
        _, went = self.begin(core)
        assert core.send(make_response(went, 100)) == []
        assert statuses(core.send(make_response(went, 180, to_tag="b"))) == [180]
        assert statuses(core.send(make_response(went, 200, to_tag="b"))) == [200]
        assert statuses(core.send(make_response(went, 200, to_tag="b"))) == [200]
        assert core.send(make_response(went, 183, to_tag="b")) == []

    def test_silence_is_answered_with_100(self, core: CoreSide) -> None:
        self.begin(core)
        assert statuses(core.later(seconds(0.3))) == [100]

    def test_ack_and_bye_follow_the_route_set(self, core: CoreSide) -> None:
        """RFC 3261 §12.2: no registration is looked at inside a dialog."""
        _, went = self.begin(core)
        core.send(make_response(went, 200, to_tag="b"))
        for method in ("ACK", "BYE"):
            request = core.request(
                method,
                core.bob.contact,
                ("Route", "<sip:10.20.0.2:5060;lr>, <sip:b-token@10.20.0.1:5060;lr>"),
                cseq=1 if method == "ACK" else 2,
            )
            request.set("To", f"<{BOB}>;tag=b")
            forwarded = sent_request(core, request)
            assert forwarded.uri == core.bob.contact
            assert forwarded.values("Route") == ["<sip:b-token@10.20.0.1:5060;lr>"]
            assert forwarded.get("Record-Route") is None
            assert forwarded.get("P-Called-Party-ID") is None
            assert len(forwarded.values("Via")) == 3

    def test_busy_is_acknowledged_hop_by_hop(self, core: CoreSide) -> None:
        invite, went = self.begin(core)
        answers = core.send(make_response(went, 486, to_tag="b"))
        acks = [message for message in answers if isinstance(message, Request)]
        assert [ack.method for ack in acks] == ["ACK"]
        assert statuses(answers) == [486]
        (busy,) = [message for message in answers if isinstance(message, Response)]
        ack = core.request("ACK", BOB)
        for name in ("Via", "To"):
            ack.remove(name)
        ack.push("Via", invite.values("Via")[0])
        ack.add("To", busy.get("To") or "")
        assert core.send(ack) == []
        assert core.later(seconds(40)) == []

    def cancel(self, invite: Request) -> Request:
        cancel = invite.copy()
        cancel.method = "CANCEL"
        cancel.set("CSeq", "1 CANCEL")
        return cancel

    def test_cancel_goes_on_once_something_was_heard(self, core: CoreSide) -> None:
        """RFC 3261 §9.1, §16.10."""
        invite, went = self.begin(core)
        core.send(make_response(went, 180, to_tag="b"))
        answers = core.send(self.cancel(invite))
        assert statuses(answers) == [200]
        (cancel,) = [message for message in answers if isinstance(message, Request)]
        assert (cancel.method, cancel.uri) == ("CANCEL", core.bob.contact)
        assert cancel.values("Via") == went.values("Via")[:1]
        assert cancel.values("Route") == went.values("Route")
        core.send(make_response(cancel, 200))
        assert 487 in statuses(core.send(make_response(went, 487, to_tag="b")))

    def test_cancel_waits_for_the_first_response(self, core: CoreSide) -> None:
        """RFC 3261 §9.1."""
        invite, went = self.begin(core)
        assert [type(message) for message in core.send(self.cancel(invite))] == [Response]
        (cancel,) = core.send(make_response(went, 100))
        assert isinstance(cancel, Request)
        assert cancel.method == "CANCEL"
        assert statuses(core.send(make_response(went, 180, to_tag="b"))) == [180]

    def test_cancel_of_nothing_is_481(self, core: CoreSide) -> None:
        assert core.ask(core.request("CANCEL", BOB)).status == 481

    def test_ringing_for_ever_is_cancelled(self, core: CoreSide) -> None:
        """RFC 3261 §16.8: timer C, lengthened by each provisional response."""
        _, went = self.begin(core)
        core.send(make_response(went, 180, to_tag="b"))
        core.later(seconds(180))
        core.send(make_response(went, 180, to_tag="b"))
        assert core.later(seconds(180)) == []
        sent = core.later(seconds(6))
        assert [message.method for message in sent if isinstance(message, Request)][:1] == ["CANCEL"]
        assert statuses(sent)[0] == 408

    def test_an_ack_to_nowhere_is_dropped(self, core: CoreSide) -> None:
        assert core.send(core.request("ACK", f"sip:nobody@{DOMAIN}")) == []
        garbled = core.request("ACK", BOB)
        garbled.set("Route", "<")
        assert core.send(garbled) == []
        assert core.send(core.request("ACK", f"sip:echo@{DOMAIN}")) == []
        assert core.refusals() == [Refusal.NO_SUCH_USER, Refusal.MALFORMED_SIP]


class TestNetworkUser:
    """Requests that the network answers and sends itself."""

    def test_the_network_sends_to_a_user(self, core: CoreSide) -> None:
        (message,) = core.feed(SendMessage(BOB, b"from the network"))
        assert isinstance(message, Request)
        assert (message.method, message.uri) == ("MESSAGE", core.bob.contact)
        assert message.values("Route") == [core.bob.path]
        assert message.get("P-Asserted-Identity") == f"<sip:network@{DOMAIN}>"
        assert message.get("P-Called-Party-ID") == f"<{BOB}>"
        assert message.body == b"from the network"
        assert core.send(make_response(message, 200, to_tag="b")) == []
        assert core.facts[-1] == MessageAnswered(BOB, 200, message.call_id)

    @pytest.mark.parametrize(
        ("to", "status"),
        [(f"sip:nobody@{DOMAIN}", 404), ("urn:service:sos", 404), (BOB, 480)],
    )
    def test_a_user_who_cannot_be_reached(self, to: str, status: int) -> None:
        core = CoreSide()
        assert core.feed(SendMessage(Impu(to), b"x")) == []
        (fact,) = core.facts
        assert isinstance(fact, MessageAnswered)
        assert (fact.to, fact.status) == (to, status)

    def test_a_user_who_does_not_answer(self, core: CoreSide) -> None:
        core.feed(SendMessage(BOB, b"x"))
        core.later(seconds(40))
        fact = core.facts[-1]
        assert isinstance(fact, MessageAnswered)
        assert fact.status == 408

    def test_echo_answers_and_sends_back(self, core: CoreSide) -> None:
        messages = core.send(
            core.request(
                "MESSAGE",
                f"sip:echo@{DOMAIN}",
                ROUTE,
                ASSERTED,
                ("Content-Type", "text/x-test"),
                body=b"\x00\xff",
            )
        )
        assert statuses(messages) == [200]
        (echo,) = [message for message in messages if isinstance(message, Request)]
        assert (echo.uri, echo.body, echo.get("Content-Type")) == (
            core.alice.contact,
            b"\x00\xff",
            "text/x-test",
        )
        assert echo.get(
            "From",
        ).startswith(f"<sip:echo@{DOMAIN}>")  # type: ignore[union-attr]

    @pytest.mark.parametrize("identity", ["", "<sip:nobody@x>", "<urn:x>"])
    def test_echo_without_a_sender_only_answers(self, core: CoreSide, identity: str) -> None:
        asserted = [("P-Asserted-Identity", identity)] if identity else []
        assert core.ask(core.request("MESSAGE", f"sip:echo@{DOMAIN}", *asserted)).status == 200

    @pytest.mark.parametrize("uri", ["sip:10.20.0.2:5060", f"sip:{DOMAIN}", f"sip:echo@{DOMAIN}"])
    def test_options_of_the_network_itself(self, core: CoreSide, uri: str) -> None:
        answer = core.ask(core.request("OPTIONS", uri))
        assert (answer.status, answer.get("Allow")) == (200, "MESSAGE, OPTIONS")


def test_ipv6_core() -> None:
    """Addresses of both families; the routes have brackets."""
    home, pcscf = (Endpoint(str(ip_address(text)), Port(5060)) for text in ("2001:db8::2", "2001:db8::1"))
    flow = Flow(Transport.UDP, home, pcscf)
    core = CoreSide(HomeConfig(DOMAIN, home.address))
    core.alice.path = "<sip:token@[2001:DB8:0::1]:5060;lr>"
    challenge = core.ask(core.register(core.alice), flow)
    sm8 = core.register(core.alice, core.respond(core.alice, challenge), protected="yes")
    answer = core.ask(sm8, flow)
    assert answer.values("Service-Route") == ["<sip:orig@[2001:db8::2]:5060;lr>"]
    route = ("Route", "<sip:orig@[2001:DB8:0:0::2];lr>")
    request = core.request("MESSAGE", ALICE, route, ASSERTED)
    actions = core.home.feed(Received(flow, request.to_bytes()), core.now)
    (send,) = [action for action in actions if isinstance(action, Send)]
    assert send.flow == flow
    assert parse(send.data).top_via.sent_by == "[2001:db8::2]:5060"
