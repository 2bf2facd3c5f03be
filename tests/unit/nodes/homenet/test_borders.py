"""Other networks behind the home network: ways there, and what crosses (24.229 §4.4; RFC 3325 §5, §7)."""

from dataclasses import replace

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, DOMAIN, HOME, PCSCF, TEL_BOB, CoreSide

from twopair.base import Endpoint, Flow, Port, Received, Refusal, Refused, Report, Send, Transport
from twopair.nodes.homenet import HomeConfig
from twopair.nodes.homenet.config import Route
from twopair.wire.sip import Request, Response, make_response, parse

FAR, NUMBERS = Endpoint("10.20.0.9", Port(5060)), Endpoint("10.20.0.8", Port(5070))
FAR_DOMAIN = "far.example"
CAROL = f"sip:carol@{FAR_DOMAIN}"
CONFIG = HomeConfig(
    DOMAIN,
    HOME.address,
    routes=(Route(FAR, domain="Far.Example"), Route(NUMBERS, prefix="+49")),
)
ORIG = ("Route", "<sip:orig@10.20.0.2:5060;lr>")
ASSERTED = ("P-Asserted-Identity", f"<{ALICE}>")
CHARGING = ("P-Charging-Vector", "icid-value=abc")
ACCESS = ("P-Access-Network-Info", "3GPP-NR; utran-cell-id-3gpp=1")


class Far:
    """A far end and a P-CSCF around a home network where Alice and Bob are registered."""

    def __init__(self, config: HomeConfig = CONFIG) -> None:
        self.core = CoreSide(config)
        self.core.registered(self.core.alice)
        self.core.registered(self.core.bob)

    def feed(
        self, message: Request | Response, source: Endpoint
    ) -> list[tuple[Endpoint, Request | Response]]:
        """What is sent after a message of a neighbour, and to whom."""
        flow = Flow(Transport.UDP, HOME, source)
        actions = self.core.home.feed(Received(flow, message.to_bytes()), self.core.now)
        self.core.facts += [action.fact for action in actions if isinstance(action, Report)]
        return [(action.flow.remote, parse(action.data)) for action in actions if isinstance(action, Send)]

    def sent(self, request: Request, source: Endpoint) -> tuple[Endpoint, Request]:
        """The one request that a request leads to."""
        ((to, message),) = self.feed(request, source)
        assert isinstance(message, Request)
        return to, message

    def refused(self, request: Request, source: Endpoint) -> tuple[int, Refusal]:
        """Status and reason of the refusal of a request."""
        ((to, message),) = self.feed(request, source)
        assert to.address == source.address
        assert isinstance(message, Response)
        fact = self.core.facts[-1]
        assert isinstance(fact, Refused)
        return message.status, fact.refusal

    def from_far(self, method: str, uri: str, *headers: tuple[str, str]) -> Request:
        """A request with one Via, that of the far end."""
        request = self.core.request(method, uri, *headers)
        branch = request.top_via.params["branch"]
        request.remove("Via")
        request.push("Via", f"SIP/2.0/UDP {FAR};branch={branch}")
        request.set("From", f"<{CAROL}>;tag=c")
        return request


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.mark.parametrize(
    ("uri", "hop"),
    [
        (CAROL, FAR),
        ("sip:carol@FAR.example:5080;transport=tcp", FAR),
        (f"sip:{FAR_DOMAIN}", FAR),
        ("tel:+49-40-1", NUMBERS),
        (f"sip:+49401@{DOMAIN};user=phone", NUMBERS),
    ],
)
def test_requests_of_a_registered_user_go_to_the_next_hop(far: Far, uri: str, hop: Endpoint) -> None:
    """24.229 §5.4.3.2: by domain or by number; the Request-URI stays."""
    to, went = far.sent(far.core.request("MESSAGE", uri, ORIG, ASSERTED), PCSCF)
    assert (to, went.uri) == (hop, uri)
    assert went.values("Route") == []
    assert went.get("P-Called-Party-ID") is None


@pytest.mark.parametrize("uri", [BOB, TEL_BOB, f"sip:+4930123456@{FAR_DOMAIN};user=phone"])
def test_own_users_come_before_routes(far: Far, uri: str) -> None:
    to, went = far.sent(far.core.request("MESSAGE", uri, ORIG, ASSERTED), PCSCF)
    assert (to, went.uri) == (PCSCF, far.core.bob.contact)


@pytest.mark.parametrize("uri", [f"sip:nobody@{DOMAIN}", "sip:carol@farther.example", "tel:+331"])
def test_what_no_route_fits_is_not_found(far: Far, uri: str) -> None:
    assert far.refused(far.core.request("MESSAGE", uri, ORIG, ASSERTED), PCSCF) == (
        404,
        Refusal.NO_SUCH_USER,
    )


