"""The UE as subscriber to its own registration (24.229 §5.1.1.3, §5.1.1.7; UEP-07, MGU-13, MGU-14)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, PCSCF, Bench

from twopair.base import Impu, Received, Refusal, Refused, Transport
from twopair.core.sa import PortName
from twopair.nodes.facts import Deregistered, Notified, Registered
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo, RegistrationInfo, RegState
from twopair.wire.sip import NameAddr, Request, make_request

_numbers = iter(range(1, 10_000))
TEL = "tel:+4930123456"


def subscribed(**config: Any) -> tuple[Bench, Request]:
    """A registered UE, and its SUBSCRIBE."""
    bench = Bench(reg_event=True, **config)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    bench.pass_time(0)
    request, _ = bench.last
    assert request.method == "SUBSCRIBE"
    return bench, request


def accepted() -> tuple[Bench, Request]:
    bench, subscribe = subscribed()
    bench.answer(200, [("Expires", "600000"), ("Contact", "<sip:n@home>")])
    told(bench, subscribe, document(bench, 0, full=True))
    return bench, subscribe


def document(
    bench: Bench,
    version: int,
    event: ContactEvent = ContactEvent.REGISTERED,
    *,
    full: bool = False,
    active: bool = True,
    aors: tuple[str, ...] = (ALICE, TEL),
    **said: Any,
) -> bytes:
    """About the UE's contact."""
    contact = ContactInfo("1", bench.ue.profile.uri, active, event, **said)
    state = RegState.ACTIVE if active else RegState.TERMINATED
    return RegInfo(version, full, tuple(RegistrationInfo(a, a, state, (contact,)) for a in aors)).to_bytes()


def told(
    bench: Bench, subscribe: Request, body: bytes, number: int = 1, state: str = "active", **changed: str
) -> int:
    """A NOTIFY from port_pc to port_us; the status of its answer."""
    sa_set = bench.sets[max(bench.sets)]
    flow = sa_set.flow(Transport.UDP, PortName.PC, PortName.US)
    request = make_request(
        "NOTIFY",
        bench.ue.profile.uri,
        [
            ("Via", f"SIP/2.0/UDP {PCSCF}:5062;branch=z9hG4bKn{next(_numbers)}"),
            ("From", f"{subscribe.get('To')};tag=p"),
            ("To", subscribe.get("From") or ""),
            ("Call-ID", subscribe.call_id),
            ("CSeq", f"{number} NOTIFY"),
            ("Contact", "<sip:n@home>"),
            ("Event", "reg"),
            ("Subscription-State", state),
        ],
        body,
    )
    for name, value in changed.items():
        request.set(name.replace("_", "-"), value)
    bench.feed(Received(flow, request.to_bytes()))
    return bench.responses[-1][0].status


OVER = "terminated;reason=noresource"


