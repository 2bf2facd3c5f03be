"""Words of a refusal that name a kind of message are said of that kind only."""

import re

import pytest
from tests.unit.fitting_words import FITS, look

from twopair.base import Endpoint, Flow, Port, Received, Refusal, Refused, Report, Transport

KIND = re.compile(
    r"\b(REGISTER|re-registration|de-registration|SM\d+|\d{3}|ACK|request|response|answers?|challenge)\b"
)
FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.0.2", Port(5060)))


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if KIND.search(refusal.words)])
def test_what_names_a_kind_of_message_is_looked_at(refusal: Refusal) -> None:
    assert refusal in FITS


def test_no_words_are_said_by_two() -> None:
    words = [refusal.words for refusal in Refusal]
    assert len(set(words)) == len(words)


def test_a_word_too_many_is_found() -> None:
    """What was said of a MESSAGE: "REGISTER without Security-Client"."""
    message = (
        b"MESSAGE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
    )
    with pytest.raises(AssertionError, match="REGISTER without"):
        look(Received(FLOW, message), [Report(Refused(Refusal.SECURITY_CLIENT_MISSING, FLOW))])
