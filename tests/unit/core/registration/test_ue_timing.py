"""Refresh and retry times of the UE."""

import pytest

from twopair.base import Micros, seconds
from twopair.core.registration.ue_timing import refresh_at, retry_at


class Fixed:
    """Entropy that always draws the same part of the range."""

    def __init__(self, *, top: bool) -> None:
        self.top = top

    def octets(self, count: int) -> bytes:
        raise AssertionError

    def below(self, bound: int) -> int:
        return bound - 1 if self.top else 0


@pytest.mark.parametrize(("expires_s", "after_s"), [(600_000, 599_400), (1201, 601), (1200, 600), (3, 1.5)])
def test_refresh(expires_s: int, after_s: float) -> None:
    """UEP-12: 600 s before expiry, or at half of an interval up to 1200 s."""
    assert refresh_at(expires_s, seconds(10)) == seconds(10 + after_s)


@pytest.mark.parametrize(("failures", "most_s"), [(1, 60), (2, 120), (5, 960), (6, 1800), (100, 1800)])
def test_retry(failures: int, most_s: int) -> None:
    """UEP-13: 50 to 100 % of 30 s * 2^n, never above 1800 s."""
    assert retry_at(failures, Fixed(top=True), Micros(0)) == seconds(most_s)
    assert retry_at(failures, Fixed(top=False), Micros(0)) == seconds(most_s / 2)
