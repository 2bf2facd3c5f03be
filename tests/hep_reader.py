"""A reader of HEP3 of the tests' own, by the specification (sipcapture/HEP, revision 37)."""

from ipaddress import ip_address
from typing import Any


def chunks(packet: bytes) -> dict[int, bytes]:
    """The generic chunks of a packet; an AssertionError for what is no packet."""
    assert packet[:4] == b"HEP3"
    assert int.from_bytes(packet[4:6], "big") == len(packet)
    found: dict[int, bytes] = {}
    at = 6
    while at < len(packet):
        vendor, kind, octets = (int.from_bytes(packet[at + n : at + n + 2], "big") for n in (0, 2, 4))
        assert vendor == 0
        assert octets >= 6
        assert kind not in found
        assert at + octets <= len(packet)
        found[kind] = packet[at + 6 : at + octets]
        at += octets
    return found


def told(packet: bytes) -> dict[str, Any]:
    """What a packet says, by names."""
    of = chunks(packet)
    numbers = {kind: int.from_bytes(value, "big") for kind, value in of.items()}
    src, dst, octets = {2: (3, 4, 4), 10: (5, 6, 16)}[numbers[1]]
    assert len(of[src]) == len(of[dst]) == octets
    return {
        "protocol": numbers[2],
        "src": (str(ip_address(of[src])), numbers[7]),
        "dst": (str(ip_address(of[dst])), numbers[8]),
        "at": numbers[9] * 1_000_000 + numbers[10],
        "kind": numbers[11],
        "capture_id": numbers[12],
        "auth_key": of.get(14, b""),
        "payload": of[15],
        "correlation": of.get(17, b""),
    }
