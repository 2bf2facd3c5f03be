"""What the kernel says without being waited for, as far as it is about what is ours."""

import errno

from tests.figure1_sets import sa_set
from tests.unit.backends.kernel.wire import FakeSocket, on

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.events import Acquired, Events, Expired, Missing, decode
from twopair.backends.kernel.netlink import Answer, attributes, message
from twopair.backends.kernel.owner import reqid_of
from twopair.backends.kernel.sets import steps
from twopair.backends.kernel.stencil import plan
from twopair.core.sa import End

OURS, FOREIGN = reqid_of(2, 5), 17


def expired(reqid: int, *, hard: bool) -> Answer:
    """Struct xfrm_user_expire."""
    state = message(steps(sa_set(End.UE), reqid)[0].do).body[: xfrm.STATE_OCTETS]
    return Answer(xfrm.EXPIRE, state + bytes((hard,)) + bytes(7))


def acquired(reqid: int) -> Answer:
    """Struct xfrm_user_acquire, and the template of the policy."""
    policy = message(steps(sa_set(End.UE), reqid)[4].do).body
    selector, info, template = policy[:56], policy[: xfrm.POLICY_OCTETS], policy[xfrm.POLICY_OCTETS :]
    assert 5 in attributes(template)
    return Answer(xfrm.ACQUIRE, bytes(40) + selector + info + bytes(16) + template)


def test_a_missing_state_is_told() -> None:
    event = decode(acquired(OURS))
    assert isinstance(event, Acquired)
    assert event.owner == 2
    assert str(event) == "a state is missing for what goes from 10.0.1.1:6100 to 10.0.0.1:5062"


def test_an_expired_state_is_told() -> None:
    """SA-05: it should never happen."""
    event = decode(expired(OURS, hard=True))
    assert isinstance(event, Expired)
    assert (event.spi, event.dst, event.hard, event.owner) == (8194, "10.0.0.1", True, 2)
    assert str(event).endswith("expired")
    assert str(decode(expired(OURS, hard=False))).endswith("about to expire")


def test_what_is_about_others_is_not() -> None:
    assert decode(acquired(FOREIGN)) is None
    assert decode(expired(FOREIGN, hard=True)) is None
    assert decode(Answer(xfrm.NEW_STATE, b"")) is None


def test_what_could_not_be_taken_out_is_told() -> None:
    """It was gone already; what was there is out, and nobody waits."""
    gone = steps(sa_set(End.UE), OURS)[0]
    fake = FakeSocket(lambda _kind, body: errno.ESRCH if body == message(gone.undo).body else 0, echo=True)
    events = Events.__new__(Events)
    events._netlink = on(fake)
    events.take_out(plan(sa_set(End.UE), OURS).out)
    (event,) = events.read()
    assert isinstance(event, Missing)
    assert str(event) == "the state with SPI 8194 to 10.0.0.1 could not be removed: No such process"
    assert events.read() == []
