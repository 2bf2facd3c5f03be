"""Prometheus reads what a P-CSCF says, and can compute what dashboard and alerts ask for."""

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.live.doubles import free_endpoint
from tests.unit.live.http.bed import Heard, Store, ask, watched
from tests.unit.nodes.pcscf.bed import Ue

from twopair.live.metrics.metric import Kind
from twopair.live.metrics.table import METRICS

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "packaging/prometheus/alerts.yaml"
DASHBOARD = json.loads((ROOT / "packaging/grafana/twopair-pcscf.json").read_text())
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
NEEDS = pytest.mark.skipif(
    PROMTOOL is None or PROMETHEUS is None, reason="Debian's prometheus is not installed"
)

OURS = {m.name for m in METRICS if m.kind is not Kind.HISTOGRAM} | {
    m.name + end for m in METRICS if m.kind is Kind.HISTOGRAM for end in ("_bucket", "_sum", "_count")
}
OF_THE_PROCESS = {
    "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes",
}  # fmt: skip
NAMED = re.compile(r"\b(?:twopair|process)_\w+")


def promtool(*words: str, told: bytes = b"") -> None:
    """Run it; what it says, as an error, if it finds anything wrong."""
    done = subprocess.run([str(PROMTOOL), *words], input=told, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def expressions(of: Any = DASHBOARD) -> Iterator[str]:
    """Every expression of the dashboard."""
    if isinstance(of, dict):
        if "expr" in of:
            yield of["expr"]
        for value in of.values():
            yield from expressions(value)
    elif isinstance(of, list):
        for value in of:
            yield from expressions(value)


def test_dashboard_and_alerts_ask_for_what_there_is() -> None:
    """And the dashboard shows every metric of ours."""
    asked = {name for text in expressions() for name in NAMED.findall(text)}
    assert asked <= OURS | OF_THE_PROCESS
    shown = {name.removesuffix("_bucket") for name in asked}
    assert shown >= {metric.name for metric in METRICS}
    alerts = set(re.findall(r"\btwopair_\w+", ALERTS.read_text()))
    assert len(alerts) > 5
    assert alerts <= OURS


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids)) > 20
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


@NEEDS
@pytest.mark.peer
def test_metrics_follow_the_conventions(tmp_path: Path) -> None:
    async def body() -> bytes:
        bed = Heard()
        async with watched(tmp_path, bed, Store()) as running:
            bed.register(Ue())
            return (await ask(running, "/metrics")).body

    scraped = asyncio.run(body())
    promtool("check", "metrics", told=scraped)
    with pytest.raises(AssertionError, match="counter metrics should have"):
        promtool("check", "metrics", told=scraped.replace(b"refusals_total", b"refusals"))


@NEEDS
@pytest.mark.peer
def test_expressions_can_be_read(tmp_path: Path) -> None:
    """Grafana's variables stand for a time and a pattern."""
    texts = [text.replace("$__rate_interval", "5m").replace("$instance", ".*") for text in expressions()]
    assert len(texts) > 30
    rules = [{"record": f"x:{number}", "expr": text} for number, text in enumerate(texts)]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}))
    promtool("check", "rules", str(file))
    promtool("check", "rules", str(ALERTS))


def series(values: str, **labels: str) -> dict[str, str]:
    """A series every minute, as promtool writes it."""
    name = labels.pop("name")
    words = ", ".join(f'{key}="{value}"' for key, value in {"instance": "p1:9464", **labels}.items())
    return {"series": f"{name}{{{words}}}", "values": values}


CASES = {
    "TwopairDown": [series("1x3 0x60", name="up", job="twopair-pcscf")],
    "TwopairNobodyServes": [series("1x3 0x60", name="twopair_serving", job="twopair-pcscf")],
    "TwopairNotReady": [series("1x3 0x60", name="twopair_ready"), series("1x60", name="twopair_serving")],
    "TwopairNodeFails": [series("0x28 1x60", name="twopair_driver_errors_total", kind="illegal_step")],
    "TwopairRegistrationsFail": [
        series("0+10x60", name="twopair_registrations_total"),
        series("0+5x60", name="twopair_registrations_failed_total", cause="status_403"),
    ],
    "TwopairRegistrationsLost": [series("1000x20 100x60", name="twopair_subscribers", state="registered")],
    "TwopairCoreSilent": [series("0+2x60", name="twopair_refusals_total", refusal="CORE_SILENT")],
    "TwopairSaInstallFails": [
        series("0x28 1x60", name="twopair_refusals_total", refusal="SA_INSTALL_FAILED")
    ],
    "TwopairLimitReached": [series("0x28 1x60", name="twopair_limit_refusals_total", limit="transactions")],
    "TwopairForgedPackets": [series("0+1000x60", name="twopair_esp_dropped_packets_total", reason="BAD_ICV")],
    "TwopairStoreFailing": [series("0x20 31+60x60", name="twopair_store_failing_seconds")],
    "TwopairStoreLagging": [series("0x20 11+60x60", name="twopair_store_lag_seconds")],
    "TwopairNotJournaled": [series("0x28 7x60", name="twopair_store_unjournaled_changes_total")],
    "TwopairLate": [
        series("0+100x60", name="twopair_event_loop_lag_seconds_bucket", le="0.1"),
        series("0+240x60", name="twopair_event_loop_lag_seconds_bucket", le="0.25"),
        series("0+240x60", name="twopair_event_loop_lag_seconds_bucket", le="+Inf"),
    ],
}
"""What each alert is for, half an hour after it began or a little less."""