def test_only_registered_users_reach_other_networks(far: Far) -> None:
    """24.229 §5.4.3.2: a request that is not an originating one is for users of ours."""
    assert far.refused(far.core.request("MESSAGE", CAROL, ASSERTED), PCSCF)[0] == 404
    stranger = ("P-Asserted-Identity", f"<sip:nobody@{DOMAIN}>")
    assert far.refused(far.core.request("MESSAGE", CAROL, ORIG, stranger), PCSCF) == (
        403,
        Refusal.NOT_REGISTERED,
    )


@pytest.mark.parametrize(
    ("privacy", "asserted"), [((), [ASSERTED[1]]), ((("Privacy", "header; Id"),), [])], ids=["none", "id"]
)
def test_what_leaves_the_trust_domain(
    far: Far, privacy: tuple[tuple[str, str], ...], asserted: list[str]
) -> None:
    """24.229 §4.4; RFC 3325 §7: the identity goes along unless privacy is asked for, charging does not."""
    request = far.core.request("MESSAGE", CAROL, ORIG, ASSERTED, CHARGING, ACCESS, *privacy)
    _, went = far.sent(request, PCSCF)
    assert went.values("P-Asserted-Identity") == asserted
    assert not {"p-charging-vector", "p-access-network-info"} & set(went.names())


class TestCallByFarEnd:
    """INVITE from the far end to a user of ours."""

    def begin(self, far: Far, *headers: tuple[str, str]) -> tuple[Request, Request]:
        """The INVITE as it came and as it went to the P-CSCF."""
        invite = far.from_far("INVITE", BOB, ("Contact", f"<sip:carol@{FAR}>"), *headers)
        to, went = far.sent(invite, FAR)
        assert to == PCSCF
        return invite, went

    def test_it_reaches_the_contact_of_the_user(self, far: Far) -> None:
        """24.229 §5.4.3.3; no P-Asserted-Identity is needed for that."""
        _, went = self.begin(far)
        assert went.uri == far.core.bob.contact
        assert went.values("Route") == [far.core.bob.path]
        assert went.values("Record-Route") == ["<sip:10.20.0.2:5060;lr>"]

    def test_nothing_it_asserts_is_believed(self, far: Far) -> None:
        """RFC 3325 §5: from outside the trust domain."""
        _, went = self.begin(far, ASSERTED, CHARGING, ("P-Asserted-Service", "urn:x"), ("P-Served-User", "x"))
        assert [name for name in went.names() if name.startswith("p-")] == ["p-called-party-id"]

    def test_answers_go_back_without_charging(self, far: Far) -> None:
        _, went = self.begin(far)
        answer = make_response(went, 200, to_tag="b", headers=[("P-Asserted-Identity", f"<{BOB}>"), CHARGING])
        ((to, back),) = far.feed(answer, PCSCF)
        assert to == FAR
        assert back.get("P-Asserted-Identity") == f"<{BOB}>"
        assert back.get("P-Charging-Vector") is None

    def test_ack_and_bye_follow_the_route_set(self, far: Far) -> None:
        """RFC 3261 §12.2."""
        _, went = self.begin(far)
        far.feed(make_response(went, 200, to_tag="b"), PCSCF)
        for method in ("ACK", "BYE"):
            request = far.from_far(
                method, far.core.bob.contact, ("Route", f"<sip:10.20.0.2:5060;lr>, {far.core.bob.path}")
            )
            request.set("To", f"<{BOB}>;tag=b")
            to, forwarded = far.sent(request, FAR)
            assert (to, forwarded.method, forwarded.uri) == (PCSCF, method, far.core.bob.contact)

    def test_cancel_and_busy(self, far: Far) -> None:
        invite, went = self.begin(far)
        far.feed(make_response(went, 180, to_tag="b"), PCSCF)
        cancel = invite.copy()
        cancel.method = "CANCEL"
        cancel.set("CSeq", "1 CANCEL")
        sent = {m.method if isinstance(m, Request) else m.status: to for to, m in far.feed(cancel, FAR)}
        assert sent == {200: FAR, "CANCEL": PCSCF}
        answers = far.feed(make_response(went, 487, to_tag="b"), PCSCF)
        assert [(to, m.status) for to, m in answers if isinstance(m, Response)] == [(FAR, 487)]


