"""A set goes in whole or not at all, whichever request fails (SA-01, ERR-24)."""

import errno
from collections.abc import Callable

import pytest
from tests.figure1_sets import PCSCF_6, SPIS, UE, UE_6, sa_set
from tests.unit.backends.kernel.wire import FakeSocket, on

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import message, split
from twopair.backends.kernel.sets import Plan, put_in, steps
from twopair.backends.kernel.stencil import plan
from twopair.core.esp import SUITES
from twopair.core.sa import End

REQID = 0x54000007
DELETES = (xfrm.DELETE_STATE, xfrm.DELETE_POLICY)


class Kernel:
    """What stands; refuses the n-th thing to be added."""

    def __init__(self, refuse_at: int | None = None) -> None:
        self.present: list[bytes] = []
        self._added = 0
        self._refuse_at = refuse_at

    def __call__(self, kind: int, body: bytes) -> int:
        if kind in DELETES:
            key = body[:64] if kind == xfrm.DELETE_POLICY else body[:20]
            if key not in self.present:
                return errno.ESRCH
            self.present.remove(key)
            return 0
        self._added += 1
        if self._added - 1 == self._refuse_at:
            return errno.EEXIST
        self.present.append(_key(kind, body))
        return 0


def _key(kind: int, body: bytes) -> bytes:
    """What the thing is deleted by."""
    if kind == xfrm.NEW_STATE:
        return body[56:76]
    direction = body[160:161]
    return body[:56] + bytes(4) + direction + bytes(3)


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_four_states_then_four_policies(end: End, suite: object) -> None:
    """SA-01: two each way; every SPI once as a state, once in a template; one reqid."""
    wanted = [message(step.do) for step in steps(sa_set(end, suite), REQID)]  # type: ignore[arg-type]
    assert [r.kind for r in wanted] == [xfrm.NEW_STATE] * 4 + [xfrm.NEW_POLICY] * 4
    states = [xfrm.decode_state(request) for request in wanted[:4]]
    policies = [xfrm.decode_policy(request) for request in wanted[4:]]
    assert sorted(s.spi for s in states) == sorted(p.spi for p in policies) == sorted(SPIS)
    assert {s.reqid for s in states} | {p.reqid for p in policies} == {REQID}
    assert sorted(p.direction for p in policies) == [xfrm.IN, xfrm.IN, xfrm.OUT, xfrm.OUT]
    for policy in policies:
        outwards = policy.direction == xfrm.OUT
        assert (policy.selector.src == UE) is (outwards is (end is End.UE))


def test_ipv6_sets_are_of_that_family() -> None:
    """SA-08."""
    for step in steps(sa_set(End.UE, ue=UE_6, pcscf=PCSCF_6), REQID)[:4]:
        state = xfrm.decode_state(message(step.do))
        assert {":" in state.src, ":" in state.dst} == {True}


def test_all_goes_in_with_one_send() -> None:
    fake = FakeSocket(kernel := Kernel())
    assert put_in(on(fake), plan(sa_set(End.PCSCF), REQID)) == []
    assert len(fake.sends) == 1
    assert len(kernel.present) == 8


@pytest.mark.parametrize("refused_at", range(8))
def test_what_went_in_is_taken_out(refused_at: int) -> None:
    """And what stood before, of the same name, is not: it belongs to somebody else."""
    fake = FakeSocket(kernel := Kernel(refused_at))
    wanted = steps(sa_set(End.PCSCF), REQID)
    foreign = _key(*message(wanted[refused_at].do))
    kernel.present.append(foreign)
    refused = put_in(on(fake), Plan.of(wanted))
    assert [(subject, why.code) for subject, why in refused] == [(wanted[refused_at].subject, errno.EEXIST)]
    assert kernel.present == [foreign]


def test_where_all_is_refused_nothing_is_taken_out() -> None:
    """As without the right to do it."""
    fake = FakeSocket(lambda _kind, _body: errno.EPERM)
    refused = put_in(on(fake), plan(sa_set(End.PCSCF), REQID))
    assert [(subject, why.code) for subject, why in refused] == [
        (step.subject, errno.EPERM) for step in steps(sa_set(End.PCSCF), REQID)
    ]
    assert len(fake.sends) == 1


def test_a_lost_answer_takes_everything_out() -> None:
    fake = FakeSocket(kernel := Kernel())
    receive: Callable[[int], tuple[bytes, tuple[int, int]]] = fake.recvfrom
    lost = [OSError(errno.ENOBUFS, "no buffer space")]

    def once_lost(size: int) -> tuple[bytes, tuple[int, int]]:
        if lost:
            raise lost.pop()
        return receive(size)

    fake.recvfrom = once_lost  # type: ignore[assignment,method-assign]
    with pytest.raises(OSError, match="no buffer"):
        put_in(on(fake), plan(sa_set(End.PCSCF), REQID))
    assert kernel.present == []


def test_policies_leave_before_their_states() -> None:
    """Last in, first out; what is gone already is said, and the rest still goes."""
    fake = FakeSocket(kernel := Kernel())
    wanted = plan(sa_set(End.UE), REQID)
    put_in(on(fake), wanted)
    del kernel.present[2]
    refused = on(fake).ask(wanted.out)
    assert [why.code for why in refused] == [errno.ESRCH]
    assert kernel.present == []
    assert [kind for kind, *_ in split(fake.sends[-1])] == [xfrm.DELETE_POLICY] * 4 + [xfrm.DELETE_STATE] * 4
