"""Both ends of a subscription (RFC 6665 §4.1, §4.2; PCS-16, UEP-07)."""

import pytest

from twopair.base import IllegalStep, Micros, WireError, seconds
from twopair.core.sip.dialog import Dialog
from twopair.core.subscription import Notifying, Phase, Subscription, SubscriptionState
from twopair.core.subscription.subscriber import FIRST_WAIT, NEVER
from twopair.core.subscription.subscription_state import Next
from twopair.wire.sip import Request, Response, make_request, make_response

T0 = Micros(0)


def subscribe(number: int = 1) -> Request:
    return make_request(
        "SUBSCRIBE",
        "sip:u@home",
        [
            ("Via", "SIP/2.0/UDP a:1;branch=z9hG4bK1"),
            ("From", "<sip:p@a>;tag=ours"),
            ("To", "<sip:u@home>"),
            ("Call-ID", "c1"),
            ("CSeq", f"{number} SUBSCRIBE"),
            ("Contact", "<sip:p@a>"),
        ],
    )


def accepted(expires: str = "3600") -> Response:
    headers = [("Expires", expires), ("Contact", "<sip:s@home>")]
    return make_response(subscribe(), 200, to_tag="theirs", headers=headers)


def notify(
    number: int, state: str, *, tag: str = "ours", theirs: str = "theirs", call: str = "c1"
) -> Request:
    return make_request(
        "NOTIFY",
        "sip:p@a",
        [
            ("Via", f"SIP/2.0/UDP b:1;branch=z9hG4bKn{number}"),
            ("From", f"<sip:u@home>;tag={theirs}"),
            ("To", f"<sip:p@a>;tag={tag}"),
            ("Call-ID", call),
            ("CSeq", f"{number} NOTIFY"),
            ("Contact", "<sip:n@home>"),
            ("Subscription-State", state),
        ],
    )


def standing() -> Subscription:
    one = Subscription("c1", "ours")
    assert one.ask() == 1
    one.accepted(accepted(), T0)
    return one


def test_refreshed_before_its_end() -> None:
    """600 s before the end, at half of what is 1200 s or less (24.229 §5.1.1.3, §5.2.3)."""
    one = standing()
    assert (one.phase, one.due_at, one.expires_at) == (Phase.STANDS, seconds(3000), seconds(3600))
    assert one.ask() == 2
    one.accepted(accepted("1200"), seconds(3000))
    assert (one.due_at, one.expires_at) == (seconds(3600), seconds(4200))
    assert one.dialog is not None
    assert one.dialog.target == "sip:s@home"


def test_notify_overtakes_the_200() -> None:
    """The first NOTIFY makes the dialog (RFC 6665 §4.1.2.4)."""
    one = Subscription("c1", "ours")
    one.ask()
    first = notify(1, "active;expires=600")
    assert one.holds(first)
    assert one.notified(first, T0) == SubscriptionState("active", expires_s=600)
    assert one.dialog == Dialog("c1", "<sip:p@a>;tag=ours", "<sip:u@home>;tag=theirs", "sip:n@home", ())
    assert not one.holds(notify(2, "active", theirs="another"))
    one.accepted(accepted("600"), T0)
    assert one.phase is Phase.STANDS
    assert one.dialog is not None
    assert one.dialog.target == "sip:s@home"  # the way of the answer counts


@pytest.mark.parametrize("other", [{"tag": "x"}, {"theirs": "x"}, {"call": "x"}])
def test_of_another_dialog(other: dict[str, str]) -> None:
    """Call-ID and both tags (RFC 6665 §4.1.3; RFC 3261 §12.2.2)."""
    assert not standing().holds(notify(1, "active", **other))


