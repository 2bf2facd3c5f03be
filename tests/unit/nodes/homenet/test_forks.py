"""A user with several phones: all ring, one answers (RFC 3261 §16.6, §16.7; RFC 5626 §7; 24.229 §5.4.3.3)."""

from dataclasses import replace

import pytest
from tests.unit.nodes.homenet.core_side import (
    ALICE,
    IMSI_1,
    IMSI_2,
    CoreSide,
    Phone,
    subscriber,
)
from tests.unit.nodes.homenet.flow_side import OTHER_PHONE, FlowPhone, FlowSide

from twopair.base import Impu, seconds
from twopair.core.aka import Subscriber
from twopair.nodes.events import SendMessage
from twopair.nodes.homenet import MemoryStore
from twopair.nodes.homenet.targets import preference
from twopair.wire.sip import Request, Response, make_response

Sent = list[Request | Response]


def requests(sent: Sent, method: str) -> list[Request]:
    return [one for one in sent if isinstance(one, Request) and one.method == method]


def statuses(sent: Sent) -> list[int]:
    return [one.status for one in sent if isinstance(one, Response)]


def answer(request: Request, status: int, tag: str = "b") -> Response:
    return make_response(request, status, to_tag=tag)


class Phones(FlowSide):
    """Alice has two phones with one card each way; the second is registered last.

    Args:
        q: of the first and of the second.
    """

    def __init__(self, *q: str) -> None:
        super().__init__()
        self.first = self.flow(1)
        self.second = self.flow(1, instance=OTHER_PHONE, address="10.10.4.1")
        for phone, value in zip((self.first, self.second), q or ("", ""), strict=True):
            contact = f"{phone.bound(600000)}{f';q={value}' if value else ''}"
            challenge = self.ask(self.register(phone, contact=contact))
            answered = self.register(phone, self.respond(phone, challenge), protected="yes", contact=contact)
            assert self.ask(answered).status == 200

    def invited(self) -> tuple[Request, Request]:
        """A call, as it arrives at the first and at the second."""
        sent = self.send(self.request("INVITE", ALICE))
        there = {one.uri: one for one in requests(sent, "INVITE")}
        assert set(there) == {self.first.contact, self.second.contact}
        return there[self.first.contact], there[self.second.contact]


def test_all_phones_ring_and_one_answers() -> None:
    """RFC 3261 §16.7 step 10: the others are cancelled; each rings in a dialog of its own."""
    side = Phones()
    first, second = side.invited()
    assert first.top_via.branch != second.top_via.branch
    assert (first.values("Route"), second.values("Route")) == ([side.first.path], [side.second.path])
    ringing = [side.send(answer(one, 180, tag)) for one, tag in ((first, "one"), (second, "two"))]
    assert [statuses(sent) for sent in ringing] == [[180], [180]]
    assert ["tag=one" in (sent[0].get("To") or "") for sent in ringing] == [True, False]
    sent = side.send(answer(second, 200, "two"))
    assert statuses(sent) == [200]
    (cancel,) = requests(sent, "CANCEL")
    assert cancel.uri == side.first.contact
    assert cancel.top_via.branch == first.top_via.branch
    assert statuses(side.send(answer(cancel, 200))) == []
    ended = side.send(answer(first, 487, "one"))
    assert statuses(ended) == []
    assert [one.uri for one in requests(ended, "ACK")] == [side.first.contact]


def test_both_answer_at_once() -> None:
    """RFC 3261 §16.7 step 5: every 2xx goes back; the caller ends one of the two."""
    side = Phones()
    first, second = side.invited()
    assert statuses(side.send(answer(first, 200, "one"))) == [200]
    late = side.send(answer(second, 200, "two"))
    assert statuses(late) == [200]
    assert "tag=two" in (late[0].get("To") or "")


def test_a_cancelled_phone_that_has_not_rung_is_cancelled_when_it_does() -> None:
    """RFC 3261 §9.1."""
    side = Phones()
    first, second = side.invited()
    assert requests(side.send(answer(second, 200)), "CANCEL") == []
    assert [one.uri for one in requests(side.send(answer(first, 180)), "CANCEL")] == [side.first.contact]


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        (486, 480, 486),
        (480, 486, 486),
        (503, 486, 486),
        (486, 302, 302),
        (404, 407, 407),
        (430, 486, 486),
        (430, 430, 480),
        (408, 486, 486),
    ],
)
def test_the_best_answer_is_told(one: int, two: int, told: int) -> None:
    """RFC 3261 §16.7 step 6: only when all have answered."""
    side = Phones()
    first, second = side.invited()
    assert statuses(side.send(answer(first, one))) == []
    assert statuses(side.send(answer(second, two))) == [told]


def test_who_declines_declines_for_all() -> None:
    """RFC 3261 §16.7 step 5: 6xx cancels the others, and is the answer."""
    side = Phones()
    first, second = side.invited()
    side.send(answer(first, 180))
    sent = side.send(answer(second, 603))
    assert [one.uri for one in requests(sent, "CANCEL")] == [side.first.contact]
    assert statuses(sent) == []
    assert statuses(side.send(answer(first, 487))) == [603]


def test_the_caller_gives_up() -> None:
    """RFC 3261 §16.10: every phone that rings is told."""
    side = Phones()
    invite = side.request("INVITE", ALICE)
    rings = requests(side.send(invite), "INVITE")
    for one in rings:
        side.send(answer(one, 180))
    cancel = invite.copy()
    cancel.method = "CANCEL"
    cancel.set("CSeq", "1 CANCEL")
    sent = side.send(cancel)
    assert sorted(one.uri for one in requests(sent, "CANCEL")) == sorted(one.uri for one in rings)
    assert statuses(side.send(answer(rings[0], 487))) == []
    assert statuses(side.send(answer(rings[1], 487))) == [487]


