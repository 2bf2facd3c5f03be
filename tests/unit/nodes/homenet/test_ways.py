"""Requests to a user with several registrations: which is tried, and which after it (RFC 5626 §7; MGU-09)."""

from collections.abc import Sequence

import pytest
from tests.unit.nodes.homenet.core_side import ALICE
from tests.unit.nodes.homenet.flow_side import FlowPhone, FlowSide

from twopair.base import seconds
from twopair.nodes.events import SendMessage
from twopair.nodes.facts import MessageAnswered
from twopair.wire.sip import Request, Response, make_response

Sent = Sequence[Request | Response]


def went(sent: Sent) -> Request:
    """The one request among what was sent that is no ACK."""
    (request,) = [one for one in sent if isinstance(one, Request) and one.method != "ACK"]
    return request


def statuses(sent: Sent) -> list[int]:
    return [one.status for one in sent if isinstance(one, Response)]


def answer(request: Request, status: int) -> Response:
    return make_response(request, status, to_tag="b")


def cancel_of(invite: Request) -> Request:
    """Its CANCEL (RFC 3261 §9.1)."""
    cancel = invite.copy()
    cancel.method = "CANCEL"
    cancel.set("CSeq", "1 CANCEL")
    return cancel


class TestOrder:
    """The newest flow of a phone first; several phones are in test_forks."""

    def reached(self, side: FlowSide) -> list[str]:
        """Everywhere a MESSAGE goes while every flow has failed, in turn."""
        there = []
        sent: Sent = side.send(side.request("MESSAGE", ALICE))
        while not statuses(sent):
            request = went(sent)
            there.append(request.uri)
            sent = side.send(answer(request, 430))
        assert statuses(sent) == [480]
        return there

    def test_the_flow_that_was_registered_last(self) -> None:
        side = FlowSide()
        first, second = side.both()
        assert self.reached(side) == [second.contact, first.contact]

    def test_or_refreshed_last(self) -> None:
        side = FlowSide(challenge_refresh=False)
        first, second = side.both()
        side.refreshed(first)
        assert self.reached(side) == [first.contact, second.contact]

    def test_emergency_is_not_among_them(self) -> None:
        """PCS-18."""
        side = FlowSide()
        first, second = side.both()
        side.registered(side.flow(sos=True))
        assert self.reached(side) == [second.contact, first.contact]

    def test_of_the_only_one_the_caller_hears_that_nobody_is_there(self) -> None:
        """430 is for us, not for a caller (RFC 5626 §7)."""
        side = FlowSide()
        phone = side.flow(1)
        side.registered(phone)
        assert self.reached(side) == [phone.contact]


