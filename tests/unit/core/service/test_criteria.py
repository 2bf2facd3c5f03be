"""Initial filter criteria (29.228 Annexes B, C, F; 24.229 §5.4.3.2)."""

import pytest

from twopair.core.service import (
    AnyOf,
    ApplicationServer,
    CaseIs,
    FilterCriterion,
    HeaderLike,
    MethodIs,
    Occasion,
    Part,
    Point,
    Registration,
    SessionCase,
    SessionLineLike,
    Trigger,
    UriLike,
)
from twopair.core.service.criteria import by_priority
from twopair.core.service.subscription import covers
from twopair.wire.sip import make_request

AS = ApplicationServer("sip:10.20.0.9:5070")
SDP = b"v=0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\nm=video 4002 RTP/AVP 96\r\n"


def occasion(
    method: str = "INVITE",
    uri: str = "sip:bob@ims.example",
    case: SessionCase = SessionCase.ORIGINATING,
    registration: Registration | None = None,
    body: bytes = SDP,
    kind: str = "application/sdp",
) -> Occasion:
    headers = [("Event", "presence"), ("Content-Type", kind), ("Accept-Contact", "*;+g.oma.sip-im")]
    return Occasion(make_request(method, uri, headers, body), case, registration)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        (MethodIs("INVITE"), True),
        (MethodIs("MESSAGE"), False),
        (UriLike("^sip:bob@"), True),
        (UriLike("bob@ims[.]example$"), True),
        (UriLike("^sip:[[:digit:]]+@"), False),
        (HeaderLike("event"), True),
        (HeaderLike("Event", "^presence"), True),
        (HeaderLike("Event", "^reg"), False),
        (HeaderLike("Accept-.*", "oma"), True),
        (HeaderLike("Accept", "oma"), False),
        (HeaderLike("Supported"), False),
        (CaseIs(SessionCase.ORIGINATING), True),
        (CaseIs(SessionCase.TERMINATING_REGISTERED), False),
        (SessionLineLike("m", "^video"), True),
        (SessionLineLike("m", "^text"), False),
        (SessionLineLike("a"), True),
        (SessionLineLike("b"), False),
    ],
)
def test_service_points(test: AnyOf, holds: bool) -> None:
    """29.228 Annex B.2.3."""
    assert Point(test).holds(occasion()) is holds
    assert Point(test, negated=True).holds(occasion()) is not holds


def test_a_body_of_another_type_has_no_session_lines() -> None:
    point = SessionLineLike("m", "audio")
    assert not point.holds(occasion(kind="text/plain"))
    assert point.holds(occasion(kind="Application/SDP; charset=utf-8"))


def test_kinds_of_registration() -> None:
    """29.228 Annex F, RegistrationType: none named means any."""
    first = MethodIs("REGISTER", (Registration.INITIAL, Registration.ENDS))
    kinds = [kind for kind in Registration if first.holds(occasion("REGISTER", registration=kind))]
    assert kinds == [Registration.INITIAL, Registration.ENDS]
    assert all(MethodIs("REGISTER").holds(occasion("REGISTER", registration=kind)) for kind in Registration)


YES, NO = Point(MethodIs("INVITE")), Point(MethodIs("MESSAGE"))


def in_groups(point: Point, *groups: int) -> Point:
    return Point(point.test, groups)


@pytest.mark.parametrize(
    ("points", "cnf", "holds"),
    [
        # (yes or no) and (yes)
        ((in_groups(YES, 0), in_groups(NO, 0), in_groups(YES, 1)), True, True),
        # (yes or no) and (no)
        ((in_groups(YES, 0), in_groups(NO, 0), in_groups(NO, 1)), True, False),
        # (yes and no) or (yes)
        ((in_groups(YES, 0), in_groups(NO, 0), in_groups(YES, 1)), False, True),
        # (yes and no) or (no)
        ((in_groups(YES, 0), in_groups(NO, 0), in_groups(NO, 1)), False, False),
        # one point in both groups: (yes or no) and (yes or no)
        ((in_groups(YES, 0, 1), in_groups(NO, 0), in_groups(NO, 1)), True, True),
        # the same in the other form: (yes and no) or (yes and no)
        ((in_groups(YES, 0, 1), in_groups(NO, 0), in_groups(NO, 1)), False, False),
    ],
)
def test_both_normal_forms(points: tuple[Point, ...], cnf: bool, holds: bool) -> None:
    """29.228 Annex C."""
    assert Trigger(points, cnf).holds(occasion()) is holds


def test_without_a_trigger_a_criterion_always_holds() -> None:
    """29.228 Annex B.2.2: "unconditional triggering"."""
    assert FilterCriterion(0, AS).holds(occasion())


@pytest.mark.parametrize(
    ("part", "cases"),
    [
        (None, list(SessionCase)),
        (Part.UNREGISTERED, [SessionCase.TERMINATING_UNREGISTERED, SessionCase.ORIGINATING_UNREGISTERED]),
    ],
)
def test_parts_of_the_profile(part: Part | None, cases: list[SessionCase]) -> None:
    """29.228 Annex B.2.2, ProfilePartIndicator."""
    criterion = FilterCriterion(0, AS, part=part)
    assert [case for case in SessionCase if criterion.holds(occasion(case=case))] == cases


def test_the_lowest_number_comes_first() -> None:
    """29.228 Annex B.2.2: the higher the number, the lower the priority."""
    first, second = FilterCriterion(1, AS), FilterCriterion(20, AS)
    assert by_priority([second, first]) == (first, second)


@pytest.mark.parametrize("pattern", ["(", "[[:none:]]", "a" * 600])
def test_what_is_no_expression_is_refused_when_it_is_made(pattern: str) -> None:
    for make in (UriLike, HeaderLike, SessionLineLike):
        with pytest.raises(ValueError, match=r"expression|class"):
            make(pattern)


def test_a_trigger_needs_points_in_groups() -> None:
    for points in ((), (Point(MethodIs("INVITE"), ()),)):
        with pytest.raises(ValueError, match="group"):
            Trigger(points)


@pytest.mark.parametrize(
    ("impu", "other", "yes"),
    [
        ("sip:chat-!.*!@ims.example", "sip:chat-cats@ims.example", True),
        ("sip:chat-!.*!@ims.example", "sip:chat-@ims.example", True),
        ("sip:chat-!.+!@ims.example", "sip:chat-@ims.example", False),
        ("sip:chat-!.*!@ims.example", "sip:chat-cats@ims.example.org", False),
        ("sip:chat-!.*!@ims.example", "sip:cats@ims.example", False),
        ("tel:+4930123![0-9]{3}!", "tel:+4930123456", True),
        ("tel:+4930123![0-9]{3}!", "tel:+49301234567", False),
    ],
)
def test_wildcards(impu: str, other: str, yes: bool) -> None:
    """23.003 §13.4A.3, §13.5: an expression between exclamation marks."""
    assert covers(impu, other) is yes
