"""When a host that stands by gets its turn (ADR 20)."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from tests.unit.live.failover.bed import Lease

from twopair.live.failover.standby import Standby
from twopair.live.failover.tenure import Leased
from twopair.stores.tenancy import Owner

LEASE_S = 0.1
A, B = Owner(3, "a"), Owner(3, "b")


def standby(lease: Lease, *, automatic: bool = True, absent: Callable[[], list[str]] = list) -> Standby:
    return Standby(lease, "a", LEASE_S, automatic=automatic, serves_on=False, absent=absent)


def turn(of: Standby, *, after: Callable[[], object] = lambda: None) -> int | None:
    """The epoch of its turn, None if it had none after several looks; `after` happens in between."""

    async def work() -> Leased | None:
        end = asyncio.Event()
        task = asyncio.create_task(of.turn(end))
        await asyncio.sleep(LEASE_S)
        after()
        await asyncio.wait([task], timeout=4 * LEASE_S)
        end.set()
        tenure = await task
        if tenure is not None:
            tenure.release()
        return tenure

    tenure = asyncio.run(work())
    return None if tenure is None else tenure.mine.epoch


@pytest.mark.parametrize(
    ("lease", "automatic", "epoch"),
    [
        (Lease(), True, 1),
        (Lease(), False, 1),  # there never was an owner
        (Lease(A), False, 3),  # it was itself, and goes on
        (Lease(A, runs=True), False, 3),  # it was killed, and is here again
        (Lease(B), True, 4),
        (Lease(B), False, None),
        (Lease(B, runs=True), True, None),
    ],
)
def test_who_serves_next(lease: Lease, automatic: bool, epoch: int | None) -> None:
    assert turn(standby(lease, automatic=automatic)) == epoch


def test_who_is_asked_to_serves_when_nobody_does() -> None:
    of = standby(Lease(B), automatic=False)
    assert turn(of, after=of.asked.set) == 4


def test_who_is_asked_to_asks_the_owner() -> None:
    """And waits until that one has given it back."""
    lease = Lease(B, runs=True)
    of = standby(lease)
    assert turn(of, after=of.asked.set) is None
    assert lease.wanted == "a"

    def given_back() -> None:
        lease.runs = False

    assert turn(of, after=given_back) == 4
    assert not of.asked.is_set()


def test_addresses_come_first() -> None:
    missing = ["10.10.0.1"]
    of = standby(Lease(), absent=lambda: missing)
    assert turn(of) is None
    assert of.said.endswith("waits for 10.10.0.1")
    assert turn(of, after=missing.clear) == 1


def test_what_it_waits_for_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "twopair")
    lease = Lease(B, runs=True)
    of = standby(lease)

    def away() -> None:
        lease.away = True

    assert turn(of, after=away) is None
    assert [record.message for record in caplog.records] == [
        "standby: b (epoch 3) serves",
        "standby: the store does not answer",
    ]