class TestNext:
    """When another flow is tried, and how."""

    @pytest.fixture
    def side(self) -> FlowSide:
        return FlowSide()

    @pytest.fixture
    def flows(self, side: FlowSide) -> tuple[FlowPhone, FlowPhone]:
        return side.both()

    @pytest.mark.parametrize("status", [408, 430])
    def test_the_same_request_goes_to_the_next_flow(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone], status: int
    ) -> None:
        """RFC 5626 §7: Request-URI and Route are of that flow, the branch is new, all else stays."""
        received = side.request("MESSAGE", ALICE, ("X-Unknown", " kept"), body=b"hello")
        first = went(side.send(received))
        assert (first.uri, first.values("Route")) == (flows[1].contact, [flows[1].path])
        second = went(side.send(answer(first, status)))
        assert (second.uri, second.values("Route")) == (flows[0].contact, [flows[0].path])
        assert second.top_via.branch != first.top_via.branch
        assert second.values("Via")[1:] == first.values("Via")[1:]
        for name in ("Call-ID", "CSeq", "From", "To", "Max-Forwards", "P-Called-Party-ID", "X-Unknown"):
            assert second.get(name) == first.get(name)
        assert second.body == b"hello"
        back = side.send(answer(second, 200))
        assert statuses(back) == [200]
        assert isinstance(back[0], Response)
        assert back[0].values("Via") == received.values("Via")

    @pytest.mark.parametrize("status", [200, 404, 480, 486, 503, 603])
    def test_any_other_answer_is_the_users(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone], status: int
    ) -> None:
        """RFC 5626 §7: the phone has spoken, and is not asked again over another flow."""
        request = went(side.send(side.request("MESSAGE", ALICE)))
        sent = side.send(answer(request, status))
        assert statuses(sent) == [status]
        assert not [one for one in sent if isinstance(one, Request)]

    def test_a_call_that_nobody_answers(self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]) -> None:
        """RFC 3261 §16.8: 64*T1 without a sign of life; the caller waits meanwhile."""
        first = went(side.send(side.request("INVITE", ALICE)))
        side.later(seconds(31.9))
        second = went(side.later(seconds(0.2)))
        assert (first.uri, second.uri) == (flows[1].contact, flows[0].contact)
        assert second.values("Record-Route") == ["<sip:10.20.0.2:5060;lr>"]
        assert statuses(side.send(answer(second, 180))) == [180]
        assert statuses(side.send(answer(second, 200))) == [200]

    def test_a_call_that_no_flow_answers(self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]) -> None:
        side.send(side.request("INVITE", ALICE))
        side.later(seconds(32.1))
        assert 408 in statuses(side.later(seconds(33)))

    def test_another_request_that_nobody_answers_is_let_go(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]
    ) -> None:
        """RFC 4320 §4.2: who sent it has given up at the same time."""
        side.send(side.request("MESSAGE", ALICE))
        sent = side.later(seconds(40))
        assert {one.uri for one in sent if isinstance(one, Request)} == {flows[1].contact}
        assert statuses(sent) == []

    def test_a_call_that_is_cancelled_goes_nowhere_else(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]
    ) -> None:
        """RFC 3261 §16.10."""
        invite = side.request("INVITE", ALICE)
        first = went(side.send(invite))
        side.send(answer(first, 180))
        assert went(side.send(cancel_of(invite))).uri == first.uri
        sent = side.send(answer(first, 408))
        assert statuses(sent) == [408]
        assert [one.method for one in sent if isinstance(one, Request)] == ["ACK"]

    def test_cancel_goes_to_the_flow_that_rings(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]
    ) -> None:
        """RFC 3261 §9.1: what was heard of the first flow does not count for the second."""
        invite = side.request("INVITE", ALICE)
        first = went(side.send(invite))
        side.send(answer(first, 180))
        second = went(side.send(answer(first, 430)))
        assert [type(one) for one in side.send(cancel_of(invite))] == [Response]
        sent = went(side.send(make_response(second, 100)))
        assert (sent.method, sent.uri) == ("CANCEL", second.uri)
        assert sent.values("Via") == second.values("Via")[:1]
        assert sent.values("Route") == second.values("Route")

    def test_the_second_may_ring_as_long_as_the_first(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone]
    ) -> None:
        """RFC 3261 §16.6: timer C begins again."""
        first = went(side.send(side.request("INVITE", ALICE)))
        side.send(answer(first, 180))
        side.later(seconds(150))
        second = went(side.send(answer(first, 408)))
        side.send(answer(second, 180))
        assert statuses(side.later(seconds(180))) == []
        sent = side.later(seconds(10))
        assert 408 in statuses(sent)
        assert {(one.method, one.uri) for one in sent if isinstance(one, Request)} == {("CANCEL", second.uri)}

    @pytest.mark.parametrize("failed", [430, 408, None])
    def test_what_the_network_itself_sends(
        self, side: FlowSide, flows: tuple[FlowPhone, FlowPhone], failed: int | None
    ) -> None:
        """The sender is here, so that silence is a reason, too."""
        first = went(side.feed(SendMessage(ALICE, b"x")))
        sent = side.send(answer(first, failed)) if failed else side.later(seconds(32))[-1:]
        second = went(sent)
        assert (first.uri, second.uri) == (flows[1].contact, flows[0].contact)
        assert second.call_id == first.call_id
        side.send(answer(second, 200))
        assert side.facts[-1] == MessageAnswered(ALICE, 200, first.call_id)
        assert len([fact for fact in side.facts if isinstance(fact, MessageAnswered)]) == 1

    def test_a_flow_outside_the_trust_domain_is_not_tried(self) -> None:
        """24.229 §4.4: what we know of the first hop we do not know of a Path by address."""
        side = FlowSide(trusted=("10.20.0.1",))
        outside = side.flow(1)
        outside.path = "<sip:token@10.66.0.1:5060;lr;ob>"
        side.registered(outside)
        side.registered(side.flow(2))
        request = went(side.send(side.request("MESSAGE", ALICE)))
        assert statuses(side.send(answer(request, 430))) == [480]
