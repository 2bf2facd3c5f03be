"""Every metric that is scraped stands in docs/reference/metrics.md, and every one there is scraped."""

import asyncio
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from tests.unit.live.http.bed import Heard, Store, ask, watched

from twopair.live.metrics.table import WORKERS

PAGE = (Path(__file__).parents[2] / "docs/reference/metrics.md").read_text()
ROW = re.compile(r"^\| `((?:twopair|process)_\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)


def scraped(folder: Path) -> str:
    async def body() -> str:
        async with watched(folder, Heard(), Store()) as running:
            return (await ask(running, "/metrics")).body.decode()

    return asyncio.run(body())


def test_page_and_scrape_agree(tmp_path: Path) -> None:
    families = {family.name: family for family in text_string_to_metric_families(scraped(tmp_path))}
    found = {(name + "_total" * (family.type == "counter"), family.type) for name, family in families.items()}
    of_several = {(metric.name, metric.kind.value) for metric in WORKERS}
    assert found | of_several == {(name, kind) for name, kind, _ in ROW.findall(PAGE)}


def test_labels_are_those_of_the_page(tmp_path: Path) -> None:
    labels = {name: set(re.findall(r"`(\w+)`", words)) for name, _, words in ROW.findall(PAGE)}
    samples = [
        sample
        for family in text_string_to_metric_families(scraped(tmp_path))
        if family.name.startswith("twopair_") and family.type != "histogram"
        for sample in family.samples
    ]
    assert len(samples) > 100
    for sample in samples:
        assert set(sample.labels) == labels[sample.name], sample.name