WELL = [
    series("1x60", name="up", job="twopair-pcscf"),
    series("1x60", name="twopair_ready"),
    series("1x60", name="twopair_serving", job="twopair-pcscf"),
    series("0x60", name="twopair_ready", instance="p2:9464"),
    series("0x60", name="twopair_serving", job="twopair-pcscf", instance="p2:9464"),
    series("5x60", name="twopair_driver_errors_total", kind="illegal_step"),
    series("0+100x60", name="twopair_registrations_total"),
    series("0+2x60", name="twopair_registrations_failed_total", cause="status_403"),
    series("1000-2x60", name="twopair_subscribers", state="registered"),
    series("9x60", name="twopair_limit_refusals_total", limit="transactions"),
    series("0+10x60", name="twopair_esp_dropped_packets_total", reason="REPLAYED"),
    series("0x60", name="twopair_store_failing_seconds"),
    series("0.02x60", name="twopair_store_lag_seconds"),
    series("3x60", name="twopair_store_unjournaled_changes_total"),
    series("0+240x60", name="twopair_event_loop_lag_seconds_bucket", le="0.001"),
    series("0+240x60", name="twopair_event_loop_lag_seconds_bucket", le="+Inf"),
]


@NEEDS
@pytest.mark.peer
def test_each_alert_is_raised_and_none_where_all_is_well(tmp_path: Path) -> None:
    names = re.findall(r"- alert: (\w+)", ALERTS.read_text())
    assert set(names) == set(CASES)
    raised = [_case(inputs, f"ALERTS{{alertname='{name}', alertstate='firing'}}", 1)
              for name, inputs in CASES.items()]  # fmt: skip
    quiet = _case(WELL, "ALERTS", 0)
    file = tmp_path / "test.yaml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": [*raised, quiet]}))
    promtool("test", "rules", str(file))


def _case(inputs: list[dict[str, str]], which: str, count: int) -> dict[str, Any]:
    expected = [{"labels": "{}", "value": count}] if count else []
    asked = {"expr": f"count({which})", "eval_time": "30m", "exp_samples": expected}
    return {"interval": "1m", "input_series": inputs, "promql_expr_test": [asked]}


@NEEDS
@pytest.mark.peer
@pytest.mark.slow
def test_prometheus_itself_scrapes(tmp_path: Path) -> None:
    """With the scrape configuration of docs/how-to/watch-a-pcscf.md."""
    own = free_endpoint()
    page = (ROOT / "docs/how-to/watch-a-pcscf.md").read_text()
    shown = re.search(r"```yaml\n(scrape_configs:\n.*?)```", page, re.DOTALL)
    assert shown is not None

    async def body() -> float:
        bed = Heard()
        async with watched(tmp_path, bed, Store()) as running:
            bed.register(Ue())
            target = re.sub(r"\[.*\]", f'["{running.settings.admin.http}"]', shown[1])
            file = tmp_path / "prometheus.yaml"
            file.write_text(f"global: {{scrape_interval: 1s}}\nrule_files: [{ALERTS}]\n{target}")
            server = await asyncio.create_subprocess_exec(
                str(PROMETHEUS), f"--config.file={file}", f"--storage.tsdb.path={tmp_path}/tsdb",
                f"--web.listen-address={own}", stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                return await asyncio.to_thread(queried, own.address, own.port)
            finally:
                server.terminate()
                await server.wait()

    assert asyncio.run(body()) == 1


def queried(address: str, port: int) -> float:
    """How many UEs are registered, as Prometheus knows it once it has scraped."""
    over = time.monotonic() + 60
    query = quote('twopair_subscribers{state="registered", job="twopair-pcscf"}')
    while time.monotonic() < over:
        connection = HTTPConnection(address, port, timeout=5)
        try:
            connection.request("GET", f"/api/v1/query?query={query}")
            found = json.loads(connection.getresponse().read())["data"]["result"]
            if found:
                return float(found[0]["value"][1])
        except (OSError, ValueError, KeyError):
            pass  # it is not there yet, or says in words that it is not ready
        finally:
            connection.close()
        time.sleep(0.3)
    raise AssertionError("nothing was scraped")
