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


ALL_FAILED = [(1, 60), (2, 120), (3, 240), (4, 480), (5, 960), (6, 1800), (7, 1800), (100, 1800)]
OTHERS_STAND = [(1, 180), (2, 360), (3, 720), (4, 1440), (5, 1800), (6, 1800), (100, 1800)]
ROWS = [(False, *row) for row in ALL_FAILED] + [(True, *row) for row in OTHERS_STAND]


@pytest.mark.parametrize(("others_stand", "failures", "most_s"), ROWS)
def test_retry(others_stand: bool, failures: int, most_s: int) -> None:
    """UEP-13, RFC 5626 §4.5: 50 to 100 % of base * 2^n, base 30 s or 90 s, never above 1800 s."""
    for top, wait_s in ((True, most_s), (False, most_s / 2)):
        at = retry_at(failures, Fixed(top=top), Micros(5), others_stand=others_stand)
        assert at - 5 == seconds(wait_s)
