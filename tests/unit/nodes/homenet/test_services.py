"""Requests through application servers (24.229 §5.4.3.2, §5.4.3.3; 29.228 Annex B; RFC 5502)."""

from dataclasses import replace

import pytest
from tests.unit.nodes.homenet.core_side import (
    ALICE,
    BOB,
    DOMAIN,
    HOME,
    IMSI_1,
    IMSI_2,
    PCSCF,
    TEL_BOB,
    CoreSide,
    Phone,
    subscriber,
)
from tests.unit.nodes.homenet.test_proxy import ASSERTED, ROUTE

from twopair.base import Endpoint, Flow, Port, Received, Send, Transport, seconds
from twopair.core.service import (
    ApplicationServer,
    CaseIs,
    DefaultHandling,
    FilterCriterion,
    MethodIs,
    Part,
    Point,
    SessionCase,
    Trigger,
    UriLike,
)
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.wire.sip import Request, Response, make_request, make_response, parse

FIRST, SECOND = Endpoint("10.20.0.8", Port(5070)), Endpoint("10.20.0.9", Port(5070))
Sent = list[tuple[Endpoint, Request | Response]]
ORIGINATING, TERMINATING = SessionCase.ORIGINATING, SessionCase.TERMINATING_REGISTERED
CONTINUED, TERMINATED = DefaultHandling.CONTINUED, DefaultHandling.TERMINATED


def criterion(
    server: Endpoint,
    case: SessionCase = ORIGINATING,
    handling: DefaultHandling = CONTINUED,
    priority: int = 0,
    method: str = "",
) -> FilterCriterion:
    points = [Point(CaseIs(case), (0,)), *([Point(MethodIs(method), (1,))] if method else [])]
    return FilterCriterion(priority, ApplicationServer(f"sip:{server}", handling), Trigger(tuple(points)))


class ServedSide(CoreSide):
    """Alice and Bob are registered, and have services.

    Args:
        alice: criteria of hers.
        bob: of his.
    """

    def __init__(
        self, alice: tuple[FilterCriterion, ...] = (), bob: tuple[FilterCriterion, ...] = ()
    ) -> None:
        config = HomeConfig(DOMAIN, HOME.address, services=(("a", alice), ("b", bob)))
        store = MemoryStore(
            [
                replace(subscriber(IMSI_1, ALICE), services=("a",)),
                replace(subscriber(IMSI_2, BOB, TEL_BOB), services=("b",)),
            ]
        )
        super().__init__(config, store)
        self.registered(self.alice)
        self.registered(self.bob)

    def from_alice(self, method: str = "INVITE", uri: str = BOB) -> Request:
        return self.request(method, uri, ROUTE, ASSERTED)

    def sent_to(self, message: Request | Response, source: Endpoint = PCSCF) -> Sent:
        """What a message leads to: endpoints and messages."""
        actions = self.home.feed(Received(Flow(Transport.UDP, HOME, source), message.to_bytes()), self.now)
        return [(one.flow.remote, parse(one.data)) for one in actions if isinstance(one, Send)]


def requests(sent: Sent) -> list[tuple[Endpoint, Request]]:
    return [(to, one) for to, one in sent if isinstance(one, Request)]


def through(request: Request, uri: str = "") -> Request:
    """The request as a server that is a proxy sends it back: its own Route taken off, its Via on top."""
    back = request.copy()
    back.pop_value("Route")
    back.push("Via", f"SIP/2.0/UDP 10.20.0.8:5070;branch=z9hG4bKas{str(request.top_via.branch)[-8:]}")
    if request.method == "INVITE":
        back.push("Record-Route", "<sip:10.20.0.8:5070;lr>")
    if uri:
        back.uri = uri
    return back


def test_a_request_goes_to_the_server_and_comes_back_to_go_on() -> None:
    """24.229 §5.4.3.2: Route has the server, and below it the identifier of the dialog; RFC 5502."""
    side = ServedSide(alice=(criterion(FIRST),))
    ((to, went),) = requests(side.sent_to(side.from_alice()))
    assert (to, went.uri) == (FIRST, BOB)
    server, own = went.values("Route")
    assert server == f"<sip:{FIRST};lr>"
    assert own.startswith("<sip:odi-")
    assert own.endswith(f"@{HOME};lr>")
    assert went.get("P-Served-User") == f"<{ALICE}>;sescase=orig;regstate=reg"
    assert went.get("P-Asserted-Identity") == ASSERTED[1]
    assert went.values("Record-Route") == [f"<sip:{HOME};lr>"]
    ((to, on),) = requests(side.sent_to(through(went), FIRST))
    assert (on.uri, on.values("Route")) == (side.bob.contact, [side.bob.path])
    assert on.get("P-Served-User") is None
    assert on.values("Record-Route") == [f"<sip:{HOME};lr>", f"<sip:{FIRST};lr>", f"<sip:{HOME};lr>"]


