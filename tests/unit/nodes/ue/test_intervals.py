"""Session-Expires and Min-SE: read, asked for, granted (RFC 4028 §3, §4, §5, §9)."""

import pytest

from twopair.base import Endpoint, Port, WireError
from twopair.nodes.ue.config import UeConfig
from twopair.nodes.ue.intervals import NOTHING, Grant, Interval, ask, grant, granted_by, too_small
from twopair.wire.sip import Request, make_request, parse


def config(expires_s: int = 1800, least_s: int = 90) -> UeConfig:
    return UeConfig(
        "10.0.0.9", Endpoint("10.0.0.1", Port(5060)), session_expires_s=expires_s, min_se_s=least_s
    )


def request(**headers: str) -> Request:
    return make_request(
        "INVITE", "sip:a@h", [(name.replace("_", "-"), value) for name, value in headers.items()]
    )


@pytest.mark.parametrize(
    ("headers", "interval"),
    [
        ({}, NOTHING),
        ({"Supported": "path, Timer"}, Interval(True, None, "", 90)),
        ({"Require": "timer", "Session_Expires": "90"}, Interval(True, 90, "", 90)),
        ({"Session_Expires": "4000 ; Refresher = UAS;x=y"}, Interval(False, 4000, "uas", 90)),
        ({"Session_Expires": "1800;refresher=uac", "Min_SE": "120;x"}, Interval(False, 1800, "uac", 120)),
    ],
)
def test_read(headers: dict[str, str], interval: Interval) -> None:
    """RFC 4028 §4, §5."""
    assert Interval.of(request(**headers)) == interval


def test_read_in_compact_form() -> None:
    """RFC 4028 §4: x is Session-Expires, k is Supported."""
    message = parse(b"INVITE sip:a SIP/2.0\r\nx: 300;refresher=uac\r\nk: timer\r\n\r\n")
    assert Interval.of(message) == Interval(True, 300, "uac", 90)


@pytest.mark.parametrize(
    "headers",
    [
        {"Session_Expires": ""},
        {"Session_Expires": "soon"},
        {"Session_Expires": "-1"},
        {"Session_Expires": "٣٠٠"},
        {"Session_Expires": "9" * 11},
        {"Session_Expires": "90;refresher=proxy"},
        {"Session_Expires": '90;"'},
        {"Min_SE": "never"},
    ],
)
def test_not_to_be_read(headers: dict[str, str]) -> None:
    """RFC 4028 §4, §5: of a request it is a fault, a 2xx with it grants nothing."""
    with pytest.raises(WireError):
        Interval.of(request(**headers))
    assert granted_by(request(**headers)) == NOTHING


@pytest.mark.parametrize(
    ("knows", "refresher", "theirs"),
    [
        (False, "", "uas"),
        (False, "uas", "uas"),
        (False, "uac", "uas"),
        (True, "", "uac"),
        (True, "uac", "uac"),
        (True, "uas", "uas"),
    ],
)
def test_who_refreshes(*, knows: bool, refresher: str, theirs: str) -> None:
    """RFC 4028 §9, table 2; where it is ours to say, the caller (`uac` here)."""
    asked = Interval(knows, 1800, refresher, 90)
    granted = grant(asked, config(), "uac")
    assert granted == Grant(1800, theirs)
    required = [("Require", "timer")] if knows else []
    assert granted.lines(asked) == [("Session-Expires", f"1800;refresher={theirs}"), *required]


@pytest.mark.parametrize(
    ("asked_s", "least_s", "ours_s", "granted_s"),
    [
        (1800, 90, 1800, 1800),
        (3600, 90, 1800, 1800),
        (300, 90, 1800, 300),
        (3600, 2000, 1800, 2000),
        (None, 90, 1800, 1800),
        (None, 2000, 1800, 2000),
        (600, 90, 0, 600),
        (None, 90, 0, None),
    ],
)
def test_how_long(asked_s: int | None, least_s: int, ours_s: int, granted_s: int | None) -> None:
    """RFC 4028 §9: never longer than asked for, never below Min-SE; 0 asks for none, and grants any."""
    granted = grant(Interval(True, asked_s, "", least_s), config(ours_s), "uac")
    assert (granted and granted.interval_s) == granted_s


@pytest.mark.parametrize(
    ("knows", "asked_s", "small"), [(True, 119, True), (True, 120, False), (False, 90, False)]
)
def test_too_small(*, knows: bool, asked_s: int, small: bool) -> None:
    """RFC 4028 §9: 422 is for those who know what it means."""
    assert too_small(Interval(knows, asked_s, "", 90), config(least_s=120)) is small


@pytest.mark.parametrize(
    ("ours_s", "least_s", "refresher", "lines"),
    [
        (1800, 0, "", {"Min-SE": "90", "Session-Expires": "1800"}),
        (1800, 3600, "uac", {"Min-SE": "3600", "Session-Expires": "3600;refresher=uac"}),
        (0, 0, "", {"Min-SE": "90"}),
    ],
)
def test_asked_for(ours_s: int, least_s: int, refresher: str, lines: dict[str, str]) -> None:
    """RFC 4028 §7.1, §7.3."""
    assert dict(ask(config(), least_s, ours_s, refresher)) == lines


@pytest.mark.parametrize(("expires_s", "least_s"), [(1800, 89), (89, 90), (-1, 90), (100, 120)])
def test_a_configuration_that_cannot_be(expires_s: int, least_s: int) -> None:
    """RFC 4028 §5: 90 s at least."""
    with pytest.raises(ValueError, match="_s: "):
        config(expires_s, least_s)
