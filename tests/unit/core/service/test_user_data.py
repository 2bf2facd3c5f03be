"""User-Data of Cx (29.228 Annex E; 29.229 §6.3.7)."""

import pytest

from twopair.base import Impi, Impu, WireError
from twopair.core.service import (
    ApplicationServer,
    CaseIs,
    DefaultHandling,
    FilterCriterion,
    HeaderLike,
    MethodIs,
    Part,
    Point,
    PublicIdentity,
    Registration,
    ServiceProfile,
    SessionCase,
    SessionLineLike,
    Subscription,
    Trigger,
    UriLike,
    from_user_data,
    to_user_data,
)

DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<IMSSubscription xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="D.xsd">
 <PrivateID>alice@ims.example</PrivateID>
 <ServiceProfile>
  <PublicIdentity>
   <BarringIndication>1</BarringIndication><Identity> sip:001010000000001@ims.example </Identity>
  </PublicIdentity>
  <PublicIdentity>
   <Identity>sip:alice@ims.example</Identity>
   <Extension><IdentityType>0</IdentityType><Extension><DisplayName>Alice</DisplayName></Extension></Extension>
  </PublicIdentity>
  <PublicIdentity>
   <Identity>sip:chat-cats@ims.example</Identity>
   <Extension><IdentityType>2</IdentityType><WildcardedPSI>sip:chat-!.*!@ims.example</WildcardedPSI></Extension>
  </PublicIdentity>
  <InitialFilterCriteria>
   <Priority>1</Priority>
   <TriggerPoint>
    <ConditionTypeCNF>0</ConditionTypeCNF>
    <SPT><ConditionNegated>0</ConditionNegated><Group>0</Group><Method>REGISTER</Method>
     <Extension><RegistrationType>0</RegistrationType><RegistrationType>2</RegistrationType></Extension></SPT>
    <SPT><Group>1</Group><Group>2</Group><SessionCase>1</SessionCase></SPT>
    <SPT><ConditionNegated>1</ConditionNegated><Group>1</Group><RequestURI>^tel:</RequestURI></SPT>
    <SPT><Group>2</Group><SIPHeader><Header>Event</Header><Content>presence</Content></SIPHeader></SPT>
    <SPT><Group>2</Group><SIPHeader><Header>Supported</Header></SIPHeader></SPT>
    <SPT><Group>2</Group><SessionDescription><Line>m</Line><Content>audio</Content></SessionDescription></SPT>
   </TriggerPoint>
   <ApplicationServer>
    <ServerName>sip:10.20.0.9:5070</ServerName><DefaultHandling>1</DefaultHandling>
    <ServiceInfo>for alice</ServiceInfo>
    <Extension><IncludeRegisterRequest/><Extension><IncludeRegisterResponse/></Extension></Extension>
   </ApplicationServer>
   <ProfilePartIndicator>0</ProfilePartIndicator>
  </InitialFilterCriteria>
  <InitialFilterCriteria>
   <Priority>0</Priority><ApplicationServer><ServerName>sip:as.ims.example</ServerName></ApplicationServer>
  </InitialFilterCriteria>
 </ServiceProfile>
</IMSSubscription>"""

MEANT = Subscription(
    Impi("alice@ims.example"),
    (
        ServiceProfile(
            (
                PublicIdentity(Impu("sip:001010000000001@ims.example"), barred=True),
                PublicIdentity(Impu("sip:alice@ims.example")),
                PublicIdentity(Impu("sip:chat-!.*!@ims.example"), service=True),
            ),
            (
                FilterCriterion(
                    1,
                    ApplicationServer(
                        "sip:10.20.0.9:5070", DefaultHandling.TERMINATED, "for alice", True, True
                    ),
                    Trigger(
                        (
                            Point(MethodIs("REGISTER", (Registration.INITIAL, Registration.ENDS)), (0,)),
                            Point(CaseIs(SessionCase.TERMINATING_REGISTERED), (1, 2)),
                            Point(UriLike("^tel:"), (1,), negated=True),
                            Point(HeaderLike("Event", "presence"), (2,)),
                            Point(HeaderLike("Supported"), (2,)),
                            Point(SessionLineLike("m", "audio"), (2,)),
                        ),
                        cnf=False,
                    ),
                    Part.REGISTERED,
                ),
                FilterCriterion(0, ApplicationServer("sip:as.ims.example")),
            ),
        ),
    ),
)


def test_a_document_says_all_of_it() -> None:
    assert from_user_data(DOCUMENT) == MEANT


def test_what_is_written_is_read_as_the_same() -> None:
    """But for the order of criteria: they are written by priority."""
    again = from_user_data(to_user_data(MEANT))
    (profile,) = again.profiles
    assert again.identities == MEANT.identities
    assert profile.criteria == MEANT.profiles[0].in_order


def test_both_sorts_of_wildcards_are_written() -> None:
    for service in (False, True):
        one = PublicIdentity(Impu("sip:a!b*!@ims.example"), service=service)
        meant = Subscription(Impi(""), (ServiceProfile((one,)),))
        assert from_user_data(to_user_data(meant)) == meant


def changed(old: bytes, new: bytes) -> bytes:
    assert old in DOCUMENT
    return DOCUMENT.replace(old, new)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "no XML"),
        (b"<a/>", "not an IMSSubscription"),
        (b"<IMSSubscription/>", "no ServiceProfile"),
        (b"<IMSSubscription><ServiceProfile/></IMSSubscription>", "without PublicIdentity"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + DOCUMENT, "document type"),
        (changed(b"<Identity>sip:alice@ims.example</Identity>", b""), "without Identity"),
        (changed(b"<ServerName>sip:as.ims.example</ServerName>", b""), "without ServerName"),
        (changed(b"<Priority>0</Priority>", b""), "number"),
        (changed(b"<ConditionTypeCNF>0", b"<ConditionTypeCNF>maybe"), "neither true nor false"),
        (changed(b"<DefaultHandling>1", b"<DefaultHandling>7"), "7"),
        (changed(b"<SessionCase>1", b"<SessionCase>9"), "9"),
        (changed(b"<RequestURI>^tel:", b"<RequestURI>("), "regular expression"),
        (changed(b"<Group>0</Group>", b""), "group"),
        (changed(b"<RequestURI>^tel:</RequestURI>", b"<Unknown/>"), "nothing known"),
        (changed(b"chat-!.*!@", b"chat-!(!@"), "regular expression"),
    ],
)
def test_what_makes_no_sense_is_refused(document: bytes, words: str) -> None:
    """A profile that is half understood would serve a user wrongly."""
    with pytest.raises(WireError, match=words):
        from_user_data(document)