def test_answers_come_back_through_the_server() -> None:
    side = ServedSide(alice=(criterion(FIRST),))
    invite = side.from_alice()
    ((_, went),) = requests(side.sent_to(invite))
    ((_, on),) = requests(side.sent_to(through(went), FIRST))
    ((to, answer),) = side.sent_to(make_response(on, 200, to_tag="b"))
    assert to == FIRST
    answer.pop_value("Via")
    ((to, back),) = side.sent_to(answer, FIRST)
    assert back.values("Via") == invite.values("Via")


def test_servers_are_asked_in_the_order_of_priority() -> None:
    """24.229 §5.4.3.2, and then those of who is called (§5.4.3.3)."""
    third = Endpoint("10.20.0.10", Port(5070))
    mine = (criterion(SECOND, priority=5), criterion(FIRST, priority=1))
    side = ServedSide(alice=mine, bob=(criterion(third, TERMINATING),))
    request, met = side.from_alice(), []
    source = PCSCF
    for _ in range(4):
        ((to, went),) = requests(side.sent_to(request, source))
        met.append((to, went.get("P-Served-User")))
        request, source = through(went), to
    assert met == [
        (FIRST, f"<{ALICE}>;sescase=orig;regstate=reg"),
        (SECOND, f"<{ALICE}>;sescase=orig;regstate=reg"),
        (third, f"<{BOB}>;sescase=term;regstate=reg"),
        (PCSCF, None),
    ]


def test_only_what_meets_a_criterion_goes_there() -> None:
    side = ServedSide(alice=(criterion(FIRST, method="INVITE"),))
    assert [to for to, _ in requests(side.sent_to(side.from_alice("MESSAGE")))] != [FIRST]
    assert [to for to, _ in requests(side.sent_to(side.from_alice("INVITE")))] == [FIRST]


def test_within_a_dialog_criteria_are_not_looked_at() -> None:
    """24.229 §5.4.3.2: initial requests."""
    side = ServedSide(alice=(criterion(FIRST),))
    bye = side.from_alice("BYE")
    bye.set("To", f"<{BOB}>;tag=b")
    assert FIRST not in [to for to, _ in side.sent_to(bye)]


def test_a_back_to_back_user_agent_makes_another_call_of_it() -> None:
    """24.229 §5.7.5: another Call-ID; the identifier in Route tells whose it is, and the rest is done."""
    side = ServedSide(alice=(criterion(FIRST), criterion(SECOND, priority=1)))
    ((_, went),) = requests(side.sent_to(side.from_alice()))
    other = make_request(
        "INVITE",
        BOB,
        [
            ("Via", f"SIP/2.0/UDP {FIRST};branch=z9hG4bKb2b"),
            ("Route", went.values("Route")[1]),
            ("From", f"<{ALICE}>;tag=other"),
            ("To", f"<{BOB}>"),
            ("Call-ID", "another"),
            ("CSeq", "7 INVITE"),
            ("P-Asserted-Identity", f"<{ALICE}>"),
        ],
    )
    ((to, on),) = requests(side.sent_to(other, FIRST))
    assert to == SECOND
    assert on.get("P-Served-User") == f"<{ALICE}>;sescase=orig;regstate=reg"


def test_a_server_that_diverts_a_call() -> None:
    """24.229 §5.4.3.3: another Request-URI ends the services of who was called, but one."""
    mine = (
        criterion(FIRST, TERMINATING),
        criterion(SECOND, TERMINATING, priority=1),
        criterion(SECOND, SessionCase.ORIGINATING_CDIV, priority=2),
    )
    side = ServedSide(bob=mine)
    ((to, went),) = requests(side.sent_to(side.from_alice("MESSAGE")))
    assert to == FIRST
    ((to, on),) = requests(side.sent_to(through(went, ALICE), FIRST))
    assert to == SECOND
    assert on.get("P-Served-User") == f"<{BOB}>;sescase=orig-cdiv;regstate=reg"
    ((_, on),) = requests(side.sent_to(through(on), SECOND))
    assert on.uri == side.alice.contact


def test_an_identity_without_services_is_called_directly() -> None:
    side = ServedSide(alice=(criterion(FIRST, TERMINATING),))
    ((_, went),) = requests(side.sent_to(side.from_alice("MESSAGE")))
    assert went.uri == side.bob.contact


