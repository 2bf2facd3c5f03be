"""Names of registrations (ADR 12)."""

from twopair.core.registration.flows import RegFlow


def test_names_of_registrations() -> None:
    """RFC 5626 §4.1, §11.1; 24.229 §5.1.6.2."""
    instance = '<sip:1.2.3.4:5>;+sip.instance="<urn:x:1>"'
    both_tags = ("path", "Outbound")
    cases = {
        (f"{instance};reg-id=1", both_tags): RegFlow("<urn:x:1>", 1),
        (f"{instance};reg-id=1", ("path",)): RegFlow("<urn:x:1>"),
        (f"{instance};reg-id=0", both_tags): RegFlow("<urn:x:1>"),
        (f"{instance};reg-id=2147483647", both_tags): RegFlow("<urn:x:1>", 2147483647),
        (f"{instance};reg-id=2147483648", both_tags): RegFlow("<urn:x:1>"),
        (f"{instance};reg-id=99999999999", both_tags): RegFlow("<urn:x:1>"),
        (f"{instance};reg-id=one", both_tags): RegFlow("<urn:x:1>"),
        ("<sip:1.2.3.4:5>;reg-id=1", both_tags): RegFlow(),
        ("<sip:1.2.3.4:5;sos>", both_tags): RegFlow(sos=True),
        ("<sip:1.2.3.4:5;SOS>;reg-id=1", both_tags): RegFlow(sos=True),
        ("<sip:sos@1.2.3.4:5>", both_tags): RegFlow(),
        ("<sip:1.2.3.4:5>;sos", both_tags): RegFlow(),
        ("<tel:+1;sos>", both_tags): RegFlow(),
        ("<sip:sos instance", both_tags): RegFlow(),
    }
    for (contact, supported), name in cases.items():
        assert RegFlow.asked(contact, supported) == name, contact
    asked = RegFlow("<urn:x:1>", 1)
    assert asked.confirmed(["Outbound"]) == asked
    assert asked.confirmed(["path"]) == RegFlow("<urn:x:1>")
    assert [str(name) for name in (asked, RegFlow(sos=True), RegFlow("x"))] == ["reg-id 1", "sos", ""]
