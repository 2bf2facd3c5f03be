"""What a P-CSCF says over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as families
from tests.unit.live.http.bed import FINE, Answer, Heard, Store, ask, watched
from tests.unit.nodes.pcscf.bed import CK, IK, Ue

from twopair import __version__
from twopair.base import Limit, Micros, Refusal, Refused, Report
from twopair.live.clock import monotonic
from twopair.live.service.running import Running


def asked(
    folder: Path, *paths: str, bed: Heard | None = None, store: Store | None = None, **words: object
) -> list[Answer]:
    async def body() -> list[Answer]:
        async with watched(folder, bed or Heard(), store, **words) as running:
            return [await ask(running, path) for path in paths]

    return asyncio.run(body())


def with_running(folder: Path, body: Callable[[Running, Heard], Awaitable[None]]) -> None:
    async def whole() -> None:
        bed = Heard()
        async with watched(folder, bed, Store()) as running:
            await body(running, bed)

    asyncio.run(whole())


def numbers(text: bytes) -> dict[str, float]:
    """Samples by name and labels."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in families(text.decode())
        for sample in family.samples
    }


def test_a_scrape_counts_what_happened(tmp_path: Path) -> None:
    async def body(running: Running, bed: Heard) -> None:
        before = numbers((await ask(running, "/metrics")).body)
        assert before["twopair_subscribers registered"] == 0
        bed.register(Ue())
        bed.sm6(Ue(2), bed.sm1(Ue(2)))
        bed.receive(Ue(3).clear, b"nonsense")
        bed.backend.inbound(Ue().uplink, None)
        full = Refused(Refusal.OVERLOADED, Ue().clear, Limit.CONNECTIONS.word)
        running.driver._report(Report(full))
        running.driver.counters["send_failed"] += 2
        after = numbers((await ask(running, "/metrics")).body)
        wanted = {
            "twopair_subscribers registered": 1,
            "twopair_subscribers authenticating": 1,
            "twopair_sa_sets in use": 1,
            "twopair_sa_sets temporary": 1,
            "twopair_registrations_total": 1,
            "twopair_registration_duration_seconds_count": 1,
            "twopair_refusals_total MALFORMED_SIP": 1,
            "twopair_refusals_total OVERLOADED": 1,
            "twopair_limit_refusals_total connections": 1,
            "twopair_limit_refusals_total transactions": 0,
            "twopair_sip_requests_total received REGISTER": 3,
            "twopair_sip_responses_total 2xx sent": 1,
            "twopair_esp_dropped_packets_total CLEAR_TO_PROTECTED": 1,
            "twopair_driver_errors_total send_failed": 2,
            "twopair_store_written_changes_total": 10,
            "twopair_ready": 1,
        }
        assert wanted.items() <= after.items()

    with_running(tmp_path, body)


def test_both_formats_of_prometheus(tmp_path: Path) -> None:
    async def body(running: Running, _bed: Heard) -> None:
        plain = await ask(running, "/metrics")
        assert plain.headers["content-type"].startswith("text/plain; version=")
        newer = await ask(running, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert newer.headers["content-type"].startswith("application/openmetrics-text")
        names = {family.name for family in openmetrics(newer.body.decode())}  # type: ignore[no-untyped-call]
        assert {"twopair_ready", "twopair_registrations", "process_resident_memory_bytes"} <= names

    with_running(tmp_path, body)


def test_nobody_is_named(tmp_path: Path) -> None:
    """No identity, no address, no key in metrics, page, health or readiness."""

    async def body(running: Running, bed: Heard) -> None:
        ue = Ue()
        bed.register(ue)
        secret = (ue.impi, ue.impu, ue.address, CK, IK, "001010000000001", "tel:+1")
        for path in ("/", "/metrics", "/health", "/ready"):
            text = (await ask(running, path)).body.decode()
            assert text
            assert not [word for word in secret if word in text], path

    with_running(tmp_path, body)


def test_ready_and_alive(tmp_path: Path) -> None:
    ready, health = asked(tmp_path, "/ready", "/health", store=Store())
    assert (ready.status, ready.values) == (200, {"ready": True, "reasons": []})
    assert (health.status, health.values) == (200, {"alive": True, "failed_within_a_minute": 0})
    assert ready.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("lag", "reason"),
    [
        (FINE._replace(failing_s=75.0, why="does not answer", waiting=3), "store-failing"),
        (FINE._replace(behind_s=75.0, waiting=3), "store-lagging"),
    ],
)
def test_a_store_that_is_behind(tmp_path: Path, lag: object, reason: str) -> None:
    """503, since when, and why; signalling goes on (ADR 18), so it is alive."""
    ready, health, scrape, page = asked(
        tmp_path,
        "/ready",
        "/health",
        "/metrics",
        "/",
        store=Store(lag),  # type: ignore[arg-type]
    )
    assert ready.status == 503
    (told,) = ready.values["reasons"]
    assert told["reason"] == reason
    assert told["text"].endswith("3 changes wait")
    assert told["since"].endswith("Z")
    assert health.status == 200
    assert numbers(scrape.body)["twopair_ready"] == 0
    assert b"Not ready: " in page.body


def test_a_batch_that_is_under_way_is_no_lag(tmp_path: Path) -> None:
    (ready,) = asked(tmp_path, "/ready", store=Store(FINE._replace(behind_s=0.5, waiting=100)))
    assert ready.status == 200


def test_without_a_store_there_are_no_numbers_of_it(tmp_path: Path) -> None:
    (scrape,) = asked(tmp_path, "/metrics")
    assert not [name for name in numbers(scrape.body) if name.startswith("twopair_store_")]


def test_a_node_that_fails_for_everyone_is_not_alive(tmp_path: Path) -> None:
    async def body(running: Running, _bed: Heard) -> None:
        running.driver.counters["illegal_step"] += 3
        assert (await ask(running, "/health")).status == 503
        ready = await ask(running, "/ready")
        assert [one["reason"] for one in ready.values["reasons"]] == ["node-failing"]

    with_running(tmp_path, body)


def test_who_is_about_to_end_or_to_stand_by_is_not_ready(tmp_path: Path) -> None:
    """admin.drain_s; ADR 20."""

    async def body(running: Running, _bed: Heard) -> None:
        running.ends_at = Micros(monotonic() + 7_400_000)
        ready = await ask(running, "/ready")
        assert ready.status == 503
        (reason,) = ready.values["reasons"]
        assert reason == {"reason": "draining", "text": "ends within 7 s, takes no new registrations"}
        running.ends_at = None
        running.tenure.until = monotonic()
        (reason,) = (await ask(running, "/ready")).values["reasons"]
        assert reason["reason"] == "not-owner"
        assert (await ask(running, "/health")).status == 200

    with_running(tmp_path, body)


def test_a_page_for_people(tmp_path: Path) -> None:
    """Nothing in it is loaded from anywhere, and what comes from a file is escaped."""
    (page,) = asked(tmp_path, "/", name="<script>alert(1)</script>")
    text = page.body.decode()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert f"Twopair {__version__}" in text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for elsewhere in ("http:", "https:", "src=", "@import", "url("):
        assert elsewhere not in text
    for path in ("/metrics", "/health", "/ready"):
        assert f'href="{path}"' in text


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/metrics", 405), ("GET", "/sas", 404)])
def test_nothing_else_is_answered(tmp_path: Path, method: str, path: str, status: int) -> None:
    async def body(running: Running, _bed: Heard) -> None:
        told = await ask(running, path, method)
        assert (told.status, told.headers["connection"]) == (status, "close")

    with_running(tmp_path, body)
