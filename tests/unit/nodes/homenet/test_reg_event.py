"""The S-CSCF as notifier of registrations (24.229 §5.4.2.1, §5.4.1.5, §5.4.1.6; RFC 3680, RFC 6665)."""

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, AT_HOME, BOB, DOMAIN, HOME, CoreSide, Phone

from twopair.base import Endpoint, Flow, Port, Refusal, Transport, seconds
from twopair.nodes.events import Dismiss, Reauthenticate
from twopair.nodes.facts import Deregistered, Ordered
from twopair.nodes.homenet import HomeConfig
from twopair.wire.reginfo import ContactEvent, RegInfo, RegState
from twopair.wire.sip import Request, Response, make_response

REG = ("Event", "reg")
APPLICATION = "sip:as1@as.example"


def subscribe(
    core: CoreSide, who: str = f"<{ALICE}>", *, expires: int = 600_000, to: str = ALICE
) -> list[Request | Response]:
    """As the P-CSCF passes it on, or sends it."""
    headers = [
        REG,
        ("Expires", str(expires)),
        ("P-Asserted-Identity", who),
        ("Contact", f"<sip:w{hash(who) % 99}@10.20.0.1>"),
    ]
    headers.append(("Record-Route", "<sip:alice-token@10.20.0.1:5060;lr>"))
    return core.send(core.request("SUBSCRIBE", to, *headers, call_id=f"sub-{who}"))


def info(request: Request | Response) -> RegInfo:
    assert isinstance(request, Request)
    assert (request.method, request.get("Content-Type")) == ("NOTIFY", "application/reginfo+xml")
    return RegInfo.parse(request.body)


def answer(core: CoreSide, request: Request | Response, status: int = 200) -> list[Request | Response]:
    assert isinstance(request, Request)
    return core.send(make_response(request, status))


def watched(core: CoreSide, who: str = f"<{ALICE}>") -> Request:
    """Subscribed, and the first NOTIFY answered."""
    accepted, notify = subscribe(core, who)
    assert isinstance(accepted, Response)
    assert accepted.status == 200, accepted
    assert isinstance(notify, Request)
    assert answer(core, notify) == []
    return notify


def events(request: Request | Response) -> set[tuple[str, RegState, bool, ContactEvent]]:
    return {
        (one.aor, one.state, contact.active, contact.event)
        for one in info(request).registrations
        for contact in one.contacts
    }


def test_full_state_first() -> None:
    """200, then NOTIFY with all identities that are not barred, over the route of the subscriber."""
    core = CoreSide()
    core.registered(core.alice)
    accepted, notify = subscribe(core)
    assert (accepted.get("Expires"), accepted.get("Contact")) == ("600000", f"<sip:reg-event@{HOME}>")
    told = info(notify)
    assert (told.version, told.full) == (0, True)
    [one] = told.registrations
    [contact] = one.contacts
    assert (one.aor, one.state) == (ALICE, RegState.ACTIVE)
    assert (contact.uri, contact.event, contact.expires_s) == (
        core.alice.contact,
        ContactEvent.CREATED,
        600_000,
    )
    assert contact.unknown == (("+g.3gpp.smsip", ""),)
    assert (notify.get("Event"), notify.get("Subscription-State")) == ("reg", "active;expires=600000")
    assert (notify.get("Route"), notify.cseq.number) == ("<sip:alice-token@10.20.0.1:5060;lr>", 1)


def test_explicit_and_implicit() -> None:
    """The identity that was registered is so by the user, its others are created (24.229 §5.4.2.1.2)."""
    core = CoreSide()
    core.registered(core.bob, to=BOB)
    _, notify = subscribe(core, f"<{BOB}>", to=BOB)
    assert {(aor, event.value) for aor, _, _, event in events(notify)} == {
        (BOB, "registered"),
        ("tel:+4930123456", "created"),
    }


@pytest.mark.parametrize("who", [f"<{ALICE}>", "<sip:alice-token@10.20.0.1:5060;lr>", f"<{APPLICATION}>"])
def test_who_may_watch(who: str) -> None:
    """The user, a P-CSCF of Path, an application server (24.229 §5.4.2.1.1)."""
    core = CoreSide(HomeConfig(DOMAIN, HOME.address, watchers=(APPLICATION,)))
    core.registered(core.alice)
    watched(core, who)
    assert core.refusals() == []


@pytest.mark.parametrize(
    "who",
    [
        f"<{BOB}>",
        "<sip:bob-token@10.20.0.1:5060;lr>",
        "<sip:alice-token@10.20.0.9:5060>",
        f"<{APPLICATION}>",
        "<sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>",
    ],
)
def test_who_may_not(who: str) -> None:
    """NOT_A_WATCHER: another user, a P-CSCF of no Path, anybody; a barred identity of the user, too."""
    core = CoreSide()
    core.registered(core.alice)
    core.registered(core.bob)
    [refused] = subscribe(core, who)
    assert isinstance(refused, Response)
    assert refused.status == 403
    assert core.refusals() == [Refusal.NOT_A_WATCHER]


