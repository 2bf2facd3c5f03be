"""The table as text that Prometheus reads."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from twopair.live.metrics.metric import Kind, Metric
from twopair.live.metrics.table import METRICS, WORKERS
from twopair.live.metrics.values import Values

_PLAIN: Final[dict[Kind, Callable[..., CounterMetricFamily | GaugeMetricFamily]]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
}


class Exposition:
    """Writes what metrics say; beside it the usual metrics of the process, such as its memory."""

    def __init__(self) -> None:
        self._process = ProcessCollector(registry=None)

    def write(self, told: Values, accept: str = "") -> tuple[bytes, str]:
        """The text, and its content type.

        Args:
            told: what metrics say; those that are not in it are not written.
            accept: header field Accept of who asks: OpenMetrics, or the older text format.
        """
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Table(told))
        registry.register(self._process)
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type


class _Table(Collector):
    def __init__(self, told: Values) -> None:
        self._told = told

    def collect(self) -> Iterator[Family]:
        """Every metric that is told."""
        for metric in (*METRICS, *WORKERS):
            if metric.name in self._told:
                yield _family(metric, self._told[metric.name])


def _family(metric: Metric[Any], found: Any) -> Family:
    if metric.kind is Kind.HISTOGRAM:
        buckets = [(bound, count) for bound, count in found["buckets"]]
        return HistogramMetricFamily(metric.name, metric.words, buckets=buckets, sum_value=found["sum"])
    family = _PLAIN[metric.kind](metric.name, metric.words, labels=metric.labels)
    for labels, number in found:
        family.add_metric(labels, number)
    return family
