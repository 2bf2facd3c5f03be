"""421, 494 and 420 by the letter, for every request, over every bearer (AGR-30, AGR-35, PCS-23)."""

from collections.abc import Callable

import pytest
from tests.unit.nodes.pcscf.bed import CORE, HOME, TCP, UDP, Bed, Ue, make_response

from twopair.base import Flow, Refusal, Spi, StreamOpened, Transport
from twopair.core.sa import Stage
from twopair.core.secagree import ServerList
from twopair.nodes.facts import RegistrationFailed
from twopair.wire.sip import Request, Response

Speaks = Callable[[Bed, Ue, dict[str, str]], None]


def clear(bed: Bed, ue: Ue, changes: dict[str, str]) -> None:
    bed.receive(ue.clear, ue.register(**changes))


def refresh(bed: Bed, ue: Ue, changes: dict[str, str]) -> None:
    bed.register(ue)
    flow, old = ue.uplink, ue.terms
    ue.renew(old._replace(spi_c=Spi(70_000), spi_s=Spi(70_001)))
    bed.receive(flow, ue.register(port=str(old.port_s), response="d" * 32, **changes))
    ue.renew(old)


def sm7(bed: Bed, ue: Ue, changes: dict[str, str]) -> None:
    bed.sm6(ue, bed.sm1(ue))
    bed.receive(ue.uplink, ue.sm7(**changes))


def message(bed: Bed, ue: Ue, changes: dict[str, str]) -> None:
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(**changes))


def answered(bed: Bed) -> Response:
    """The one answer; the core has heard of nothing."""
    assert not [m for flow, m in bed.sent if flow.local == CORE]
    _, found = bed.to_ue()
    assert isinstance(found, Response)
    return found


@pytest.mark.parametrize(
    ("naming", "refusal"),
    [
        ({}, Refusal.AGREEMENT_NOT_KNOWN),
        ({"Supported": "path, 100rel"}, Refusal.AGREEMENT_NOT_KNOWN),
        ({"Require": "pref"}, Refusal.AGREEMENT_NOT_KNOWN),
        ({"Supported": "path, Sec-Agree"}, Refusal.SECURITY_CLIENT_MISSING),
        ({"Require": "sec-agree"}, Refusal.SECURITY_CLIENT_MISSING),
        ({"Proxy_Require": "privacy , SEC-AGREE"}, Refusal.SECURITY_CLIENT_MISSING),
    ],
)
@pytest.mark.parametrize("speaks", [clear, refresh])
def test_register_without_security_client(speaks: Speaks, naming: dict[str, str], refusal: Refusal) -> None:
    """AGREEMENT_NOT_KNOWN, SECURITY_CLIENT_MISSING. AGR-30, AGR-33: 421 to who does not know, else 494."""
    bed, ue = Bed(), Ue()
    said = {"Require": "", "Proxy_Require": "", "Supported": "", **naming, "Security_Client": ""}
    speaks(bed, ue, said)
    response = answered(bed)
    assert bed.refusals == [refusal]
    assert response.status == refusal.status
    assert response.values("Require") == ["sec-agree"]
    assert ServerList.parse(response.get_all("Security-Server")).entries
    assert [fact.refusal for fact in bed.facts(RegistrationFailed)] == [refusal]


@pytest.mark.parametrize(
    ("speaks", "changes"),
    [
        (clear, {"Security_Client": "tls"}),
        (refresh, {"Security_Verify": ""}),
        (refresh, {"Security_Verify": "tls"}),
        (sm7, {"Security_Verify": "tls"}),
        (sm7, {"Security_Client": ""}),
        (message, {"Security_Verify": ""}),
        (message, {"Security_Verify": "tls"}),
    ],
)
def test_494_asks_for_the_agreement(speaks: Speaks, changes: dict[str, str]) -> None:
    """AGR-30, AGR-35, ERR-08, ERR-10, ERR-11: Security-Server and Require, whatever was refused."""
    bed, ue = Bed(), Ue()
    speaks(bed, ue, changes)
    response = answered(bed)
    assert response.status == 494
    assert response.values("Require") == ["sec-agree"]
    assert len(response.get_all("Security-Server")) == 1


