"""The clock of this machine, as nodes count it."""

from time import monotonic_ns

from twopair.base import Micros


def monotonic() -> Micros:
    """Microseconds since some moment in the past; never goes back, unlike the time of day."""
    return Micros(monotonic_ns() // 1000)
