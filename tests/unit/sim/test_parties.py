"""Who has a part in which dialog, as the simulator sees it (PCS-15)."""

from twopair.sim.parties import Parties

INVITE = b"INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\nCall-ID: c1\r\n\r\n"
RINGING = b"SIP/2.0 180 Ringing\r\nt: <sip:a>;tag=x\r\ni: c2\r\n\r\n"
BYE = b"BYE sip:a SIP/2.0\r\nTo: <sip:a>;tag=x\r\nCall-ID: %b\r\n\r\n"


def test_what_was_begun_or_answered_goes_on() -> None:
    parties = Parties()
    for message in (INVITE, RINGING):
        assert parties.stranger("10.0.0.1", message) is None
    for call_id in (b"c1", b"c2"):
        assert parties.stranger("10.0.0.1", BYE % call_id) is None
        assert parties.stranger("10.0.0.2", BYE % call_id) == call_id


def test_what_names_no_call_is_no_dialog() -> None:
    assert Parties().stranger("10.0.0.1", b"\r\n\r\n") is None
