"""A lease is renewed, and its owner is quiet before it can have ended (ADR 20)."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.unit.live.failover.bed import Lease

from twopair.live.clock import monotonic
from twopair.live.failover.tenure import FOREVER, Always, Leased
from twopair.stores.tenancy import Owner, Term

LEASE_S = 0.2
MINE = Owner(4, "a")


def leased(lease: Lease, *, serves_on: bool = False) -> Leased:
    loop = asyncio.get_running_loop()
    term = Term(MINE, continues=True)
    return Leased(lease, term, LEASE_S, since=monotonic(), loop=loop, serves_on=serves_on)


def within(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(bounded())


def test_it_is_renewed_and_given_back() -> None:
    async def work() -> None:
        lease = Lease(MINE, runs=True)
        tenure = leased(lease)
        first = tenure.until
        await asyncio.sleep(3 * LEASE_S)
        assert lease.renewals >= 3
        assert first < tenure.until <= monotonic() + LEASE_S * 1_000_000
        assert not tenure.over.is_set()
        tenure.release()
        assert not lease.runs

    within(work)


def test_a_store_that_is_away_ends_it_in_time() -> None:
    """It is quiet before a lease is over since the last renewal began."""

    async def work() -> None:
        lease = Lease(MINE, runs=True)
        tenure = leased(lease)
        await asyncio.sleep(LEASE_S)
        lease.away = True
        began = monotonic()
        await tenure.over.wait()
        assert tenure.until < began + LEASE_S * 1_000_000
        assert not tenure.taken, "nobody else has it, as far as is known"
        tenure.release()

    within(work)


def test_a_store_that_is_away_may_be_gone_without() -> None:
    async def work() -> None:
        lease = Lease(MINE, runs=True)
        lease.away = True
        tenure = leased(lease, serves_on=True)
        await asyncio.sleep(2 * LEASE_S)
        assert tenure.until == FOREVER
        assert not tenure.over.is_set()
        tenure.release()

    within(work)


@pytest.mark.parametrize("serves_on", [False, True])
def test_another_owner_ends_it_at_once(serves_on: bool) -> None:
    async def work() -> None:
        lease = Lease(Owner(5, "b"), runs=True)
        tenure = leased(lease, serves_on=serves_on)
        await tenure.over.wait()
        assert tenure.taken
        assert tenure.until < monotonic()
        tenure.release()

    within(work)


def test_who_asks_gets_it() -> None:
    """It goes on until it has stopped in order: the lease is renewed meanwhile."""

    async def work() -> None:
        lease = Lease(MINE, runs=True)
        lease.wanted = "b"
        tenure = leased(lease)
        await tenure.over.wait()
        assert tenure.taken
        assert tenure.until > monotonic()
        before = lease.renewals
        await asyncio.sleep(LEASE_S)
        assert lease.renewals > before
        tenure.release()

    within(work)


def test_a_store_that_had_forgotten_gets_everything_once_more() -> None:
    async def work() -> None:
        lease = Lease(MINE, runs=True)
        tenure = leased(lease)
        times: list[float] = []
        tenure.again = lambda: times.append(time.monotonic())
        lease.went_back = True
        await asyncio.sleep(2 * LEASE_S)
        assert len(times) == 1
        tenure.release()

    within(work)


def test_a_store_that_is_away_at_the_end_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        lease = Lease(MINE, runs=True)
        tenure = leased(lease)
        lease.away = True
        tenure.release()

    within(work)
    assert "it runs out by itself" in caplog.text


def test_who_is_alone_serves_for_ever() -> None:
    end = asyncio.Event()
    tenure = Always(end)
    assert (tenure.term, tenure.until, tenure.over) == (None, FOREVER, end)
