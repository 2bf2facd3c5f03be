"""Values of headers: Via, URI, address, CSeq, digest fields, parameters, lists (RFC 3261 §19, §20, §25)."""

import pytest

from twopair.base import WireError
from twopair.wire.sip import (
    Challenge,
    Credentials,
    CSeq,
    NameAddr,
    SipUri,
    Via,
    first_element,
    parse_params,
    print_params,
    quote,
    split_list,
    unquote,
)
from twopair.wire.sip.auth import _shape


@pytest.mark.parametrize(
    ("text", "transport", "host", "port", "branch"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport", "UDP", "10.0.0.1", 5060, "z9hG4bK1"),
        ("SIP/2.0/tcp [2001:db8::1]:6101;branch=z9hG4bK1", "TCP", "2001:db8::1", 6101, "z9hG4bK1"),
        ("SIP  /   2.0 /UDP    192.0.2.2;branch=390skdjuw", "UDP", "192.0.2.2", None, "390skdjuw"),
        ("sip/2.0/UDP host : 65535 ; BRANCH = x", "UDP", "host", 65535, "x"),
        ('SIP/2.0/UDP h;a=";branch=no";branch=yes', "UDP", "h", None, "yes"),
        ("SIP/2.0/UDP h", "UDP", "h", None, None),
    ],
)
def test_via(text: str, transport: str, host: str, port: int | None, branch: str | None) -> None:
    via = Via.parse(text)
    assert (via.transport, via.host, via.port, via.branch) == (transport, host, port, branch)
    assert Via.parse(str(via)) == via


def test_via_with_params() -> None:
    """RFC 3581: received and rport are filled in."""
    via = Via.parse("SIP/2.0/UDP h;rport;branch=b").with_params(rport="6100", received="10.0.0.1")
    assert str(via) == "SIP/2.0/UDP h;rport=6100;branch=b;received=10.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    ["", "SIP/2.0/UDP", "SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:65536",
     "SIP/2.0/UDP [::1", "SIP/2.0/UDP h x", "SIP/2.0", "SIP/2.0/UDP h:x;branch=1"],
)  # fmt: skip
def test_no_via(wrong: str) -> None:
    with pytest.raises(WireError):
        Via.parse(wrong)


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("sip:alice@ims.example", "alice", "ims.example", None),
        ("SIP:alice:secret@10.0.0.1:5060;transport=tcp;lr?a=b", "alice:secret", "10.0.0.1", 5060),
        ("sips:[2001:db8::1]:6101", None, "2001:db8::1", 6101),
        ("sip:a;b=c%40d@host", "a;b=c%40d", "host", None),
        ("sip:+15551234;phone-context=x@h;user=phone", "+15551234;phone-context=x", "h", None),
    ],
)
def test_sip_uri(text: str, user: str | None, host: str, port: int | None) -> None:
    uri = SipUri.parse(text)
    assert (uri.user, uri.host, uri.port) == (user, host, port)
    assert SipUri.parse(str(uri)) == uri


def test_a_key_leaves_out_what_does_not_count() -> None:
    """PCS-10."""
    assert SipUri.parse("sip:Alice@IMS.Example:5060;lr").key == "sip:Alice@ims.example:5060"
    assert SipUri.parse("sip:IMS.Example").key == "sip:ims.example"
    assert SipUri.parse("sip:%61lice@h").key == "sip:alice@h"
    assert SipUri.parse("sip:a%3bb%0a@h").key == "sip:a%3Bb%0A@h"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "tel:+1",
        "sip:",
        "sip:@h",
        "sip:a@",
        "alice@h",
        "sip:a@h:99999",
        "sip:a b@h h",
        "sip:a@b@c",
        'sip:"a"@b',
        "sip:a@h;x y",
    ],
)
def test_no_sip_uri(wrong: str) -> None:
    with pytest.raises(WireError):
        SipUri.parse(wrong)


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [
        ("<sip:a@b;lr>;tag=1", "", "sip:a@b;lr", "1"),
        ("sip:a@b;tag=1", "", "sip:a@b", "1"),
        ('"A <quoted>, \\"name\\"" <sip:a@b> ; Tag=1', '"A <quoted>, \\"name\\""', "sip:a@b", "1"),
        ("Two Words <tel:+1>", "Two Words", "tel:+1", None),
        ('sip:a@b;+sip.instance="<urn:x>";tag=1', "", "sip:a@b", "1"),
        ("\tcaller<sip:a@b>\t", "caller", "sip:a@b", None),
        ("*", "", "*", None),
    ],
)
def test_name_addr(text: str, display: str, uri: str, tag: str | None) -> None:
    address = NameAddr.parse(text)
    assert (address.display, address.uri, address.tag) == (display, uri, tag)


