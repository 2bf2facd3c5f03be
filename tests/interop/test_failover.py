"""Another host takes a P-CSCF over with the same SA sets, and UEs need not notice (MGP-14; ADR 20)."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.redis_server import NEEDS_REDIS
from tests.interop.ear import packets
from tests.interop.programs import NEEDS_ROOT, Programs
from tests.interop.test_killed_pcscf import undisturbed, written
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS
from tests.interop.two_hosts import LEASE_S, MOVER, Pair, two_hosts

from twopair.wire import ip
from twopair.wire.esp import ESP

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


def test_a_host_that_was_lost_serves_again(network: Programs, tmp_path: Path) -> None:
    """MSG-06: what its kernel had of connections at its loss does not come between UE and P-CSCF."""
    pair = Pair(network, tmp_path, "tcp")
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    alice, bob = pair.shell(1), pair.shell(2)
    written(alice, BOB, bob, "at a")
    for here, there in (("a", "b"), ("b", "a")):
        time.sleep(1)
        network.unplug(here, "gm", "core")
        pair.nodes[here].kill()
        pair.serves(there)
        written(alice, BOB, bob, f"at {there}")
        written(bob, ALICE, alice, f"at {there}")
        network.run(here, str(MOVER), "standby", here, "0").end()
        network.plug(here, "gm", "core")
        pair.start(here, serves=False)
    undisturbed(bob)
    undisturbed(alice)


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


def test_an_owner_that_was_paused_sends_nothing(network: Programs, tmp_path: Path) -> None:
    """Never two owners: it goes on after its lease, with its sockets and SAs, and is quiet."""
    pair = Pair(network, tmp_path, "udp")
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    alice, bob = pair.shell(1), pair.shell(2)
    written(alice, BOB, bob, "before")
    time.sleep(1)
    pair.nodes["a"].signal(signal.SIGSTOP)
    pair.serves("b")
    written(bob, ALICE, alice, "at b")
    ear = network.ear()
    pair.nodes["a"].signal(signal.SIGCONT)
    pair.stands_by("a")
    written(alice, BOB, bob, "still at b")
    hardware = network.hardware_address("a", "gm")
    protected = [source for source, packet in packets(ear) if ip.parse(packet).protocol == ESP]
    assert protected
    assert hardware not in protected
    assert pair.takeover("a")["epoch"] == 3
    pair.serves("a")
    written(alice, BOB, bob, "at a again")
    undisturbed(bob)
    undisturbed(alice)
    assert "has taken over, epoch 2; this host stands by" in pair.nodes["a"].end(signal.SIGTERM)[2]


def test_without_redis_for_longer_than_a_lease(network: Programs, tmp_path: Path) -> None:
    """It is quiet, since another host might serve; then it goes on with the same SAs, in the same epoch."""
    pair = Pair(network, tmp_path, "udp")
    pair.start("a", serves=True)
    alice, bob = pair.shell(1), pair.shell(2)
    pair.redis.kill()
    time.sleep(2 * LEASE_S)
    alice.say(f"message {BOB} waits &")
    pair.redis = pair.start_redis()
    pair.serves("a")
    assert bob.told(event="message")["text"] == "waits"
    assert alice.told(command="message")["status"] == 200
    assert pair.state("a")["epoch"] == 1
    written(bob, ALICE, alice, "after")
    undisturbed(bob)
    undisturbed(alice)
    _, _, log = pair.nodes["a"].end(signal.SIGTERM)
    assert "lease: ran out; this host is quiet until it has one" in log


def test_a_host_may_go_on_without_redis(network: Programs, tmp_path: Path) -> None:
    """`without_store = "serve"`: nobody notices."""
    pair = Pair(network, tmp_path, "udp", more=f'program = "{MOVER}"\nwithout_store = "serve"')
    pair.start("a", serves=True)
    alice, bob = pair.shell(1), pair.shell(2)
    pair.redis.kill()
    time.sleep(2 * LEASE_S)
    written(alice, BOB, bob, "without")
    pair.redis = pair.start_redis()
    written(bob, ALICE, alice, "with")
    undisturbed(bob)
    undisturbed(alice)
    assert "quiet" not in pair.nodes["a"].end(signal.SIGTERM)[2]


def test_others_move_the_addresses(network: Programs, tmp_path: Path) -> None:
    """Without a program a host serves once it has them (VRRP); nobody does unasked if it is not automatic."""
    pair = Pair(network, tmp_path, "udp", more="automatic = false")
    pair.start("a", serves=False)
    assert pair.state("a")["waits_for"].endswith("which waits for 10.10.0.1, 10.20.0.1")
    network.add_address("a", "10.10.0.1/16")
    network.give("a", "core", "10.20.0.1/24")
    pair.serves("a")
    alice, bob = pair.shell(1), pair.shell(2)
    pair.start("b", serves=False)
    time.sleep(1)
    network.unplug("a", "gm", "core")
    pair.nodes["a"].kill()
    time.sleep(2 * LEASE_S)
    assert pair.state("b")["waits_for"].endswith("serves no more; waits for `twopair takeover`")
    network.add_address("b", "10.10.0.1/16")
    network.give("b", "core", "10.20.0.1/24")
    network.announce("b", "gm", "10.10.0.1")
    network.announce("b", "core", "10.20.0.1")
    assert pair.takeover("b")["serves"]
    pair.serves("b")
    written(alice, BOB, bob, "at b")
    undisturbed(bob)
    undisturbed(alice)


def test_a_host_with_another_key_gives_the_lease_back(network: Programs, tmp_path: Path) -> None:
    """It cannot open what the other has kept, and leaves it as it is."""
    pair = Pair(network, tmp_path, "udp")
    pair.start("a", serves=True)
    alice = pair.shell(1)
    (tmp_path / "b/kept.key").write_text("77" * 32 + "\n")
    time.sleep(1)
    pair.start("b", serves=False)
    network.start("b", "takeover", "-c", str(pair.file("b")), "--patience", "5").end()
    code, _, log = pair.nodes["b"].end()
    assert code == 3
    assert "store.key_file" in log
    assert "give the key file of the other hosts" in log
    pair.serves("a")
    alice.say("register")
    assert alice.told(command="register")["ok"]
    undisturbed(alice)


def test_a_host_without_the_key_does_not_stand_by(network: Programs, tmp_path: Path) -> None:
    """Else it would make one, and find out when it is needed."""
    pair = Pair(network, tmp_path, "udp")
    pair.start("a", serves=True)
    (tmp_path / "b/kept.key").unlink()
    code, _, log = network.start("b", "pcscf", "-c", str(pair.file("b"))).end()
    assert code == 3
    assert "is not there; give the key file of the other hosts" in log
