import logging

import pytest

from twopair.base import SECOND, Endpoint, Flow, Impi, Impu, Micros, Port, Refusal, Refused, Transport
from twopair.core.registration.flows import RegFlow
from twopair.core.sa import Stage
from twopair.live.facts_log import FactLog
from twopair.nodes.facts import Deregistered, MessageReceived, Registered, RegistrationFailed, SetStage

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(6000)))


def test_a_flood_of_one_refusal_is_one_line_a_second_and_counted_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0
    log = FactLog(lambda: Micros(now))
    for step in range(1000):
        now = step * 1500
        log(Refused(Refusal.MALFORMED_SIP, FLOW, "octet 3"))
    assert log.counts == {"MALFORMED_SIP": 1000}
    assert len(caplog.messages) == 2
    assert "MALFORMED_SIP" in caplog.messages[0]
    assert "octet 3" in caplog.messages[0]
    assert caplog.messages[1].endswith(f"{SECOND // 1500} more like it since the last line")


def test_registrations_that_fail_are_a_few_lines_a_second_and_counted_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """UNP-05: anybody can have one fail."""
    caplog.set_level(logging.INFO, "twopair.facts")
    now = 0
    log = FactLog(lambda: Micros(now))
    for step in range(2000):
        now = step * 1000
        log(RegistrationFailed(Impi(f"{step}@b"), "Forbidden", 403))
    assert log.counts == {"RegistrationFailed": 2000}
    assert len(caplog.messages) == 40
    assert caplog.messages[0] == "RegistrationFailed impi=0@b reason=Forbidden status=403 retry_s=0"
    assert caplog.messages[20].endswith("; 980 more like it since the last line")


def test_refusals_of_different_kinds_do_not_hide_each_other(caplog: pytest.LogCaptureFixture) -> None:
    log = FactLog(lambda: Micros(0))
    log(Refused(Refusal.MALFORMED_SIP, FLOW))
    log(Refused(Refusal.NO_SA_SET, FLOW))
    assert len(caplog.messages) == 2


def test_what_ended_is_logged_what_goes_well_only_when_debugging(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "twopair.facts")
    log = FactLog()
    log(SetStage(Impi("a@b"), 1, Stage.OLD))
    log(Deregistered(Impi("a@b"), "by the user"))
    assert caplog.messages == ["Deregistered impi=a@b reason=by the user"]
    caplog.set_level(logging.DEBUG, "twopair.facts")
    log(SetStage(Impi("a@b"), 1, Stage.OLD))
    log(Registered(Impi("a@b"), Impu("sip:a@b"), 600, (Impu("sip:c@b"), Impu("tel:+49"))))
    assert caplog.messages[1:] == [
        "SetStage impi=a@b set_id=1 stage=OLD",
        "Registered impi=a@b impu=sip:a@b expires_s=600 associated=sip:c@b,tel:+49",
    ]
    assert log.counts == {"SetStage": 2, "Deregistered": 1, "Registered": 1}


def test_of_several_registrations_a_line_names_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """MGU-09."""
    caplog.set_level(logging.INFO, "twopair.facts")
    log = FactLog()
    log(Deregistered(Impi("a@b"), "by the user", RegFlow("urn:uuid:1", 2)))
    log(Deregistered(Impi("a@b"), "by the user", RegFlow("urn:uuid:1", sos=True)))
    assert caplog.messages == [
        "Deregistered impi=a@b reason=by the user flow=reg-id 2",
        "Deregistered impi=a@b reason=by the user flow=sos",
    ]


def test_messages_are_counted_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "twopair.facts")
    log = FactLog()
    log(MessageReceived("sip:c@d", b"private", FLOW))
    assert not caplog.messages
    assert log.counts == {"MessageReceived": 1}