def test_from_outside() -> None:
    """Nobody outside the trust domain watches (24.229 §4.4)."""
    core = CoreSide(HomeConfig(DOMAIN, HOME.address, trusted=("10.20.0.1",)))
    core.registered(core.alice)
    stranger = Flow(Transport.UDP, HOME, Endpoint("10.99.0.1", Port(5060)))
    request = core.request("SUBSCRIBE", ALICE, REG, ("P-Asserted-Identity", f"<{ALICE}>"))
    assert core.ask(request, stranger).status == 403


def test_not_registered() -> None:
    """There is nothing to tell of a user who is away."""
    core = CoreSide()
    [refused] = subscribe(core)
    assert isinstance(refused, Response)
    assert refused.status == 480


def test_changes_are_partial() -> None:
    """A refresh, then the end by the user: partial state, versions one by one, and no subscription left."""
    core = CoreSide()
    core.registered(core.alice)
    watched(core)
    _, refreshed = core.send(
        core.register(
            core.alice, core.respond(core.alice, core.ask(core.register(core.alice))), protected="yes"
        )
    )
    assert (info(refreshed).version, info(refreshed).full) == (1, False)
    assert events(refreshed) == {(ALICE, RegState.ACTIVE, True, ContactEvent.REFRESHED)}
    answer(core, refreshed)
    ended = core.send(core.register(core.alice, protected="yes", expires=0))
    assert events(ended[1]) == {(ALICE, RegState.TERMINATED, False, ContactEvent.UNREGISTERED)}
    assert (info(ended[1]).version, ended[1].get("Subscription-State")) == (2, "terminated;reason=noresource")
    answer(core, ended[1])


def test_one_at_a_time() -> None:
    """What changes while a NOTIFY is out goes with the next, the last change of each contact."""
    core = CoreSide()
    core.registered(core.alice)
    _, first = subscribe(core)
    for _ in range(2):
        fields = core.respond(core.alice, core.ask(core.register(core.alice)))
        assert len(core.send(core.register(core.alice, fields, protected="yes"))) == 1
    [second] = answer(core, first)
    assert events(second) == {(ALICE, RegState.ACTIVE, True, ContactEvent.REFRESHED)}
    assert len(info(second).registrations[0].contacts) == 1
    assert answer(core, second) == []


@pytest.mark.parametrize("status", [481, 500, 403])
def test_a_notify_that_fails(status: int) -> None:
    """It ends the subscription (RFC 6665 §4.2.2)."""
    core = CoreSide()
    core.registered(core.alice)
    _, first = subscribe(core)
    answer(core, first, status)
    assert len(core.send(core.register(core.alice, protected="yes", expires=0))) == 1


def test_a_notify_without_an_answer() -> None:
    """The same, after timer F."""
    core = CoreSide()
    core.registered(core.alice)
    subscribe(core)
    core.later(seconds(40))
    assert len(core.send(core.register(core.alice, protected="yes", expires=0))) == 1


def within(core: CoreSide, notify: Request, expires: int, number: int = 2) -> list[Request | Response]:
    """A further SUBSCRIBE in the dialog of a NOTIFY."""
    request = core.request("SUBSCRIBE", f"sip:reg-event@{HOME}", REG, ("Expires", str(expires)), cseq=number)
    request.set("From", notify.get("To") or "")
    request.set("To", notify.get("From") or "")
    request.set("Call-ID", notify.call_id)
    return core.send(request)


def test_refreshed_while_a_notify_is_out() -> None:
    """Who refreshes is there, and is promised full state: it goes when the other one is given up."""
    core = CoreSide()
    core.registered(core.alice)
    _, first = subscribe(core)
    assert isinstance(first, Request)
    assert len(within(core, first, 7200)) == 1, "the NOTIFY waits for the one that is out"
    out = core.later(seconds(40))
    full = next(one for one in out if isinstance(one, Request) and one.cseq.number == 2)
    assert info(full).full
    answer(core, full)
    assert len(core.send(core.register(core.alice, protected="yes", expires=0))) == 2


def test_refreshed_and_given_up() -> None:
    """A refresh brings full state; Expires 0 ends it with full state (RFC 6665 §4.2.1.2)."""
    core = CoreSide()
    core.registered(core.alice)
    first = watched(core)
    accepted, full = within(core, first, 7200)
    assert accepted.get("Expires") == "7200"
    assert (info(full).version, info(full).full) == (1, True)
    answer(core, full)
    accepted, last = within(core, first, 0, 3)
    assert last.get("Subscription-State") == "terminated;reason=timeout"
    assert info(last).full
    answer(core, last)
    [refused] = within(core, first, 60, 4)
    assert isinstance(refused, Response)
    assert refused.status == 481
    assert core.refusals() == [Refusal.NO_SUBSCRIPTION]


