"""What the home network refuses, each by the name of its `Refusal` (INT-06, INT-07, AKA-17, AKA-20)."""

import pytest
from tests.unit.nodes.homenet.core_side import (
    ALICE,
    AT_HOME,
    BOB,
    DOMAIN,
    HOME,
    IMSI_1,
    KEYS,
    TEL_BOB,
    CoreSide,
    Phone,
)

from twopair.base import Impi, Impu, Received, Refusal, Refused, Report
from twopair.core.aka import Subscriber
from twopair.nodes.facts import Registered, Resynchronised
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.wire.sip import Request, Response


def only(core: CoreSide, refusal: Refusal) -> None:
    """The one thing that was refused, with its status."""
    assert core.refusals() == [refusal]


def test_unknown_subscriber() -> None:
    """UNKNOWN_SUBSCRIBER: no such IMPI."""
    core = CoreSide()
    assert core.ask(core.register(Phone("001010000000099", "mallory"))).status == 403
    only(core, Refusal.UNKNOWN_SUBSCRIBER)


def test_foreign_impu() -> None:
    """UNKNOWN_SUBSCRIBER: the IMPU belongs to another subscriber."""
    core = CoreSide()
    assert core.ask(core.register(core.alice, To=f"<{BOB}>")).status == 403
    only(core, Refusal.UNKNOWN_SUBSCRIBER)


def test_wrong_response() -> None:
    """WRONG_RESPONSE: RES is wrong; the challenge is used up, so nobody can guess on."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    wrong = core.respond(core.alice, challenge, res=b"\x00" * 8)
    assert core.ask(core.register(core.alice, wrong, protected="yes")).status == 403
    only(core, Refusal.WRONG_RESPONSE)
    assert not [fact for fact in core.facts if isinstance(fact, Registered)]
    assert core.ask(core.register(core.alice, wrong, protected="yes")).status == 401


def test_challenge_rejected() -> None:
    """CHALLENGE_REJECTED: a UE with another key found the MAC wrong and says so (AKA-20, INT-07)."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    nonce = (challenge.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
    assert core.ask(core.register(core.alice, f'nonce="{nonce}", response=""')).status == 403
    only(core, Refusal.CHALLENGE_REJECTED)


def test_resynchronisation() -> None:
    """AKA-16, AKA-17, INT-07: AUTS, a second challenge, success."""
    core = CoreSide()
    for _ in range(3):
        core.registered(core.alice)
    core.store.save_sqn(core.alice.impi, 0)
    challenge = core.ask(core.register(core.alice))
    auts = core.respond(core.alice, challenge)
    assert 'auts="' in auts
    second = core.ask(core.register(core.alice, auts))
    assert second.status == 401
    assert core.facts[-1] == Resynchronised(core.alice.impi)
    answer = core.ask(core.register(core.alice, core.respond(core.alice, second), protected="yes"))
    assert answer.status == 200


