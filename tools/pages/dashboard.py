"""packaging/grafana/twopair-pcscf.json: a dashboard for Grafana over the metrics of P-CSCFs."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from twopair.nodes.pcscf.tally import REGISTERED

OF: Final = 'instance=~"$instance"'
"""Which P-CSCFs: the choice of whoever looks."""

RATE: Final = "$__rate_interval"
WIDTH, HEIGHT = 8, 8
IN_A_ROW: Final = 24 // WIDTH


class Panel(NamedTuple):
    """One picture.

    Args:
        title: above it.
        unit: as Grafana names it.
        lines: legend to expression; more of one expression where the legend has a label in it.
        kind: ``timeseries`` or ``stat``.
    """

    title: str
    unit: str
    lines: dict[str, str]
    kind: str = "timeseries"


def rate(metric: str, *by: str, more: str = "") -> str:
    """How often a second, over all P-CSCFs that are looked at."""
    labels = f" by ({', '.join(by)})" if by else ""
    return f"sum{labels} (rate({metric}{{{OF}{more}}}[{RATE}]))"


def total(metric: str, *by: str, more: str = "") -> str:
    """How many now."""
    labels = f" by ({', '.join(by)})" if by else ""
    return f"sum{labels} ({metric}{{{OF}{more}}})"


def quantile(q: float, metric: str) -> str:
    """The value that so large a part of all do not exceed."""
    return f"histogram_quantile({q}, {rate(f'{metric}_bucket', 'le')})"


_TAKEN, _LATE = "twopair_registration_duration_seconds", "twopair_event_loop_lag_seconds"
_UDP: Final = rate("twopair_udp_dropped_datagrams_total", "port", "direction")
_SUCCEEDED, _FAILED = rate("twopair_registrations_total"), rate("twopair_registrations_failed_total")

ROWS: Final[dict[str, tuple[Panel, ...]]] = {
    "Now": (
        Panel("Ready", "none", {
            "{{instance}}": f"twopair_ready{{{OF}}}", "hosts that serve": total("twopair_serving"),
            "owners so far": f"max(twopair_owner_epoch{{{OF}}})",
        }, "stat"),
        Panel(
            "Registered", "none",
            {"{{instance}}": total("twopair_subscribers", "instance", more=f', state="{REGISTERED}"')},
            "stat",
        ),
        Panel(
            "Attempts that succeed", "percentunit",
            {"all": f"{_SUCCEEDED} / ({_SUCCEEDED} + ({_FAILED} or vector(0)))"}, "stat",
        ),
    ),
    "Registrations": (
        Panel("Registrations", "ops", {
            "succeeded": _SUCCEEDED,
            "failed": _FAILED,
            "gone: {{reason}}": rate("twopair_registrations_ended_total", "reason"),
        }),
        Panel("Why attempts fail", "ops", {"{{cause}}": rate("twopair_registrations_failed_total", "cause")}),
        Panel("How long they take", "s", {
            "half": quantile(0.5, _TAKEN), "95 %": quantile(0.95, _TAKEN), "99 %": quantile(0.99, _TAKEN),
        }),
        Panel("Subscribers", "none", {"{{state}}": total("twopair_subscribers", "state")}),
        Panel("SA sets", "none", {"{{stage}}": total("twopair_sa_sets", "stage")}),
        Panel("SA sets that come to a stage", "ops", {
            "{{stage}}": rate("twopair_sa_set_changes_total", "stage"),
        }),
    ),
    "SIP": (
        Panel("Requests", "reqps", {
            "{{direction}} {{method}}": f"{rate('twopair_sip_requests_total', 'direction', 'method')} > 0",
        }),
        Panel("Responses", "reqps", {
            "{{direction}} {{code}}": f"{rate('twopair_sip_responses_total', 'direction', 'code')} > 0",
        }),
        Panel("Refusals", "ops", {
            "{{refusal}}": f"{rate('twopair_refusals_total', 'refusal')} > 0",
            "above limits.{{limit}}": f"{rate('twopair_limit_refusals_total', 'limit')} > 0",
        }),
        Panel("Transactions", "none", {
            "transactions": total("twopair_sip_transactions"),
            "REGISTER at the home network": total("twopair_pending_registers"),
        }),
        Panel("TCP connections", "none", {"{{protection}}": total("twopair_connections", "protection")}),
        Panel("Packets that are dropped", "pps", {
            "{{reason}}": rate("twopair_esp_dropped_packets_total", "reason"),
            "UDP port {{port}}, {{direction}}": f"{_UDP} > 0",
        }),
    ),
    "Store": (
        Panel("Behind", "s", {"{{instance}}": f"twopair_store_lag_seconds{{{OF}}}"}),
        Panel("Changes", "ops", {
            "written": rate("twopair_store_written_changes_total"),
            "not in the journal": rate("twopair_store_unjournaled_changes_total"),
        }),
        Panel("Trouble", "none", {
            "changes that wait": total("twopair_store_waiting_changes"),
            "seconds of failing, {{instance}}": f"twopair_store_failing_seconds{{{OF}}}",
            "batches refused a second": rate("twopair_store_failed_batches_total"),
            "overflows": total("twopair_store_overflows_total"),
        }),
    ),
    "Process": (
        Panel("The event loop is late", "s", {"half": quantile(0.5, _LATE), "99 %": quantile(0.99, _LATE)}),
        Panel("CPU", "percentunit", {"{{instance}}": rate("process_cpu_seconds_total", "instance")}),
        Panel("Memory", "bytes", {"{{instance}}": f"process_resident_memory_bytes{{{OF}}}"}),
        Panel("What went wrong", "ops", {"{{kind}}": rate("twopair_driver_errors_total", "kind")}),
        Panel("File descriptors", "percentunit", {
            "{{instance}}": f"process_open_fds{{{OF}}} / process_max_fds{{{OF}}}",
        }),
        Panel("Versions", "none", {
            "{{version}}, {{backend}}": f"count by (version, backend) (twopair_build_info{{{OF}}})",
        }),
    ),
}  # fmt: skip
"""Headings and their panels, three beside each other."""


def dashboard() -> str:
    """The file."""
    text = json.dumps(
        {
            "uid": "twopair-pcscf",
            "title": "Twopair P-CSCF",
            "description": "Written by tools/generate-docs; docs/reference/metrics.md says what is shown.",
            "tags": ["ims", "twopair"],
            "schemaVersion": 39,
            "version": 1,
            "editable": True,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": [_source(), _instance()]},
            "panels": list(_panels()),
        },
        indent=1,
    )
    return text + "\n"


_DATA: Final = {"type": "prometheus", "uid": "${source}"}


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _instance() -> dict[str, Any]:
    query = "label_values(twopair_build_info, instance)"
    return {
        "name": "instance",
        "label": "P-CSCF",
        "type": "query",
        "datasource": _DATA,
        "definition": query,
        "query": {"query": query, "refId": "instance"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, y = count(1), 0
    for heading, panels in ROWS.items():
        place = {"x": 0, "y": y, "w": 24, "h": 1}
        yield {"id": next(number), "type": "row", "title": heading, "gridPos": place, "panels": []}
        y += 1
        for at, panel in enumerate(panels):
            x, down = at % IN_A_ROW, at // IN_A_ROW
            place = {"x": x * WIDTH, "y": y + down * HEIGHT, "w": WIDTH, "h": HEIGHT}
            yield {"id": next(number), "gridPos": place, **_panel(panel)}
        y += -(-len(panels) // IN_A_ROW) * HEIGHT


def _panel(panel: Panel) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + n), "datasource": _DATA, "expr": expr, "legendFormat": legend}
        for n, (legend, expr) in enumerate(panel.lines.items())
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": _DATA,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }
