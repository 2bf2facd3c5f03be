"""An I-CSCF that keeps nothing: a stateless proxy in front of a home network (RFC 3261 §16.11).

    python -m tests.interop.icscf ADDRESS:PORT HOME:PORT

says ``ready``, and forwards until it is killed.
"""

import sys
from hashlib import blake2s
from socket import AF_INET, SOCK_DGRAM, socket

from twopair.wire.sip import Request, parse


def main() -> None:
    """Requests go to the home network, answers back along Via."""
    listen, home = (_endpoint(word) for word in sys.argv[1:])
    sock = socket(AF_INET, SOCK_DGRAM)
    sock.bind(listen)
    print("ready", flush=True)
    while True:
        data, _ = sock.recvfrom(65535)
        message = parse(data)
        if isinstance(message, Request):
            mark = blake2s((message.branch or "").encode(), digest_size=8).hexdigest()
            message.push("Via", f"SIP/2.0/UDP {listen[0]}:{listen[1]};branch=z9hG4bK{mark}")
            sock.sendto(message.to_bytes(), home)
        else:
            message.pop_value("Via")
            via = message.top_via
            sock.sendto(message.to_bytes(), (via.host, via.port or 5060))


def _endpoint(word: str) -> tuple[str, int]:
    host, _, port = word.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main()
