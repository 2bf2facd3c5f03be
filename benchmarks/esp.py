"""What ESP in user space costs per packet and side, and beside what.

For every suite: our engine (bytes to bytes), scapy's ESP on the same packets, and what OpenSSL itself
needs for the cipher and the MAC (`openssl speed`, where it is installed). Then the engine with a real TUN
device: read and seal on one side, open and write on the other, the kernel's own UDP behind both.
Figures are medians of CPU time of this process in microseconds. Goals: AES-CBC with HMAC-SHA1-96 at most
8 µs with TUN input and output, and at least 40 times faster than scapy. Beside the kernel's ESP:
`benchmarks.xfrm`.

    python -m benchmarks.esp [PACKETS]
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET
from statistics import median
from time import thread_time_ns
from typing import Any, Final

from benchmarks.machine import machine_line
from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ports import open_port
from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.esp import SUITES, SecurityAssociation
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand
from twopair.live.entropy import OsEntropy
from twopair.live.lab.namespace import Namespace, gain_rights
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.wire import ip

PACKET_OCTETS: Final = 900
ROUNDS: Final = 7
BURST: Final = 200  # fits a TUN device's queue
UE, PCSCF = "10.0.1.1", "10.0.0.1"
PORTS: Final = Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062))
SPIS: Final = Spis(uc=Spi(4097), us=Spi(4098), pc=Spi(8193), ps=Spi(8194))
CBC_SHA1: Final = Suite("hmac-sha-1-96", "aes-cbc")
SPEED: Final = {
    "aes-cbc": ("-evp", "aes-128-cbc"),
    "des-ede3-cbc": ("-evp", "des-ede3-cbc"),
    "aes-gcm": ("-evp", "aes-128-gcm"),
    "aes-gmac": ("-evp", "aes-128-gcm"),
    "hmac-sha-1-96": ("-hmac", "sha1"),
    "hmac-md5-96": ("-hmac", "md5"),
}


def set_of(end: End, suite: Suite) -> SaSet:
    """The set as one end sees it."""
    keys = expand(suite, Secret(bytes(range(16))), Secret(bytes(range(16, 32))))
    return SaSet(1, Impi("bench"), end, UE, PCSCF, PORTS, SPIS, suite, keys)


def engine_of(end: End, suite: Suite) -> Engine:
    """An engine with the set installed."""
    engine = Engine(OsEntropy())
    engine.install(set_of(end, suite))
    return engine


def micros(work: Callable[[], None], packets: int) -> float:
    """CPU time per packet of one call of `work`."""
    begin = thread_time_ns()
    work()
    return (thread_time_ns() - begin) / 1000 / packets


def engine_micros(suite: Suite, packets: int) -> tuple[float, float]:
    """Sealing and opening, per packet."""
    clear = ip.udp_datagram(UE, PORTS.uc, PCSCF, PORTS.ps, bytes(PACKET_OCTETS - 28))
    sender, receiver = engine_of(End.UE, suite), engine_of(End.PCSCF, suite)
    sealed: list[list[bytes]] = []

    def seal() -> None:
        from_host = sender.from_host
        sealed[:] = [from_host(clear) for _ in range(packets)]

    def open_() -> None:
        from_wire = receiver.from_wire
        for parts in sealed:
            from_wire(parts[0])

    rounds = [(micros(seal, packets), micros(open_, packets)) for _ in range(ROUNDS)]
    assert sum(c.packets for c in receiver.query()) == packets * ROUNDS
    return median(r[0] for r in rounds), median(r[1] for r in rounds)


def scapy_micros(suite: Suite, packets: int) -> tuple[float, float]:
    """The same by scapy: octets to octets, as the engine."""
    from scapy.layers.inet import IP  # noqa: PLC0415 - takes a second to load, and is no part of ours

    clear = ip.udp_datagram(UE, PORTS.uc, PCSCF, PORTS.ps, bytes(PACKET_OCTETS - 28))
    sa = scapys(set_of(End.UE, suite).outbound[0])
    sealed: list[bytes] = []

    def seal() -> None:
        sealed[:] = [bytes(sa.encrypt(IP(clear))) for _ in range(packets)]

    def open_() -> None:
        for packet in sealed:
            bytes(sa.decrypt(IP(packet)))

    rounds = [(micros(seal, packets), micros(open_, packets)) for _ in range(3)]
    return median(r[0] for r in rounds), median(r[1] for r in rounds)


def scapys(sa: SecurityAssociation) -> Any:
    """Scapy's SA for one of ours."""
    from scapy.layers.ipsec import ESP, SecurityAssociation  # noqa: PLC0415

    keys = sa.keys
    crypt = {"null": "NULL", "aes-cbc": "AES-CBC", "des-ede3-cbc": "3DES", "aes-gcm": "AES-GCM"}[
        sa.suite.ealg
    ]
    auth = {"hmac-sha-1-96": "HMAC-SHA1-96", "hmac-md5-96": "HMAC-MD5-96"}.get(sa.suite.alg, "NULL")
    if sa.suite.alg == "aes-gmac":
        keys = keys._replace(encryption=keys.integrity, integrity=Secret(b""))
        crypt = "AES-NULL-GMAC"
    return SecurityAssociation(
        ESP,
        spi=sa.spi,
        crypt_algo=crypt,
        crypt_key=(keys.encryption.reveal() + keys.salt.reveal()) or None,
        auth_algo=auth,
        auth_key=keys.integrity.reveal() or None,
    )


