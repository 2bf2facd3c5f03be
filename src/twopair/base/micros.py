"""Time as the cores know it: whole microseconds of a node's monotonic clock."""

from typing import Final, NewType

Micros = NewType("Micros", int)
"""A moment, or a length of time, in microseconds. Never a float: floats would differ between runs."""

SECOND: Final = Micros(1_000_000)


def seconds(amount: float) -> Micros:
    """A length of time given in seconds, as Micros (rounded to a whole microsecond)."""
    return Micros(round(amount * SECOND))
