"""When the UE refreshes and when it tries again (24.229 §5.1.1.2.1, §5.1.1.4.1; RFC 5626 §4.5)."""

from typing import Final

from twopair.base import SECOND, Entropy, Micros, seconds

REGISTRATION_S: Final = 600_000
"""Interval asked for (UEP-04)."""

LONG_INTERVAL_S: Final = 1200
LEAD_S: Final = 600

ALL_FAILED_S: Final = 30
OTHERS_STAND_S: Final = 90
RETRY_MOST_S: Final = 1800


def refresh_at(expires_s: int, now: Micros) -> Micros:
    """When to re-register: 600 s before the end, or at half of an interval up to 1200 s (UEP-12)."""
    if expires_s > LONG_INTERVAL_S:
        return Micros(now + seconds(expires_s - LEAD_S))
    return Micros(now + expires_s * SECOND // 2)


def retry_at(failures: int, entropy: Entropy, now: Micros, *, others_stand: bool = False) -> Micros:
    """When to try again: 50 to 100 % of a time that doubles with every failure up to 1800 s (UEP-13).

    Args:
        failures: consecutive failures, this one included.
        entropy: where the random part comes from.
        now: the moment of the failure.
        others_stand: whether the UE can be reached over another registration meanwhile; it has more time
            then (RFC 5626 §4.5: base 90 s instead of 30 s).
    """
    base_s = OTHERS_STAND_S if others_stand else ALL_FAILED_S
    bound = min(RETRY_MOST_S * SECOND, base_s * SECOND << min(failures, 16))
    return Micros(now + bound // 2 + entropy.below(bound // 2 + 1))
