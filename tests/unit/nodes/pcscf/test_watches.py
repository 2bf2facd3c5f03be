"""The P-CSCF as subscriber to registrations (24.229 §5.2.3; PCS-16, MGP-11, MGU-14)."""

from dataclasses import replace

import pytest
from tests.unit.nodes.pcscf.bed import CORE, HOME, Bed, Ue
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.base import Flow, Refusal, Transport, seconds
from twopair.core.registration.kept import Keep
from twopair.core.sa import Stage
from twopair.nodes.events import Reconfigured
from twopair.nodes.facts import Deregistered, Notified
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo, RegistrationInfo, RegState
from twopair.wire.sip import Request, Response, make_request

AT_CORE = Flow(Transport.UDP, CORE, HOME)
_numbers = iter(range(1, 10_000))


def subscribed() -> tuple[Bed, Ue, Request]:
    """A registered UE, and the SUBSCRIBE that follows."""
    bed, ue = registered(reg_event=True)
    bed.wait(0)
    return bed, ue, bed.to_core()


def accept(bed: Bed, subscribe: Request, expires: int = 700_000) -> None:
    bed.core(subscribe, 200, [("Expires", str(expires)), ("Contact", f"<sip:n@{HOME}>")])


def contact_of(bed: Bed, ue: Ue) -> str:
    owner = bed.pcscf.tables.subscribers.of(ue.impi)
    assert owner is not None
    return owner.contact


def info(
    bed: Bed,
    ue: Ue,
    version: int,
    event: ContactEvent = ContactEvent.REGISTERED,
    *,
    full: bool = False,
    active: bool = True,
    aors: tuple[str, ...] = (),
    expires: int | None = None,
) -> bytes:
    """A document about the UE's contact."""
    contact = ContactInfo("1", contact_of(bed, ue), active, event, expires_s=expires)
    state = RegState.ACTIVE if active else RegState.TERMINATED
    every = aors or (str(ue.impu), f"tel:+{ue.number}")
    return RegInfo(version, full, tuple(RegistrationInfo(a, a, state, (contact,)) for a in every)).to_bytes()


def notify(
    bed: Bed, subscribe: Request, body: bytes, number: int, state: str = "active", **changed: str
) -> Response:
    """Send it; the answer."""
    request = make_request(
        "NOTIFY",
        f"sip:reg-event@{CORE}",
        [
            ("Via", f"SIP/2.0/UDP {HOME};branch=z9hG4bKnotify{next(_numbers)}"),
            ("Max-Forwards", "70"),
            ("From", f"{subscribe.get('To')};tag=core"),
            ("To", subscribe.get("From") or ""),
            ("Call-ID", subscribe.call_id),
            ("CSeq", f"{number} NOTIFY"),
            ("Contact", f"<sip:n@{HOME}>"),
            ("Event", "reg"),
            ("Subscription-State", state),
        ],
        body,
    )
    for name, value in changed.items():
        request.set(name.replace("_", "-"), value)
    bed.receive(AT_CORE, request.to_bytes())
    [answer] = [m for _, m in bed.sent if isinstance(m, Response)]
    return answer


def watched() -> tuple[Bed, Ue, Request]:
    """A registration that stands for a while, and is told of."""
    bed, ue, subscribe = subscribed()
    accept(bed, subscribe)
    assert notify(bed, subscribe, info(bed, ue, 0, full=True), 1).status == 200
    bed.wait(60)
    return bed, ue, subscribe


def test_nothing_is_asked_unless_it_is_wanted() -> None:
    """Off by default: no SUBSCRIBE, no state (ADR 32)."""
    bed, _ = registered()
    bed.wait(3600)
    assert bed.nothing_sent()


def test_subscribe() -> None:
    """To the default IMPU, from the URI in Path, longer than the registration (24.229 §5.2.3)."""
    bed, ue, subscribe = subscribed()
    owner = bed.pcscf.tables.subscribers.of(ue.impi)
    assert owner is not None
    assert (subscribe.method, subscribe.uri) == ("SUBSCRIBE", ue.impu)
    assert (subscribe.get("Event"), subscribe.get("P-Asserted-Identity")) == ("reg", owner.path)
    assert int(subscribe.get("Expires") or 0) > 600_000