@pytest.mark.parametrize("status", [408, 500, 503])
@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_server_that_fails_is_left_out(method: str, status: int) -> None:
    """24.229 §5.4.3.2: SESSION_CONTINUED goes on with the next criterion."""
    side = ServedSide(alice=(criterion(FIRST), criterion(SECOND, priority=1)))
    ((_, went),) = requests(side.sent_to(side.from_alice(method)))
    sent = requests(side.sent_to(make_response(went, status), FIRST))
    ((to, on),) = [one for one in sent if one[1].method == method]
    assert (to, on.values("Route")[0]) == (SECOND, f"<sip:{SECOND};lr>")
    assert len(on.values("Route")) == 2
    assert on.values("Record-Route") == ([f"<sip:{HOME};lr>"] if method == "INVITE" else [])
    sent = requests(side.sent_to(make_response(on, status), SECOND))
    ((_, last),) = [one for one in sent if one[1].method == method]
    assert last.uri == side.bob.contact
    ((_, answer),) = side.sent_to(make_response(last, 200, to_tag="b"))
    assert isinstance(answer, Response)
    assert answer.status == 200


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_server_that_is_silent_is_left_out_in_time(method: str) -> None:
    """24.229 §5.4.3.2: before the sender gives up; what it sends then is an answer to nothing."""
    side = ServedSide(alice=(criterion(FIRST),))
    ((_, went),) = requests(side.sent_to(side.from_alice(method)))
    sent = side.later(seconds(6))
    (on,) = [one for one in sent if isinstance(one, Request) and one.uri == side.bob.contact][:1]
    assert on.method == method
    assert side.sent_to(make_response(went, 200, to_tag="late"), FIRST) == []
    ((_, answer),) = side.sent_to(make_response(on, 200, to_tag="b"))
    assert isinstance(answer, Response)
    assert answer.status == 200


@pytest.mark.parametrize("status", [408, 500, 503])
def test_without_its_server_there_is_no_call(status: int) -> None:
    """24.229 §5.4.3.2: SESSION_TERMINATED sends the answer on."""
    side = ServedSide(alice=(criterion(FIRST, handling=TERMINATED),))
    ((_, went),) = requests(side.sent_to(side.from_alice()))
    sent = side.sent_to(make_response(went, status), FIRST)
    assert [one.status for _, one in sent if isinstance(one, Response)] == [status]
    assert [one.method for _, one in sent if isinstance(one, Request)] == ["ACK"]


def test_a_silent_server_without_which_there_is_no_call() -> None:
    side = ServedSide(alice=(criterion(FIRST, handling=TERMINATED),))
    side.sent_to(side.from_alice())
    told = [one.status for one in side.later(seconds(6)) if isinstance(one, Response)]
    assert list(dict.fromkeys(told)) == [100, 408]


@pytest.mark.parametrize("status", [403, 486, 603])
def test_what_a_server_decides_is_the_answer(status: int) -> None:
    """24.229 §5.4.3.2: only 408 and 5xx are failures."""
    side = ServedSide(alice=(criterion(FIRST),))
    ((_, went),) = requests(side.sent_to(side.from_alice()))
    sent = side.sent_to(make_response(went, status), FIRST)
    assert [one.status for _, one in sent if isinstance(one, Response)] == [status]


def test_what_fails_behind_a_server_is_not_the_servers_failure() -> None:
    """A 503 of who was called comes through the server: the call is not made a second time."""
    side = ServedSide(alice=(criterion(FIRST),))
    ((_, went),) = requests(side.sent_to(side.from_alice("MESSAGE")))
    requests(side.sent_to(through(went), FIRST))
    sent = side.sent_to(make_response(went, 503), FIRST)
    assert [one.status for _, one in sent if isinstance(one, Response)] == [503]
    assert requests(sent) == []


def test_a_slow_user_behind_a_server_is_waited_for() -> None:
    """A MESSAGE has no 100: that the server has given it back is sign of life enough."""
    side = ServedSide(alice=(criterion(FIRST),))
    ((_, went),) = requests(side.sent_to(side.from_alice("MESSAGE")))
    ((_, on),) = requests(side.sent_to(through(went), FIRST))
    again = [one.uri for one in side.later(seconds(20)) if isinstance(one, Request)]
    assert set(again) == {BOB, on.uri}  # retransmissions of the two, and no third
    ((_, answer),) = side.sent_to(make_response(on, 200, to_tag="b"))
    answer.pop_value("Via")
    ((_, back),) = side.sent_to(answer, FIRST)
    assert isinstance(back, Response)
    assert back.status == 200


def test_a_call_that_is_cancelled_while_a_server_fails_goes_nowhere() -> None:
    side = ServedSide(alice=(criterion(FIRST),))
    invite = side.from_alice()
    ((_, went),) = requests(side.sent_to(invite))
    side.sent_to(make_response(went, 100), FIRST)
    cancel = invite.copy()
    cancel.method = "CANCEL"
    cancel.set("CSeq", "1 CANCEL")
    assert [one.method for _, one in requests(side.sent_to(cancel))] == ["CANCEL"]
    sent = side.sent_to(make_response(went, 503), FIRST)
    assert [one.method for _, one in requests(sent)] == ["ACK"]


