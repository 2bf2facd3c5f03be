"""Token buckets with a given time, and who counts as one source."""

import pytest

from twopair.base import SECOND, Micros
from twopair.nodes.pcscf.gm.rate import Bucket, Buckets, Rate
from twopair.nodes.pcscf.gm.sources import Tally, source_of

NOW = Micros(5_000_000)
RATE = Rate(per_s=2, burst=3)


def taken(bucket: Bucket, rate: Rate, now: Micros, tries: int) -> int:
    """How many tokens there are, of as many as are asked for."""
    count = 0
    for _ in range(tries):
        if not bucket.wait(rate, now):
            bucket.take(rate, now)
            count += 1
    return count


def test_a_full_bucket_has_its_burst_and_no_more() -> None:
    bucket = Bucket()
    assert taken(bucket, RATE, NOW, 10) == 3
    assert bucket.wait(RATE, NOW) == SECOND // 2


def test_the_wait_is_exact() -> None:
    bucket = Bucket()
    taken(bucket, RATE, NOW, 3)
    wait = bucket.wait(RATE, NOW)
    assert bucket.wait(RATE, Micros(NOW + wait - 1)) == 1
    assert taken(bucket, RATE, Micros(NOW + wait), 2) == 1


def test_it_is_never_more_than_full() -> None:
    bucket = Bucket()
    taken(bucket, RATE, NOW, 3)
    assert taken(bucket, RATE, Micros(NOW + 3600 * SECOND), 10) == 3


def test_another_rate_holds_at_once() -> None:
    """After a SIGHUP: what was taken before counts, what comes is judged by the new rate."""
    bucket = Bucket()
    taken(bucket, RATE, NOW, 3)
    assert taken(bucket, Rate(2, 10), NOW, 20) == 7
    assert bucket.wait(Rate(2, 1), NOW) == 5 * SECOND


def test_each_name_has_a_bucket_of_its_own() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take("a", RATE, NOW, 10)
    assert buckets.wait("a", RATE, NOW)
    assert not buckets.wait("b", RATE, NOW)


def test_the_name_heard_of_longest_ago_is_forgotten_first() -> None:
    buckets = Buckets()
    for name in ("a", "b", "a", "c"):
        buckets.take(name, Rate(1, 1), NOW, 2)
    assert len(buckets) == 2
    assert [name for name in "abc" if buckets.wait(name, Rate(1, 1), NOW)] == ["a", "c"]


def test_full_buckets_take_no_room() -> None:
    buckets = Buckets()
    for number in range(100):
        buckets.take(str(number), Rate(1, 5), NOW, 1000)
    buckets.take("late", Rate(1, 5), Micros(NOW + 2 * SECOND), 1000)
    assert len(buckets) == 1


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1", "fe80::/64"),
    ],
)
def test_sources(address: str, source: str) -> None:
    """UNP-05: a UE may choose any address of its /64 (23.401 §5.3.1.2.2)."""
    assert source_of(address) == source


def test_a_tally_counts_each_once() -> None:
    tally: Tally[str] = Tally()
    for what, source in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y")):
        tally.enter(what, source)
    assert (tally.at("x"), tally.at("y"), len(tally)) == (1, 1, 2)
    for what in ("a", "a", "b", "never"):
        tally.leave(what)
    assert (tally.at("x"), tally.at("y"), len(tally)) == (0, 0, 0)
