"""Laws of the token buckets: for any order of any moments, no window has more than burst and rate allow."""

from collections import Counter, OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from twopair.base import SECOND, Micros
from twopair.nodes.pcscf.gm.rate import Bucket, Buckets, Rate

RATES = st.builds(Rate, st.integers(1, 5_000), st.integers(1, 50))
PAUSES = st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=120)


@given(RATES, PAUSES)
def test_no_window_has_more_than_burst_and_rate(rate: Rate, pauses: list[int]) -> None:
    bucket, now, admitted = Bucket(), 0, list[int]()
    for pause in pauses:
        now += pause
        if not bucket.wait(rate, Micros(now)):
            bucket.take(rate, Micros(now))
            admitted.append(now)
    each = SECOND // rate.per_s
    for first, begin in enumerate(admitted):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= rate.burst + (admitted[last] - begin) // each


@given(RATES, PAUSES)
def test_after_the_wait_that_was_told_there_is_a_token(rate: Rate, pauses: list[int]) -> None:
    bucket, now = Bucket(), 0
    for pause in pauses:
        now += pause
        wait = bucket.wait(rate, Micros(now))
        assert bucket.wait(rate, Micros(now + wait)) == 0
        if not wait:
            bucket.take(rate, Micros(now))


@given(RATES, st.lists(st.tuples(st.integers(0, 9), st.integers(0, SECOND)), max_size=120), st.integers(1, 5))
def test_many_names_equal_a_bucket_each_as_long_as_they_are_known(
    rate: Rate, steps: list[tuple[int, int]], most: int
) -> None:
    """And never more are known than may be; who was forgotten begins with a full one."""
    buckets, now = Buckets(), 0
    model: OrderedDict[str, Bucket] = OrderedDict()
    counts: Counter[str] = Counter()
    for number, pause in steps:
        now += pause
        name, at = str(number), Micros(now)
        own = model.get(name) or Bucket()
        assert buckets.wait(name, rate, at) == own.wait(rate, at)
        if not own.wait(rate, at):
            buckets.take(name, rate, at, most)
            own.take(rate, at)
            model[name] = own
            model.move_to_end(name)
            counts[name] += 1
            if len(model) > most:
                model.popitem(last=False)
        assert len(buckets) <= most
