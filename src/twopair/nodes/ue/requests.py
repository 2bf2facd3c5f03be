"""The requests a UE sends, header by header (24.229 §5.1.1.2, §5.1.1.4, §5.1.1.5, §5.1.2A)."""

from collections.abc import Sequence
from typing import Final

from twopair.base import Impu, Transport, token
from twopair.core.registration.binding import Asked
from twopair.core.registration.ue import Round
from twopair.core.registration.ue_timing import REGISTRATION_S
from twopair.core.secagree import ServerList
from twopair.core.sip.dialog import Dialog
from twopair.core.subscription import Subscription
from twopair.nodes.ue import media
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.intervals import ask
from twopair.nodes.ue.registration import Registration
from twopair.nodes.ue.sets import LiveSet
from twopair.nodes.wishes import SendMessage
from twopair.wire.reginfo import CONTENT_TYPE
from twopair.wire.sdp import Direction
from twopair.wire.sip import Request, make_request

AGREE: Final = (("Require", "sec-agree"), ("Proxy-Require", "sec-agree"))
"""In every request to the P-CSCF (AGR-20, AGR-25)."""

SDP: Final = "application/sdp"

Headers = Sequence[tuple[str, str]]


def verify_headers(server: ServerList) -> Headers:
    """Security-Verify: Security-Server sent back as it came, line by line (AGR-24, AGR-25, Q-05)."""
    return [("Security-Verify", line) for line in server.lines]


def register(gm: Gm, attempt: Round, via: str, authorization: str, verify: ServerList | None) -> Request:
    """A REGISTER: SM1, SM7, or the answer to an invalid challenge.

    Args:
        gm: of this UE.
        attempt: Call-ID, CSeq, offer and interval.
        via: value of Via with a new branch.
        authorization: value of Authorization.
        verify: Security-Server to be mirrored; None for a request in the clear (AKA-23).
    """
    profile, me = gm.profile, f"<{gm.profile.impu}>"
    headers = [
        ("Via", via),
        ("Max-Forwards", "70"),
        ("From", f"{me};tag={attempt.from_tag}"),
        ("To", me),
        ("Call-ID", attempt.call_id),
        ("CSeq", f"{attempt.cseq} REGISTER"),
        ("Contact", profile.registered),
        ("Expires", str(attempt.expires_s)),
        ("Authorization", authorization),
        *AGREE,
        ("Supported", ", ".join(profile.supported)),
        *(("Security-Client", line) for line in attempt.offer.lines),
    ]
    if verify is not None:
        headers += [*verify_headers(verify), *_access_network(gm)]
    return make_request("REGISTER", profile.registrar, headers)


def asked(gm: Gm, attempt: Round) -> Asked:
    """What the REGISTER requests of a round ask for (PCS-27)."""
    return Asked.read([gm.profile.registered], str(attempt.expires_s))


def message(
    gm: Gm, registration: Registration, live: LiveSet, wish: SendMessage, transport: Transport
) -> Request:
    """A MESSAGE outside a dialog (RFC 3428); it has no Contact."""
    content = [("Content-Type", wish.content_type)]
    return _outside(gm, registration, live, "MESSAGE", wish.to, transport, content, wish.body)


def options(gm: Gm, registration: Registration, live: LiveSet, transport: Transport) -> Request:
    """An OPTIONS that goes no further than the P-CSCF (RFC 3261 §11, §16.3)."""
    to = Impu(f"sip:{gm.config.pcscf._replace(port=live.sa_set.ports.ps)}")
    request = _outside(gm, registration, live, "OPTIONS", to, transport, (), b"")
    request.set("Max-Forwards", "0")
    return request


def invite(gm: Gm, registration: Registration, live: LiveSet, to: Impu, transport: Transport) -> Request:
    """An INVITE (RFC 3261 §13.2.1, RFC 4028 §7.1); Contact has port_us (MSG-03)."""
    interval = ask(gm.config, 0, gm.config.session_expires_s)
    extra = [("Contact", gm.profile.contact), *able(gm.config), *interval, ("Content-Type", SDP)]
    return _outside(gm, registration, live, "INVITE", to, transport, extra, offer(gm))


