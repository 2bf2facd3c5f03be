"""``application/reginfo+xml`` (RFC 3680 §5; PCS-16, UEP-07)."""

import pytest

from twopair.base import WireError
from twopair.wire.elements import MOST_DEEP, MOST_ELEMENTS, MOST_OCTETS, Element, read
from twopair.wire.reginfo import REGINFO, ContactEvent, ContactInfo, RegInfo, RegistrationInfo, RegState

FULL = b"""<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo"
    xmlns:ere="urn:3gpp:ns:extRegExp:1.0" xmlns:o="urn:other" version="0" state="full">
  <registration aor="sip:user1_public1@home1.net" id="as9" state="active">
    <contact id="76" state="active" event="registered" duration-registered="7322" q="0.8" expires="600"
        callid="c1" cseq="7">
      <uri>sip:[5555::aaa:bbb:ccc:ddd]:1357</uri>
      <display-name xml:lang="en">Alice &amp; Bob</display-name>
      <unknown-param name="+sip.instance">"&lt;urn:uuid:f81d&gt;"</unknown-param>
      <gr:pub-gruu uri="sip:user1_public1@home1.net;gr=urn:uuid:f81d"/>
      <gr:temp-gruu uri="sip:tgruu.7hs@home1.net;gr" first-cseq="54301"/>
      <o:mark o:kind="k" xml:lang="de">text</o:mark>
    </contact>
    <ere:wildcardedIdentity>sip:user!.*!@home1.net</ere:wildcardedIdentity>
  </registration>
  <o:more/>
</reginfo>"""
"""After the examples of RFC 3680 §8, RFC 5628 §7 and 24.229 §5.4.2.1.2."""

KNOWN = RegInfo(
    0,
    True,
    (
        RegistrationInfo(
            "sip:user1_public1@home1.net",
            "as9",
            RegState.ACTIVE,
            (
                ContactInfo(
                    "76",
                    "sip:[5555::aaa:bbb:ccc:ddd]:1357",
                    True,
                    ContactEvent.REGISTERED,
                    expires_s=600,
                    duration_s=7322,
                    q="0.8",
                    call_id="c1",
                    cseq=7,
                    display_name="Alice & Bob",
                    unknown=(("+sip.instance", '"<urn:uuid:f81d>"'),),
                    pub_gruu="sip:user1_public1@home1.net;gr=urn:uuid:f81d",
                    temp_gruu="sip:tgruu.7hs@home1.net;gr",
                    first_cseq=54301,
                    others=(
                        Element(
                            "urn:other",
                            "mark",
                            {"urn:other kind": "k", "http://www.w3.org/XML/1998/namespace lang": "de"},
                            text="text",
                        ),
                    ),
                ),
            ),
            wildcarded="sip:user!.*!@home1.net",
        ),
    ),
)


def test_read() -> None:
    """GRUU, wildcarded identity and elements of others are there (RFC 5628 §5; 24.229 §7.10)."""
    assert RegInfo.parse(FULL) == KNOWN


def test_written_and_read() -> None:
    """What is written says the same."""
    assert RegInfo.parse(KNOWN.to_bytes()) == KNOWN
    gone = ContactInfo("1", "sip:a@b", False, ContactEvent.PROBATION, retry_after_s=30)
    partial = RegInfo(3, False, (RegistrationInfo("tel:+491", "x<>'\"\n", RegState.TERMINATED, (gone,)),))
    assert RegInfo.parse(partial.to_bytes()) == partial


def test_no_character_that_xml_has_not() -> None:
    """Identities come from the network; what is written is XML whatever is in them."""
    odd = RegInfo(0, True, (RegistrationInfo("sip:\x00\x1b\udc80a@b", "1", RegState.INIT),))
    assert RegInfo.parse(odd.to_bytes()).registrations[0].aor == "sip:?a@b"


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ("document type", b'<!DOCTYPE r [<!ENTITY a "aaaa">]>' + FULL),
        ("document type", b"<reginfo><!ENTITY x ''></reginfo>"),
        ("no XML", b""),
        ("no XML", b"\xff\xfe<\x00"),
        ("no XML", FULL[:-3]),
        ("no XML", FULL.replace(b"&amp;", b"&lol;")),
        ("root element", FULL.replace(b"ns:reginfo", b"ns:other")),
        ("neither full nor partial", FULL.replace(b'"full"', b'"whole"')),
        ("without state", FULL.replace(b' state="full"', b"")),
        ("without version", FULL.replace(b' version="0"', b' version=" "')),
        ("version is no number", FULL.replace(b' version="0"', b' version="-1"')),
        ("expires is no number", FULL.replace(b'"600"', b'"6e2"')),
        ("state of a registration", FULL.replace(b'id="as9" state="active"', b'id="as9" state="gone"')),
        ("without aor", FULL.replace(b'aor="sip:user1_public1@home1.net"', b"")),
        ("state or event", FULL.replace(b'event="registered"', b'event="loved"')),
        ("without uri", FULL.replace(b"<uri>sip:[5555::aaa:bbb:ccc:ddd]:1357</uri>", b"<uri/>")),
        ("octets", FULL + b" " * MOST_OCTETS),
        ("in each other", b"<a>" * (MOST_DEEP + 1)),
        (f"{MOST_ELEMENTS} elements", b"<a>" + b"<b/>" * MOST_ELEMENTS),
        ("attributes", b"<a " + b" ".join(b'a%d=""' % n for n in range(40)) + b"/>"),
    ],
)
def test_refused(words: str, body: bytes) -> None:
    """Rule of the house: WireError and nothing else; no entity, no document type, no bomb."""
    with pytest.raises(WireError, match=words):
        RegInfo.parse(body)


def test_elements_of_others_in_their_namespaces() -> None:
    """A tree that is written is read again as it was."""
    tree = Element("urn:a", "a", {}, [Element("", "b", text="x"), Element("urn:c", "c")])
    assert read(tree.to_bytes(), "") == tree
    assert read(b"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo'/>", "").is_a(REGINFO, "reginfo")
