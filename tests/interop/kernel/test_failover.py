"""Fail-over with ESP in the kernel: the same SAs in the kernel of another host, and no IV twice (KEY-08)."""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.interop.ear import esp_packets
from tests.interop.programs import Programs
from tests.interop.test_killed_pcscf import undisturbed, written
from tests.interop.test_ue_programs import ALICE, BOB
from tests.interop.two_hosts import Pair, two_hosts

from twopair.core.esp import HOST_BLOCK

pytestmark = pytest.mark.guest

_STATE = re.compile(r"spi (0x[0-9a-f]+).*?aead rfc4106\(gcm\(aes\)\) 0x([0-9a-f]{32})([0-9a-f]{8})", re.S)


@pytest.fixture
def network() -> Iterator[Programs]:
    with two_hosts() as network:
        yield network


def keys_at(network: Programs, host: str) -> dict[int, tuple[bytes, bytes]]:
    """Key and salt by SPI, as the kernel of a host has them."""
    with network.namespace(host).entered():
        done = subprocess.run(["ip", "xfrm", "state"], check=True, capture_output=True, text=True)
    states = done.stdout.split("\nsrc ")
    found = (_STATE.search(state) for state in states)
    return {int(m[1], 16): (bytes.fromhex(m[2]), bytes.fromhex(m[3])) for m in found if m}


def test_no_iv_comes_twice(network: Programs, tmp_path: Path) -> None:
    """MGP-14, SA-07, KEY-08: over a hand-over and a loss, every packet opened with its key."""
    pair = Pair(network, tmp_path, "tcp", backend="kernel")
    pair.start("a", serves=True)
    pair.start("b", serves=False)
    ear = network.ear()
    alice, bob = pair.shell(1), pair.shell(2)
    written(alice, BOB, bob, "at a")
    written(bob, ALICE, alice, "at a")
    keys = keys_at(network, "a")
    assert len(keys) == 8, "two sets"
    pair.takeover("b")
    pair.serves("b")
    assert keys_at(network, "b") == keys
    assert keys_at(network, "a") == {}
    written(alice, BOB, bob, "at b")
    written(bob, ALICE, alice, "at b")
    time.sleep(1)
    network.unplug("b", "gm", "core")
    pair.nodes["b"].kill()
    pair.serves("a")
    assert keys_at(network, "a") == keys
    written(alice, BOB, bob, "at a again")
    written(bob, ALICE, alice, "at a again")
    nonces: Counter[tuple[bytes, bytes]] = Counter()
    blocks = set()
    for body in esp_packets(ear):
        key, salt = keys[int.from_bytes(body[:4], "big")]
        assert AESGCM(key).decrypt(salt + body[8:16], body[16:], body[:8])
        nonces[key, body[8:16]] += 1
        blocks.add(int.from_bytes(body[4:8], "big") // HOST_BLOCK)
    assert len(nonces) > 20
    assert set(nonces.values()) == {1}
    assert blocks == {0, 1, 2}
    undisturbed(bob)
    undisturbed(alice)
