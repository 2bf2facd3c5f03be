"""What a metric is."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from twopair.live.metrics.distribution import Distribution

Row = tuple[tuple[str, ...], float]
"""Values of the labels, and the number."""


class Kind(Enum):
    """What Prometheus calls the type."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


S = TypeVar("S")


class Metric(NamedTuple, Generic[S]):
    """One metric, read from an `S`.

    Args:
        name: as it is scraped.
        kind: its type.
        words: what it says.
        labels: their names.
        read: its rows; a histogram has one, which is a `Distribution`.
        together: what the same row of several workers is as one.
    """

    name: str
    kind: Kind
    words: str
    labels: tuple[str, ...]
    read: Callable[[S], Iterable[Row] | Distribution]
    together: Callable[[Iterable[float]], float] = sum
