"""One equality of URIs (RFC 3261 §19.1.4, RFC 3966 §4); the examples of both RFCs, and of the field."""

import pytest

from twopair.base import WireError
from twopair.wire.sip import TelUri, same_uri, uri_key

EQUAL = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("SIP:bob@biloxi.com", "sip:bob@biloxi.com"),
    ("sip:a@[2001:DB8:0::1]", "sip:a@[2001:db8::1]"),
    ("sip:a%5fb@h", "sip:a_b@h"),
    ("sip:a%3bb@h", "sip:a%3Bb@h"),
    ("tel:+1-201-555-0123", "tel:+12015550123"),
    ("tel:+1(555)010.0001", "TEL:+15550100001"),
    ("tel:7042;phone-context=Example.com", "tel:7042;phone-context=example.com"),
    ("tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"),
    ("tel:7042;isub=1;phone-context=x.org", "tel:7042;phone-context=x.org;isub=1"),
    ("sip:+1-555-010@h;user=phone", "sip:+1555010@h;user=phone"),
    ("urn:service:sos", "URN:service:sos"),
]
DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:a@h", "sips:a@h"),
    ("sip:a@h", "sip:h"),
    ("sip:a%40b@h", "sip:a@h"),
    ("sip:+1555@h;user=phone", "sip:+1555@h"),
    ("sip:+1-555@h", "sip:+1555@h"),
    ("tel:+1555", "tel:1555;phone-context=+1"),
    ("tel:7042;phone-context=a.org", "tel:7042;phone-context=b.org"),
    ("tel:7042;phone-context=a-b.org", "tel:7042;phone-context=ab.org"),
    ("tel:+1555", "sip:+1555@h;user=phone"),
    ("urn:service:sos", "urn:service:sos.fire"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal(one: str, other: str) -> None:
    assert same_uri(one, other)
    assert same_uri(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert not same_uri(one, other)
    assert not same_uri(other, one)


def test_a_parameter_in_one_only_does_not_part_identities() -> None:
    """Two that differ in a parameter which counts only where both have it are one identity, two bindings."""
    on, off = "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"
    assert uri_key(on) == uri_key(off)
    assert not same_uri(on, off)


@pytest.mark.parametrize("text", ["", "x", "sip:", "tel:", "tel:+", "tel:()", "sip:a@b@c", "tel:+12a", ":x"])
def test_what_is_no_uri_has_no_key_and_equals_itself_alone(text: str) -> None:
    with pytest.raises(WireError):
        uri_key(text)
    assert same_uri(text, text)
    assert not same_uri(text, "sip:a@b")


def test_parts_of_a_telephone_number() -> None:
    found = TelUri.parse("tel:+1-555-010;ext=7")
    assert (found.digits, str(found)) == ("+1555010", "tel:+1-555-010;ext=7")
