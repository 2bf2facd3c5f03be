"""What reading and writing a SIP message costs. Goal: a REGISTER of an IMS phone parses in 8 µs.

python -m benchmarks.sip_parse
"""

import gc
from collections.abc import Callable
from statistics import median
from timeit import repeat
from typing import Final

from benchmarks.machine import machine_line
from twopair.wire.sip import Credentials, NameAddr, Request, StreamFramer, check_request, parse

REGISTER: Final = b"""REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0
Via: SIP/2.0/UDP 10.0.1.1:6101;branch=z9hG4bK776asdhds8a7f6sd5
Max-Forwards: 70
From: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=49583
To: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>
Call-ID: apb03a0s09dkjdfglkj49111@10.0.1.1
CSeq: 2 REGISTER
Contact: <sip:001010000000001@10.0.1.1:6101>;+sip.instance="<urn:gsma:imei:90420156-025763-0>";+g.3gpp.smsip
Authorization: Digest username="001010000000001@ims.mnc001.mcc001.3gppnetwork.org", \
realm="ims.mnc001.mcc001.3gppnetwork.org", nonce="I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=", \
uri="sip:ims.mnc001.mcc001.3gppnetwork.org", response="cbefdcc54c81aa658d67da2fba29638c", \
algorithm=AKAv1-MD5, qop=auth, nc=00000001, cnonce="0a4f113b"
Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=4097;spi-s=4098;port-c=6100;port-s=6101, \
ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;spi-c=4097;spi-s=4098;port-c=6100;port-s=6101
Security-Verify: ipsec-3gpp;q=0.4;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=8193;spi-s=8194;\
port-c=5063;port-s=5062, \
ipsec-3gpp;q=0.3;alg=hmac-sha-1-96;ealg=null;spi-c=8193;spi-s=8194;port-c=5063;port-s=5062
Require: sec-agree
Proxy-Require: sec-agree
Supported: path, gruu
P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101
Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS, NOTIFY, PRACK, UPDATE, REFER
User-Agent: Twopair
Expires: 600000
Content-Length: 0

""".replace(b"\n", b"\r\n")


def read() -> None:
    """Read what every node needs of a message."""
    message = parse(REGISTER)
    _ = message.top_via.branch, message.cseq.method, message.call_id


def relay() -> None:
    """Read, change what a proxy changes, write."""
    message = parse(REGISTER)
    _ = message.top_via.branch, message.cseq.method
    message.remove("Security-Client")
    message.remove("Security-Verify")
    message.set("Max-Forwards", "69")
    message.push("Via", "SIP/2.0/UDP 10.20.0.1:5060;branch=z9hG4bKabcdef0123456789")
    message.to_bytes()


def microseconds(call: Callable[[], object], number: int = 5_000) -> float:
    """Median cost of one call over seven runs."""
    return median(repeat(call, number=number, repeat=7)) / number * 1e6


def main() -> None:
    """Print one line per figure."""
    print(machine_line())
    gc.disable()
    message = parse(REGISTER)
    assert isinstance(message, Request)
    contact, authorization = message.get("Contact") or "", message.get("Authorization") or ""
    framer = StreamFramer()
    print(f"REGISTER of {len(REGISTER)} octets, {len(message.names())} header lines")
    for words, call in (
        ("parse (goal 8)", lambda: parse(REGISTER)),
        ("parse, then Via, CSeq and Call-ID", read),
        ("serialise", message.to_bytes),
        ("parse, five edits, serialise", relay),
        ("copy", message.copy),
        ("check_request", lambda: check_request(message)),
        ("cut from a stream", lambda: framer.feed(REGISTER)),
        ("Contact as a value", lambda: NameAddr.parse(contact)),
        ("Authorization as a value", lambda: Credentials.parse(authorization)),
    ):
        print(f"{microseconds(call):8.2f} µs  {words}")


if __name__ == "__main__":
    main()
