"""What nearly all peers write is read in a shorter way, to the same effect (24.229 §5.2.2.1)."""

import pytest

from twopair.base import Endpoint, Port
from twopair.nodes.pcscf.gm.admission import stamped
from twopair.nodes.pcscf.register.binding import identities
from twopair.wire.sip import Via, addresses, make_request, make_response

SOURCE = Endpoint("10.10.1.2", Port(40000))


@pytest.mark.parametrize(
    "tail",
    [
        "branch=z9hG4bK1;rport",
        "rport;branch=z9hG4bK1",
        "branch=z9hG4bKrport;rport",
        "branch=z9hG4bK1;rport;branch=z9hG4bK2",
        "rport",
        "branch=z9hG4bK1;rport=1",
        "branch=z9hG4bK1;transport=UDP;rport",
        "branch=z9hG4bK1; rport",
        "branch=z9hG4bK1;RPORT",
        "received=10.9.9.9;branch=z9hG4bK1;rport",
    ],
)
def test_rport_is_answered(tail: str) -> None:
    """PCS-05 (RFC 3581 §4): in its place, `received` behind all others."""
    via = Via("UDP", "10.10.1.2", Port(5060), tail)
    assert stamped(via, SOURCE) == via.with_params(received="10.10.1.2", rport="40000")


@pytest.mark.parametrize(("host", "seen"), [("10.10.1.2", ""), ("10.10.1.3", ";received=10.10.1.2")])
def test_received_where_the_source_is_another(host: str, seen: str) -> None:
    """PCS-05 (RFC 3261 §18.2.1)."""
    via = Via("UDP", host, Port(5060), "branch=z9hG4bK1")
    assert str(stamped(via, SOURCE)) == f"{via}{seen}"


@pytest.mark.parametrize(
    "lines",
    [
        ["<sip:a@ims.example>, <tel:+1>"],
        ["<sip:a@ims.example>,<sip:b@ims.example>"],
        ["<sip:a@ims.example><tel:+1>"],
        ["<sip:a@ims.example>,  <tel:+1>"],
        ['"A, B" <sip:a@ims.example>;x=y, <tel:+1>'],
        ["sip:a@ims.example, tel:+1"],
        ["<sip:a@ims.example;user=phone>", "<tel:+1;phone-context=x>"],
        ["<sip:a@ims.example", "tel:+1>"],
        ["<mailto:a@b>, <sip:a@ims.example>"],
        [],
    ],
)
def test_identities_of_a_registration(lines: list[str]) -> None:
    """MGP-09, PCS-07: those that can be read, in order."""
    request = make_request("REGISTER", "sip:ims.example", [("Via", "SIP/2.0/UDP a;branch=z9hG4bK1")])
    response = make_response(request, 200, headers=[("P-Associated-URI", line) for line in lines])
    assert list(identities(response)) == [address.uri for address in addresses(lines)]
