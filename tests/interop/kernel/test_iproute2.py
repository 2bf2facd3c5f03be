"""What we install, as iproute2 shows it."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from tests.figure1_sets import CBC, GCM, sa_set

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.probe import probe
from twopair.base import Suite
from twopair.core.esp import SUITES
from twopair.core.sa import End, PortName, SaSet
from twopair.live.lab.namespace import Namespace

pytestmark = pytest.mark.guest

STATE = """\
src {src} dst {dst}
    proto esp spi {spi:#010x}({spi}) reqid 1409769969(0x540761f1) mode transport
    replay-window 0 seq 0x00000000 flag  (0x00000000)
    {algorithms}
    anti-replay esn context:
    seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0
    replay_window 64, bitmap-length 2
    00000000 00000000
    sel src {src}/{bits} dst {dst}/{bits} sport {src_port} dport {dst_port} uid 0
    {lifetime}
    lifetime current:
    0(bytes), 0(packets)
    stats:
    replay-window 0 replay 0 failed 0
"""
POLICY = """\
src {src}/{bits} dst {dst}/{bits} sport {src_port} dport {dst_port} uid 0
    dir {direction} action allow priority 21504 ptype main share any flag  (0x00000000)
    {lifetime}
    lifetime current:
    0(bytes), 0(packets)
    tmpl src {src} dst {dst}
    proto esp spi {spi:#010x}({spi}) reqid 1409769969(0x540761f1) mode transport
    level required share any
    enc-mask ffffffff auth-mask ffffffff comp-mask ffffffff
"""
CLOSED = """\
src {src} dst {dst} {ports} uid 0
    dir {direction} action block priority 21632 ptype main share any flag  (0x00000000)
    {lifetime}
    lifetime current:
    0(bytes), 0(packets)
"""
LIFETIME = """\
lifetime config:
    limit: soft (INF)(bytes), hard (INF)(bytes)
    limit: soft (INF)(packets), hard (INF)(packets)
    expire add: soft 0(sec), hard 4294967295(sec)
    expire use: soft 0(sec), hard 0(sec)"""

SHA1 = "auth-trunc hmac(sha1) 0x0f0e0d0c0b0a0908070605040302010000000000 (160 bits) 96"
MD5 = "auth-trunc hmac(md5) 0x0f0e0d0c0b0a09080706050403020100 (128 bits) 96"
AES = "enc cbc(aes) 0x000102030405060708090a0b0c0d0e0f (128 bits)"
DES = "enc cbc(des3_ede) 0x010102020404070708080b0b0d0d0e0e0101020204040707 (192 bits)"
NULL = "enc ecb(cipher_null)"
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "hmac-sha-1-96/aes-cbc": (SHA1, AES),
    "hmac-sha-1-96/null": (SHA1, NULL),
    "hmac-sha-1-96/des-ede3-cbc": (SHA1, DES),
    "hmac-md5-96/aes-cbc": (MD5, AES),
    "hmac-md5-96/des-ede3-cbc": (MD5, DES),
    "hmac-md5-96/null": (MD5, NULL),
}
"""Keys of `sa_set`: CK is 00..0f, IK is 0f..00; SHA-1's is extended by zeros, 3DES has odd parity."""


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace()
    yield made
    made.close()


@pytest.fixture
def backend(namespace: Namespace) -> Iterator[KernelBackend]:
    with namespace.entered():
        made = KernelBackend()
    yield made
    made.shut_down()


def shown(namespace: Namespace, what: str) -> list[str]:
    """Entries of ``ip -s xfrm … list``, one line each, without what differs from run to run."""
    command = ["ip", "-s", "xfrm", what, "list"]
    with namespace.entered():
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r" index \d+|\n\s+add 20.*", "", text)
    entries = re.split(r"\n(?=src)", text)
    return sorted(" ".join(entry.split()) for entry in entries if entry)


def expected(sa_set: SaSet, template: str, algorithms: tuple[str, ...] = ()) -> list[str]:
    """The four of a set."""
    entries = (
        template.format(
            **sa.selector._asdict(),
            bits=128 if ":" in sa.selector.src else 32,
            spi=sa.spi,
            direction=direction,
            algorithms=" ".join(algorithms),
            lifetime=LIFETIME,
        )
        for direction, associations in (("in", sa_set.inbound), ("out", sa_set.outbound))
        for sa in associations
    )
    return sorted(" ".join(entry.split()) for entry in entries)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("end", End)
def test_a_set(namespace: Namespace, backend: KernelBackend, end: End, name: str) -> None:
    """SA-01, SA-02, SA-05, SA-06, SA-09: four states and four policies, nothing else, and nothing after."""
    wanted = sa_set(end, Suite.parse(name))
    backend.install(wanted)
    assert shown(namespace, "state") == expected(wanted, STATE, ALGORITHMS[name])
    assert shown(namespace, "policy") == expected(wanted, POLICY)
    backend.remove(wanted.set_id)
    assert shown(namespace, "state") == shown(namespace, "policy") == []


@pytest.mark.parametrize(("suite", "kernels"), [(GCM, "rfc4106"), (Suite("aes-gmac", "null"), "rfc4543")])
def test_a_set_with_counter_mode_over_ipv6(
    namespace: Namespace, backend: KernelBackend, suite: Suite, kernels: str
) -> None:
    """KEY-02, KEY-04: the salt of Annex I follows the key; the ICV has 16 octets."""
    wanted = sa_set(End.PCSCF, suite, ue="fd00:1::1", pcscf="fd00::1")
    backend.install(wanted)
    key = (wanted.keys.encryption if kernels == "rfc4106" else wanted.keys.integrity).reveal()
    key += wanted.keys.salt.reveal()
    algorithm = f"aead {kernels}(gcm(aes)) 0x{key.hex()} (160 bits) 128"
    assert shown(namespace, "state") == expected(wanted, STATE, (algorithm,))
    assert shown(namespace, "policy") == expected(wanted, POLICY)


def test_closed_ports(namespace: Namespace, backend: KernelBackend) -> None:
    """SA-21, UNP-06: behind every set, whoever the peer is; gone with the last port."""
    of = sa_set(End.PCSCF, CBC)
    for name in (PortName.PS, PortName.PC):
        backend.close(of.endpoint(name))
    anyone, here = "0.0.0.0/0", f"{of.pcscf}/32"
    wanted = [
        " ".join(CLOSED.format(src=src, dst=dst, ports=ports, direction=direction, lifetime=LIFETIME).split())
        for src, dst, ports, direction in (
            (anyone, here, f"dport {of.ports.ps}", "in"),
            (here, anyone, f"sport {of.ports.ps}", "out"),
            (anyone, here, f"dport {of.ports.pc}", "in"),
            (here, anyone, f"sport {of.ports.pc}", "out"),
            (here, anyone, "proto icmp type 3", "out"),
        )
    ]
    assert shown(namespace, "policy") == sorted(wanted)
    for name in (PortName.PS, PortName.PC):
        backend.reopen(of.endpoint(name))
    assert shown(namespace, "policy") == []


def test_ports_that_were_left(namespace: Namespace, backend: KernelBackend) -> None:
    """SA-21: the kernel counts how long; behind all that others close, unless one closes them again."""
    endpoint = sa_set(End.PCSCF, CBC).endpoint(PortName.PS)
    backend.close(endpoint)
    closed = shown(namespace, "policy")
    backend.shut_down()
    left = [
        policy.replace("priority 21632", "priority 21648").replace("hard 4294967295(sec)", "hard 30(sec)")
        for policy in closed
    ]
    assert shown(namespace, "policy") == left != closed
    with namespace.entered():
        successor = KernelBackend()
    successor.close(endpoint)
    assert shown(namespace, "policy") == closed
    successor.shut_down()


def test_the_probe_leaves_nothing(namespace: Namespace) -> None:
    """It finds everything here, and takes all of it out again."""
    with namespace.entered():
        found = probe()
    assert found.lacks == ()
    assert set(found.suites(4)) == set(found.suites(6)) == set(SUITES)
    assert shown(namespace, "state") == shown(namespace, "policy") == []
