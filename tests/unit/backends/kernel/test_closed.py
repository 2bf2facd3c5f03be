"""Closed ports as policies (SA-21, UNP-06)."""

import errno

import pytest
from tests.unit.backends.kernel.wire import FakeSocket, on

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.closed import ClosedPorts
from twopair.backends.kernel.netlink import Answer, message, split
from twopair.backends.kernel.owner import is_left, left, owner_of_policy
from twopair.base import Endpoint, Port
from twopair.core.esp import Selector

PS, PC = Endpoint("fd00::1", Port(5062)), Endpoint("fd00::1", Port(5064))
PRIORITY = 0x5481


def said(fake: FakeSocket) -> list[tuple[int, bytes]]:
    """Type and selector of each request of the last send."""
    return [(kind, body[:56]) for kind, _, _, body in split(fake.sends[-1])]


def test_closing_blocks_both_ways_whoever_the_other_is() -> None:
    """SA-21: from any address and port, to any; UNP-06: nor does ICMP tell what came."""
    fake = FakeSocket()
    ClosedPorts(on(fake), PRIORITY).close(PS)
    to_it = Selector(src="", src_port=Port(0), dst="fd00::1", dst_port=Port(5062))
    unreachable = Selector(src="fd00::1", src_port=Port(1), dst="", dst_port=Port(0))
    policies = [xfrm.decode_policy(Answer(kind, body)) for kind, _, _, body in split(fake.sends[0])]
    assert [(p.selector, p.direction, p.action, p.priority) for p in policies] == [
        (to_it, xfrm.IN, xfrm.BLOCK, PRIORITY),
        (to_it.reversed(), xfrm.OUT, xfrm.BLOCK, PRIORITY),
        (unreachable, xfrm.OUT, xfrm.BLOCK, PRIORITY),
    ]
    assert policies[2].wanted == xfrm.encode(unreachable, 58).selector


def test_an_address_is_silent_until_its_last_port_opens() -> None:
    fake = FakeSocket()
    ports = ClosedPorts(on(fake), PRIORITY)
    for endpoint in (PS, PC, PS):
        ports.close(endpoint)
    assert [len(said(fake)), len(fake.sends)] == [2, 2]
    ports.reopen(PS)
    assert [kind for kind, _ in said(fake)] == [xfrm.DELETE_POLICY] * 2
    ports.reopen(PS)
    assert len(fake.sends) == 3
    ports.reopen(PC)
    assert [kind for kind, _ in said(fake)] == [xfrm.DELETE_POLICY] * 3


def test_what_its_owner_leaves_stays_closed_for_a_while() -> None:
    """SA-21: what came out of ESP may wait for its socket longer than its owner lives."""
    fake = FakeSocket()
    ports = ClosedPorts(on(fake), PRIORITY)
    for endpoint in (PS, PC):
        ports.close(endpoint)
    closed = [selector for sent in fake.sends for _, _, _, body in split(sent) for selector in [body[:56]]]
    ports.leave_all()
    assert sorted(said(fake)) == sorted((xfrm.UPDATE_POLICY, selector) for selector in closed)
    for kind, _, _, body in split(fake.sends[-1]):
        policy = xfrm.decode_policy(Answer(kind, body))
        assert is_left(policy)
        assert owner_of_policy(policy) is None
    ports.leave_all()
    assert len(fake.sends) == 3


def left_by_another() -> bytes:
    """What the kernel shows of it."""
    return message(left(bytes(56), xfrm.IN)).body


def of_another() -> bytes:
    """A port that somebody alive has."""
    return message(xfrm.block(bytes(56), xfrm.IN, priority=PRIORITY - 1)).body


def taken(kind: int, _body: bytes) -> int:
    """The kernel has one policy for a selector."""
    return errno.EEXIST if kind == xfrm.NEW_POLICY else 0


def test_a_port_that_was_left_is_closed_again_with_no_moment_between() -> None:
    fake = FakeSocket(taken, stands=left_by_another())
    ClosedPorts(on(fake), PRIORITY).close(PS)
    assert [kind for kind, _ in said(fake)] == [xfrm.UPDATE_POLICY] * 3
    kinds = [kind for sent in fake.sends for kind, *_ in split(sent)]
    assert xfrm.DELETE_POLICY not in kinds


def test_a_port_of_somebody_else_is_not_ours_to_close() -> None:
    """Whoever closes it opens it again: a second program would open the port of the first."""
    fake = FakeSocket(taken, stands=of_another())
    with pytest.raises(OSError, match="File exists"):
        ClosedPorts(on(fake), PRIORITY).close(PS)
    kinds = [kind for sent in fake.sends for kind, *_ in split(sent)]
    assert not {xfrm.DELETE_POLICY, xfrm.UPDATE_POLICY} & set(kinds)


def test_a_port_that_cannot_be_closed_is_said_to_be() -> None:
    """And nothing of it stands."""
    fake = FakeSocket(lambda kind, body: errno.ENOMEM if kind == xfrm.NEW_POLICY and body[160] else 0)
    ports = ClosedPorts(on(fake), PRIORITY)
    with pytest.raises(OSError, match=r"closed port \[fd00::1\]:5062: Cannot allocate memory"):
        ports.close(PS)
    assert [kind for kind, _ in said(fake)] == [xfrm.DELETE_POLICY]
    ports.reopen(PS)
    assert len(fake.sends) == 2
