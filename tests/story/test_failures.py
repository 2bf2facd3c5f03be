"""Every row of the failure table: what is said, what is counted, and the SA table of both ends afterwards."""

from typing import Any

import pytest

from twopair.attack.failure import Failure, try_failure
from twopair.attack.failures import FAILURES
from twopair.base import Transport


def cases() -> list[Any]:
    return [
        pytest.param(
            failure,
            transport,
            registered,
            id=f"{failure.id} {failure.trigger}, {transport.value}{', registered' * registered}",
        )
        for failure in FAILURES
        for transport in failure.transports
        for registered in failure.registered
    ]


@pytest.mark.parametrize(("failure", "transport", "registered"), cases())
def test_failure(failure: Failure, transport: Transport, registered: bool) -> None:
    """ERR-01..ERR-26 with ERR-30, ERR-31, ERR-32.

    The answers of the table; four minutes later the SA table is that of before, and whoever was registered
    can still write.
    """
    assert try_failure(failure, transport, registered=registered).faults == ()


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_it_is_the_same_with_ipv6(transport: Transport) -> None:
    for failure in FAILURES:
        if transport in failure.transports:
            outcome = try_failure(failure, transport, registered=failure.registered[0], ip=6)
            assert outcome.faults == (), failure.id


def test_every_row_has_a_story() -> None:
    rows = {f"ERR-{number:02d}" for number in range(1, 27)}
    assert {failure.id for failure in FAILURES} == rows


def test_a_wrong_expectation_is_noticed() -> None:
    """The comparison bites: each of its three parts."""
    failure = next(f for f in FAILURES if f.id == "ERR-02")
    wrong = failure._replace(wire="REGISTER 401", noticed=("home", "BAD_AUTS"), ends_well=True)
    faults = " ".join(try_failure(wrong, Transport.UDP).faults)
    for part in ("on Gm", "was not counted", "one and the same set", "no longer write"):
        assert part in faults