def test_off_by_default() -> None:
    """ADR 32."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    bench.pass_time(60)
    assert bench.last[0].method == "REGISTER"
    assert bench.request_from_network("NOTIFY")
    assert bench.responses[-1][0].status == 405


def test_subscribe() -> None:
    """UEP-07, UEP-08, AGR-25: the registered identity is barred, so the default one, over the set in use."""
    bench, subscribe = subscribed()
    assert (subscribe.uri, subscribe.get("Event"), subscribe.get("Expires")) == (ALICE, "reg", "600000")
    assert subscribe.get("Security-Verify")
    assert subscribe.get("Contact") == bench.ue.profile.contact
    assert NameAddr.parse(subscribe.get("From") or "").uri == ALICE


def test_told() -> None:
    """What stands is told to the user."""
    bench, _ = accepted()
    [fact] = bench.facts_of(Notified)
    assert (fact.event, fact.active, fact.identities) == ("registered", True, (ALICE, TEL))


@pytest.mark.parametrize(
    ("event", "after_s", "again"),
    [
        (ContactEvent.REJECTED, 100_000, False),
        (ContactEvent.UNREGISTERED, 100_000, False),
        (ContactEvent.DEACTIVATED, 0, True),
        (ContactEvent.EXPIRED, 0, True),
        (ContactEvent.PROBATION, 49, False),
        (ContactEvent.PROBATION, 51, True),
    ],
)
def test_ended(event: ContactEvent, after_s: int, again: bool) -> None:
    """MGU-13: 200 first; the table says what follows, and the sets go after 64 * T1."""
    bench, subscribe = accepted()
    retry = 50 if event is ContactEvent.PROBATION else None
    body = document(bench, 1, event, active=False, retry_after_s=retry)
    assert told(bench, subscribe, body, 2, OVER) == 200
    assert [fact.reason for fact in bench.facts_of(Deregistered)] == [f"by the network: {event.value}"]
    assert len(bench.sets) == 1
    bench.pass_time(after_s)
    request, flow = bench.last
    registers = request.method == "REGISTER" and bench.set_of(flow) is None
    assert registers is again
    bench.pass_time(130)
    assert not bench.sets


def test_anew_before_the_old_sets_go() -> None:
    """They carry what is under way until a new one stands, and no longer."""
    bench, subscribe = accepted()
    told(bench, subscribe, document(bench, 1, ContactEvent.DEACTIVATED, active=False), 2, OVER)
    bench.challenge()
    bench.accept()
    assert len(bench.facts_of(Registered)) == 2
    assert len(bench.sets) == 1
    bench.pass_time(0)
    again, _ = bench.last
    assert again.method == "SUBSCRIBE"
    assert again.call_id != subscribe.call_id
    bench.answer(200, [("Expires", "600000"), ("Contact", "<sip:n@home>")])
    bench.pass_time(200)
    assert len(bench.sets) == 1


def test_shortened() -> None:
    """MGU-14: renewed at half of it, over the set."""
    bench, subscribe = accepted()
    told(bench, subscribe, document(bench, 1, ContactEvent.SHORTENED, expires_s=60), 2)
    bench.pass_time(29)
    assert bench.last[0].method == "SUBSCRIBE"
    bench.pass_time(2)
    request, flow = bench.last
    assert (request.method, bench.set_of(flow) is not None) == ("REGISTER", True)


def test_shortened_in_vain() -> None:
    """Nobody answers: the registration ends then, and its set 30 s later (TMR-02)."""
    bench, subscribe = accepted()
    told(bench, subscribe, document(bench, 1, ContactEvent.SHORTENED, expires_s=60), 2)
    bench.pass_time(61)
    assert bench.facts_of(Deregistered)
    bench.pass_time(30)
    assert not bench.sets


def test_one_identity_ends() -> None:
    """24.229 §5.1.1.7: the others stay, and the next request goes under one of these."""
    bench, subscribe = accepted()
    told(bench, subscribe, document(bench, 1, ContactEvent.REJECTED, active=False, aors=(ALICE,)), 2)
    assert bench.facts_of(Deregistered) == []
    bench.feed(SendMessage(Impu("sip:bob@home"), b"x"))
    assert bench.last[0].get("P-Preferred-Identity") == f"<{TEL}>"


def test_word_of_a_registration_before() -> None:
    """A late NOTIFY about a REGISTER of before ends nothing; one about this one does."""
    bench, subscribe = accepted()
    body = document(bench, 1, ContactEvent.REJECTED, active=False, call_id="before", cseq=1)
    assert told(bench, subscribe, body, 2) == 200
    assert bench.facts_of(Deregistered) == []


def test_the_last_word_of_a_registration_before() -> None:
    """It ends the subscription, and what was made meanwhile stands: that is subscribed to within 64 * T1."""
    bench, subscribe = accepted()
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    body = document(bench, 1, ContactEvent.DEACTIVATED, active=False, call_id="before", cseq=1)
    assert told(bench, subscribe, body, 2, OVER) == 200
    bench.pass_time(33)
    again, _ = bench.last
    assert (again.method, again.get("To")) == ("SUBSCRIBE", subscribe.get("To"))
    assert bench.facts_of(Deregistered) == []


def test_our_own_leave() -> None:
    """The NOTIFY that overtakes the 200 to a de-REGISTER tells nothing new."""
    bench, subscribe = accepted()
    bench.feed(Deregister())
    assert bench.last[0].method == "REGISTER"
    body = document(bench, 1, ContactEvent.UNREGISTERED, active=False)
    assert told(bench, subscribe, body, 2, OVER) == 200
    assert bench.facts_of(Deregistered) == []
    bench.accept(0)
    assert [fact.reason for fact in bench.facts_of(Deregistered)] == ["on request"]


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (481, {"Call_ID": "another"}),
        (481, {"From": "<sip:x@y>;tag=another"}),
        (400, {"Subscription_State": ";"}),
        (500, {"CSeq": "1 NOTIFY"}),
    ],
)
def test_no_notify_of_ours(status: int, changed: dict[str, str]) -> None:
    """What belongs to no subscription, cannot be read or is old changes nothing."""
    bench, subscribe = accepted()
    body = document(bench, 1, ContactEvent.REJECTED, active=False)
    assert told(bench, subscribe, body, 2, **changed) == status
    assert told(bench, subscribe, b"<!DOCTYPE a>", 3) == 400
    assert bench.facts_of(Deregistered) == []
    assert Refusal.BAD_REQUEST in [fact.refusal for fact in bench.facts_of(Refused)]


def test_retry_after() -> None:
    """UEP-07: 503 is obeyed."""
    bench, subscribe = subscribed()
    bench.answer(503, [("Retry-After", "100")])
    bench.pass_time(99)
    assert bench.last[0] is subscribe
    bench.pass_time(2)
    assert bench.last[0] is not subscribe
    assert bench.last[0].method == "SUBSCRIBE"


def test_a_gap_is_asked_about() -> None:
    """RFC 3680 §5.1."""
    bench, subscribe = accepted()
    told(bench, subscribe, document(bench, 7, ContactEvent.REJECTED, active=False), 2)
    bench.pass_time(0)
    assert (bench.last[0].method, bench.last[0].cseq.number) == ("SUBSCRIBE", 2)
    assert bench.facts_of(Deregistered) == []


def test_not_registered_says_the_pcscf() -> None:
    """A 403 to SUBSCRIBE is asked about with OPTIONS; another one, and the UE begins anew (MGU-10)."""
    bench, _ = subscribed()
    bench.answer(403)
    assert bench.last[0].method == "OPTIONS"
    bench.answer(403)
    request, flow = bench.last
    assert (request.method, bench.set_of(flow)) == ("REGISTER", None)