def invite_again(gm: Gm, invite: Request, live: LiveSet, least_s: int, interval_s: int) -> Request:
    """An INVITE that was answered 422, asking for a longer interval, in a new transaction (RFC 4028 §7.3)."""
    again = invite.copy()
    transport = Transport(invite.top_via.transport.upper())
    again.set("Via", gm.profile.via(transport, gm.entropy))
    again.set("CSeq", f"{invite.cseq.number + 1} INVITE")
    lines = [*verify_headers(live.server), *ask(gm.config, least_s, interval_s)]
    for name in dict(lines):
        again.remove(name)
    for name, value in lines:
        again.add(name, value)
    return again


def offer(gm: Gm) -> bytes:
    """What a call begins with: no media, or a stream whose resources are still to be had (RFC 3312 §4)."""
    return media.audio(gm, 1, Direction.SENDRECV, media.NONE) if gm.config.preconditions else no_media(gm)


def no_media(gm: Gm) -> bytes:
    """A session description, offer and answer alike: a stream that nobody uses (RFC 3264 §8.2)."""
    return media.audio(gm, 1, Direction.INACTIVE)


def subscribe(
    gm: Gm, registration: Registration, live: LiveSet, to: Impu, subscription: Subscription
) -> Request:
    """A SUBSCRIBE to registration events, in its dialog where there is one (24.229 §5.1.1.3)."""
    extra = [
        ("Event", "reg"),
        ("Expires", str(REGISTRATION_S)),
        ("Accept", CONTENT_TYPE),
        ("Contact", gm.profile.contact),
    ]
    number, dialog = subscription.ask(), subscription.dialog
    if dialog is not None:
        return within(gm, dialog, live, "SUBSCRIBE", number, extra)
    request = _outside(gm, registration, live, "SUBSCRIBE", to, gm.config.transport, extra, b"")
    request.set("From", f"<{registration.associated[0]}>;tag={subscription.tag}")
    request.set("Call-ID", subscription.call_id)
    request.set("CSeq", f"{number} SUBSCRIBE")
    return request


def _outside(
    gm: Gm,
    registration: Registration,
    live: LiveSet,
    method: str,
    to: Impu,
    transport: Transport,
    extra: Headers,
    body: bytes,
) -> Request:
    """A request outside a dialog over the set in use (UEP-08, AGR-25)."""
    me = registration.associated[0]
    port_ps = live.sa_set.ports.ps
    pcscf = gm.config.pcscf._replace(port=port_ps)
    headers = [
        ("Via", gm.profile.via(transport, gm.entropy)),
        ("Max-Forwards", "70"),
        ("Route", f"<sip:{pcscf};lr>"),
        *(("Route", route) for route in registration.service_route),
        ("From", f"<{me}>;tag={token(gm.entropy)}"),
        ("To", f"<{to}>"),
        ("Call-ID", token(gm.entropy, 16)),
        ("CSeq", f"1 {method}"),
        ("P-Preferred-Identity", f"<{me}>"),
        *_access_network(gm),
        *AGREE,
        *verify_headers(live.server),
        *extra,
    ]
    return make_request(method, to, headers, body)


def within(
    gm: Gm,
    dialog: Dialog,
    live: LiveSet,
    method: str,
    number: int,
    extra: Headers = (),
    body: bytes = b"",
) -> Request:
    """A request within a dialog, over the set in use by now (RFC 3261 §12.2.1; AGR-25)."""
    headers = [
        ("Via", gm.profile.via(gm.config.transport, gm.entropy)),
        ("Max-Forwards", "70"),
        *(("Route", route) for route in dialog.route),
        ("From", dialog.local),
        ("To", dialog.remote),
        ("Call-ID", dialog.call_id),
        ("CSeq", f"{number} {method}"),
        *([] if method == "ACK" else _access_network(gm)),
        *AGREE,
        *verify_headers(live.server),
        *extra,
    ]
    return make_request(method, dialog.target, headers, body)


def cancel(invite: Request) -> Request:
    """The CANCEL of an INVITE: the same hop and branch (RFC 3261 §9.1)."""
    names = ("Via", "Route", "From", "To", "Call-ID", "Require", "Proxy-Require", "Security-Verify")
    headers = [(name, value) for name in names for value in invite.get_all(name)]
    headers += [("CSeq", f"{invite.cseq.number} CANCEL"), ("Max-Forwards", "70")]
    return make_request("CANCEL", invite.uri, headers)


def _access_network(gm: Gm) -> Headers:
    """P-Access-Network-Info, in protected requests only (UEP-05, UEP-08)."""
    return [("P-Access-Network-Info", gm.config.access_network)] if gm.config.access_network else []
