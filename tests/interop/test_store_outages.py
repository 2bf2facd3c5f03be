"""A store that is away or locked holds up nobody, is said in one line, and is caught up with (MGP-14)."""

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.contract.redis_server import NEEDS_REDIS
from tests.interop.programs import NEEDS_ROOT, Program, Programs, lab
from tests.interop.test_killed_pcscf import Going, undisturbed, written
from tests.interop.test_ue_programs import ALICE, BOB

pytestmark = [pytest.mark.lab, NEEDS_ROOT]

REDIS = "redis://127.0.0.1:6379"


@pytest.fixture
def network() -> Iterator[Programs]:
    with lab() as programs:
        yield programs


def redis(network: Programs, folder: Path) -> Program:
    """A server in the P-CSCF's namespace that has all it was told, also after it was stopped."""
    words = "redis-server --port 6379 --bind 127.0.0.1 --appendonly yes --save".split()
    server = network.run("pcscf", *words, "", "--dir", str(folder))
    while "Ready to accept connections" not in server.line():
        pass
    return server


def lines_of(log: str, words: str) -> list[str]:
    return [line for line in log.splitlines() if words in line]


@NEEDS_REDIS
def test_redis_is_stopped_for_a_while(network: Programs, tmp_path: Path) -> None:
    """Messages and a registration go on; what they changed is in Redis when it is back."""
    server = redis(network, tmp_path)
    place = Going(network, tmp_path, "udp", url=REDIS)
    alice, bob = place.shell(1), place.shell(2)
    server.kill()
    for number in range(5):
        began = time.monotonic()
        written(alice, BOB, bob, f"without {number}")
        assert time.monotonic() - began < 1
    alice.say("register")
    assert alice.told(command="register")["ok"]
    time.sleep(1)  # changes are gathered for a moment before they are tried
    server = redis(network, tmp_path)
    time.sleep(3)
    written(bob, ALICE, alice, "with it again")
    code, _, log = place.pcscf.end(signal.SIGTERM)
    assert code == 0
    assert len(lines_of(log, "store: does not answer")) == 1
    assert len(lines_of(log, "store: caught up after")) == 1
    shutil.rmtree(tmp_path / "kept.journal")  # all is in Redis
    place.pcscf = place.begin()
    written(alice, BOB, bob, "from Redis")
    undisturbed(bob)
    assert alice.end()[0] == 0
    server.kill()


@NEEDS_REDIS
def test_killed_while_redis_is_away(network: Programs, tmp_path: Path) -> None:
    """The journal has what Redis has not."""
    server = redis(network, tmp_path)
    place = Going(network, tmp_path, "udp", url=REDIS)
    alice, bob = place.shell(1), place.shell(2)
    server.kill()
    alice.say("register")
    assert alice.told(command="register")["ok"]
    place.pcscf.kill()
    server = redis(network, tmp_path)
    place.pcscf = place.begin()
    written(bob, ALICE, alice, "over the new set")
    written(alice, BOB, bob, "over the new set")
    undisturbed(bob)
    server.kill()


def test_a_locked_file(network: Programs, tmp_path: Path) -> None:
    """A backup that takes its time; the next start waits for it, and says so."""
    place = Going(network, tmp_path, "udp")
    alice, bob = place.shell(1), place.shell(2)
    time.sleep(0.5)
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    alice.say("register")
    assert alice.told(command="register")["ok"]
    written(alice, BOB, bob, "locked")
    time.sleep(2)
    other.execute("ROLLBACK")
    other.close()
    time.sleep(3)
    code, _, log = place.pcscf.end(signal.SIGTERM)
    assert code == 0
    assert len(lines_of(log, "store: is locked by another program")) == 1
    assert len(lines_of(log, "store: caught up after")) == 1
    place.pcscf = place.begin()
    written(bob, ALICE, alice, "unlocked")
    undisturbed(bob)
    assert alice.end()[0] == 0


def test_a_redis_that_is_not_there_is_said_at_start(network: Programs, tmp_path: Path) -> None:
    """ADR 17: it is waited for, and then exit code 3."""
    with pytest.raises(AssertionError) as raised:
        Going(network, tmp_path, "udp", url=REDIS)
    assert "store.url" in str(raised.value)
    assert "does not answer" in str(raised.value)
    assert "waiting" in str(raised.value)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own, of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(network: Programs, small_disk: Path) -> None:
    """Neither store nor journal has room: nobody waits, each says so once, and all is there in the end."""
    place = Going(network, small_disk, "udp")
    alice, bob = place.shell(1), place.shell(2)
    time.sleep(0.5)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    for number in range(3):
        began = time.monotonic()
        written(alice, BOB, bob, f"no room {number}")
        assert time.monotonic() - began < 1
    alice.say("register")
    assert alice.told(command="register")["ok"]
    time.sleep(2)
    ballast.unlink()
    time.sleep(3)
    written(bob, ALICE, alice, "room again")
    place.pcscf.signal(signal.SIGKILL)
    log = place.pcscf.end()[2]
    assert len(lines_of(log, "what the store does not have yet would be lost")) == 1
    assert len(lines_of(log, "changes wait, signalling does not")) == 1
    assert len(lines_of(log, "store: caught up after")) == 1
    assert "Traceback" not in log
    place.pcscf = place.begin()
    written(alice, BOB, bob, "killed, and here again")
    written(bob, ALICE, alice, "killed, and here again")
    undisturbed(bob)
    assert alice.end()[0] == 0
