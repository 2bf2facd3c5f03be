"""A P-CSCF with the kernel back end is killed and goes on over the SAs that stand in the kernel (MGP-14)."""

import random
import signal
import time
from pathlib import Path

import pytest
from tests.interop.kernel.test_programs import standing
from tests.interop.programs import Programs
from tests.interop.test_killed_pcscf import SENT, Going, gathered, undisturbed, written
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS

pytestmark = pytest.mark.guest


@TRANSPORTS
def test_nobody_has_to_notice(network: Programs, tmp_path: Path, transport: str) -> None:
    """The same states, with their sequence numbers and windows; nothing is installed or removed."""
    place = Going(network, tmp_path, transport, backend="kernel")
    alice, bob = place.shell(1), place.shell(2)
    written(alice, BOB, bob, "before")
    before = standing(network)
    for number in range(2):
        place.kill()
        assert standing(network) == before
        writer, to, reader = (alice, BOB, bob) if number % 2 else (bob, ALICE, alice)
        written(writer, to, reader, f"after {number}")
    undisturbed(alice)
    undisturbed(bob)
    assert place.pcscf.end(signal.SIGTERM)[0] == 0


@TRANSPORTS
def test_killed_while_they_write_and_register(network: Programs, tmp_path: Path, transport: str) -> None:
    """A set that was half installed at the kill is whole or gone; every message is answered."""
    place = Going(network, tmp_path, transport, backend="kernel")
    alice, bob = place.shell(1), place.shell(2)
    dice = random.Random("kernel")
    for number in range(3):
        alice.say("register &")
        bob.say(f"message {ALICE} m{number} &")
        time.sleep(dice.random() * 0.05)
        place.kill()
        gathered(bob, SENT)
        gathered(alice, {"event": "message", "text": f"m{number}"}, {"command": "register"}, strictly=False)
    alice.say("register")
    gathered(alice, {"command": "register", "ok": True})
    states, protecting, _ = standing(network)
    assert states == protecting
    assert states % 4 == 0
    alice.end()
    undisturbed(bob)
