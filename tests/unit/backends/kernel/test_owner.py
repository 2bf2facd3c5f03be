"""Ours, the dead's and others': told apart by what the kernel shows."""

from collections import Counter
from secrets import token_hex

import pytest

from twopair.backends.kernel import owner, xfrm
from twopair.backends.kernel.owner import (
    OWNERS,
    PROTECT_PRIORITY,
    SETS,
    Owner,
    close_priority,
    owner_of_policy,
    owner_of_reqid,
    owner_of_state,
    reqid_of,
    scattered,
)
from twopair.base import Port
from twopair.core.esp import Selector

ANY = Selector(src="", src_port=Port(0), dst="", dst_port=Port(0))
STATE = xfrm.State(1, "", "", 2, 50, reqid_of(3, 9), xfrm.FOREVER_S, 0, 0, 0, 0, b"")
PROTECTS = xfrm.Policy(ANY, b"", xfrm.IN, xfrm.ALLOW, PROTECT_PRIORITY, xfrm.FOREVER_S, reqid_of(3, 9), 256)
CLOSES = xfrm.Policy(ANY, b"", xfrm.IN, xfrm.BLOCK, close_priority(3), xfrm.FOREVER_S, 0, 0)


@pytest.mark.parametrize("one", range(OWNERS))
def test_reqids_name_their_owner(one: int) -> None:
    for number in (1, SETS):
        assert owner_of_reqid(reqid_of(one, number)) == one
    assert owner_of_reqid(reqid_of(one, 0)) is None


def test_numbers_are_scattered_and_each_comes_once() -> None:
    """Else look-up would be linear: the kernel hashes address xor reqid, and both would count up."""
    numbers = [scattered(n) for n in range(1, SETS + 1)]
    assert len(set(numbers)) == SETS
    assert (min(numbers), max(numbers)) == (1, SETS)
    chains = Counter((n ^ scattered(n)) & 0xFFF for n in range(1, 4097))
    assert max(chains.values()) < 12


@pytest.mark.parametrize("reqid", [0, 1, 16384, 0x53FFFFFF, 0x55000001, 0xD4000001])
def test_reqids_of_others_are_not_ours(reqid: int) -> None:
    """Key daemons count from 1."""
    assert owner_of_reqid(reqid) is None
    assert owner_of_state(STATE._replace(reqid=reqid)) is None
    assert owner_of_policy(PROTECTS._replace(reqid=reqid)) is None


def test_the_lifetime_is_part_of_the_mark() -> None:
    """SA-05: 2^32-1 seconds."""
    assert (owner_of_state(STATE), owner_of_policy(PROTECTS), owner_of_policy(CLOSES)) == (3, 3, 3)
    assert owner_of_state(STATE._replace(lifetime_s=0)) is None
    assert owner_of_policy(PROTECTS._replace(lifetime_s=3600)) is None
    assert owner_of_policy(CLOSES._replace(lifetime_s=0)) is None


def test_priorities_are_part_of_the_mark() -> None:
    """And what closes a port stands behind what protects."""
    assert owner_of_policy(PROTECTS._replace(priority=1)) is None
    assert owner_of_policy(CLOSES._replace(priority=close_priority(OWNERS))) is None
    assert owner_of_policy(CLOSES._replace(reqid=7)) is None
    assert close_priority(0) > PROTECT_PRIORITY


@pytest.fixture
def _names_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that programs that run on this machine neither disturb nor are disturbed."""
    monkeypatch.setattr(owner, "_ADDRESS", f"\0{token_hex(8)}/{{}}")


@pytest.mark.usefixtures("_names_of_our_own")
def test_a_number_is_held_while_its_owner_lives() -> None:
    first = Owner()
    second = Owner()
    assert first.number != second.number
    assert not second.take(first.number)
    first.close()
    assert second.take(first.number)
    third = Owner()
    assert third.number not in (first.number, second.number)
    second.release(first.number)
    second.release(second.number)
    assert third.take(first.number)
    assert not third.take(second.number)
    second.close()
    third.close()


@pytest.mark.usefixtures("_names_of_our_own")
def test_there_is_an_end_to_numbers() -> None:
    owners = [Owner() for _ in range(OWNERS)]
    with pytest.raises(OSError, match="use this network namespace already"):
        Owner()
    for one in owners:
        one.close()


def test_workers_have_numbers_of_their_own_and_see_to_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """After all have died, whoever is first takes what it left itself, and leaves the rest to its owners."""
    monkeypatch.setattr(owner, "_ADDRESS", "\0twopair/test/" + token_hex(8) + "/{}")
    lead = Owner(workers=2)
    first, second = Owner(worker=1), Owner(worker=2)
    assert len({lead.number, first.number, second.number}) == 3
    assert not lead.take(first.number)
    with pytest.raises(OSError, match="another P-CSCF of several workers"):
        Owner(worker=2)
    number = second.number
    second.close()
    assert not lead.take(number)
    assert not first.take(number)
    assert not first.take(OWNERS // 2)
    assert lead.take(OWNERS // 2)
    again = Owner(worker=2)
    assert again.number == number
    for one in (lead, first, again):
        one.close()
