"""The table as text that Prometheus reads."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from twopair.live.metrics.distribution import Distribution
from twopair.live.metrics.metric import Kind, Metric, Row
from twopair.live.metrics.seen import Host, Seen
from twopair.live.metrics.table import HOST, SERVING

_PLAIN: Final[dict[Kind, Callable[..., CounterMetricFamily | GaugeMetricFamily]]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
}


class Exposition:
    """Writes what was seen; beside it the usual metrics of the process, such as its memory."""

    def __init__(self) -> None:
        self._process = ProcessCollector(registry=None)

    def write(self, seen: Seen | Host, accept: str = "") -> tuple[bytes, str]:
        """The text, and its content type.

        Args:
            seen: what is told.
            accept: header field Accept of who asks: OpenMetrics, or the older text format.
        """
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Table(seen))
        registry.register(self._process)
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type


class _Table(Collector):
    def __init__(self, seen: Seen | Host) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Family]:
        """Every metric that is told of it."""
        host = self._seen.host if isinstance(self._seen, Seen) else self._seen
        yield from (_family(metric, metric.read(host)) for metric in HOST)
        if isinstance(self._seen, Seen):
            yield from (_family(metric, metric.read(self._seen)) for metric in SERVING)


def _family(metric: Metric[Any], found: Iterable[Row] | Distribution) -> Family:
    if isinstance(found, Distribution):
        return HistogramMetricFamily(
            metric.name, metric.words, buckets=list(found.buckets()), sum_value=found.total
        )
    family = _PLAIN[metric.kind](metric.name, metric.words, labels=metric.labels)
    for labels, number in found:
        family.add_metric(labels, number)
    return family