def test_within_a_dialog_a_name_is_as_good_as_an_address(far: Far) -> None:
    """RFC 3261 §12.2.1: the far end gave a Contact in its domain, not an address."""
    for method in ("ACK", "BYE"):
        request = far.core.request(method, CAROL, ("Route", "<sip:10.20.0.2:5060;lr>"))
        request.set("To", f"<{CAROL}>;tag=c")
        to, went = far.sent(request, PCSCF)
        assert (to, went.uri) == (FAR, CAROL)


def test_an_answer_from_outside_asserts_nothing(far: Far) -> None:
    """RFC 3325 §5."""
    _, went = far.sent(far.core.request("INVITE", CAROL, ORIG, ASSERTED), PCSCF)
    ((to, back),) = far.feed(
        make_response(went, 200, to_tag="c", headers=[("P-Asserted-Identity", f"<{BOB}>")]), FAR
    )
    assert to == PCSCF
    assert back.get("P-Asserted-Identity") is None


class TestOutside:
    """What a peer outside the trust domain may not do."""

    def test_use_the_service_route(self, far: Far) -> None:
        """It cannot be a user of ours: what it asserts is taken out first."""
        assert far.refused(far.from_far("MESSAGE", BOB, ORIG, ASSERTED), FAR) == (403, Refusal.NOT_REGISTERED)

    def test_register(self, far: Far) -> None:
        """AKA-30, INT-05: the answer would have the keys, and integrity-protected would be believed."""
        request = far.core.register(far.core.alice)
        assert far.refused(request, FAR) == (403, Refusal.OUTSIDE_TRUST_DOMAIN)

    @pytest.mark.parametrize("to_tag", ["", ";tag=x"], ids=["initial", "in dialog"])
    def test_go_through_to_another_network(self, far: Far, to_tag: str) -> None:
        route = ("Route", f"<sip:10.20.0.2:5060;lr>, <sip:{NUMBERS};lr>")
        request = far.from_far("MESSAGE", CAROL, route)
        request.set("To", f"<{CAROL}>{to_tag}")
        assert far.refused(request, FAR) == (403, Refusal.OUTSIDE_TRUST_DOMAIN)

    def test_who_is_inside_may_be_said(self) -> None:
        """With `trusted`, everybody else is outside: the P-CSCF is inside, any unknown address is not."""
        far = Far(replace(CONFIG, trusted=(PCSCF.address,)))
        elsewhere = Endpoint("10.20.0.77", Port(5060))
        assert far.refused(far.core.register(far.core.alice), elsewhere)[0] == 403
        far = Far(replace(CONFIG, trusted=(PCSCF.address, FAR.address)))
        _, went = far.sent(far.from_far("MESSAGE", BOB, ("P-Asserted-Identity", f"<{CAROL}>")), FAR)
        assert went.get("P-Asserted-Identity") == f"<{CAROL}>"


NEITHER_WAY = (
    "Additional-Identity Attestation-Info Cellular-Network-Info Feature-Caps Origination-Id "
    "P-Access-Network-Info P-Associated-URI P-Charging-Function-Addresses P-Charging-Vector "
    "P-Private-Network-Indication P-Profile-Key P-Refused-URI-List P-Served-User P-User-Database "
    "P-Visited-Network-ID Priority-Share Relayed-Charge Resource-Share Response-Source Restoration-Info "
    "Service-Interact-Info"
).split()


@pytest.mark.parametrize("name", NEITHER_WAY)
def test_the_networks_own_business_crosses_in_no_direction(far: Far, name: str) -> None:
    """PCS-28: in requests and in responses, out and in."""
    inner = (name.upper(), "inner")
    request = far.core.request("MESSAGE", CAROL, ORIG, ASSERTED, inner)
    _, went = far.sent(request, PCSCF)
    assert b"inner" not in went.to_bytes()
    ((_, back),) = far.feed(make_response(went, 200, headers=[inner]), FAR)
    assert b"inner" not in back.to_bytes()
    _, came = far.sent(far.from_far("MESSAGE", BOB, inner), FAR)
    assert b"inner" not in came.to_bytes()
    ((to, answer),) = far.feed(make_response(came, 200, headers=[inner]), PCSCF)
    assert to.address == FAR.address
    assert b"inner" not in answer.to_bytes()


@pytest.mark.parametrize("prefix", ["+49", "+4-9", "+49(40)"])
def test_a_prefix_however_it_is_written(prefix: str) -> None:
    far = Far(replace(CONFIG, routes=(Route(NUMBERS, prefix=prefix),)))
    to, _ = far.sent(far.core.request("MESSAGE", "tel:+49-401", ORIG, ASSERTED), PCSCF)
    assert to == NUMBERS
