"""What metrics say at one moment, as JSON has it: of one process, or of several together."""

from collections.abc import Iterable, Sequence
from typing import Any

from twopair.live.metrics.distribution import Distribution
from twopair.live.metrics.metric import Metric
from twopair.live.metrics.seen import Host, Seen
from twopair.live.metrics.table import HOST, METRICS, SERVING

Values = dict[str, Any]
"""By the name of the metric: its rows, each with labels and a number; of a histogram buckets and sum."""


def values(seen: Seen | Host) -> Values:
    """All that is told of it."""
    if isinstance(seen, Host):
        return read(HOST, seen)
    return read(HOST, seen.host) | read(SERVING, seen)


def read(metrics: Iterable[Metric[Any]], seen: object) -> Values:
    """These metrics of it."""
    return {metric.name: _plain(metric.read(seen)) for metric in metrics}


def _plain(found: Any) -> Any:
    if isinstance(found, Distribution):
        return {"buckets": [list(one) for one in found.buckets()], "sum": found.total}
    return [[list(labels), number] for labels, number in found]


def merged(each: Sequence[Values]) -> Values:
    """What several processes say as one; how their numbers become one is said by the metric."""
    return {metric.name: _together(metric, [one[metric.name] for one in each]) for metric in METRICS}


def _together(metric: Metric[Any], found: list[Any]) -> Any:
    if found and isinstance(found[0], dict):
        columns = zip(*(one["buckets"] for one in found), strict=True)
        buckets = [[column[0][0], sum(count for _, count in column)] for column in columns]
        return {"buckets": buckets, "sum": sum(one["sum"] for one in found)}
    rows: dict[tuple[str, ...], list[float]] = {}
    for labels, number in (row for one in found for row in one):
        rows.setdefault(tuple(labels), []).append(number)
    return [[list(labels), metric.together(numbers)] for labels, numbers in rows.items()]