@pytest.mark.parametrize(
    "wrong",
    [
        '"open <sip:a@b>',
        "Last, First <sip:a@b>",
        "sip:a@b?Route=c",
        "",
        "<>",
        "<sip:a@b",
        '"only a name"',
        "<sip:a@b> text",
        "< sip : a@b >",
        "alice",
    ],
)
def test_no_name_addr(wrong: str) -> None:
    with pytest.raises(WireError):
        NameAddr.parse(wrong)


@pytest.mark.parametrize(
    "wrong", ["", "1", "MESSAGE", "-1 MESSAGE", "2147483648 MESSAGE", "1 A B", "1\u0662 X"]
)
def test_no_cseq(wrong: str) -> None:
    with pytest.raises(WireError):
        CSeq.parse(wrong)


def test_credentials_are_kept_to_the_byte() -> None:
    """Q-15, INT-01: one parameter goes, the rest stays as it was written."""
    text = (
        'Digest username="u@r",realm="r" , nonce="a\\"b,c", uri="sip:r", response="",'
        'integrity-protected="yes", algorithm=AKAv1-MD5, nc=00000001'
    )
    auth = Credentials.parse(text)
    assert auth.get("nonce") == 'a"b,c'
    assert auth.get("response") == ""
    assert auth.get("ALGORITHM".lower()) == "AKAv1-MD5"
    assert auth.get("absent") is None
    forged = auth.with_quoted("integrity-protected", "no")
    assert str(forged).count("integrity-protected") == 1
    assert forged.get("integrity-protected") == "no"
    assert 'nonce="a\\"b,c"' in str(forged)
    assert 'response=""' in str(forged)


def test_what_is_taken_away_leaves_the_rest_to_the_byte() -> None:
    """Q-15: ik, ck and integrity-protected go from any position; white space elsewhere stays."""
    parts = ['ck="00"', '  nonce = "a,b"', "qop=auth ", "\turi=x"]
    for at in range(len(parts)):
        text = "Digest " + ",".join(parts)
        rest = ",".join(part for i, part in enumerate(parts) if i != at).strip()
        name = parts[at].strip().partition("=")[0].strip()
        assert str(Credentials.parse(text).without(name)) == f"Digest {rest}"


def test_a_challenge_loses_its_keys() -> None:
    """AKA-31: in any position and quoting."""
    text = 'Digest ik="00ff", realm="r", CK=ff00, nonce="n", Ik = "again"'
    bare = Challenge.parse(text).without("ik", "ck")
    assert str(bare) == 'Digest realm="r", nonce="n"'


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Digest a",
        'Digest a="b',
        "Digest =x",
        'username="u"',
        "Digest a=b c=d",
        'Digest a="b"c',
        'Digest a="',
        "Digest a b=c",
        'Digest username="u", Username="v"',
        "Digest nc=1,nc=1",
        "Digest a=b,c",
    ],
)
def test_no_credentials(wrong: str) -> None:
    with pytest.raises(WireError):
        Credentials.parse(wrong)


def test_made_fields_can_be_read() -> None:
    made = Credentials.make({"username": 'a"b', "response": ""}, {"nc": "00000001"})
    assert Credentials.parse(str(made)).get("username") == 'a"b'
    assert str(made).endswith("nc=00000001")


def test_params() -> None:
    assert parse_params('a=1;B;c="x;y,\\"z";a=2; ') == {"a": "1", "b": None, "c": '"x;y,\\"z"'}
    assert parse_params("") == {}
    assert print_params({"a": "1", "b": None}) == ";a=1;b"
    for wrong in ("=1", 'a="', 'a="b"c', "a=1;=2"):
        with pytest.raises(WireError):
            parse_params(wrong)


def test_quoting() -> None:
    assert unquote(quote('a"\\b')) == 'a"\\b'
    assert unquote("plain") == "plain"


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("a, b ,c", ["a", "b", "c"]),
        ('"x,y" <sip:a,b@c>, d', ['"x,y" <sip:a,b@c>', "d"]),
        ('"a\\",b", c', ['"a\\",b"', "c"]),
        ('a, "open, c', ["a", '"open, c']),
        ("a, <open, c", ["a", "<open, c"]),
        ('a, "b\\", c', ["a", '"b\\", c']),
        (" , ,", []),
        ("", []),
    ],
)
def test_lists(text: str, elements: list[str]) -> None:
    assert split_list(text) == elements
    if elements and text.strip().startswith(elements[0]):
        assert first_element(text).strip() == elements[0]


@pytest.mark.parametrize("key", ["ck=abcd", "CK=abcd", "ik =abcd", ' ck="",ck=abcd'])
def test_a_key_without_quotes_is_not_remembered(key: str) -> None:
    """AKA-31, AKA-32: what stands outside of quotes is remembered, unless it could be CK or IK."""
    before = _shape.cache_info()
    assert Challenge.parse(f'Digest realm="a",{key}').scheme == "Digest"
    assert _shape.cache_info() == before
