"""The session timer of a call: every row of its table, and its deadlines (RFC 4028 §7.4, §10)."""

import pytest

from twopair.base import IllegalStep, Micros, seconds
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.session import TABLE, On, Session, State

NOW = Micros(5_000_000)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("on", On)
def test_every_pair(state: State, on: On) -> None:
    """A row leads where it says; a step without one is our own mistake; nothing leaves OVER."""
    session = Session()
    session.state = state
    if (state, on) in TABLE:
        assert state is not State.OVER
        session.feed(on)
        assert session.state is TABLE[state, on][0]
    else:
        with pytest.raises(IllegalStep):
            session.feed(on)


@pytest.mark.parametrize(
    ("interval_s", "end_s"), [(90, 60), (93, 62), (96, 64), (120, 88), (1800, 1768), (2**31, 2**31 - 32)]
)
def test_the_end_comes_a_little_early(interval_s: int, end_s: int) -> None:
    """RFC 4028 §10: 32 s before the interval ends, or a third of it if that is less."""
    session = Session()
    session.agree(interval_s, NOW, ours=False)
    assert session.ends_at == session.next_deadline() == NOW + seconds(end_s)
    assert session.due(Micros(session.ends_at - 1)) is None
    assert session.due(session.ends_at) is On.END


def test_refresh_at_half_time() -> None:
    """RFC 4028 §7.4: whoever refreshes does so when half of the interval has passed, and each time anew."""
    session = Session()
    session.agree(1800, NOW, ours=True)
    half = Micros(NOW + seconds(900))
    assert session.next_deadline() == half
    assert session.due(Micros(half - 1)) is None
    assert session.due(half) is On.DUE
    session.feed(On.DUE)
    assert session.due(half) is None
    assert session.next_deadline() == session.ends_at
    session.agree(1800, half, ours=True)
    assert session.next_deadline() == half + seconds(900)


def test_a_refresh_that_failed_is_tried_again_until_the_end() -> None:
    """RFC 4028 §7.4: after half of what is left, each time; a wait that was told counts."""
    session, now, tries = Session(), NOW, 0
    session.agree(1800, now, ours=True)
    while session.due(now := session.next_deadline()) is On.DUE:
        session.feed(On.DUE)
        session.put_off(now)
        tries += 1
    assert session.due(now) is On.END
    assert 5 < tries < 15
    session.agree(1800, now, ours=True)
    session.feed(On.DUE)
    session.put_off(now, seconds(3))
    assert session.next_deadline() == now + seconds(3)
    session.feed(On.THEIRS)
    session.put_off(now, seconds(3))  # the peer has refreshed meanwhile
    assert session.state is State.WATCHER


def test_without_an_interval() -> None:
    """RFC 4028 §7.2: a 2xx without Session-Expires turns the timer off."""
    session = Session()
    assert session.next_deadline() == FOREVER
    session.agree(90, NOW, ours=True)
    session.go_without()
    assert session.next_deadline() == FOREVER
    assert session.due(Micros(FOREVER - 1)) is None
