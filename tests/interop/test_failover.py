"""Another host takes a P-CSCF over with the same SA sets, and UEs need not notice (MGP-14; ADR 20)."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.redis_server import NEEDS_REDIS
from tests.interop.programs import NEEDS_ROOT, Programs
from tests.interop.test_killed_pcscf import undisturbed, written
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS
from tests.interop.two_hosts import LEASE_S, Pair, two_hosts

pytestmark = [pytest.mark.lab, NEEDS_ROOT, NEEDS_REDIS]


@pytest.fixture
def network() -> Iterator[Programs]:
    with two_hosts() as network:
        yield network


@TRANSPORTS
def test_the_host_that_serves_is_lost(network: Programs, tmp_path: Path, transport: str) -> None:
    """MGP-14: messages in both directions and a call that is up, over the same sets."""
    pair = Pair(network, tmp_path, transport)
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    alice, bob = pair.shell(1), pair.shell(2)
    written(alice, BOB, bob, "before")
    alice.say(f"call {BOB} &")
    assert bob.told(event="call")["from"] == ALICE
    bob.say("answer")
    assert bob.told(command="answer")["ok"]
    assert alice.told(command="call")["status"] == 200
    time.sleep(1)  # the store has it, and the windows
    network.unplug("a", "gm", "core")
    pair.nodes["a"].kill()
    began = time.monotonic()
    pair.serves("b")
    assert time.monotonic() - began < 3 * LEASE_S
    written(bob, ALICE, alice, "after")
    written(alice, BOB, bob, "after")
    alice.say("say in the call")
    assert alice.told(command="say")["status"] == 200
    assert bob.told(event="message")["text"] == "in the call"
    bob.say("hangup")
    assert bob.told(command="hangup")["ok"]
    undisturbed(bob)
    undisturbed(alice)
    code, _, log = pair.nodes["b"].end(signal.SIGTERM)
    assert code == 0
    assert "not taken" not in log
    assert "Traceback" not in log


@TRANSPORTS
def test_one_host_hands_over_to_the_other_and_back(network: Programs, tmp_path: Path, transport: str) -> None:
    """`twopair takeover`: never two owners, and nothing is lost."""
    pair = Pair(network, tmp_path, transport)
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    alice, bob = pair.shell(1), pair.shell(2)
    for epoch, name in enumerate(("b", "a", "b"), 2):
        state = pair.takeover(name)
        assert (state["serves"], state["epoch"]) == (True, epoch)
        pair.serves(name)
        written(alice, BOB, bob, f"at {name}")
        written(bob, ALICE, alice, f"at {name}")
    undisturbed(bob)
    undisturbed(alice)
    for node in pair.nodes.values():
        code, _, log = node.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in log
