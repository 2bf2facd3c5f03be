"""Metrics of several workers as those of one."""

from typing import Any

from twopair.live.http.look import Look, all_together
from twopair.live.http.readiness import Reason
from twopair.live.metrics.exposition import Exposition
from twopair.live.metrics.metric import Kind
from twopair.live.metrics.seen import WorkerSeen
from twopair.live.metrics.table import METRICS, WORKERS
from twopair.live.metrics.values import merged, read


def told(**numbers: Any) -> dict[str, Any]:
    """What a worker tells, all of it 0 but for these."""
    nothing: dict[str, Any] = {
        m.name: {"buckets": [["1", 0], ["+Inf", 0]], "sum": 0.0} if m.kind is Kind.HISTOGRAM else []
        for m in METRICS
    }
    return nothing | {f"twopair_{name}": value for name, value in numbers.items()}


def test_numbers_are_added_and_of_some_the_worst_counts() -> None:
    one = told(
        ready=[[[], 1]],
        subscribers=[[["registered"], 3]],
        store_lag_seconds=[[[], 0.5]],
        build_info=[[["1", "3.11", "kernel"], 1]],
        event_loop_lag_seconds={"buckets": [["1", 2], ["+Inf", 3]], "sum": 4.0},
    )
    other = told(
        ready=[[[], 0]],
        subscribers=[[["registered"], 4], [["ending"], 1]],
        store_lag_seconds=[[[], 0.25]],
        build_info=[[["1", "3.11", "kernel"], 1]],
        event_loop_lag_seconds={"buckets": [["1", 1], ["+Inf", 1]], "sum": 0.5},
    )
    found = merged([one, other])
    assert found["twopair_ready"] == [[[], 0]]
    assert found["twopair_subscribers"] == [[["registered"], 7], [["ending"], 1]]
    assert found["twopair_store_lag_seconds"] == [[[], 0.5]]
    assert found["twopair_build_info"] == [[["1", "3.11", "kernel"], 1]]
    assert found["twopair_event_loop_lag_seconds"] == {"buckets": [["1", 3], ["+Inf", 4]], "sum": 4.5}


def test_what_is_told_of_the_processes_is_written() -> None:
    workers = [WorkerSeen(1, True, 1, 0.5, 4096), WorkerSeen(2, False, 3, 0.0, 0)]
    text, _ = Exposition().write(read(WORKERS, workers))
    lines = text.decode().splitlines()
    assert "twopair_workers 1.0" in lines
    assert 'twopair_worker_starts_total{worker="2"} 3.0' in lines
    assert 'twopair_worker_resident_memory_bytes{worker="1"} 4096.0' in lines


def test_reasons_name_their_worker() -> None:
    fine = Look(True, 0, [], [("SA sets", 3), ("back end", "kernel")], {})
    poor = Look(
        False, 2, [Reason("store-failing", "store: away")], [("SA sets", 4), ("back end", "kernel")], {}
    )
    found = all_together([(1, fine), (2, poor)], [Reason("worker-down", "worker 3 does not serve")])
    assert [one.words for one in found.reasons] == ["worker 3 does not serve", "worker 2: store: away"]
    assert (found.alive, found.failed) == (False, 2)
    assert found.numbers == [("SA sets", 7), ("back end", "kernel")]
