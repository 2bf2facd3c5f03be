"""What the kernel says of its own accord, as far as it is about what is ours."""

from tests.figure1_sets import sa_set
from tests.unit.backends.kernel.wire import steps_of

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.events import Acquired, Expired, decode
from twopair.backends.kernel.netlink import Answer, attributes
from twopair.backends.kernel.owner import reqid_of
from twopair.core.sa import End

OURS, FOREIGN = reqid_of(2, 5), 17


def expired(reqid: int, *, hard: bool) -> Answer:
    """Struct xfrm_user_expire."""
    state = steps_of(sa_set(End.UE), reqid)[0].do.body[: xfrm.STATE_OCTETS]
    return Answer(xfrm.EXPIRE, state + bytes((hard,)) + bytes(7))


def acquired(reqid: int) -> Answer:
    """Struct xfrm_user_acquire, and the template of the policy."""
    policy = steps_of(sa_set(End.UE), reqid)[4].do.body
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