def openssl_micros(algorithm: str) -> float:
    """What OpenSSL needs for a packet's octets, by its own measure; 0 for "null" or without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None or algorithm not in SPEED:
        return 0.0
    command = [openssl, "speed", "-seconds", "1", "-bytes", str(PACKET_OCTETS), *SPEED[algorithm]]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    rate = re.search(r"([0-9.]+)k\s*$", result.stdout.strip())
    return PACKET_OCTETS / float(rate[1]) * 1000 if rate else 0.0


def tun_micros(suite: Suite, packets: int) -> tuple[float, float, str]:
    """The engine between two real devices: read and seal, open and write; and the kind of device.

    Each side's namespace has the kernel's UDP: sending is not counted, delivery to the socket is, since
    it happens inside the write.
    """
    hosts = []
    for address in (UE, PCSCF):
        namespace = Namespace()
        with namespace.entered():
            hosts.append((namespace, open_port("gm", [address])[0]))
    (ue, ue_port), (pcscf, pcscf_port) = hosts
    sender, receiver = ue.socket(AF_INET, SOCK_DGRAM), pcscf.socket(AF_INET, SOCK_DGRAM)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
    receiver.setblocking(False)
    sender.bind((UE, PORTS.uc))
    sender.connect((PCSCF, PORTS.ps))
    receiver.bind((PCSCF, PORTS.ps))
    sealing, opening = engine_of(End.UE, suite), engine_of(End.PCSCF, suite)
    data = bytes(PACKET_OCTETS - 28)
    sealed: list[bytes] = []

    def read_and_seal() -> None:
        while (packet := ue_port.read()) is not None:
            sealed.extend(sealing.from_host(packet))

    def open_and_write() -> None:
        for packet in sealed:
            for inner in opening.from_wire(packet):
                pcscf_port.write(inner)

    rounds, arrived = [], 0
    for _ in range(max(packets // BURST, 5)):
        for _ in range(BURST):
            sender.send(data)
        sealed.clear()
        rounds.append((micros(read_and_seal, BURST), micros(open_and_write, BURST)))
        with suppress(BlockingIOError):
            while receiver.recv(2048):
                arrived += 1
    assert arrived == len(rounds) * BURST, "packets were lost"
    kind = ue_port.kind
    for namespace, port in hosts:
        with namespace.entered():
            port.close()
        namespace.close()
    return median(r[0] for r in rounds), median(r[1] for r in rounds), kind


def main(arguments: Sequence[str] = ()) -> None:
    """Print all figures."""
    packets = int(arguments[0]) if arguments else 4000
    print(machine_line())
    print(f"# ESP, IPv4 packets of {PACKET_OCTETS} octets, µs CPU per packet: seal / open")
    print(f"{'suite':28} {'engine':>13} {'scapy':>17} {'times':>6}   openssl speed: cipher + MAC")
    for suite in SUITES:
        ours, theirs = engine_micros(suite, packets), scapy_micros(suite, max(packets // 40, 20))
        cipher, mac = openssl_micros(suite.ealg), openssl_micros(suite.alg)
        ratio = sum(theirs) / sum(ours)
        print(
            f"{suite!s:28} {ours[0]:6.2f} {ours[1]:6.2f} {theirs[0]:8.1f} {theirs[1]:8.1f} {ratio:6.0f}   "
            f"{cipher:.2f} + {mac:.2f}"
        )
    try:
        gain_rights()
    except PrerequisiteMissing as missing:
        print(f"# no measurement with a device: {missing}")
        return
    print("# with a device of the kernel: read and seal / open and write; packets/s of both in one process")
    for suite in (CBC_SHA1, Suite("null", "aes-gcm"), Suite("hmac-sha-1-96", "null")):
        out, into, kind = tun_micros(suite, packets)
        print(f"{suite!s:28} {out:6.2f} {into:6.2f}   {kind}, {1e6 / (out + into):,.0f} packets/s")


if __name__ == "__main__":
    main(sys.argv[1:])
