"""What the transaction layer costs per relayed request: one server and one client transaction, four messages.

Messages are parsed before, and the relay edits nothing, so the figure is the layer's own: keys, tables,
timers; serialising is measured apart and taken off. Goal: at most 12 µs.

    python benchmarks/transactions.py [REQUESTS]
"""

import sys
from time import process_time
from typing import Any

from twopair.base import Endpoint, Flow, Micros, Port, Transport
from twopair.core.sip import CORE, GM, ClientTransaction, ServerTransaction, TransactionLayer
from twopair.live.collector import spare_what_stays
from twopair.wire.sip import Request, Response, parse

UE = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5062)), Endpoint("10.0.1.1", Port(6100)))
HOME = Flow(Transport.UDP, Endpoint("10.20.0.1", Port(5060)), Endpoint("10.20.0.2", Port(5060)))
A_MESSAGE_APART = 1000  # microseconds of virtual time: 1,000 messages a second

HEAD = (
    "From: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=4fa3\r\n"
    "To: <sip:001010000000002@ims.mnc001.mcc001.3gppnetwork.org>\r\n"
    "Call-ID: {n}@10.0.1.1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


class Relay:
    """A proxy that only connects transactions."""

    def __init__(self, onward: list[Request], back: list[Response]) -> None:
        self.layer = TransactionLayer(self, lambda flow: GM if flow is UE else CORE)
        self.onward, self.back = onward, back

    def on_request(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Any]
    ) -> None:
        """Send it on."""
        self.layer.start(self.onward.pop(), HOME, now, out, txn)

    def on_response(
        self, txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: list[Any]
    ) -> None:
        """Send it back."""
        server = txn.owner
        assert isinstance(server, ServerTransaction)
        server.respond(self.back.pop(), UE, now, out)

    def on_terminated(self, txn: object, now: Micros, out: list[Any]) -> None:
        """Nothing hangs on it."""

    def on_ack(self, *_: object) -> None:
        """Never comes here."""
        raise AssertionError

    on_cancel = on_timeout = on_stray_response = on_ack


def messages(count: int) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """What comes from the UE, goes home, comes from there, goes to the UE; parsed, keys already read."""
    lower, upper, from_home, to_ue = [], [], [], []
    request, ok = "MESSAGE sip:b@ims.test SIP/2.0\r\n", "SIP/2.0 200 OK\r\n"
    for n in range(count):
        via = f"Via: SIP/2.0/UDP 10.0.1.1:6101;branch=z9hG4bKue{n}\r\n"
        ours = f"Via: SIP/2.0/UDP 10.20.0.1:5060;branch=z9hG4bKp{n}\r\n"
        rest = HEAD.format(n=n)
        lower.append(request + via + rest)
        upper.append(request + ours + via + rest)
        from_home.append(ok + ours + via + rest)
        to_ue.append(ok + via + rest)
    parsed = []
    for texts in (lower, upper, from_home, to_ue):
        some = [parse(text.encode()) for text in texts]
        for message in some:
            assert message.cseq.method
            assert texts is not lower or message.top_via  # access has read it before the layer does
        parsed.append(some)
    return parsed[0], parsed[1], parsed[2], parsed[3]


def measure(count: int) -> tuple[float, float]:
    """Microseconds per relayed request, and those of them for serialising."""
    from_ue, home, from_home, to_ue = messages(count)
    relay = Relay(home[::-1], to_ue[::-1])
    layer, out, now = relay.layer, list[Any](), 0
    spare_what_stays()  # as in the service
    begun = process_time()
    for request, answer in zip(from_ue, from_home, strict=True):
        now += A_MESSAGE_APART
        moment = Micros(now)
        due = layer.next_deadline()
        if due is not None and due <= now:
            layer.wake(moment, out)
        layer.receive(request, UE, moment, out)
        layer.receive(answer, HOME, moment, out)
        out.clear()
    total = process_time() - begun
    begun = process_time()
    for request, answer in zip(from_ue, from_home, strict=True):
        request.to_bytes()
        answer.to_bytes()
    serialising = process_time() - begun
    return total / count * 1e6, serialising / count * 1e6


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    figures = sorted(measure(count) for _ in range(5))
    total, serialising = figures[2]
    print(f"one relayed MESSAGE with its 200, four messages, {count:,} in a row")
    print(f"  layer             {total - serialising:6.1f} µs   (goal: 12)")
    print(f"  + serialising     {serialising:6.1f} µs")


if __name__ == "__main__":
    main()