def test_refreshed() -> None:
    """600 s before its end, in its dialog (24.229 §5.2.3)."""
    bed, _, subscribe = subscribed()
    accept(bed, subscribe, 7200)
    bed.wait(6600)
    again = next(m for _, m in bed.sent if isinstance(m, Request) and m.cseq.number == 2)
    assert (again.uri, again.call_id) == (f"sip:n@{HOME}", subscribe.call_id)
    assert int(again.get("Expires") or 0) > 593_000


def test_given_up() -> None:
    """Expires 0, once it is no longer wanted (RFC 6665 §4.1.2.3)."""
    bed, _, subscribe = subscribed()
    accept(bed, subscribe, 7200)
    bed.feed(Reconfigured(replace(bed.pcscf.tables.config, reg_event=False)))
    bed.wait(6600)
    assert next(m for _, m in bed.sent if isinstance(m, Request)).get("Expires") == "0"


def test_the_user_has_gone() -> None:
    """An S-CSCF that does not end the subscription is told that it is over."""
    bed, _, subscribe = watched()
    bed.wait(600_100)
    [last] = [m for _, m in bed.sent if isinstance(m, Request) and m.get("Expires") == "0"][:1]
    assert last.call_id == subscribe.call_id


def test_ended() -> None:
    """MGP-11: sessions, data and routes go at once, sets after 64 * T1, and that outlives a restart."""
    bed, ue, subscribe = watched()
    body = info(bed, ue, 1, ContactEvent.REJECTED, active=False)
    assert notify(bed, subscribe, body, 2, "terminated;reason=noresource").status == 200
    [told] = bed.facts(Notified)
    assert (told.event, told.active) == ("rejected", False)
    assert [fact.reason for fact in bed.facts(Deregistered)] == ["by the network: rejected"]
    [kept] = [action.value for action in bed.fresh if isinstance(action, Keep)]
    assert kept.bindings == ()
    assert [one.expires_at for one in kept.sets] == [bed.now + seconds(128)]
    assert bed.from_core(ue)
    assert bed.refusals == [Refusal.USER_AWAY]
    bed.from_core(ue, "NOTIFY", To=f"<{ue.impu}>;tag=d")
    assert bed.to_ue()[1].method == "NOTIFY"  # type: ignore[union-attr]
    bed.wait(127)
    assert bed.stages(ue) == [Stage.IN_USE]
    bed.wait(2)
    assert bed.stages(ue) == []
    assert bed.installed == set()
    assert len(bed.facts(Deregistered)) == 1
    bed.wait(100)
    assert not any(isinstance(m, Request) and m.method == "SUBSCRIBE" for _, m in bed.sent)


@pytest.mark.parametrize(("status", "ends"), [(480, True), (404, True), (503, False)])
def test_an_end_just_after_the_beginning_is_doubted(status: int, ends: bool) -> None:
    """It may be word of the registration before: the S-CSCF is asked (ADR 32)."""
    bed, ue, subscribe = subscribed()
    accept(bed, subscribe)
    notify(bed, subscribe, info(bed, ue, 0, full=True), 1)
    body = info(bed, ue, 1, ContactEvent.REJECTED, active=False)
    notify(bed, subscribe, body, 2, "terminated;reason=noresource")
    assert bed.facts(Deregistered) == []
    bed.wait(0)
    bed.core(bed.to_core(), status)
    assert bool(bed.facts(Deregistered)) is ends


def test_doubted_rightly() -> None:
    """Full state says that the registration stands."""
    bed, ue, subscribe = subscribed()
    accept(bed, subscribe)
    notify(bed, subscribe, info(bed, ue, 0, full=True), 1)
    notify(bed, subscribe, info(bed, ue, 1, ContactEvent.REJECTED, active=False), 2)
    bed.wait(0)
    accept(bed, bed.to_core())
    assert notify(bed, subscribe, info(bed, ue, 2, full=True), 3).status == 200
    bed.wait(300)
    assert (bed.facts(Deregistered), bed.stages(ue)) == ([], [Stage.IN_USE])