def test_nobody_answers() -> None:
    """RFC 3261 §16.8: one has been silent, the other rings until timer C."""
    side = Phones()
    _, second = side.invited()
    side.send(answer(second, 180))
    assert 408 not in statuses(side.later(seconds(100)))
    assert 408 in statuses(side.later(seconds(100)))


def test_a_message_goes_to_all_phones_and_the_first_answer_back() -> None:
    side = Phones()
    sent = requests(side.send(side.request("MESSAGE", ALICE, body=b"hello")), "MESSAGE")
    assert sorted(one.uri for one in sent) == sorted((side.first.contact, side.second.contact))
    assert statuses(side.send(answer(sent[0], 200))) == [200]
    assert statuses(side.send(answer(sent[1], 200))) == []


def test_the_preferred_phone_rings_first() -> None:
    """RFC 3261 §16.6: in the order of q; the other only where that does not take the call."""
    side = Phones("0.5", "0.9")
    (invite,) = requests(side.send(side.request("INVITE", ALICE)), "INVITE")
    assert invite.uri == side.second.contact
    sent = side.send(answer(invite, 486))
    (other,) = requests(sent, "INVITE")
    assert (other.uri, statuses(sent)) == (side.first.contact, [])
    assert statuses(side.send(answer(other, 480))) == [486]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, 1000),
        ("", 1000),
        ("1", 1000),
        ("1.000", 1000),
        ("0.35", 350),
        ("0", 0),
        ("0.", 0),
        ("2", 1000),
        ("x", 1000),
    ],
)
def test_preference(text: str | None, value: int) -> None:
    assert preference(text) == value


def test_two_flows_of_one_phone_do_not_ring_at_once() -> None:
    """RFC 5626 §7; beside another phone that does."""
    side = FlowSide()
    phones = (side.flow(1), side.flow(2), side.flow(1, instance=OTHER_PHONE, address="10.10.4.1"))
    for phone in phones:
        side.registered(phone)
    rings = {one.uri: one for one in requests(side.send(side.request("INVITE", ALICE)), "INVITE")}
    assert set(rings) == {phones[1].contact, phones[2].contact}
    (next_,) = requests(side.send(answer(rings[phones[1].contact], 430)), "INVITE")
    assert next_.uri == phones[0].contact


SMITH = Impu("sip:smith@home.example")


@pytest.fixture
def family() -> CoreSide:
    """Two cards of one subscription, with one number."""

    def one(imsi: str, *more: Impu) -> Subscriber:
        return replace(subscriber(imsi, *more, SMITH), subscription="smith")

    side = CoreSide(store=MemoryStore([one(IMSI_1, ALICE), one(IMSI_2)]))
    side.registered(side.alice)
    return side


def test_several_cards_with_one_number(family: CoreSide) -> None:
    """23.228 §4.3.3.4: each registers with its own key, all are called by the number they share."""
    (alone,) = requests(family.send(family.request("MESSAGE", SMITH)), "MESSAGE")
    assert alone.uri == family.alice.contact
    family.registered(family.bob)
    there = requests(family.send(family.request("INVITE", SMITH)), "INVITE")
    assert sorted(one.uri for one in there) == sorted((family.alice.contact, family.bob.contact))
    (own,) = requests(family.send(family.request("MESSAGE", ALICE)), "MESSAGE")
    assert own.uri == family.alice.contact
    assert family.ask(family.register(family.alice, protected="yes", expires=0)).status == 200
    (left,) = requests(family.send(family.request("MESSAGE", SMITH)), "MESSAGE")
    assert left.uri == family.bob.contact


def test_the_network_itself_sends_to_one_phone_after_the_other(family: CoreSide) -> None:
    family.registered(family.bob)
    (first,) = requests(family.feed(SendMessage(SMITH, b"hello")), "MESSAGE")
    (second,) = requests(family.send(answer(first, 430)), "MESSAGE")
    assert {first.uri, second.uri} == {family.alice.contact, family.bob.contact}


def test_a_wildcarded_number_is_registered_with_its_set() -> None:
    """23.003 §13.4A.3; 24.229 §5.4.1.2.2F: P-Associated-URI has it as it is."""
    wild = Impu("sip:+4930!.*!@home.example")
    side = CoreSide(store=MemoryStore([subscriber(IMSI_1, ALICE, wild)]))
    answered = side.registered(side.alice)
    assert answered.values("P-Associated-URI") == [f"<{ALICE}>", f"<{wild}>"]
    (went,) = requests(side.send(side.request("MESSAGE", "sip:+49301234@home.example")), "MESSAGE")
    assert (went.uri, went.get("P-Called-Party-ID")) == (side.alice.contact, "<sip:+49301234@home.example>")
    assert side.ask(side.request("MESSAGE", "sip:+4831@home.example")).status == 404
    assert side.ask(side.register(side.alice, protected="yes", expires=0)).status == 200
    assert side.ask(side.request("MESSAGE", "sip:+49301234@home.example")).status == 480


def test_phones_are_told_apart_by_card_and_instance() -> None:
    """Those without either are one."""
    side = FlowSide()
    plain: Phone = side.flow(0, instance=OTHER_PHONE, address="10.10.4.1")
    assert isinstance(plain, FlowPhone)
    mine = side.flow(1)
    side.registered(plain)
    side.registered(mine)
    there = requests(side.send(side.request("INVITE", ALICE)), "INVITE")
    assert sorted(one.uri for one in there) == sorted((mine.contact, plain.contact))