def test_an_unknown_identifier_is_none() -> None:
    """One that was made up, or is forgotten: the request is taken as one to who it is for."""
    side = ServedSide(alice=(criterion(FIRST),))
    request = side.request("MESSAGE", BOB, ("Route", f"<sip:odi-none@{HOME};lr>"), ASSERTED)
    ((_, went),) = requests(side.sent_to(request))
    assert went.uri == side.bob.contact


def test_a_server_calls_in_the_name_of_a_user() -> None:
    """24.229 §5.7.3: by P-Served-User; the criteria of that user hold."""
    side = ServedSide(bob=(criterion(SECOND),))
    served = ("P-Served-User", f"<{BOB}>;sescase=orig;regstate=reg")
    request = side.request("MESSAGE", ALICE, ROUTE, ("P-Asserted-Identity", "<sip:service@x>"), served)
    ((to, _),) = requests(side.sent_to(request, FIRST))
    assert to == SECOND


def test_the_request_uri_can_be_what_calls_for_a_service() -> None:
    trigger = Trigger((Point(UriLike("^tel:")),))
    one = FilterCriterion(0, ApplicationServer(f"sip:{FIRST}"), trigger)
    side = ServedSide(alice=(one,))
    assert [to for to, _ in requests(side.sent_to(side.from_alice("MESSAGE", TEL_BOB)))] == [FIRST]
    assert [to for to, _ in requests(side.sent_to(side.from_alice("MESSAGE", BOB)))] != [FIRST]


@pytest.mark.parametrize(("handling", "status"), [(CONTINUED, 0), (TERMINATED, 404)])
def test_a_server_without_an_address_cannot_be_reached(handling: DefaultHandling, status: int) -> None:
    side = ServedSide(alice=(FilterCriterion(0, ApplicationServer("sip:as.example", handling)),))
    ((_, went),) = side.sent_to(side.from_alice("MESSAGE"))
    assert (went.status if isinstance(went, Response) else 0) == status


def test_a_subscriber_with_an_unknown_service_is_not_served_without_it() -> None:
    """29.228 §6.1.2: the HSS is unable to comply."""
    side = CoreSide(store=MemoryStore([replace(subscriber(IMSI_1, ALICE), services=("none",))]))
    challenge = side.ask(side.register(side.alice))
    answer = side.ask(side.register(side.alice, side.respond(side.alice, challenge), protected="yes"))
    assert answer.status == 500


AWAY = SessionCase.TERMINATING_UNREGISTERED


class AbsentSide(ServedSide):
    """Bob is not registered."""

    def registered(self, phone: Phone, to: str = "") -> Response:
        return super().registered(phone, to) if phone is self.alice else make_response(self.from_alice(), 200)


def test_who_is_not_registered_has_the_services_that_say_so() -> None:
    """24.229 §5.4.3.3; 29.228 §6.1.2: SAR with UNREGISTERED_USER; then nobody is there."""
    side = AbsentSide(bob=(criterion(FIRST, AWAY),))
    ((to, went),) = requests(side.sent_to(side.from_alice("MESSAGE", TEL_BOB)))
    assert (to, went.get("P-Served-User")) == (FIRST, f"<{TEL_BOB}>;sescase=term;regstate=unreg")
    ((_, answer),) = side.sent_to(through(went), FIRST)
    assert isinstance(answer, Response)
    assert answer.status == 480
    side.sent_to(make_response(went, 480), FIRST)


def test_a_server_diverts_who_is_not_registered() -> None:
    side = AbsentSide(bob=(criterion(FIRST, AWAY),))
    ((_, went),) = requests(side.sent_to(side.from_alice("MESSAGE")))
    ((_, on),) = requests(side.sent_to(through(went, ALICE), FIRST))
    assert on.uri == side.alice.contact


@pytest.mark.parametrize("case", [TERMINATING, None])
def test_other_services_are_for_who_is_registered(case: SessionCase | None) -> None:
    one = criterion(FIRST, case) if case else FilterCriterion(0, ApplicationServer(f"sip:{FIRST}"))
    side = AbsentSide(bob=(one,))
    ((_, answer),) = side.sent_to(side.from_alice("MESSAGE"))
    assert isinstance(answer, Response)
    assert answer.status == 480


def test_the_part_of_the_profile_says_so_too() -> None:
    """29.228 Annex B.2.2, ProfilePartIndicator."""
    side = AbsentSide(bob=(FilterCriterion(0, ApplicationServer(f"sip:{FIRST}"), part=Part.UNREGISTERED),))
    assert [to for to, _ in requests(side.sent_to(side.from_alice("MESSAGE")))] == [FIRST]


def test_a_barred_identity_has_none() -> None:
    side = AbsentSide(bob=(criterion(FIRST, AWAY),))
    assert side.ask(side.from_alice("MESSAGE", side.bob.card.impus[0])).status == 404
