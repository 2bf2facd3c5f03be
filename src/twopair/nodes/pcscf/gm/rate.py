"""Token buckets, as one number each: when the bucket will be full again. Time is given."""

from collections import OrderedDict
from typing import NamedTuple

from twopair.base import SECOND, Micros


class Rate(NamedTuple):
    """What a bucket gives.

    Args:
        per_s: tokens a second, 1 to 1,000,000.
        burst: tokens in a full bucket, 1 or more.
    """

    per_s: int
    burst: int

    def wait(self, full_at: int, now: Micros) -> Micros:
        """How long until a bucket that will be full at that time has a token; 0 where it has one."""
        return Micros(max(0, full_at - (self.burst - 1) * SECOND // self.per_s - now))

    def after(self, full_at: int, now: Micros) -> Micros:
        """When it will be full, once a token was taken now."""
        return Micros(max(full_at, now) + SECOND // self.per_s)


class Bucket:
    """One bucket; full at first."""

    __slots__ = ("_full_at",)

    def __init__(self) -> None:
        self._full_at = Micros(0)

    def wait(self, rate: Rate, now: Micros) -> Micros:
        """How long until there is a token; 0 where there is one."""
        return rate.wait(self._full_at, now)

    def take(self, rate: Rate, now: Micros) -> None:
        """Take one that is there."""
        self._full_at = rate.after(self._full_at, now)


class Buckets:
    """A bucket per name, of as many names as are allowed.

    What is kept is exact, and forgetting is in favour of who was forgotten: a bucket nobody knows is full.
    A sketch would take less room, and would refuse some for the sake of others. Who sends from more names
    than are kept is bounded by the bucket that all share.
    """

    __slots__ = ("_full_at",)

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, Micros] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, name: str, rate: Rate, now: Micros) -> Micros:
        """How long until there is a token of that name; 0 where there is one."""
        full_at = self._full_at.get(name)
        return Micros(0) if full_at is None else rate.wait(full_at, now)

    def take(self, name: str, rate: Rate, now: Micros, most: int) -> None:
        """Take one that is there; at most that many names are known afterwards."""
        buckets = self._full_at
        buckets[name] = rate.after(buckets.get(name, Micros(0)), now)
        buckets.move_to_end(name)
        while len(buckets) > most or buckets[next(iter(buckets))] <= now:
            buckets.popitem(last=False)