def test_bad_auts() -> None:
    """BAD_AUTS: a forged one moves nothing, and the challenge stays open for the real user (AKA-17)."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    right = core.respond(core.alice, challenge)
    nonce = (challenge.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
    before = core.store.sqn(core.alice.impi)
    forged = f'nonce="{nonce}", auts="uoU/PBI8z0TpNZbjVcY=", response=""'
    assert core.ask(core.register(core.alice, forged)).status == 403
    only(core, Refusal.BAD_AUTS)
    assert core.store.sqn(core.alice.impi) == before
    assert core.ask(core.register(core.alice, right, protected="yes")).status == 200


def test_auts_without_a_challenge_is_not_believed() -> None:
    """AKA-17: MAC-S is checked over the RAND of a stored challenge only."""
    core = CoreSide()
    core.store.save_sqn(core.alice.impi, 7 << 5)
    given = core.register(core.alice, 'nonce="bm9uY2U=", auts="uoU/PBI8z0TpNZbjVcY=", response=""')
    assert core.ask(given).status == 401
    assert core.store.sqn(core.alice.impi) == 8 << 5 | 1
    assert core.facts == []


def test_unprotected_deregister() -> None:
    """UNPROTECTED_DEREGISTER: and the user stays registered (INT-05)."""
    core = CoreSide()
    core.registered(core.alice)
    assert core.ask(core.register(core.alice, expires=0)).status == 403
    only(core, Refusal.UNPROTECTED_DEREGISTER)
    assert core.send(core.request("MESSAGE", ALICE))[0].start_line.startswith("MESSAGE sip:alice@10.10.1.1")


def test_interval_too_brief() -> None:
    """INTERVAL_TOO_BRIEF: 423 with Min-Expires, before any vector is spent (UEP-14)."""
    core = CoreSide()
    answer = core.ask(core.register(core.alice, expires=59))
    assert (answer.status, answer.get("Min-Expires")) == (423, "60")
    only(core, Refusal.INTERVAL_TOO_BRIEF)
    assert core.store.sqn(core.alice.impi) == 0


def test_bad_extension() -> None:
    """BAD_EXTENSION: sec-agree that no P-CSCF took out, and whatever else is unknown."""
    core = CoreSide()
    answer = core.ask(core.register(core.alice, Require="path, sec-agree"))
    assert (answer.status, answer.get("Unsupported")) == (420, "sec-agree")
    answer = core.ask(core.request("MESSAGE", ALICE, ("Proxy-Require", "sec-agree")))
    assert (answer.status, answer.get("Unsupported")) == (420, "sec-agree")
    assert core.refusals() == [Refusal.BAD_EXTENSION] * 2


@pytest.mark.parametrize("method", ["MESSAGE", "OPTIONS"])
@pytest.mark.parametrize("user", ["echo@", ""])
def test_extensions_required_of_the_network_itself(method: str, user: str) -> None:
    """BAD_EXTENSION: it has none; nothing is echoed then (RFC 3261 §8.2.2.3)."""
    core = CoreSide()
    core.registered(core.alice)
    request = core.request(
        method,
        f"sip:{user}{DOMAIN}",
        ("Require", "timer, magic"),
        ("Require", "magic"),
        ("P-Asserted-Identity", f"<{ALICE}>"),
    )
    (answer,) = core.send(request)
    assert isinstance(answer, Response)
    assert (answer.status, answer.get("Unsupported")) == (420, "timer, magic")


def test_extensions_required_of_the_other_end() -> None:
    """RFC 3261 §8.2.2.3, §16.3: a proxy carries Require on."""
    core = CoreSide()
    core.registered(core.alice)
    (onward,) = core.send(core.request("OPTIONS", ALICE, ("Require", "timer, magic")))
    assert isinstance(onward, Request)
    assert onward.values("Require") == ["timer", "magic"]


def test_no_vector() -> None:
    """NO_VECTOR: the sequence numbers are used up."""
    core = CoreSide()
    core.store.save_sqn(core.alice.impi, (1 << 48) - 1)
    assert core.ask(core.register(core.alice)).status == 500
    only(core, Refusal.NO_VECTOR)


def test_overloaded() -> None:
    """OVERLOADED: the bound of registrations holds for new users, not for those who are in."""
    core = CoreSide(HomeConfig(DOMAIN, "10.20.0.2", max_registrations=1))
    core.registered(core.alice)
    core.registered(core.alice)
    challenge = core.ask(core.register(core.bob))
    answer = core.ask(core.register(core.bob, core.respond(core.bob, challenge), protected="yes"))
    assert answer.status == 503
    only(core, Refusal.OVERLOADED)


def test_cseq_must_grow_within_a_call_id() -> None:
    """BAD_REQUEST: RFC 3261 §10.3, step 7."""
    core = CoreSide(HomeConfig(DOMAIN, "10.20.0.2", challenge_refresh=False))
    core.registered(core.alice)
    core.alice.cseq = 0
    assert core.ask(core.register(core.alice, protected="yes")).status == 400
    only(core, Refusal.BAD_REQUEST)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Digest"),
        ("Authorization", "Basic Zm9vOmJhcg=="),
        ("Authorization", 'Digest realm="x", nonce=""'),
        ("Authorization", 'Digest username="'),
        ("Authorization", f'Digest username="{IMSI_1}@{DOMAIN}", auts="not base64!"'),
        ("Authorization", f'Digest username="{IMSI_1}@{DOMAIN}", auts="AAAA"'),
        ("Contact", "<mailto:alice@example.com>"),
        ("Contact", "<sip:alice@10.10.1.1"),
        ("Contact", "<sip:a@10.10.1.1>, <sip:b@10.10.1.1>"),
        ("Contact", "*"),
        ("Path", "<pcscf"),
        ("Path", "<tel:+49>"),
        ("To", "<urn:service:sos>"),
        ("To", ""),
        ("From", ""),
        ("Call-ID", ""),
    ],
)
def test_bad_request(name: str, value: str) -> None:
    """BAD_REQUEST: a field that cannot be read; nothing is challenged, nothing bound (AKA-17: auts)."""
    core = CoreSide()
    request = core.register(core.alice)
    request.set(name, value)
    assert core.ask(request).status == 400
    only(core, Refusal.BAD_REQUEST)
    assert core.store.sqn(core.alice.impi) == 0


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "9" * 30, "²"])
def test_an_expiry_that_cannot_be_read_counts_as_absent(text: str) -> None:
    """RFC 3261 §10.2.1.1."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    given = core.register(
        core.alice, fields, protected="yes", contact=f'<{core.alice.contact}>;expires="{text}"'
    )
    assert (core.ask(given).get("Contact") or "").endswith(";expires=600000")


def test_malformed_sip_is_dropped_and_counted() -> None:
    """MALFORMED_SIP."""
    core = CoreSide()
    for data in (b"", b"\x00" * 40, b"REGISTER\r\n\r\n", b"REGISTER sip:x\r\n\r\n"):
        assert core.feed(Received(AT_HOME, data)) == []
    assert core.refusals() == [Refusal.MALFORMED_SIP] * 4


def test_unmatched_response() -> None:
    """UNMATCHED_RESPONSE."""
    core = CoreSide()
    request = core.request("MESSAGE", ALICE)
    stray = core.ask(request)
    assert core.send(stray) == []
    assert core.refusals()[-1] == Refusal.UNMATCHED_RESPONSE


