"""At most one host has a lease, and only its owner writes (ADR 20)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.redis_server import NEEDS_REDIS, RedisServer

from twopair.stores.contract import StoreError
from twopair.stores.redis import RedisStore
from twopair.stores.redis_tenancy import RedisTenancy
from twopair.stores.tenancy import Owner, Renewed, Taken, Term

pytestmark = NEEDS_REDIS
LONG_S = 30.0
SHORT_S = 0.1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def a(server: RedisServer) -> RedisTenancy:
    return RedisTenancy(server.url, "pcscf1")


@pytest.fixture
def b(server: RedisServer) -> RedisTenancy:
    return RedisTenancy(server.url, "pcscf1")


def test_the_first_is_owner_and_the_second_waits(a: RedisTenancy, b: RedisTenancy) -> None:
    assert a.owner() == (None, False)
    assert a.claim("a", LONG_S) == Term(Owner(1, "a"), continues=False)
    assert b.claim("b", LONG_S) is None
    assert b.owner() == (Owner(1, "a"), True)


def test_who_comes_again_goes_on(a: RedisTenancy) -> None:
    """Its own lease is not in its way: it was killed, and is there again."""
    a.claim("a", LONG_S)
    assert a.claim("a", LONG_S) == Term(Owner(1, "a"), continues=True)


def test_a_lease_that_ran_out_is_another_hosts(a: RedisTenancy, b: RedisTenancy) -> None:
    a.claim("a", SHORT_S)
    time.sleep(2 * SHORT_S)
    assert b.claim("b", LONG_S) == Term(Owner(2, "b"), continues=False)
    with pytest.raises(Taken, match="b has taken over, epoch 2"):
        a.renew(Owner(1, "a"), LONG_S)
    assert a.claim("a", LONG_S) is None


def test_who_was_away_in_between_does_not_go_on(a: RedisTenancy, b: RedisTenancy) -> None:
    a.claim("a", LONG_S)
    a.release(Owner(1, "a"))
    b.claim("b", LONG_S)
    b.release(Owner(2, "b"))
    assert a.claim("a", LONG_S) == Term(Owner(3, "a"), continues=False)


def test_a_lease_lasts_as_long_as_it_is_renewed(a: RedisTenancy, b: RedisTenancy) -> None:
    a.claim("a", 0.3)
    for _ in range(4):
        time.sleep(0.15)
        assert a.renew(Owner(1, "a"), 0.3) == Renewed("", went_back=False)
        assert b.claim("b", LONG_S) is None


def test_a_host_that_asks_is_heard_by_the_owner(a: RedisTenancy, b: RedisTenancy) -> None:
    a.claim("a", LONG_S)
    b.ask("b", LONG_S)
    assert a.renew(Owner(1, "a"), LONG_S).wanted == "b"
    a.release(Owner(1, "a"))
    assert b.claim("b", LONG_S) == Term(Owner(2, "b"), continues=False)
    assert b.renew(Owner(2, "b"), LONG_S).wanted == ""


def test_who_hands_over_does_not_take_it_again(a: RedisTenancy, b: RedisTenancy) -> None:
    """Not before who has asked for it had its time."""
    a.claim("a", LONG_S)
    b.ask("b", SHORT_S)
    a.release(Owner(1, "a"))
    assert a.claim("a", LONG_S) is None
    time.sleep(2 * SHORT_S)
    assert a.claim("a", LONG_S) == Term(Owner(1, "a"), continues=True)


def test_who_is_owner_no_more_releases_nothing(a: RedisTenancy, b: RedisTenancy) -> None:
    a.claim("a", SHORT_S)
    time.sleep(2 * SHORT_S)
    b.claim("b", LONG_S)
    a.release(Owner(1, "a"))
    assert b.owner() == (Owner(2, "b"), True)


def test_names_do_not_meet(server: RedisServer, a: RedisTenancy) -> None:
    a.claim("a", LONG_S)
    assert RedisTenancy(server.url, "pcscf2").claim("b", LONG_S) is not None


def test_only_the_owner_writes(server: RedisServer, a: RedisTenancy, b: RedisTenancy) -> None:
    """Fenced: an owner that was paused comes back and finds that it is none."""
    a.claim("a", SHORT_S)
    first = RedisStore(server.url, "pcscf1", Owner(1, "a"))
    first.write({"x": b"1"})
    time.sleep(2 * SHORT_S)
    b.claim("b", LONG_S)
    with pytest.raises(Taken):
        first.write({"x": b"2"})
    second = RedisStore(server.url, "pcscf1", Owner(2, "b"))
    assert dict(second.load()) == {"x": b"1"}
    second.write({"x": b"3", "y": b"4"})
    assert dict(first.load()) == {"x": b"3", "y": b"4"}


def test_a_store_that_went_back_in_time_is_told_who_its_owner_is(
    server: RedisServer, a: RedisTenancy
) -> None:
    """Else an epoch would come twice, and with it a block of sequence numbers (KEY-08)."""
    old = Owner(1, "a")
    a.claim("a", LONG_S)
    b = RedisTenancy(server.url, "pcscf1")
    a.release(old)
    b.claim("b", LONG_S)
    mine, store = Owner(2, "b"), RedisStore(server.url, "pcscf1", Owner(2, "b"))
    b._redis.set("twopair:{pcscf1}:owner", "1 a")
    with pytest.raises(StoreError, match="forgotten") as raised:
        store.write({"x": b"1"})
    assert raised.value.passes
    assert b.renew(mine, LONG_S) == Renewed("", went_back=True)
    store.write({"x": b"1"})
    assert b.renew(mine, LONG_S) == Renewed("", went_back=False)


def test_a_redis_that_is_away_is_said(server: RedisServer, a: RedisTenancy) -> None:
    a.claim("a", LONG_S)
    server.stop()
    with pytest.raises(StoreError, match="does not answer"):
        a.renew(Owner(1, "a"), LONG_S)
