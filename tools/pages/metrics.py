"""docs/reference/metrics.md: every metric of a P-CSCF, from the table that they are scraped from."""

from collections.abc import Iterator

from prometheus_client import ProcessCollector
from tools.pages.markdown import code, page, paragraph, table

from twopair.base import Limit
from twopair.core.sa import Stage
from twopair.live.metrics.metric import Kind
from twopair.live.metrics.table import ERRORS, METRICS, WORKERS
from twopair.nodes.pcscf.tally import STATES
from twopair.nodes.pcscf.traffic import CLASSES, KINDS


def metrics() -> str:
    """The page."""
    return page("Metrics", _introduction(), _rows(), _values(), _process())


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "What a P-CSCF tells Prometheus at `/metrics` of [`admin.http`](configuration.md#pcscftoml).",
        "Labels have few values; none is an identity or an address.",
        "A histogram has the series `_bucket`, `_sum` and `_count`.",
        "Counters begin at 0 with the program. Without a store there are no series of `twopair_store_…`.",
        "[Watch a P-CSCF](../how-to/watch-a-pcscf.md) has a scrape configuration, alerts and a dashboard.",
    )


def _rows() -> Iterator[str]:
    yield from table(
        ("metric", "type", "labels", "what it says"),
        ((code(m.name), m.kind.value, ", ".join(map(code, m.labels)), m.words) for m in (*METRICS, *WORKERS)),
    )


def _values() -> Iterator[str]:
    yield "## Values of labels"
    yield ""
    stages = [stage.value for stage in Stage]
    yield from table(
        ("label", "values"),
        (
            (code("state"), "; ".join(f"{code(state)}: {words}" for state, words in STATES.items())),
            (code("stage"), f"{_codes(stages)} ([tables](tables.md))"),
            (code("limit"), _codes([limit.word for limit in Limit])),
            (code("refusal"), "[refusals](refusals.md) by name"),
            (code("cause"), "[refusals](refusals.md) by name, `status_403` and its like, `expired`"),
            (
                code("reason"),
                "[drops](refusals.md) by name; of an ended registration `by_user`, `by_network`, `expired`",
            ),
            (code("direction"), _codes(["received", "sent"])),
            (code("method"), _codes([kind for kind in KINDS if kind not in CLASSES])),
            (code("code"), _codes(CLASSES)),
            (code("kind"), _codes(ERRORS)),
            (code("worker"), "its number, from 1 on"),
            (code("port"), "numbers of the UDP ports that are configured"),
            (code("protection"), _codes(["clear", "protected"])),
        ),
    )


def _codes(values: object) -> str:
    return ", ".join(map(code, values))  # type: ignore[call-overload]


def _process() -> Iterator[str]:
    yield "## The process"
    yield ""
    yield from paragraph("With the names that every program in Python gives them.")
    yield ""
    rows = []
    for family in ProcessCollector(registry=None).collect():
        counts = family.type == Kind.COUNTER.value
        rows.append((code(family.name + "_total" * counts), family.type, family.documentation))
    yield from table(("metric", "type", "what it says"), rows)
