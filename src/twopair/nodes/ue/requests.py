"""The requests a UE sends, header by header (24.229 §5.1.1.2, §5.1.1.4, §5.1.1.5, §5.1.2A)."""

from typing import Final

from twopair.base import Transport, token
from twopair.core.registration.ue import Round
from twopair.core.secagree import ServerList
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.registration import Registration
from twopair.nodes.ue.sets import LiveSet
from twopair.nodes.wishes import SendMessage
from twopair.wire.sip import Request, make_request

AGREE: Final = (("Require", "sec-agree"), ("Proxy-Require", "sec-agree"))
"""In every request to the P-CSCF (AGR-20, AGR-25)."""

Headers = list[tuple[str, str]]


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
    headers: Headers = [
        ("Via", via),
        ("Max-Forwards", "70"),
        ("From", f"{me};tag={attempt.from_tag}"),
        ("To", me),
        ("Call-ID", attempt.call_id),
        ("CSeq", f"{attempt.cseq} REGISTER"),
        ("Contact", profile.contact),
        ("Expires", str(attempt.expires_s)),
        ("Authorization", authorization),
        *AGREE,
        ("Supported", "path"),
        *(("Security-Client", line) for line in attempt.offer.lines),
    ]
    if verify is not None:
        headers += verify_headers(verify)
        headers += _access_network(gm)
    return make_request("REGISTER", profile.registrar, headers)


def message(
    gm: Gm, registration: Registration, live: LiveSet, wish: SendMessage, transport: Transport
) -> Request:
    """A MESSAGE (RFC 3428), a standalone request over the set in use (UEP-08, AGR-25); it has no Contact."""
    me = registration.associated[0]
    port_ps = live.sa_set.ports.ps
    pcscf = gm.config.pcscf._replace(port=port_ps)
    headers: Headers = [
        ("Via", gm.profile.via(transport, gm.entropy)),
        ("Max-Forwards", "70"),
        ("Route", f"<sip:{pcscf};lr>"),
        *(("Route", route) for route in registration.service_route),
        ("From", f"<{me}>;tag={token(gm.entropy)}"),
        ("To", f"<{wish.to}>"),
        ("Call-ID", token(gm.entropy, 16)),
        ("CSeq", "1 MESSAGE"),
        ("P-Preferred-Identity", f"<{me}>"),
        *_access_network(gm),
        *AGREE,
        *verify_headers(live.server),
        ("Content-Type", wish.content_type),
    ]
    return make_request("MESSAGE", wish.to, headers, wish.body)


def _access_network(gm: Gm) -> Headers:
    """P-Access-Network-Info, in protected requests only (UEP-05, UEP-08)."""
    return [("P-Access-Network-Info", gm.config.access_network)] if gm.config.access_network else []