def test_shortened() -> None:
    """MGU-14: the registration ends then, its set 30 s later (TMR-02)."""
    bed, ue, subscribe = watched()
    notify(bed, subscribe, info(bed, ue, 1, ContactEvent.SHORTENED, expires=100), 2)
    [told] = bed.facts(Notified)
    assert (told.event, told.active, told.expires_s) == ("shortened", True, 100)
    bed.wait(101)
    bed.from_core(ue)
    assert bed.refusals == [Refusal.USER_AWAY]
    bed.wait(30)
    assert bed.stages(ue) == []


@pytest.mark.parametrize(("left", "ends"), [(600_000, False), (42, True)])
def test_a_shortening_just_after_the_beginning_is_doubted(left: int, ends: bool) -> None:
    """It may be a late one, of the registration before; full state says when this one ends (MGU-14)."""
    bed, ue, subscribe = subscribed()
    accept(bed, subscribe)
    notify(bed, subscribe, info(bed, ue, 0, full=True), 1)
    notify(bed, subscribe, info(bed, ue, 1, ContactEvent.SHORTENED, expires=42), 2)
    assert bed.facts(Notified) == []
    bed.wait(0)
    accept(bed, bed.to_core())
    assert notify(bed, subscribe, info(bed, ue, 2, full=True, expires=left), 3).status == 200
    assert bool(bed.facts(Notified)) is ends
    bed.wait(100)
    assert bed.stages(ue) == ([] if ends else [Stage.IN_USE])


def test_identities_come_and_go() -> None:
    """PCS-16, PCS-10: what an implicit set has more may be asserted, what has ended may not."""
    bed, ue, subscribe = watched()
    owner = bed.pcscf.tables.subscribers.of(ue.impi)
    assert owner is not None
    notify(bed, subscribe, info(bed, ue, 1, ContactEvent.CREATED, aors=("sip:more@home",)), 2)
    assert owner.associated == (ue.impu, f"tel:+{ue.number}", "sip:more@home")
    notify(bed, subscribe, info(bed, ue, 2, ContactEvent.REJECTED, active=False, aors=(str(ue.impu),)), 3)
    assert list(owner.associated) == [f"tel:+{ue.number}", "sip:more@home"]
    assert bed.facts(Deregistered) == []


def test_a_gap_is_asked_about() -> None:
    """RFC 3680 §5.1: a version that is missing leads to another SUBSCRIBE, and nothing else."""
    bed, ue, subscribe = watched()
    notify(bed, subscribe, info(bed, ue, 5, ContactEvent.REJECTED, active=False), 2)
    assert bed.facts(Deregistered) == []
    bed.wait(0)
    assert bed.to_core().method == "SUBSCRIBE"


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
    bed, ue, subscribe = watched()
    body = info(bed, ue, 1, ContactEvent.REJECTED, active=False)
    assert notify(bed, subscribe, body, 2, **changed).status == status
    assert notify(bed, subscribe, b"<!DOCTYPE a>", 3).status == 400
    assert bed.facts(Deregistered) == []


def test_retry_after() -> None:
    """503 is obeyed; a core that has no such package is not asked again."""
    bed, _, subscribe = subscribed()
    bed.core(subscribe, 503, [("Retry-After", "100")])
    bed.wait(99)
    assert bed.nothing_sent()
    bed.wait(1)
    bed.core(bed.to_core(), 489)
    bed.wait(100_000)
    assert bed.nothing_sent()


def test_a_renewal_that_nobody_tells_of() -> None:
    """The subscription may be lost: it is refreshed, and made anew (ADR 32)."""
    bed, ue, subscribe = watched()
    bed.reregister(ue)
    bed.wait(33)
    refresh = next(m for _, m in bed.sent if isinstance(m, Request) and m.method == "SUBSCRIBE")
    assert refresh.call_id == subscribe.call_id
    bed.core(refresh, 481)
    bed.wait(0)
    assert bed.to_core().get("To") == f"<{ue.impu}>"
