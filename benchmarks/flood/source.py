"""Sends SM1s from invented addresses through a raw socket, and counts what comes back for them.

    python -m benchmarks.flood.source RATE SECONDS SOURCES SUBSCRIBERS

Every REGISTER is a new transaction of a new dialogue, whole and well formed. Each second one is of a
subscriber that the home network knows, so that it is challenged. Prints one JSON object.
"""

import json
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from twopair.wire.ip import udp_datagram

PCSCF, PORT, DOMAIN = "10.10.0.1", 5060, "ims.mnc001.mcc001.3gppnetwork.org"
FIRST_SUBSCRIBER, FIRST_UNKNOWN = 5_000, 900_000
_MARK = b"0000000000"
_ALL = 3  # ETH_P_ALL
_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")


class Packet(NamedTuple):
    """One IP packet in pieces, between which the number of a REGISTER is put."""

    pieces: tuple[bytes, ...]

    def numbered(self, number: int) -> bytes:
        return (b"%010d" % number).join(self.pieces)


def address_of(source: int) -> str:
    """10.64.0.0 and on: behind a router, so that nobody asks for their MAC addresses."""
    return f"10.{64 + (source >> 16)}.{source >> 8 & 255}.{source & 255}"


def packet_of(source: int, subscribers: int) -> Packet:
    """The REGISTER of one source; its UDP checksum is left out (RFC 768)."""
    here = address_of(source + 1)
    number = FIRST_SUBSCRIBER + source % subscribers if source % 2 else FIRST_UNKNOWN + source
    name = f"00101{number:010d}@{DOMAIN}"
    spi = 10_000 + 4 * source
    offer = ", ".join(
        f"ipsec-3gpp;alg={alg};ealg={ealg};spi-c={spi};spi-s={spi + 1};port-c=6100;port-s=6101"
        for alg, ealg in (("null", "aes-gcm"), ("hmac-sha-1-96", "null"))
    )
    mark = _MARK.decode()
    text = (
        f"REGISTER sip:{DOMAIN} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {here}:5060;branch=z9hG4bK{mark};rport\r\nMax-Forwards: 70\r\n"
        f"From: <sip:{name}>;tag=f\r\nTo: <sip:{name}>\r\nCall-ID: {mark}@{here}\r\nCSeq: 1 REGISTER\r\n"
        f"Contact: <sip:{here}:6101>;expires=600000\r\n"
        f'Authorization: Digest username="{name}",realm="{DOMAIN}",uri="sip:{DOMAIN}",'
        'nonce="",response=""\r\n'
        f"Security-Client: {offer}\r\nRequire: sec-agree\r\nProxy-Require: sec-agree\r\n"
        "Supported: path\r\nContent-Length: 0\r\n\r\n"
    )
    whole = udp_datagram(here, 5060, PCSCF, PORT, text.encode())
    return Packet(tuple((whole[:26] + b"\0\0" + whole[28:]).split(_MARK)))


def drained(ear: socket.socket, answers: Counter[str]) -> None:
    """Count what has come for the invented addresses."""
    for _ in range(200):
        try:
            frame = ear.recv(65_535)
        except BlockingIOError:
            return
        if frame[12:14] == b"\x08\x00" and frame[30] == 10 and frame[31] >= 64:
            found = _STATUS.search(frame, 42)
            answers[found[1].decode() if found else "other"] += 1
            answers["octets"] += len(frame) - 42


def ticks(rate: int, seconds: float) -> Iterator[int]:
    """How many are due, every five milliseconds."""
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        due = int(passed * rate) - sent
        sent += due
        yield due
        time.sleep(0.005)


def main() -> None:
    rate, seconds, sources, subscribers = (int(text) for text in sys.argv[1:])
    packets = [packet_of(source, subscribers) for source in range(sources)]
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ALL))
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    answers: Counter[str] = Counter()
    numbers, octets = count(1), 0
    number = 0
    print("ready", flush=True)
    sys.stdin.readline()
    for due in ticks(rate, seconds):
        for _ in range(due):
            number = next(numbers)
            data = packets[number * 7919 % sources].numbered(number)
            raw.sendto(data, (PCSCF, 0))
            octets += len(data) - 28
        drained(ear, answers)
    time.sleep(1)
    drained(ear, answers)
    answered = answers.pop("octets", 0)
    told = {"sent": number, "octets": octets, "answers": dict(answers), "answered_octets": answered}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
