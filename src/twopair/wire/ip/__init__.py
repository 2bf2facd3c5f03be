"""IP packets: headers, fragments, UDP and TCP ports."""

from twopair.wire.ip.fragment import LIFETIME, Reassembly, fragment
from twopair.wire.ip.header import (
    FRAGMENT_HEADER,
    ICMP,
    ICMPV6,
    IPV4_HEAD,
    TCP,
    UDP,
    Header,
    address_octets,
    address_text,
    build,
    checksum,
    parse,
    with_payload,
)
from twopair.wire.ip.transport import quoted, udp_datagram

__all__ = [
    "FRAGMENT_HEADER",
    "ICMP",
    "ICMPV6",
    "IPV4_HEAD",
    "LIFETIME",
    "TCP",
    "UDP",
    "Header",
    "Reassembly",
    "address_octets",
    "address_text",
    "build",
    "checksum",
    "fragment",
    "parse",
    "quoted",
    "udp_datagram",
    "with_payload",
]