def test_no_such_user() -> None:
    """NO_SUCH_USER: unknown, or barred."""
    core = CoreSide()
    core.registered(core.alice)
    for uri in (f"sip:nobody@{DOMAIN}", "sip:alice@elsewhere.example", "tel:+1", core.alice.card.impus[0]):
        assert core.ask(core.request("MESSAGE", uri)).status == 404
    assert core.refusals() == [Refusal.NO_SUCH_USER] * 4


def test_user_away() -> None:
    """USER_AWAY: known, and not registered; by SIP and by tel URI."""
    core = CoreSide()
    for uri in (BOB, TEL_BOB):
        assert core.ask(core.request("MESSAGE", uri)).status == 480
    assert core.refusals() == [Refusal.USER_AWAY] * 2


@pytest.mark.parametrize("value", ["0", "00"])
def test_too_many_hops(value: str) -> None:
    """TOO_MANY_HOPS."""
    core = CoreSide()
    request = core.request("MESSAGE", ALICE)
    request.set("Max-Forwards", value)
    assert core.ask(request).status == 483
    only(core, Refusal.TOO_MANY_HOPS)


def test_not_registered() -> None:
    """NOT_REGISTERED: who sends must be a registered user, by the asserted identity (24.229 §5.4.3.2)."""
    core = CoreSide()
    core.registered(core.alice)
    route = ("Route", "<sip:orig@10.20.0.2:5060;lr>")
    for identity in (None, f"<{BOB}>", f"<{core.alice.card.impus[0]}>"):
        asserted = [("P-Asserted-Identity", identity)] if identity else []
        assert core.ask(core.request("MESSAGE", f"sip:echo@{DOMAIN}", route, *asserted)).status == 403
    assert core.refusals() == [Refusal.NOT_REGISTERED] * 3


def test_method_not_allowed() -> None:
    """METHOD_NOT_ALLOWED: the network does not take calls."""
    core = CoreSide()
    answer = core.ask(core.request("SUBSCRIBE", f"sip:echo@{DOMAIN}"))
    assert (answer.status, answer.get("Allow")) == (405, "MESSAGE, OPTIONS")
    only(core, Refusal.METHOD_NOT_ALLOWED)


def test_bad_event() -> None:
    """BAD_EVENT: the S-CSCF is notifier of registrations and of nothing else."""
    core = CoreSide()
    core.registered(core.alice)
    answer = core.ask(core.request("SUBSCRIBE", f"sip:reg-event@{HOME}", ("Event", "presence")))
    assert (answer.status, answer.get("Allow-Events")) == (489, "reg")
    only(core, Refusal.BAD_EVENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Max-Forwards", "many"),
        ("Max-Forwards", "-1"),
        ("Route", "<"),
        ("Route", "<tel:+49>"),
        ("To", ""),
    ],
)
def test_a_request_that_cannot_be_routed_is_a_bad_request(name: str, value: str) -> None:
    """BAD_REQUEST."""
    core = CoreSide()
    request = core.request("INVITE", ALICE)
    request.set(name, value)
    (answer,) = core.send(request)
    assert isinstance(answer, Response)
    assert answer.status == 400
    only(core, Refusal.BAD_REQUEST)


def test_nothing_secret_is_reported_or_answered_in_a_refusal() -> None:
    """AKA-32: neither K nor RES nor the keys of the open challenge."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = challenge.get("WWW-Authenticate") or ""
    secrets = [fields.partition(f'{name}="')[2][:32] for name in ("ck", "ik")] + ["465b5c", "cd63cb"]
    wrong = core.respond(core.alice, challenge, res=b"x")
    answer = core.ask(core.register(core.alice, wrong, protected="yes"))
    text = repr(core.facts) + answer.to_bytes().decode()
    assert all(secret and secret not in text for secret in secrets)


def test_a_subscription_that_ends_between_challenge_and_answer() -> None:
    """UNKNOWN_SUBSCRIBER: the HSS has the last word."""

    class Leaving(MemoryStore):
        def __init__(self, *subscribers: Subscriber) -> None:
            MemoryStore.__init__(self, subscribers)
            self.left = 3

        def get(self, impi: Impi) -> Subscriber | None:
            self.left -= 1
            return MemoryStore.get(self, impi) if self.left >= 0 else None

    core = CoreSide(store=Leaving(Subscriber.from_imsi(IMSI_1, KEYS, (Impu(ALICE),))))
    challenge = core.ask(core.register(core.alice))
    answer = core.ask(core.register(core.alice, core.respond(core.alice, challenge), protected="yes"))
    assert answer.status == 403
    only(core, Refusal.UNKNOWN_SUBSCRIBER)


def test_every_refusal_is_reported_with_the_flow_it_came_on() -> None:
    core = CoreSide()
    actions = core.home.feed(Received(AT_HOME, core.request("MESSAGE", ALICE).to_bytes()), core.now)
    reports = [action.fact for action in actions if isinstance(action, Report)]
    assert reports == [Refused(Refusal.USER_AWAY, AT_HOME, ALICE)]