def test_out_of_order() -> None:
    """An older CSeq is no news (RFC 3261 §12.2.2)."""
    one = standing()
    assert one.notified(notify(5, "active"), T0)
    assert one.notified(notify(5, "terminated"), T0) is None
    assert one.notified(notify(4, "terminated"), T0) is None
    assert one.phase is Phase.STANDS


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ("terminated;reason=deactivated", T0),
        ("terminated;reason=timeout", T0),
        ("Terminated ; Reason=probation;retry-after=7", seconds(7)),
        ("terminated;reason=probation", FIRST_WAIT),
        ("terminated;reason=rejected", NEVER),
        ("terminated;reason=noresource;retry-after=7", NEVER),
        ("terminated;reason=invariant", NEVER),
        ("terminated;reason=unheard-of", T0),
        ("terminated", T0),
    ],
)
def test_ended_by_its_notifier(state: str, due: Micros) -> None:
    """What comes next is a table (RFC 6665 §4.1.3)."""
    one = standing()
    said = one.notified(notify(1, state), T0)
    assert said is not None
    assert said.over
    assert (one.phase, one.due_at, one.expires_at, one.dialog) == (Phase.NONE, due, NEVER, None)


@pytest.mark.parametrize(
    ("status", "retry_after", "after", "due"),
    [
        (503, 120, Next.LATER, seconds(120)),
        (408, None, Next.LATER, FIRST_WAIT),
        (403, None, Next.NEVER, NEVER),
        (489, None, Next.NEVER, NEVER),
        (481, None, Next.AGAIN, T0),
    ],
)
def test_refused(status: int, retry_after: int | None, after: Next, due: Micros) -> None:
    """503 is obeyed; a package that is not there is not asked for again (24.229 §5.1.1.3)."""
    one = Subscription("c1", "ours")
    one.ask()
    assert one.refused(status, retry_after, T0) is after
    assert (one.phase, one.due_at) == (Phase.NONE, due)


def test_refused_again_and_again() -> None:
    """Longer waits each time, half an hour at most; 481 not at once for ever."""
    one, waits = Subscription("c1", "ours"), []
    for _ in range(12):
        one.ask()
        one.refused(481, None, T0)
        waits.append(one.due_at)
    assert waits[:4] == [T0, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert waits[-1] == seconds(1800)


def test_a_refresh_that_fails() -> None:
    """It stands until its end, unless the answer says that it is gone (RFC 6665 §4.1.2.2)."""
    one = standing()
    one.ask()
    one.refused(503, 60, seconds(3000))
    assert (one.phase, one.due_at) == (Phase.STANDS, seconds(3060))
    assert not one.expired(seconds(3599))
    assert one.expired(seconds(3600))
    assert (one.phase, one.due_at) == (Phase.NONE, seconds(3600))
    for status in (481, 403):
        gone = standing()
        gone.ask()
        assert gone.refused(status, None, T0) is Next.AGAIN
        assert (gone.phase, gone.due_at) == (Phase.NONE, T0)
        gone.ask()
        gone.refused(status, None, T0)
        assert gone.due_at > T0


def test_a_gap_is_asked_about() -> None:
    """RFC 3680 §5.1: full state comes with another SUBSCRIBE."""
    one = standing()
    one.hurry(seconds(5))
    assert one.next_deadline() == seconds(5)


def test_not_readable() -> None:
    """Nothing changes for a NOTIFY without a state."""
    one = standing()
    with pytest.raises(WireError):
        one.notified(notify(1, ""), T0)
    with pytest.raises(WireError):
        one.notified(notify(1, ';="'), T0)
    assert one.phase is Phase.STANDS


def test_our_own_mistake() -> None:
    """One SUBSCRIBE at a time."""
    one = Subscription("c1", "ours")
    one.ask()
    with pytest.raises(IllegalStep):
        one.ask()


def test_the_notifier() -> None:
    """Numbers and versions count up; what is left is told, and why it has ended (RFC 6665 §4.2.2)."""
    one = Notifying(Dialog.of_called(subscribe(), "t"), seconds(60), 1)
    assert (one.next_number(), one.next_number(), one.next_version(), one.next_version()) == (1, 2, 0, 1)
    assert str(one.state(seconds(10))) == "active;expires=50"
    one.refresh(2, seconds(600))
    assert str(one.state(seconds(10))) == "active;expires=590"
    one.over = "timeout"
    assert str(one.state(seconds(10))) == "terminated;reason=timeout"