def test_it_runs_out() -> None:
    """Without a refresh it ends, and says so."""
    core = CoreSide()
    core.registered(core.alice)
    _, first = subscribe(core, expires=60)
    answer(core, first)
    assert core.later(seconds(59)) == []
    last, *_ = core.later(seconds(2))
    assert last.get("Subscription-State") == "terminated;reason=timeout"


def test_too_brief_and_too_many() -> None:
    """423 with Min-Expires; 503 with Retry-After where there is no room (24.229 §5.4.2.1.1)."""
    core = CoreSide(HomeConfig(DOMAIN, HOME.address, max_subscriptions=1))
    core.registered(core.alice)
    [brief] = subscribe(core, expires=5)
    assert (brief.status, brief.get("Min-Expires")) == (423, "60")  # type: ignore[union-attr]
    watched(core)
    [full] = subscribe(core, "<sip:alice-token@10.20.0.1:5060>")
    assert (full.status, full.get("Retry-After")) == (503, "120")  # type: ignore[union-attr]


def test_a_subscriber_that_begins_anew() -> None:
    """A second subscription of one contact takes the place of the first: no state grows (RFC 6665 §4.4.1)."""
    core = CoreSide()
    core.registered(core.alice)
    for _ in range(5):
        watched(core)
    ended = core.send(core.register(core.alice, protected="yes", expires=0))
    assert len(ended) == 2


@pytest.mark.parametrize("who", [ALICE, "001010000000001@ims.mnc001.mcc001.3gppnetwork.org"])
@pytest.mark.parametrize("event", [ContactEvent.REJECTED, ContactEvent.DEACTIVATED])
def test_dismissed(who: str, event: ContactEvent) -> None:
    """MGP-11, MGU-13: all who watch are told, and nobody reaches the user any more (24.229 §5.4.1.5)."""
    core = CoreSide()
    core.registered(core.alice)
    watched(core)
    watched(core, "<sip:alice-token@10.20.0.1:5060>")
    told = core.feed(Dismiss(who, event))
    assert [events(one) for one in told] == [{(ALICE, RegState.TERMINATED, False, event)}] * 2
    assert Ordered(who, 1, 2) in core.facts
    assert Deregistered(core.alice.impi, f"by the network: {event.value}") in core.facts
    route = ("P-Asserted-Identity", f"<{ALICE}>")
    assert core.ask(core.request("MESSAGE", ALICE, route)).status == 480
    assert core.feed(Dismiss(who)) == []
    assert Ordered(who, 0, 0) in core.facts


def test_on_probation() -> None:
    """Retry-After is told."""
    core = CoreSide()
    core.registered(core.alice)
    watched(core)
    [told] = core.feed(Dismiss(ALICE, ContactEvent.PROBATION, 90))
    assert info(told).registrations[0].contacts[0].retry_after_s == 90


def reregistered(core: CoreSide, phone: Phone) -> int:
    """Status of the answer to a protected REGISTER."""
    sent = core.send(core.register(phone, protected="yes"))
    return next(one.status for one in sent if isinstance(one, Response))


def test_shortened() -> None:
    """MGU-14: less is left, and the next REGISTER is challenged whatever is usual (24.229 §5.4.1.6)."""
    core = CoreSide(HomeConfig(DOMAIN, HOME.address, challenge_refresh=False))
    core.registered(core.alice)
    assert reregistered(core, core.alice) == 200
    watched(core)
    [told] = core.feed(Reauthenticate(ALICE, 100))
    assert events(told) == {(ALICE, RegState.ACTIVE, True, ContactEvent.SHORTENED)}
    assert info(told).registrations[0].contacts[0].expires_s == 100
    answer(core, told)
    challenge = core.ask(core.register(core.alice, protected="yes"))
    assert challenge.status == 401
    accepted, again = core.send(
        core.register(core.alice, core.respond(core.alice, challenge), protected="yes")
    )
    assert (accepted.status, reregistered(core, core.alice)) == (200, 200)  # type: ignore[union-attr]
    answer(core, again)
    core.facts.clear()
    core.later(seconds(200))
    assert core.facts == []


def test_shortened_in_vain() -> None:
    """Who does not come in time is not registered any more."""
    core = CoreSide()
    core.registered(core.alice)
    watched(core)
    [told] = core.feed(Reauthenticate(ALICE, 100))
    answer(core, told)
    last, *_ = core.later(seconds(101))
    assert events(last) == {(ALICE, RegState.TERMINATED, False, ContactEvent.EXPIRED)}
    assert core.feed(Reauthenticate(ALICE, 100)) == []


def test_garbled() -> None:
    """What cannot be read is 400."""
    core = CoreSide()
    core.registered(core.alice)
    for header in (("Contact", "<"), ("P-Asserted-Identity", "<")):
        request = core.request(
            "SUBSCRIBE", ALICE, REG, ("P-Asserted-Identity", f"<{ALICE}>"), ("Contact", "<sip:a@b>")
        )
        request.set(*header)
        assert core.ask(request, AT_HOME).status == 400
