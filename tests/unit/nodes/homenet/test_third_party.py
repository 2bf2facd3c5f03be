"""Third-party registration (24.229 §5.4.1.7; 29.228 Annex B)."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, DOMAIN, HOME, IMSI_1, CoreSide, subscriber
from tests.unit.nodes.homenet.flow_side import FlowPhone

from twopair.base import Endpoint, Flow, Port, Transport, seconds
from twopair.core.service import (
    ApplicationServer,
    CaseIs,
    DefaultHandling,
    FilterCriterion,
    HeaderLike,
    MethodIs,
    Point,
    Registration,
    SessionCase,
    Trigger,
)
from twopair.nodes.facts import Deregistered
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.nodes.orders import Dismiss
from twopair.wire.reginfo import ContactEvent
from twopair.wire.sip import Request, Response, make_response, parse

SERVER = Endpoint("10.20.0.8", Port(5070))
AT_SERVER = Flow(Transport.UDP, HOME, SERVER)
TOLD = Trigger((Point(MethodIs("REGISTER")),))


def criterion(trigger: Trigger | None = TOLD, **of_server: object) -> FilterCriterion:
    return FilterCriterion(0, ApplicationServer(f"sip:{SERVER}", **of_server), trigger)  # type: ignore[arg-type]


class ToldSide(CoreSide):
    """Alice has one service."""

    def __init__(self, *criteria: FilterCriterion, **changes: object) -> None:
        config = HomeConfig(DOMAIN, HOME.address, services=(("a", criteria),), **changes)  # type: ignore[arg-type]
        super().__init__(config, MemoryStore([replace(subscriber(IMSI_1, ALICE), services=("a",))]))

    def registering(self, phone: FlowPhone | None = None) -> list[Request]:
        """What servers are told while she registers, for the first time or with a challenge again."""
        who = phone or self.alice
        contact: dict[str, Any] = (
            {"contact": phone.bound(600000), "Supported": "path, outbound"} if phone else {}
        )
        challenge = self.ask(self.register(who, **contact))
        return self.told(self.register(who, self.respond(who, challenge), protected="yes", **contact))

    def told(self, request: Request, status: int = 200) -> list[Request]:
        """What servers are told by a REGISTER that is answered so."""
        answer, *rest = self.send(request)
        assert isinstance(answer, Response)
        assert answer.status == status
        return [one for one in rest if isinstance(one, Request) and one.method == "REGISTER"]

    def leaving(self) -> Request:
        return self.register(self.alice, protected="yes", expires=0)


def test_the_server_is_told_once_who_has_registered() -> None:
    side = ToldSide(criterion())
    (told,) = side.registering()
    assert told.uri == f"sip:{SERVER}"
    assert told.get("To") == f"<{ALICE}>"  # not the barred one that was registered
    assert (told.get("From") or "").startswith(f"<sip:scscf.{DOMAIN}>;tag=")
    assert told.get("Contact") == f"<sip:{HOME}>"
    assert told.get("Expires") == "600000"
    assert told.get("P-Charging-Vector") == "icid-value=abc"
    assert (told.get("Authorization"), told.body) == (None, b"")
    assert side.send(make_response(told, 200), AT_SERVER) == []
    assert side.later(seconds(40)) == []


def test_nothing_is_told_before_the_user_is_who_they_say() -> None:
    side = ToldSide(criterion())
    assert side.told(side.register(side.alice), 401) == []
    wrong = side.register(
        side.alice, side.respond(side.alice, side.ask(side.register(side.alice)), res=b"x" * 8)
    )
    wrong.set(
        "Authorization", (wrong.get("Authorization") or "").replace('protected="no"', 'protected="yes"')
    )
    assert side.told(wrong, 403) == []


def test_again_and_at_the_end() -> None:
    """24.229 §5.4.1.7: the expiry is that of the registration, 0 at its end."""
    side = ToldSide(criterion(), challenge_refresh=False)
    side.registering()
    (again,) = side.told(side.register(side.alice, protected="yes", expires=3600))
    (end,) = side.told(side.leaving())
    assert [again.get("Expires"), end.get("Expires")] == ["3600", "0"]


def test_when_it_has_run_out() -> None:
    side = ToldSide(criterion())
    side.registering()
    (end, *_) = [
        one for one in side.later(seconds(600001)) if isinstance(one, Request) and one.get("Expires") == "0"
    ]
    assert end.get("To") == f"<{ALICE}>"


def test_when_the_network_has_ended_it() -> None:
    side = ToldSide(criterion())
    side.registering()
    sent = side.feed(Dismiss(side.alice.impi, ContactEvent.REJECTED))
    assert [one.get("Expires") for one in sent if isinstance(one, Request)] == ["0"]


def test_flows_of_one_user_are_one_registration() -> None:
    """MGU-09: the server hears of the end when the last one ends."""
    side = ToldSide(
        criterion(Trigger((Point(MethodIs("REGISTER", (Registration.INITIAL, Registration.ENDS))),)))
    )
    phones = [FlowPhone(side.alice, number) for number in (1, 2)]
    assert [len(side.registering(phone)) for phone in phones] == [1, 0]
    ended = []
    for phone in phones:
        leaving = side.register(phone, protected="yes", contact=phone.bound(0), Supported="path, outbound")
        ended.append(len(side.told(leaving)))
    assert ended == [0, 1]


@pytest.mark.parametrize(
    ("trigger", "count"),
    [
        (None, 1),
        (Trigger((Point(MethodIs("INVITE")),)), 0),
        (Trigger((Point(CaseIs(SessionCase.ORIGINATING)),)), 0),
        (Trigger((Point(HeaderLike("P-Charging-Vector", "abc")),)), 1),
        (Trigger((Point(MethodIs("REGISTER", (Registration.AGAIN,))),)), 0),
    ],
)
def test_only_where_a_criterion_is_met(trigger: Trigger | None, count: int) -> None:
    """29.228 Annex B.2.2; a REGISTER begins no session, and has no session case."""
    assert len(ToldSide(criterion(trigger)).registering()) == count


def test_a_server_of_two_criteria_is_told_once() -> None:
    assert len(ToldSide(criterion(), criterion(None)).registering()) == 1


def test_the_body_has_what_the_profile_says() -> None:
    """24.229 §5.4.1.7, §7.6: service information as 3gpp-ims+xml."""
    (told,) = ToldSide(criterion(service_info="for <alice>")).registering()
    assert told.get("Content-Type") == "application/3gpp-ims+xml"
    assert b'<ims-3gpp version="1"><service-info>for &#60;alice&#62;</service-info></ims-3gpp>' in told.body


def test_with_the_messages_of_the_ue_it_has_several_parts() -> None:
    """24.229 §5.4.1.7; RFC 5621 §3: each part with its type, and no key in any (AKA-32)."""
    (told,) = ToldSide(criterion(service_info="x", with_request=True, with_response=True)).registering()
    kind, _, boundary = (told.get("Content-Type") or "").partition(";boundary=")
    assert kind == "multipart/mixed"
    _, *parts, end = told.body.split(f"--{boundary}".encode())
    assert end == b"--\r\n"
    types = [part.split(b"\r\n")[1] for part in parts]
    assert types == [b"Content-Type: application/3gpp-ims+xml", *[b"Content-Type: message/sip"] * 2]
    asked, answered = (parse(part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")) for part in parts[1:])
    assert isinstance(asked, Request)
    assert isinstance(answered, Response)
    assert (asked.method, answered.status) == ("REGISTER", 200)
    assert b"ck=" not in told.body


@pytest.mark.parametrize("answer", [500, 503, 408, None])
def test_without_its_server_a_user_is_not_registered(answer: int | None) -> None:
    """24.229 §5.4.1.7: SESSION_TERMINATED ends the registration, and the server hears of that."""
    side = ToldSide(criterion(handling=DefaultHandling.TERMINATED))
    (told,) = side.registering()
    sent = side.later(seconds(33)) if answer is None else side.send(make_response(told, answer), AT_SERVER)
    assert [type(fact) for fact in side.facts].count(Deregistered) == 1
    assert "0" in [one.get("Expires") for one in sent if isinstance(one, Request)]
    assert side.ask(side.request("MESSAGE", ALICE)).status == 480


@pytest.mark.parametrize(
    ("handling", "status"), [(DefaultHandling.CONTINUED, 500), (DefaultHandling.TERMINATED, 403)]
)
def test_or_it_is_where_that_does_not_matter(handling: DefaultHandling, status: int) -> None:
    side = ToldSide(criterion(handling=handling))
    (told,) = side.registering()
    side.send(make_response(told, status), AT_SERVER)
    assert Deregistered not in [type(fact) for fact in side.facts]


def test_an_emergency_registration_is_no_servers_business() -> None:
    """24.229 §5.4.8.2, PCS-18."""
    side = ToldSide(criterion())
    assert side.registering(FlowPhone(side.alice, sos=True)) == []
