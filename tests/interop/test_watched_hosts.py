"""Two hosts of one P-CSCF say over HTTP which of them serves (ADR 20)."""

import json
import re
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tests.contract.redis_server import NEEDS_REDIS
from tests.interop.programs import NEEDS_ROOT, Programs
from tests.interop.two_hosts import Pair, two_hosts

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT, NEEDS_REDIS]


@pytest.fixture
def network() -> Iterator[Programs]:
    with two_hosts() as network:
        yield network


def asked(network: Programs, host: str, path: str) -> tuple[int, str]:
    """Status and body, asked at the host itself."""
    with network.namespace(host).entered():
        connection = HTTPConnection("127.0.0.1", 9464, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def ready(network: Programs, host: str) -> tuple[int, list[str]]:
    status, body = asked(network, host, "/ready")
    told: dict[str, Any] = json.loads(body)
    assert told["ready"] is (status == 200)
    return status, [reason["reason"] for reason in told["reasons"]]


def serving(network: Programs, host: str) -> float:
    found = re.search(r"^twopair_serving (\S+)$", asked(network, host, "/metrics")[1], re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_who_serves_is_ready_and_who_stands_by_is_not(network: Programs, tmp_path: Path) -> None:
    """And the other way round after a takeover; both live all the time."""
    pair = Pair(network, tmp_path, "udp")
    for name in ("a", "b"):
        file = pair.file(name)
        file.write_text(file.read_text().replace("[admin]", '[admin]\nhttp = "127.0.0.1:9464"'))
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    assert ready(network, "a") == (200, [])
    assert ready(network, "b") == (503, ["not-serving"])
    assert [serving(network, host) for host in ("a", "b")] == [1, 0]
    assert "standby: a@" in asked(network, "b", "/ready")[1]
    pair.takeover("b")
    pair.serves("b")
    assert ready(network, "b") == (200, [])
    until = time.monotonic() + 10
    while ready(network, "a") != (503, ["not-serving"]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert [serving(network, host) for host in ("a", "b")] == [0, 1]
    assert [asked(network, host, "/health")[0] for host in ("a", "b")] == [200, 200]
    for node in pair.nodes.values():
        code, _, log = node.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in log