@pytest.mark.parametrize("speaks", [clear, refresh, sm7, message])
@pytest.mark.parametrize(
    ("lines", "unsupported"),
    [
        (["sec-agree, mediasec"], ["mediasec"]),
        (["MediaSec", "sec-agree"], ["MediaSec"]),
        (["privacy,foo ,  bar", "sec-agree,path"], ["foo", "bar"]),
    ],
)
def test_420_to_a_ue(speaks: Speaks, lines: list[str], unsupported: list[str]) -> None:
    """BAD_PROXY_EXTENSION. PCS-23: REGISTER in the clear and over a set, SM7, any other request."""
    bed, ue = Bed(), Ue()
    speaks(bed, ue, {"Proxy_Require": "\r\nProxy-Require: ".join(lines)})
    response = answered(bed)
    assert response.status == 420
    assert response.values("Unsupported") == unsupported
    assert bed.refusals == [Refusal.BAD_PROXY_EXTENSION]


def test_420_leaves_a_challenge_open() -> None:
    """PCS-23, ERR-30: a better SM7 still completes the authentication."""
    bed, ue = Bed(), Ue()
    sm7(bed, ue, {"Proxy_Require": "mediasec"})
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


@pytest.mark.parametrize("transport", [UDP, TCP])
def test_420_to_the_core(transport: Transport) -> None:
    """BAD_PROXY_EXTENSION. PCS-23: the UE hears nothing of it; what is passed on goes through."""
    bed, ue = Bed(pass_on=("privacy", "Secure-It")), Ue(transport=transport)
    bed.register(ue)
    bed.from_core(ue, "INVITE", Proxy_Require="privacy, foo")
    [(flow, response)] = bed.sent
    assert isinstance(response, Response)
    assert (flow.local, response.status) == (CORE, 420)
    assert response.values("Unsupported") == ["foo"]
    bed.from_core(ue, Proxy_Require="privacy, secure-it")
    if transport is TCP:
        bed.feed(StreamOpened(bed.opened()[0]))
        bed.from_core(ue, Proxy_Require="privacy, secure-it")
    assert bed.to_ue()[1].values("Proxy-Require") == ["privacy", "secure-it"]


def test_nothing_is_passed_on_where_nothing_is_listed() -> None:
    """PCS-23."""
    bed, ue = Bed(pass_on=()), Ue()
    message(bed, ue, {"Proxy_Require": "sec-agree, privacy"})
    assert answered(bed).values("Unsupported") == ["privacy"]


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_are_never_refused_for_it(method: str) -> None:
    """PCS-23 (RFC 3261 §8.2.2.3): from the UE and from the core."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    sent = bed.to_core()
    bed.core(sent, 180)
    if method == "CANCEL":
        bed.receive(ue.uplink, invite.replace(b"INVITE", b"CANCEL").replace(b": sec-agree", b": mediasec"))
        assert {m.status for _, m in bed.sent if isinstance(m, Response)} == {200}
    else:
        bed.core(sent, 200)
        route = bed.pcscf.tables.sets.at(ue.uplink).route  # type: ignore[union-attr]
        ack = ue.within(invite, "ACK", "core", Route=route, Proxy_Require="mediasec")
        bed.receive(ue.uplink, ack)
    assert bed.refusals == []
    assert [m for flow, m in bed.sent if flow.local == CORE and isinstance(m, Request)]


def test_cancel_of_the_core_is_never_refused_for_it() -> None:
    """PCS-23 (RFC 3261 §8.2.2.3)."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.from_core(ue, "INVITE")
    flow, invite = bed.to_ue()
    assert isinstance(invite, Request)
    assert invite.top_via
    ringing = make_response(invite, 180, to_tag="u")
    bed.receive(ue.flow(ue.terms.port_c, 5062), ringing.to_bytes())
    subscriber = bed.pcscf.tables.subscribers.of(ue.impi)
    assert subscriber is not None
    cancel = (
        f"CANCEL sip:{ue.address}:{ue.terms.port_s} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {HOME};branch=z9hG4bKc{bed.nonces}\r\nMax-Forwards: 60\r\n"
        f"Route: {subscriber.path}\r\nFrom: <sip:bob@elsewhere>;tag=b\r\nTo: <{ue.impu}>\r\n"
        f"Call-ID: core-{bed.nonces}\r\nCSeq: 1 CANCEL\r\n"
        "Proxy-Require: mediasec\r\nContent-Length: 0\r\n\r\n"
    )
    bed.receive(Flow(UDP, CORE, HOME), cancel.encode())
    assert bed.refusals == []
    assert bed.to_ue()[0] == flow
