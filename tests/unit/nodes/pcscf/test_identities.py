"""Identities and addresses however they are written (RFC 3261 §19.1.4, §20.10; RFC 3966; Q-19)."""

import pytest
from tests.field.bed import FieldBed
from tests.unit.nodes.pcscf.bed import DOMAIN, GM

from twopair.base import Refusal
from twopair.wire.sip import uri_in

NUMBER = "tel:+15550100001"
ASKED = [
    ("<tel:+1-555-010-0001>", NUMBER),
    ("tel:+1(555)0100001", NUMBER),
    ('"Anna <home>, her; own" <TEL:+15550100001>', NUMBER),
    (f"<sip:+15550100001@{DOMAIN.upper()}>", f"sip:+15550100001@{DOMAIN}"),
    (f"<SIP:+1555010%30001@{DOMAIN}>", f"sip:+15550100001@{DOMAIN}"),
    (f"<sip:001010000000001@{DOMAIN};x=y>", f"sip:001010000000001@{DOMAIN}"),
]
NOT_OWN = [
    f"<sip:+15550100001@{DOMAIN};user=phone>",  # K3e
    f"<sip:+15550100001@{DOMAIN}:5060>",
    f"<sip:+15550100001@{DOMAIN};transport=tcp>",
    f"<sips:+15550100001@{DOMAIN}>",
    "<tel:+15550100002>",
    "<tel:15550100001;phone-context=+1>",
    f'"<{NUMBER}>" <sip:mallory@{DOMAIN}>',
    f"<sip:mallory@{DOMAIN}> <{NUMBER}>",
    "",
    "<",
]


@pytest.mark.parametrize(("preferred", "asserted"), ASKED)
def test_an_identity_is_asserted_as_it_was_registered(preferred: str, asserted: str) -> None:
    """PCS-10: in a request, and in the answer to one from the core (PCS-14)."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(P_Preferred_Identity=preferred))
    assert bed.values("P-Asserted-Identity") == [f"<{asserted}>"]
    assert bed.values("P-Preferred-Identity") == []


@pytest.mark.parametrize("preferred", NOT_OWN)
def test_any_other_stands_for_the_default(preferred: str) -> None:
    """PCS-10, ERR-20."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(P_Preferred_Identity=preferred))
    assert bed.values("P-Asserted-Identity") == [f"<sip:+15550100001@{DOMAIN}>"]


@pytest.mark.parametrize(
    "line",
    [
        '"Anna <home>" <tel:+15550100001>, <tel:+2>',
        "<tel:+15550100001><tel:+2>",
        "tel:+15550100001, <tel:+2>",
        'Anna <tel:+15550100001>;x="<,>" , "B, C" <tel:+2>',
    ],
)
def test_p_associated_uri_however_it_is_written(line: str) -> None:
    """PCS-07, K4c: the first is the default identity, the second one may be asserted."""
    bed = FieldBed(p_associated_uri=line)
    bed.receive(bed.ue.uplink, bed.ue.request(P_Preferred_Identity=""))
    assert bed.values("P-Asserted-Identity") == ["<tel:+15550100001>"]
    bed.receive(bed.ue.uplink, bed.ue.request(P_Preferred_Identity="<tel:+2>"))
    assert bed.values("P-Asserted-Identity") == ["<tel:+2>"]


@pytest.mark.parametrize(
    ("to", "inside"),
    [
        ('"x;tag=no" <sip:b@h>', False),
        ("<sip:b@h;tag=no>", False),
        ("<sip:tag@h>", False),
        ("<sip:b@h>;TAG=1", True),
        ("sip:b@h;tag=1", True),
        ('"<sip:c@h>" <sip:b@h> ; tag=1', True),
    ],
)
def test_a_dialog_is_told_by_the_tag_of_to(to: str, inside: bool) -> None:
    """RFC 3261 §12.2: a request inside one needs our Route, and is refused without it (PCS-15)."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(To=to, Route=f"<sip:{GM}:5062;lr>"))
    assert (bed.refusals == [Refusal.FOREIGN_DIALOG]) == inside


def test_our_entry_in_record_route_is_found_however_it_is_written() -> None:
    """PCS-12: others may write an address anew; what stands beside it stays."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request("INVITE", Contact=f"<sip:{bed.ue.address}:6101>"))
    sent = bed.to_core()
    own = uri_in(sent.get("Record-Route")).replace("sip:", "SIP:")
    bed.core(sent, 200, [("Record-Route", f'"a, <b>" <sip:far@h;lr>,  "us" <{own};x=1>')])
    assert bed.to_ue()[1].values("Record-Route")[1:] == [
        '"a, <b>" <sip:far@h;lr>',
        f"<sip:{uri_in(sent.get('Record-Route')).partition(':')[2].partition('@')[0]}@{GM}:5062;lr>",
    ]


def test_de_registration_of_an_identity_written_otherwise() -> None:
    """MGP-09, MGP-10: the identity in To names the registered one."""
    bed = FieldBed()
    ue = bed.ue
    user, _, host = ue.impu.partition("@")
    bed.receive(
        ue.uplink,
        ue.register(
            port=str(ue.terms.port_s), response="dd" * 16, expires="0", To=f"<{user}@{host.upper()}>"
        ),
    )
    bed.ok(bed.to_core(), ue, 0)
    bed.wait(200)
    assert bed.stages(ue) == []


@pytest.mark.parametrize(
    ("preferred", "asserted"),
    [
        (f"<sip:mallory@{DOMAIN}>, <{NUMBER}>", NUMBER),
        (f"<sip:mallory@{DOMAIN}>\r\nP-Preferred-Identity: <{NUMBER}>", NUMBER),
        (f"<, <{NUMBER}>", f"sip:+15550100001@{DOMAIN}"),
        (f"<{NUMBER}>, <sip:001010000000001@{DOMAIN}>", NUMBER),
        (f"<sip:mallory@{DOMAIN}>, <tel:+15550100002>", f"sip:+15550100001@{DOMAIN}"),
    ],
)
def test_of_several_the_first_that_is_registered_counts(preferred: str, asserted: str) -> None:
    """PCS-10 (RFC 3325 §9.2): a SIP or SIPS URI and a tel URI may both be preferred."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(P_Preferred_Identity=preferred))
    assert bed.values("P-Asserted-Identity") == [f"<{asserted}>"]
    assert bed.values("P-Preferred-Identity") == []
