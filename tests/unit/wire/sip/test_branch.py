"""The branch of the topmost Via, found without reading the rest (RFC 3261 §17.1.3)."""

import pytest

from twopair.base import WireError
from twopair.wire.sip import make_request


@pytest.mark.parametrize(
    "via",
    [
        "SIP/2.0/UDP h;branch=z9hG4bKa",
        "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKa;rport",
        "SIP/2.0/UDP h;rport;branch=z9hG4bKa",
        'SIP/2.0/UDP h;x=";branch=no";branch=z9hG4bKa',
        "SIP/2.0/UDP h ; Branch = z9hG4bKa",
        "SIP/2.0/UDP h;branch=z9hG4bKa, SIP/2.0/UDP i;branch=z9hG4bKb",
        "SIP/2.0/UDP h, SIP/2.0/UDP i;branch=z9hG4bKb",
        "SIP/2.0/UDP h",
    ],
)
def test_the_same_as_of_the_whole_via(via: str) -> None:
    """The short way and the long way agree, before and after the Via was parsed, and after an edit."""
    message = make_request("MESSAGE", "sip:x", [("To", "<sip:a;branch=to>"), ("Via", via)])
    short = message.branch
    assert short == message.top_via.branch == message.branch
    message.push("Via", "SIP/2.0/TCP j;branch=z9hG4bKc")
    assert message.branch == "z9hG4bKc"


@pytest.mark.parametrize("headers", [[], [("Via", "nonsense")], [("To", "<sip:a>;branch=b")]])
def test_no_via_no_branch(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(WireError):
        assert make_request("MESSAGE", "sip:x", headers).branch
