"""A P-CSCF that is told to end, as a program on loopback (`admin.drain_s`)."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.loopback_programs import DOMAIN, OWN, Running, line, programs_in, say, told

pytestmark = pytest.mark.slow

HTTP = f"{OWN}0.1:9464"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with programs_in(tmp_path) as programs:
        yield programs


def serve(running: Running, drain_s: int) -> subprocess.Popen[bytes]:
    running.change("[admin]", f'[admin]\nhttp = "{HTTP}"\ndrain_s = {drain_s}')
    running.serve("home")
    return running.serve("pcscf")


def ready() -> tuple[int, list[str]]:
    try:
        with urllib.request.urlopen(f"http://{HTTP}/ready", timeout=10) as answer:
            return int(answer.status), []
    except urllib.error.HTTPError as error:
        return error.code, [reason["reason"] for reason in json.load(error)["reasons"]]


def ringing(running: Running) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """Two UEs, and a call between them that is not taken yet: a request under way."""
    alice, bob = running.shell(1), running.shell(2)
    told(alice, "register")
    told(bob, "register")
    say(alice, f"call sip:bob@{DOMAIN}")
    while '"ringing"' not in line(bob):
        pass
    return alice, bob


def test_registered_ues_are_served_and_new_ones_are_not(running: Running) -> None:
    """RFC 3261 §21.5.4, UEP-14: and when nothing is under way any more, it ends, long before its time."""
    pcscf = serve(running, 60)
    _alice, bob = ringing(running)
    assert ready() == (200, [])
    pcscf.send_signal(signal.SIGTERM)
    running.logged("no new registrations; requests under way: 2")
    assert ready() == (503, ["draining"])
    told(bob, f"message sip:alice@{DOMAIN} still here")
    new = running.start("ue", "-c", "ue1.toml", "register", "--timeout", "5", "--json")
    assert "503" in new.communicate(timeout=20)[0].decode()
    assert pcscf.poll() is None
    begun = time.monotonic()
    told(bob, "answer")
    assert pcscf.wait(20) == 0
    assert 1 <= time.monotonic() - begun < 15
    assert "must register anew: 2" in running.logged("registered UEs")


def test_it_ends_in_time_though_something_is_under_way(running: Running) -> None:
    pcscf = serve(running, 2)
    ringing(running)
    pcscf.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert pcscf.wait(20) == 0
    assert 1.5 <= time.monotonic() - begun < 10
    running.logged("requests that are left without an answer: 2")


def test_a_second_signal_ends_it_at_once(running: Running) -> None:
    pcscf = serve(running, 60)
    ringing(running)
    pcscf.send_signal(signal.SIGTERM)
    running.logged("no new registrations")
    pcscf.send_signal(signal.SIGINT)
    assert pcscf.wait(10) == 0
