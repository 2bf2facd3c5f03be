"""Equal seeds give equal days, on any machine and in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.story.network import Network

from twopair.base import Transport
from twopair.nodes.wishes import Deregister, Register, SendMessage

ROOT = Path(__file__).parents[2]
IN_ANOTHER_PROCESS = (
    "from tests.story.test_replay import digest_of; from twopair.base import Transport;"
    "print(*(digest_of(transport, 5) for transport in Transport))"
)


def digest_of(transport: Transport, seed: int) -> str:
    """Digest of a day of three UEs: registrations at the same moment, messages, a re-registration, an end."""
    net = Network(transport, ues=3, seed=seed)
    for host in net.ues:
        host.later(Register())
    net.wait(2)
    for number in (1, 2, 3):
        net.ue(number).later(SendMessage(net.impu(number % 3 + 1), b"hello"))
    net.ue(2).later(Register())
    net.wait(300)
    net.wish(net.ue(1), Deregister(), 300)
    return net.world.digest()


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_the_seed_decides(transport: Transport) -> None:
    assert digest_of(transport, 1) == digest_of(transport, 1)
    assert digest_of(transport, 1) != digest_of(transport, 2)


def test_the_hash_seed_does_not_matter() -> None:
    """No set is iterated over, nothing is ordered by its address in memory."""
    days = [
        subprocess.Popen(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "4711")
    ]
    digests = {day.communicate(timeout=60)[0] for day in days}
    assert digests == {f"{digest_of(Transport.UDP, 5)} {digest_of(Transport.TCP, 5)}\n"}
